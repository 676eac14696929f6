#include "base/rc.h"

const char *omb_rc_word(enum omb_rc rc)
{
    switch (rc) {
#define WORD(name, word, meaning)                                                                  \
    case OMB_##name:                                                                               \
        return word;
        OMB_RC_TABLE(WORD)
#undef WORD
    }
    return "unknown";
}

const char *omb_rc_meaning(enum omb_rc rc)
{
    switch (rc) {
#define MEANING(name, word, meaning)                                                               \
    case OMB_##name:                                                                               \
        return meaning;
        OMB_RC_TABLE(MEANING)
#undef MEANING
    }
    return "a code that this version does not know";
}
