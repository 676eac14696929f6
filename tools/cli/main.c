/*
 * Welcome to ombud, the command line of an office.
 *
 *     verbs.def, options.def   the one table of verbs and options
 *     parse.c                  from the line to a verb and its options
 *     help.c                   usage, help, man page and completion, from the table
 *     target.c, session.c      which office, and the conversation with its daemon or its store
 *     fill.c, when.c           from options to the fields of messages
 *     json.c, table.c          from answers to what programs and people read
 *     run.c                    opens what a verb needs, runs it, says how it ended
 *     act.c                    every verb that writes an event
 *     show.c, cases_cmd.c, ... the verbs that ask
 *     init_cmd.c, birth.c      new offices, made on disk
 *     import.c, csv.c, cfpb.c  cases from other systems
 *     generate.c               invented complaints
 *
 * Whatever is done here is a request of proto/control.proto: other systems can do the same.
 */
#include <locale.h>

#include "cli/run.h"
#include "crypto/crypto.h"

int main(int argc, char **argv)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    omb_crypto_init();
    omb_wire_init();
    return (int)omb_run(argc, argv);
}
