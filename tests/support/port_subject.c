#include "support/port_subject.h"

#include <stdlib.h>

int subject_open(void **state)
{
    struct subject *subject = calloc(1, sizeof(*subject));

    subject->maker = *state;
    subject->it = subject->maker->open();
    subject->writes = omb_writes_new();
    omb_writes_reset(subject->writes, port_of(subject));
    *state = subject;
    return 0;
}

int subject_close(void **state)
{
    struct subject *subject = *state;

    omb_writes_free(subject->writes);
    subject->maker->close(subject->it);
    omb_buf_free(&subject->seen);
    free(subject);
    return 0;
}

const struct omb_port *port_of(struct subject *subject)
{
    return subject->maker->port(subject->it);
}

void put(struct subject *subject, enum omb_family family, const char *key, const char *value)
{
    omb_put(subject->writes, family, omb_view_str(key), omb_view(value, strlen(value)));
}

enum omb_rc try_commit(struct subject *subject, bool sync)
{
    const enum omb_rc rc = subject->maker->commit(subject->it, subject->writes, sync);

    omb_writes_reset(subject->writes, port_of(subject));
    return rc;
}

void commit(struct subject *subject)
{
    assert_int_equal(try_commit(subject, true), OMB_OK);
}

void commit_unsynced(struct subject *subject)
{
    assert_int_equal(try_commit(subject, false), OMB_OK);
}

void reopen(struct subject *subject)
{
    assert_int_equal(subject->maker->reopen(subject->it), OMB_OK);
    omb_writes_reset(subject->writes, port_of(subject));
}

void crash(struct subject *subject, unsigned hundredths)
{
    subject->maker->crash(subject->it, hundredths);
    omb_writes_reset(subject->writes, port_of(subject));
}

void assert_value(struct subject *subject, enum omb_family family, const char *key,
                  const char *value)
{
    struct omb_buf got = OMB_BUF_INIT;

    assert_int_equal(omb_port_get(port_of(subject), family, omb_view_str(key), &got), OMB_OK);
    assert_string_equal(omb_buf_str(&got), value);
    omb_buf_free(&got);
}

void assert_absent(struct subject *subject, enum omb_family family, const char *key)
{
    struct omb_buf got = OMB_BUF_INIT;

    omb_buf_add_str(&got, "before");
    assert_int_equal(omb_port_get(port_of(subject), family, omb_view_str(key), &got),
                     OMB_NOT_FOUND);
    assert_string_equal(omb_buf_str(&got), "before");
    omb_buf_free(&got);
}
