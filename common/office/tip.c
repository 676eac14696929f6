/*
 * Where the own log and its counters stand, as one row of the store, so that a store opens without
 * reading its log:
 *
 *   meta "tip" = number(4) incarnation(12) seq(8) prev(32) time(8) journal(8) next number(4)
 *                serial year(4) serial(8) cases(8) records(8) escrow(32) escrow month(4) feed(8)
 *   meta "serial/YYYY" = serial(8) of a year other than the tip's
 */
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "office/inside.h"

enum {
    TIP_SIZE = 4 + 12 + 8 + 32 + 8 + 8 + 4 + 4 + 8 + 8 + 8 + 32 + 4 + 8,
    SERIALS_LEAP = 100000000,
};

static void write_tip(const struct omb_tip *tip, struct omb_buf *out)
{
    omb_buf_add_be32(out, tip->number);
    omb_buf_add(out, tip->incarnation.bytes, sizeof(tip->incarnation.bytes));
    omb_buf_add_be64(out, tip->seq);
    omb_buf_add(out, tip->prev.bytes, sizeof(tip->prev.bytes));
    omb_buf_add_be64(out, (uint64_t)tip->time_ms);
    omb_buf_add_be64(out, tip->journal);
    omb_buf_add_be32(out, tip->next_number);
    omb_buf_add_be32(out, tip->serial_year);
    omb_buf_add_be64(out, tip->serial);
    omb_buf_add_be64(out, tip->cases);
    omb_buf_add_be64(out, tip->records);
    omb_buf_add(out, tip->escrow.bytes, sizeof(tip->escrow.bytes));
    omb_buf_add_be32(out, tip->escrow_month);
    omb_buf_add_be64(out, tip->feed);
}

static void read_tip(const uint8_t *at, struct omb_tip *out)
{
    *out = (struct omb_tip){0};
    out->number = omb_be32(at);
    memcpy(out->incarnation.bytes, at + 4, sizeof(out->incarnation.bytes));
    out->seq = omb_be64(at + 16);
    memcpy(out->prev.bytes, at + 24, sizeof(out->prev.bytes));
    out->time_ms = (int64_t)omb_be64(at + 56);
    out->journal = omb_be64(at + 64);
    out->next_number = omb_be32(at + 72);
    out->serial_year = omb_be32(at + 76);
    out->serial = omb_be64(at + 80);
    out->cases = omb_be64(at + 88);
    out->records = omb_be64(at + 96);
    memcpy(out->escrow.bytes, at + 104, sizeof(out->escrow.bytes));
    out->escrow_month = omb_be32(at + 136);
    out->feed = omb_be64(at + 140);
}

/* The tip names the newest record: a store that lost it must not go on as if it had not. */
static enum omb_rc check_head(const struct omb_office *office, struct omb_buf *value,
                              struct omb_error *err)
{
    const struct omb_tip *tip = &office->tip;
    const struct omb_key key = omb_key_digest(&tip->prev);
    uint32_t number;
    uint64_t seq;
    enum omb_rc rc;

    if (tip->seq == 0)
        return OMB_OK;
    rc = omb_port_get(office->setup.port, OMB_FAMILY_DIGEST, omb_key_view(&key), value);
    if (rc == OMB_NOT_FOUND ||
        (rc == OMB_OK && (!omb_read_place(omb_buf_view(value), &number, &seq) ||
                          number != tip->number || seq != tip->seq)))
        return omb_fail(err, OMB_DAMAGED, NULL,
                        "the newest record of the office's own log is not in the store");
    return rc;
}

static enum omb_rc load_escrow(struct omb_office *office, struct omb_buf *value,
                               struct omb_error *err)
{
    const struct omb_key key = omb_key_digest(&office->tip.escrow);
    uint32_t number;
    uint64_t seq;
    enum omb_rc rc;

    if (omb_digest_none(&office->tip.escrow))
        return OMB_OK;
    rc = omb_port_get(office->setup.port, OMB_FAMILY_DIGEST, omb_key_view(&key), value);
    if (rc == OMB_NOT_FOUND ||
        (rc == OMB_OK && !omb_read_place(omb_buf_view(value), &number, &seq)))
        return omb_fail(err, OMB_DAMAGED, NULL, "the record of the escrow key is not in the store");
    if (rc != OMB_OK)
        return rc;
    return omb_vault_load_escrow(office, number, seq, err);
}

enum omb_rc omb_tip_load(struct omb_office *office, struct omb_error *err)
{
    const struct omb_key key = omb_key_meta("tip");
    struct omb_buf value = OMB_BUF_INIT;
    enum omb_rc rc = omb_port_get(office->setup.port, OMB_FAMILY_META, omb_key_view(&key), &value);

    if (rc == OMB_NOT_FOUND) { /* a new store: nothing was written yet */
        office->tip = (struct omb_tip){.next_number = 1, .must_open = true};
        rc = OMB_OK;
        goto out;
    }
    if (rc == OMB_OK && value.size != TIP_SIZE)
        rc = omb_fail(err, OMB_DAMAGED, NULL, "the row of the log's tip has %zu bytes, not %d",
                      value.size, TIP_SIZE);
    if (rc != OMB_OK)
        goto out;
    read_tip(value.data, &office->tip);
    rc = check_head(office, &value, err);
    if (rc == OMB_OK && !office->setup.looks)
        rc = load_escrow(office, &value, err);
out:
    omb_buf_free(&value);
    return rc;
}

void omb_tip_put_log(const struct omb_tip *tip, const struct omb_office_id *office,
                     struct omb_writes *writes)
{
    const struct omb_log_row row = {
        .office = *office,
        .incarnation = tip->incarnation,
        .head = tip->seq,
        .digest = tip->prev,
        .newest_at = tip->time_ms,
        .count = tip->seq,
    };
    const struct omb_key key = omb_key_log(tip->number);
    struct omb_buf value = OMB_BUF_INIT;

    if (tip->seq == 0)
        return;
    omb_encode_log_row(&row, &value);
    omb_put(writes, OMB_FAMILY_LOG, omb_key_view(&key), omb_buf_view(&value));
    omb_buf_free(&value);
}

void omb_tip_put(const struct omb_office *office, struct omb_writes *writes)
{
    const struct omb_key key = omb_key_meta("tip");
    struct omb_buf value = OMB_BUF_INIT;

    omb_tip_put_log(&office->tip, &office->self.office, writes);
    write_tip(&office->tip, &value);
    OMB_ASSERT(value.size == TIP_SIZE);
    omb_put(writes, OMB_FAMILY_META, omb_key_view(&key), omb_buf_view(&value));
    omb_buf_free(&value);
}

void omb_tip_touch(struct omb_step *step)
{
    step->update->dirty = true;
}

/* --- serials --- */

static struct omb_key serial_key(uint32_t year)
{
    char name[24];

    snprintf(name, sizeof(name), "serial/%04u", year);
    return omb_key_meta(name);
}

static enum omb_rc read_serial(struct omb_step *step, uint32_t year, uint64_t *out,
                               struct omb_error *err)
{
    const struct omb_key key = serial_key(year);
    struct omb_buf value = OMB_BUF_INIT;
    enum omb_rc rc = omb_port_get(step->port, OMB_FAMILY_META, omb_key_view(&key), &value);

    if (rc == OMB_OK && value.size != 8)
        rc = omb_fail(err, OMB_DAMAGED, NULL, "the row of the year's serials is damaged");
    if (rc == OMB_OK || rc == OMB_NOT_FOUND) {
        *out = rc == OMB_OK ? omb_be64(value.data) : 0;
        rc = OMB_OK;
    }
    omb_buf_free(&value);
    return rc;
}

/* Puts the serial of the year that ends aside, and goes on with the other year's. */
static enum omb_rc turn_year(struct omb_step *step, uint32_t year, struct omb_error *err)
{
    struct omb_tip *tip = &step->office->tip;
    const struct omb_key key = serial_key(tip->serial_year);
    uint8_t serial[8];
    enum omb_rc rc;

    omb_put_be64(serial, tip->serial);
    if (tip->serial_year > 0)
        omb_put(step->update->writes, OMB_FAMILY_META, omb_key_view(&key), OMB_VIEW_OF(serial));
    rc = read_serial(step, year, &tip->serial, err);
    if (rc == OMB_OK)
        tip->serial_year = year;
    return rc;
}

enum omb_rc omb_case_came_home(struct omb_step *step, const struct omb_case_id *id,
                               struct omb_error *err)
{
    struct omb_tip *tip = &step->office->tip;
    const struct omb_key key = serial_key(id->year);
    uint64_t serial = tip->serial;
    uint8_t row[8];
    enum omb_rc rc = OMB_OK;

    if (id->year != tip->serial_year)
        rc = read_serial(step, id->year, &serial, err);
    if (rc != OMB_OK || id->serial <= serial || id->serial - serial > SERIALS_LEAP)
        return rc;
    if (id->year == tip->serial_year) {
        tip->serial = id->serial;
        return OMB_OK;
    }
    omb_put_be64(row, id->serial);
    omb_put(step->update->writes, OMB_FAMILY_META, omb_key_view(&key), OMB_VIEW_OF(row));
    return OMB_OK;
}

enum omb_rc omb_case_next(struct omb_step *step, struct omb_case_id *out, struct omb_error *err)
{
    struct omb_tip *tip = &step->office->tip;
    enum omb_rc rc = omb_log_ready(step, err);
    uint32_t year;

    if (rc != OMB_OK)
        return rc;
    year = (uint32_t)omb_zone_local(step->office->setup.zone, omb_log_time(step)).year;
    if (year != tip->serial_year)
        rc = turn_year(step, year, err);
    if (rc != OMB_OK)
        return rc;
    tip->serial++;
    *out = (struct omb_case_id){
        .home = step->office->self.office,
        .incarnation = tip->incarnation,
        .year = year,
        .serial = tip->serial,
    };
    return OMB_OK;
}
