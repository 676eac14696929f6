/* Is a configuration read as it was meant, and every slip in it named with its place? */
#include "unit.h"

#include <stdio.h>

#include "io/officedir.h"
#include "support/folder.h"

static struct test_folder folder;
static struct test_path path;

static int setup(void **state)
{
    (void)state;
    folder = test_folder_make();
    path = test_path(&folder, "ombud.conf");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    test_folder_remove(&folder);
    return 0;
}

static struct omb_config read_good(const char *text)
{
    struct omb_config config;
    struct omb_error err = {.words = ""};

    test_write(path.text, omb_view_str(text), 0644);
    if (omb_config_read(path.text, &config, &err) != OMB_OK)
        fail_msg("refused: %s", err.words);
    return config;
}

/* Refused, the words being "PATH" and then `words`. */
static void assert_refused(const char *text, enum omb_rc rc, const char *field, const char *words)
{
    struct omb_config config = {.code = "untouched"};
    struct omb_error err = {.words = ""};
    char expected[600];

    test_write(path.text, omb_view_str(text), 0644);
    assert_int_equal(omb_config_read(path.text, &config, &err), rc);
    (void)snprintf(expected, sizeof(expected), "%s%s", path.text, words);
    assert_string_equal(err.words, expected);
    assert_string_equal(err.field, field);
    assert_string_equal(config.code, "untouched");
}

static void every_key_is_read(void **state)
{
    struct omb_config config = read_good("[office]\n"
                                         "code = vsp-0045\n"
                                         "time-zone = Europe/Moscow\n"
                                         "[client]\n"
                                         "listen = tcp://127.0.0.1:7200\n"
                                         "bell-listen = tcp://[::1]:7201\n"
                                         "[links]\n"
                                         "listen = tcp://*:7100\n"
                                         "advertise = tcp://north.bank.example:7100\n"
                                         "parent = tcp://a.bank.example:7100, tcp://b:7100\n"
                                         "[keys]\n"
                                         "passphrase-file = /etc/ombud/pass\n"
                                         "[daemon]\n"
                                         "log-level = debug\n"
                                         "log-format = json\n"
                                         "batch-inputs = 17\n");

    (void)state;
    assert_string_equal(config.code, "vsp-0045");
    assert_string_equal(config.zone, "Europe/Moscow");
    assert_string_equal(config.client_listen, "tcp://127.0.0.1:7200");
    assert_string_equal(config.bell_listen, "tcp://[::1]:7201");
    assert_string_equal(config.listen, "tcp://*:7100");
    assert_string_equal(config.advertise, "tcp://north.bank.example:7100");
    assert_string_equal(config.parent, "tcp://a.bank.example:7100, tcp://b:7100");
    assert_string_equal(config.passphrase_file, "/etc/ombud/pass");
    assert_int_equal(config.log_level, OMB_LOG_DEBUG);
    assert_int_equal(config.log_format, OMB_LOG_JSON);
    assert_int_equal(config.batch_inputs, 17);
}

static void what_is_not_said_has_its_default(void **state)
{
    struct omb_config config = read_good("[office]\ncode = ho\n");

    (void)state;
    assert_string_equal(config.zone, "UTC");
    assert_string_equal(config.client_listen, "");
    assert_string_equal(config.passphrase_file, "");
    assert_int_equal(config.log_level, OMB_LOG_INFO);
    assert_int_equal(config.log_format, OMB_LOG_TEXT);
    assert_int_equal(config.batch_inputs, 256);
}

static void comments_blank_lines_and_line_ends_of_others_do_no_harm(void **state)
{
    struct omb_config config = read_good("; about\r\n\r\n  # more\r\n[office] \r\n"
                                         "code=ho ; the head office\r\n\n[client]\nlisten =\n"
                                         "[daemon]\nbatch-inputs = 8");

    (void)state;
    assert_string_equal(config.code, "ho");
    assert_string_equal(config.client_listen, "");
    assert_int_equal(config.batch_inputs, 8);
}

static void a_missing_file_says_which(void **state)
{
    struct omb_config config;
    struct omb_error err;

    (void)state;
    assert_int_equal(omb_config_read(path.text, &config, &err), OMB_NOT_FOUND);
    assert_non_null(strstr(err.words, path.text));
}

static void a_missing_code_is_refused(void **state)
{
    (void)state;
    assert_refused("[office]\ntime-zone = UTC\n", OMB_MISSING, "office.code",
                   ": [office] code is missing");
    assert_refused("", OMB_MISSING, "office.code", ": [office] code is missing");
}

static void an_unknown_key_is_refused_with_the_nearest(void **state)
{
    (void)state;
    assert_refused("[office]\ncode = ho\n\n[client]\nlitsen = tcp://a:1\n", OMB_UNKNOWN_CODE,
                   "client.litsen",
                   ":5: there is no key \"litsen\" in [client]; did you mean listen");
    assert_refused("[daemon]\nfoo = 1\n", OMB_UNKNOWN_CODE, "daemon.foo",
                   ":2: there is no key \"foo\" in [daemon]");
}

static void what_is_wrong_can_be_shown_on_a_terminal(void **state)
{
    (void)state;
    assert_refused("[office]\ncode = ho\nc\x1b[2Jode = a\n", OMB_UNKNOWN_CODE, "office.c?[2Jode",
                   ":3: there is no key \"c?[2Jode\" in [office]");
}

static void an_unknown_section_is_refused_with_the_nearest(void **state)
{
    (void)state;
    assert_refused("[ofice]\ncode = ho\n", OMB_UNKNOWN_CODE, "ofice.code",
                   ":2: there is no section [ofice]; did you mean office");
}

static void a_key_in_the_wrong_section_is_told_its_own(void **state)
{
    (void)state;
    assert_refused("[office]\nlog-level = info\n", OMB_UNKNOWN_CODE, "office.log-level",
                   ":2: \"log-level\" stands in [daemon], not in [office]");
    assert_refused("code = ho\n", OMB_INVALID, ".code",
                   ":1: \"code\" stands before the first [section]");
}

static void a_key_said_twice_is_refused(void **state)
{
    (void)state;
    assert_refused("[office]\ncode = ho\ncode = ho\n", OMB_INVALID, "office.code",
                   ":3: \"code\" is said a second time");
    assert_refused("[office]\ncode = ho\n[office]\ncode = ha\n", OMB_INVALID, "office.code",
                   ":4: \"code\" is said a second time");
}

static void what_is_no_line_is_refused(void **state)
{
    (void)state;
    assert_refused("[office]\ncode = ho\nwhatever\n", OMB_INVALID, "",
                   ":3: the line is not [section], key = value or # comment");
    assert_refused("[office\ncode = ho\n", OMB_INVALID, "",
                   ":1: the line is not [section], key = value or # comment");
}

static void a_line_that_would_continue_the_one_above_is_refused(void **state)
{
    (void)state;
    assert_refused("[office]\ncode = ho\n  time-zone = UTC\n", OMB_INVALID, "",
                   ":3: the line begins with a space");
}

static void a_line_too_long_is_refused_not_cut(void **state)
{
    struct omb_buf text = OMB_BUF_INIT;
    struct omb_config config;
    struct omb_error err;

    (void)state;
    omb_buf_add_str(&text, "[office]\ncode = ho\n[keys]\npassphrase-file = /");
    for (int i = 0; i < 300; i++)
        omb_buf_add_u8(&text, 'x');
    omb_buf_add_str(&text, "\n");
    test_write(path.text, omb_buf_view(&text), 0644);
    assert_int_equal(omb_config_read(path.text, &config, &err), OMB_LIMIT);
    assert_non_null(strstr(err.words, "ombud.conf:4: the line has 319 bytes, more than "));
    omb_buf_free(&text);
}

/* Just short enough is whole, whatever the library's bound is. */
static void the_longest_line_that_is_read_is_read_whole(void **state)
{
    (void)state;
    for (size_t size = 20; size < 400; size++) {
        struct omb_buf text = OMB_BUF_INIT;
        struct omb_config config;
        enum omb_rc rc;

        omb_buf_add_str(&text, "[office]\ncode = ho\n[keys]\npassphrase-file = /");
        for (size_t i = 1; i < size; i++)
            omb_buf_add_u8(&text, 'x');
        test_write(path.text, omb_buf_view(&text), 0644);
        rc = omb_config_read(path.text, &config, NULL);
        if (rc == OMB_OK)
            assert_int_equal(strlen(config.passphrase_file), size);
        else
            assert_int_equal(rc, OMB_LIMIT);
        assert_true(rc == OMB_OK || size > 150);
        omb_buf_free(&text);
    }
}

static void what_is_not_text_is_refused(void **state)
{
    static const uint8_t bytes[] = "[office]\ncode = ho\n\0[daemon]\n";
    struct omb_config config;
    struct omb_error err;

    (void)state;
    test_write(path.text, omb_view(bytes, sizeof(bytes) - 1), 0644);
    assert_int_equal(omb_config_read(path.text, &config, &err), OMB_INVALID);
    assert_non_null(strstr(err.words, "is not text"));
}

static void bad_values_are_refused_in_words(void **state)
{
    (void)state;
    assert_refused("[office]\ncode = Head Office\n", OMB_INVALID, "office.code",
                   ":2: \"Head Office\" is not an office's code: a-z, 0-9 and -, at most 96 of "
                   "them");
    assert_refused("[office]\ncode = ho\ntime-zone = ../etc/passwd\n", OMB_INVALID,
                   "office.time-zone",
                   ":3: \"../etc/passwd\" is not the name of a time zone, e.g. Europe/Moscow");
    assert_refused("[keys]\npassphrase-file = pass\n", OMB_INVALID, "keys.passphrase-file",
                   ":2: \"pass\" is not a path from / on, nor a descriptor such as fd:3");
    assert_refused("[daemon]\nlog-level = loud\n", OMB_INVALID, "daemon.log-level",
                   ":2: \"loud\" is not error, warning, notice, info or debug");
    assert_refused("[daemon]\nlog-format = xml\n", OMB_INVALID, "daemon.log-format",
                   ":2: \"xml\" is not text or json");
}

/* Its name is well formed; whether the machine has its file is found out later. */
static void a_zone_that_is_not_here_is_named_with_its_line(void **state)
{
    const struct omb_config said =
        read_good("[office]\ncode = ho\n\ntime-zone = Mars/Olympus\n[daemon]\nlog-level = info\n");
    const struct omb_config unsaid = read_good("[office]\ncode = ho\n");
    struct omb_error err = {.words = ""};
    struct omb_zone zone;

    (void)state;
    assert_int_equal(omb_config_zone(path.text, &said, &zone, &err), OMB_UNKNOWN_CODE);
    assert_non_null(strstr(err.words, "ombud.conf:4: there is no time zone Mars/Olympus here"));
    assert_int_equal(omb_config_zone(path.text, &unsaid, &zone, &err), OMB_OK);
    omb_zone_free(&zone);
}

static void batch_inputs_has_bounds(void **state)
{
    (void)state;
    assert_refused("[daemon]\nbatch-inputs = 0\n", OMB_INVALID, "daemon.batch-inputs",
                   ":2: \"0\" is not a number from 1 to 4096");
    assert_refused("[daemon]\nbatch-inputs = 4097\n", OMB_INVALID, "daemon.batch-inputs",
                   ":2: \"4097\" is not a number from 1 to 4096");
    assert_refused("[daemon]\nbatch-inputs = 12x\n", OMB_INVALID, "daemon.batch-inputs",
                   ":2: \"12x\" is not a number from 1 to 4096");
    assert_refused("[daemon]\nbatch-inputs =\n", OMB_INVALID, "daemon.batch-inputs",
                   ":2: \"\" is not a number from 1 to 4096");
}

/* --- endpoints --- */

static void assert_endpoint(const char *text, enum omb_endpoint_use use, enum omb_rc rc)
{
    if (omb_endpoint_check(omb_view_str(text), use, NULL) != rc)
        fail_msg("%s", text);
}

static void endpoints_have_a_host_and_a_port(void **state)
{
    static const char *const good[] = {"tcp://127.0.0.1:7100", "tcp://host:1", "tcp://a.b-c:65535",
                                       "tcp://[fe80::1%eth0]:7100"};
    static const char *const bad[] = {
        "",           "127.0.0.1:7100",  "tcp://",          "tcp://host",      "tcp://host:",
        "tcp://:71",  "tcp://host:x",    "tcp://host:65536", "tcp://host:-1",   "tcp://ho st:71",
        "udp://h:71", "tcp://[::1:7100", "tcp://::1:7100",  "tcp://host:71/a", "ipc:///run/x:71"};

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(good); i++)
        assert_endpoint(good[i], OMB_ENDPOINT_REACH, OMB_OK);
    for (size_t i = 0; i < UNIT_COUNT(bad); i++)
        assert_endpoint(bad[i], OMB_ENDPOINT_LISTEN, OMB_INVALID);
}

static void wildcards_are_for_listening_only(void **state)
{
    static const char *const open[] = {"tcp://*:7100", "tcp://0.0.0.0:7100", "tcp://[::]:7100",
                                       "tcp://[::0]:7100", "tcp://host:0", "tcp://host:*"};

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(open); i++) {
        assert_endpoint(open[i], OMB_ENDPOINT_LISTEN, OMB_OK);
        assert_endpoint(open[i], OMB_ENDPOINT_REACH, OMB_INVALID);
    }
    assert_refused("[links]\nadvertise = tcp://*:7100\n", OMB_INVALID, "links.advertise",
                   ":2: nobody can connect to \"tcp://*:7100\": it must name one host and port");
}

static void addresses_of_a_parent_may_stand_in_a_line_each(void **state)
{
    struct omb_config config = read_good("[office]\ncode = ho\n[links]\nparent = tcp://a:1\n"
                                         "parent = tcp://b:2,tcp://c:3\n");
    struct omb_view at[OMB_PARENTS_MAX];

    (void)state;
    assert_int_equal(omb_config_parents(&config, at), 3);
    assert_true(omb_view_is(at[0], "tcp://a:1") && omb_view_is(at[2], "tcp://c:3"));
    assert_refused("[links]\nparent = tcp://a:1\nparent = nowhere\n", OMB_INVALID, "links.parent",
                   ":3: \"nowhere\" is not an endpoint, tcp://HOST:PORT");
}

/* Together they are longer than a line may be. */
static void many_long_addresses_are_written_and_read_back(void **state)
{
    const char *host = "a-host-with-a-long-name.in-a-region-of-the-bank.example";
    struct omb_view at[OMB_PARENTS_MAX];
    struct omb_config config, read;
    size_t size = 0;

    (void)state;
    omb_config_defaults(&config);
    (void)snprintf(config.code, sizeof(config.code), "north");
    for (int i = 0; i < OMB_PARENTS_MAX; i++)
        size += (size_t)snprintf(config.parent + size, sizeof(config.parent) - size,
                                 "tcp://%s:%d,", host, 7100 + i);
    assert_int_equal(omb_config_write(path.text, &config, NULL), OMB_OK);
    assert_int_equal(omb_config_read(path.text, &read, NULL), OMB_OK);
    assert_int_equal(omb_config_parents(&read, at), OMB_PARENTS_MAX);
    assert_true(omb_view_starts(at[7], OMB_VIEW_LIT("tcp://a-host-")));
    assert_int_equal(at[7].data[at[7].size - 1], '7');
}

static void a_parent_has_several_addresses(void **state)
{
    struct omb_config config = read_good("[office]\ncode = north\n[links]\n"
                                         "parent = tcp://a:1, tcp://b:2 ,tcp://c:3\n");
    struct omb_view at[OMB_PARENTS_MAX];

    (void)state;
    assert_int_equal(omb_config_parents(&config, at), 3);
    assert_true(omb_view_is(at[0], "tcp://a:1"));
    assert_true(omb_view_is(at[1], "tcp://b:2"));
    assert_true(omb_view_is(at[2], "tcp://c:3"));
    config.parent[0] = '\0';
    assert_int_equal(omb_config_parents(&config, at), 0);
    assert_refused("[links]\nparent = tcp://a:1, tcp://*:2\n", OMB_INVALID, "links.parent",
                   ":2: nobody can connect to \"tcp://*:2\": it must name one host and port");
    assert_refused("[links]\nparent = tcp://a:1, tcp://a:1, tcp://a:1, tcp://a:1, tcp://a:1, "
                   "tcp://a:1, tcp://a:1, tcp://a:1, tcp://a:1\n",
                   OMB_LIMIT, "links.parent", ":2: a parent has at most 8 addresses");
}

/* Without an address of its own to advertise, an office says where it listens, if that is one. */
static void what_others_call_is_where_it_listens(void **state)
{
    struct omb_config config = read_good("[office]\ncode = ho\n[links]\nlisten = tcp://*:7100\n");

    (void)state;
    assert_int_equal(omb_config_advertised(&config).size, 0);
    (void)snprintf(config.listen, sizeof(config.listen), "tcp://127.0.0.1:7100");
    assert_true(omb_view_is(omb_config_advertised(&config), "tcp://127.0.0.1:7100"));
    (void)snprintf(config.advertise, sizeof(config.advertise), "tcp://ho:7100");
    assert_true(omb_view_is(omb_config_advertised(&config), "tcp://ho:7100"));
}

/* What is listened at everywhere tells nobody where to call: that is said beside it. */
static void every_address_of_the_machine_is_none_to_call(void **state)
{
    static const char *const everywhere[] = {"tcp://*:7100", "tcp://0.0.0.0:7100",
                                             "tcp://[::]:7100", "tcp://[0:0::0]:0"};
    static const char *const one[] = {"", "tcp://127.0.0.1:7100", "tcp://127.0.0.1:0",
                                      "tcp://[::1]:7100", "tcp://0a.example:7100"};
    struct omb_config config = {.code = "ho"};

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(one); i++) {
        (void)snprintf(config.listen, sizeof(config.listen), "%s", one[i]);
        assert_false(omb_config_lacks_advertise(&config));
    }
    for (size_t i = 0; i < UNIT_COUNT(everywhere); i++) {
        (void)snprintf(config.listen, sizeof(config.listen), "%s", everywhere[i]);
        assert_true(omb_config_lacks_advertise(&config));
    }
    (void)snprintf(config.advertise, sizeof(config.advertise), "tcp://ho:7100");
    assert_false(omb_config_lacks_advertise(&config));
}

/* --- writing --- */

static void what_was_written_is_read_again(void **state)
{
    struct omb_config config, read;

    (void)state;
    omb_config_defaults(&config);
    (void)snprintf(config.code, sizeof(config.code), "north");
    (void)snprintf(config.listen, sizeof(config.listen), "tcp://127.0.0.1:*");
    (void)snprintf(config.passphrase_file, sizeof(config.passphrase_file), "fd:3");
    config.log_format = OMB_LOG_JSON;
    config.batch_inputs = 4096;
    assert_int_equal(omb_config_write(path.text, &config, NULL), OMB_OK);
    assert_int_equal(omb_config_read(path.text, &read, NULL), OMB_OK);
    assert_string_equal(read.code, "north");
    assert_string_equal(read.zone, "UTC");
    assert_string_equal(read.listen, "tcp://127.0.0.1:*");
    assert_string_equal(read.passphrase_file, "fd:3");
    assert_int_equal(read.log_level, OMB_LOG_INFO);
    assert_int_equal(read.log_format, OMB_LOG_JSON);
    assert_int_equal(read.batch_inputs, 4096);
}

static void the_file_shows_every_key_and_its_default(void **state)
{
    struct omb_config config;
    struct omb_buf text;

    (void)state;
    omb_config_defaults(&config);
    (void)snprintf(config.code, sizeof(config.code), "north");
    assert_int_equal(omb_config_write(path.text, &config, NULL), OMB_OK);
    text = test_read(path.text);
    assert_non_null(strstr(omb_buf_str(&text), "[office]\n"));
    assert_non_null(strstr(omb_buf_str(&text), "\ncode = north\n"));
    assert_non_null(strstr(omb_buf_str(&text), "\n#time-zone = UTC\n"));
    assert_non_null(strstr(omb_buf_str(&text), "\n#bell-listen =\n"));
    assert_non_null(strstr(omb_buf_str(&text), "\n#batch-inputs = 256\n"));
    omb_buf_free(&text);
}

static void what_could_not_be_read_back_is_not_written(void **state)
{
    struct omb_config config;
    struct omb_error err;

    (void)state;
    omb_config_defaults(&config);
    assert_int_equal(omb_config_write(path.text, &config, &err), OMB_MISSING);
    (void)snprintf(config.code, sizeof(config.code), "north");
    (void)snprintf(config.passphrase_file, sizeof(config.passphrase_file), "/a ;b");
    assert_int_equal(omb_config_write(path.text, &config, &err), OMB_INVALID);
    memset(config.passphrase_file, 'x', 500);
    config.passphrase_file[0] = '/';
    config.passphrase_file[500] = '\0';
    assert_int_equal(omb_config_write(path.text, &config, &err), OMB_LIMIT);
    assert_false(test_exists(path.text));
}

/* Each section has its own heading, and each key its own entry under some heading. */
static void every_key_is_in_the_man_page(void **state)
{
    struct omb_buf text, man = test_read(OMB_MAN_PAGE);
    struct omb_config config;
    const char *line, *next;
    int keys = 0;

    (void)state;
    omb_config_defaults(&config);
    (void)snprintf(config.code, sizeof(config.code), "north");
    assert_int_equal(omb_config_write(path.text, &config, NULL), OMB_OK);
    text = test_read(path.text);
    for (line = omb_buf_str(&text); *line != '\0'; line = next) {
        int size;
        char entry[128];

        next = line + strcspn(line, "\n") + 1;
        line += line[0] == '#';
        size = (int)strspn(line, "abcdefghijklmnopqrstuvwxyz-");
        if (line[0] != '[' && strncmp(line + size, " =", 2) != 0)
            continue;
        if (line[0] == '[')
            (void)snprintf(entry, sizeof(entry), ".SH %.*s", (int)(next - line), line);
        else
            (void)snprintf(entry, sizeof(entry), ".TP\n.BI %.*s \" = ", size, line);
        keys += line[0] != '[';
        if (!strstr(omb_buf_str(&man), entry))
            fail_msg("not in the man page: %s", entry);
    }
    assert_int_equal(keys, 15);
    omb_buf_free(&text);
    omb_buf_free(&man);
}

#define ROW(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ROW(every_key_is_read),
        ROW(what_is_not_said_has_its_default),
        ROW(comments_blank_lines_and_line_ends_of_others_do_no_harm),
        ROW(a_missing_file_says_which),
        ROW(a_missing_code_is_refused),
        ROW(an_unknown_key_is_refused_with_the_nearest),
        ROW(what_is_wrong_can_be_shown_on_a_terminal),
        ROW(an_unknown_section_is_refused_with_the_nearest),
        ROW(a_key_in_the_wrong_section_is_told_its_own),
        ROW(a_key_said_twice_is_refused),
        ROW(what_is_no_line_is_refused),
        ROW(a_line_that_would_continue_the_one_above_is_refused),
        ROW(a_line_too_long_is_refused_not_cut),
        ROW(the_longest_line_that_is_read_is_read_whole),
        ROW(what_is_not_text_is_refused),
        ROW(bad_values_are_refused_in_words),
        ROW(a_zone_that_is_not_here_is_named_with_its_line),
        ROW(batch_inputs_has_bounds),
        ROW(endpoints_have_a_host_and_a_port),
        ROW(wildcards_are_for_listening_only),
        ROW(a_parent_has_several_addresses),
        ROW(addresses_of_a_parent_may_stand_in_a_line_each),
        ROW(many_long_addresses_are_written_and_read_back),
        ROW(what_others_call_is_where_it_listens),
        ROW(every_address_of_the_machine_is_none_to_call),
        ROW(what_was_written_is_read_again),
        ROW(the_file_shows_every_key_and_its_default),
        ROW(what_could_not_be_read_back_is_not_written),
        ROW(every_key_is_in_the_man_page),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
