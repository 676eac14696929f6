/*
 * What is told of a tree: a line for each frame that says something, and for what was done to it.
 */
#define _GNU_SOURCE /* memmem */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/tree_drive.h"

const char *tree_code_of(const struct tree *tree, const struct omb_office_id *id)
{
    for (size_t i = 0; i < tree->count; i++)
        if (omb_office_id_equal(&tree->offices[i]->id, id))
            return tree->offices[i]->code;
    return "?";
}

static void stamp_line(struct tree *tree)
{
    omb_buf_printf(&tree->told, "%9.3f ", (double)(tree->now_ms - RIG_START_MS) / 1000);
}

void tree_tell(struct tree *tree, const char *format, ...)
{
    char line[300];
    va_list args;

    va_start(args, format);
    vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    stamp_line(tree);
    omb_buf_printf(&tree->told, "%s\n", line);
}

static void describe_records(const struct omb_records *records, struct omb_buf *out)
{
    if (records->first == 0)
        omb_buf_printf(out, "Records beside (%zu)", records->records.count);
    else
        omb_buf_printf(out, "Records %llu..%llu (%zu)", (unsigned long long)records->first,
                       (unsigned long long)records->last, records->records.count);
}

static void describe_hello(const struct omb_hello *hello, const char *word, struct omb_buf *out)
{
    omb_buf_printf(out, "%s holding %llu", word,
                   (unsigned long long)(hello->cursor ? hello->cursor->position : 0));
}

static void describe_message(const struct omb_any *message, struct omb_buf *out, bool *out_moves)
{
    const struct omb_refuse *refuse = message->value;
    const struct omb_ack *ack = message->value;
    const struct omb_want *want = message->value;
    const struct omb_compare *compare = message->value;

    switch ((enum omb_frame_tag)message->tag) {
    case OMB_FRAME_HELLO:
        describe_hello(message->value, "Hello", out);
        break;
    case OMB_FRAME_WELCOME:
        describe_hello(message->value, "Welcome", out);
        break;
    case OMB_FRAME_REFUSE:
        omb_buf_printf(out, "Refuse %.*s: %.*s", OMB_VIEW_ARGS(refuse->code),
                       OMB_VIEW_ARGS(refuse->words));
        break;
    case OMB_FRAME_RECORDS:
        *out_moves = true;
        describe_records(message->value, out);
        break;
    case OMB_FRAME_ACK:
        *out_moves = true;
        omb_buf_printf(out, "Ack %llu, %zu witnesses",
                       (unsigned long long)(ack->cursor ? ack->cursor->position : 0),
                       ack->witnesses.count);
        break;
    case OMB_FRAME_WANT:
        *out_moves = true;
        omb_buf_printf(out, "Want %zu digests, %zu ranges, %zu parts", want->digests.count,
                       want->ranges.count, want->parts.count);
        break;
    case OMB_FRAME_COMPARE:
        *out_moves = true;
        omb_buf_printf(out, "Compare %zu cases, %zu logs%s", compare->cases.count,
                       compare->logs.count, compare->answer ? ", answer" : "");
        break;
    case OMB_FRAME_CREDIT:
    case OMB_FRAME_HEALTH:
    case OMB_FRAME_PING:
    case OMB_FRAME_PONG:
        break;
    }
}

bool tree_describe(struct tree *tree, const struct tree_frame *frame, struct omb_buf *out,
                   bool *out_moves)
{
    struct omb_buf words = OMB_BUF_INIT;
    struct omb_frame message;
    bool worth;

    omb_arena_reset(&tree->scratch);
    if (omb_decode_frame(frame->bytes, &tree->scratch, &message, NULL) != OMB_OK)
        omb_buf_printf(&words, "%zu bytes that are no frame", frame->bytes.size);
    else
        describe_message(&message.message, &words, out_moves);
    worth = words.size > 0;
    if (worth) {
        stamp_line(tree);
        omb_buf_printf(out, "%s -> %s %s\n", frame->from->code, frame->to->code,
                       omb_buf_str(&words));
    }
    omb_buf_free(&words);
    return worth;
}

/* --- asking what was told --- */

void tree_told_in_order(struct tree *tree, const char *first, ...)
{
    const char *at = omb_buf_str(&tree->told);
    va_list parts;

    va_start(parts, first);
    for (const char *part = first; part != NULL; part = va_arg(parts, const char *)) {
        const char *found = strstr(at, part);

        if (found == NULL)
            print_error("the story lacks: %s\n", part);
        assert_non_null(found);
        at = found + strlen(part);
    }
    va_end(parts);
}

size_t tree_told(const struct tree *tree, const char *part)
{
    const struct omb_view told = omb_buf_view(&tree->told);
    const size_t size = strlen(part);
    size_t count = 0;

    for (size_t i = 0; i + size <= told.size; i++)
        count += memcmp(told.data + i, part, size) == 0;
    return count;
}

bool tree_came_down(const struct tree_office *child, struct omb_view bytes)
{
    const struct tree *tree = child->tree;

    for (size_t i = 0; i < tree->frame_count; i++) {
        const struct tree_frame *frame = &tree->frames[i];

        if (frame->to == child && frame->bytes.size >= bytes.size &&
            (frame->from == child->parent || !tree_is_below(frame->from, child, true)) &&
            memmem(frame->bytes.data, frame->bytes.size, bytes.data, bytes.size) != NULL)
            return true;
    }
    return false;
}
