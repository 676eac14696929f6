#include "support/whim.h"

#include <stdio.h>
#include <string.h>

#include "cases/policy.h"

enum { DEPTH_MAX = 5 };

static const char *const codes[] = {
    "t1",     "h1",        "s1",       "admin",   "ho",         "yes",       "no",
    "client", "to-client", "founded",  "partly",  "unfounded",  "decision",  "target",
    "open",   "closed",    "teller",   "handler", "supervisor", "process",   "phone",
    "email",  "in-person", "cards",    "fees",    "delay",      "complaint", "claim",
    "normal", "critical",  "amount",   "other",   "survey",     "weekdays",  "bank-standard",
    "csv",    "duplicate", "accepted", "vip",     "zzz",        "thanked",   "none",
};

void whim_init(struct whim *whim, uint64_t seed)
{
    uint8_t bytes[OMB_SEED_SIZE] = {0};

    memset(whim, 0, sizeof(*whim));
    omb_put_be64(bytes, seed);
    omb_drbg_init(&whim->drbg, bytes);
}

uint32_t whim_below(struct whim *whim, uint32_t sides)
{
    uint8_t bytes[4];

    omb_drbg_bytes(&whim->drbg, bytes, sizeof(bytes));
    return omb_be32(bytes) % sides;
}

void whim_learn(struct whim *whim, struct omb_view word)
{
    char *at = whim->words[whim->word_count < WHIM_WORDS ? whim->word_count
                                                         : whim_below(whim, WHIM_WORDS)];

    if (word.size < 8 || word.size >= sizeof(whim->words[0]))
        return;
    memcpy(at, word.data, word.size);
    at[word.size] = '\0';
    if (whim->word_count < WHIM_WORDS)
        whim->word_count++;
}

void whim_learn_number(struct whim *whim, struct omb_view number)
{
    char *at = whim->numbers[whim->number_count++ % WHIM_NUMBERS];

    snprintf(at, sizeof(whim->numbers[0]), "%.*s", OMB_VIEW_ARGS(number));
}

void whim_learn_all(struct whim *whim, const struct omb_shape *shape, const void *message)
{
    for (size_t i = 0; i < shape->field_count; i++) {
        const struct omb_shape_field *field = &shape->fields[i];
        const void *at = omb_shape_at(field, message);

        if (field->kind == OMB_KIND_line)
            whim_learn(whim, *(const struct omb_view *)at);
        if (field->kind == OMB_KIND_one && *(const void *const *)at)
            whim_learn_all(whim, field->sub, *(const void *const *)at);
    }
}

/* --- values --- */

static bool chance(struct whim *whim, uint32_t percent)
{
    return whim_below(whim, 100) < percent;
}

static struct omb_view some_code(struct whim *whim)
{
    const struct omb_policy *policy = &omb_policy_0;
    const struct omb_vocabulary *vocabulary;

    if (chance(whim, 40))
        return omb_view_str(codes[whim_below(whim, sizeof(codes) / sizeof(codes[0]))]);
    vocabulary = &policy->vocabularies[whim_below(whim, (uint32_t)policy->vocabulary_count)];
    if (vocabulary->count == 0)
        return OMB_VIEW_NONE;
    return vocabulary->codes[whim_below(whim, (uint32_t)vocabulary->count)];
}

static struct omb_view some_line(struct whim *whim, struct omb_arena *arena)
{
    struct omb_view word;

    if (whim->word_count == 0 || chance(whim, 30))
        return some_code(whim);
    word = omb_view_str(whim->words[whim_below(whim, (uint32_t)whim->word_count)]);
    if (chance(whim, 10))
        word.size = whim_below(whim, (uint32_t)word.size + 1);
    return omb_arena_copy(arena, word);
}

static struct omb_view some_bytes(struct whim *whim, struct omb_arena *arena)
{
    const size_t size = chance(whim, 70) ? 32 : whim_below(whim, 70);
    uint8_t *bytes = OMB_ARENA_NEW(arena, uint8_t, size);

    omb_drbg_bytes(&whim->drbg, bytes, size);
    return omb_view(bytes, size);
}

static int64_t some_when(struct whim *whim)
{
    static const int64_t far[] = {1, -1, INT64_C(253402214400000), INT64_C(-62135510400000)};

    if (chance(whim, 5))
        return far[whim_below(whim, 4)];
    return whim->now_ms + ((int64_t)whim_below(whim, 61) - 30) * 86400000;
}

static uint64_t some_number(struct whim *whim)
{
    if (chance(whim, 5))
        return chance(whim, 50) ? UINT64_MAX : UINT32_MAX;
    return whim_below(whim, 12);
}

static void fill(struct whim *whim, struct omb_arena *arena, const struct omb_shape *shape,
                 unsigned depth, void *out);

static void *made(struct whim *whim, struct omb_arena *arena, const struct omb_shape *shape,
                  unsigned depth, size_t count)
{
    uint8_t *items = omb_arena_get(arena, shape->size * count);

    for (size_t i = 0; i < count; i++)
        fill(whim, arena, shape, depth + 1, items + i * shape->size);
    return items;
}

static struct omb_views some_views(struct whim *whim, struct omb_arena *arena, enum omb_kind kind)
{
    const size_t count = whim_below(whim, 3);
    struct omb_view *items = OMB_ARENA_NEW(arena, struct omb_view, count);

    for (size_t i = 0; i < count; i++)
        items[i] = kind == OMB_KIND_codes   ? some_code(whim)
                   : kind == OMB_KIND_lines ? some_line(whim, arena)
                                            : some_bytes(whim, arena);
    return (struct omb_views){items, count};
}

static void fill_numbers(struct whim *whim, struct omb_arena *arena, enum omb_kind kind, void *at)
{
    const uint64_t number = some_number(whim);

    if (kind == OMB_KIND_u32)
        *(uint32_t *)at = (uint32_t)number;
    else if (kind == OMB_KIND_u64)
        *(uint64_t *)at = number;
    else if (kind == OMB_KIND_i64)
        *(int64_t *)at = chance(whim, 5) ? INT64_MIN : (int64_t)(number >> 1);
    else if (kind == OMB_KIND_when)
        *(int64_t *)at = some_when(whim);
    else if (kind == OMB_KIND_flag)
        *(bool *)at = chance(whim, 30);
    else if (kind == OMB_KIND_i64s)
        *(struct omb_i64s *)at = (struct omb_i64s){OMB_ARENA_NEW(arena, int64_t, 2), 2};
}

static void fill_ids(struct whim *whim, enum omb_kind kind, void *at)
{
    if (kind == OMB_KIND_id)
        omb_drbg_bytes(&whim->drbg, at, OMB_OFFICE_ID_SIZE);
    else if (kind == OMB_KIND_keyid)
        omb_drbg_bytes(&whim->drbg, at, OMB_KEY_ID_SIZE);
    else if (kind == OMB_KIND_life)
        omb_drbg_bytes(&whim->drbg, at, OMB_INCARNATION_SIZE);
    else if (kind == OMB_KIND_digest || kind == OMB_KIND_digest0)
        omb_drbg_bytes(&whim->drbg, at, OMB_DIGEST_SIZE);
}

static void fill_texts(struct whim *whim, struct omb_arena *arena, enum omb_kind kind, void *at)
{
    if (kind == OMB_KIND_code)
        *(struct omb_view *)at = some_code(whim);
    else if (kind == OMB_KIND_line)
        *(struct omb_view *)at = some_line(whim, arena);
    else if (kind == OMB_KIND_text || kind == OMB_KIND_policy_text)
        *(struct omb_view *)at = OMB_VIEW_LIT("Client 17\nsaid \xe2\x80\x9cno\xe2\x80\x9d");
    else if (kind == OMB_KIND_bytes)
        *(struct omb_view *)at = some_bytes(whim, arena);
    else if (kind == OMB_KIND_codes || kind == OMB_KIND_lines || kind == OMB_KIND_blobs)
        *(struct omb_views *)at = some_views(whim, arena, kind);
}

static void fill_nested(struct whim *whim, struct omb_arena *arena, const struct omb_shape *shape,
                        const struct omb_shape_field *field, unsigned depth, void *at)
{
    if (field->kind == OMB_KIND_one && depth < DEPTH_MAX)
        *(const void **)at = made(whim, arena, field->sub, depth, 1);
    if (field->kind == OMB_KIND_many && depth < DEPTH_MAX) {
        const size_t count = whim_below(whim, 3);

        *(struct omb_any_list *)at =
            (struct omb_any_list){made(whim, arena, field->sub, depth, count), count};
    }
    if (field->kind == OMB_KIND_any && depth < DEPTH_MAX) {
        const struct omb_alternative *alternative =
            &shape->alternatives[whim_below(whim, (uint32_t)shape->alternative_count)];

        *(struct omb_any *)at =
            (struct omb_any){alternative->tag, made(whim, arena, alternative->shape, depth, 1)};
    }
}

static void fill_field(struct whim *whim, struct omb_arena *arena, const struct omb_shape *shape,
                       const struct omb_shape_field *field, unsigned depth, void *out)
{
    void *at = (uint8_t *)out + field->offset;

    fill_texts(whim, arena, field->kind, at);
    fill_numbers(whim, arena, field->kind, at);
    fill_ids(whim, field->kind, at);
    fill_nested(whim, arena, shape, field, depth, at);
}

static void fill(struct whim *whim, struct omb_arena *arena, const struct omb_shape *shape,
                 unsigned depth, void *out)
{
    const uint32_t share = chance(whim, 50) ? 90 : 40;

    for (size_t i = 0; i < shape->field_count; i++)
        if (shape->fields[i].kind == OMB_KIND_any || chance(whim, share))
            fill_field(whim, arena, shape, &shape->fields[i], depth, out);
}

void whim_fill(struct whim *whim, struct omb_arena *arena, const struct omb_shape *shape, void *out)
{
    fill(whim, arena, shape, 0, out);
}

/* --- acts that a client could mean --- */

/* What the office alone knows is left to it. */
static bool is_office_s(const struct omb_shape_field *field)
{
    static const char *const names[] = {"profile", "calendar", "zone", "imported", "deadlines"};

    if (field->kind == OMB_KIND_digest || field->sub == &omb_shape_office_ref ||
        field->sub == &omb_shape_case_id)
        return true;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcmp(field->name, names[i]) == 0)
            return true;
    return false;
}

/* A code from the vocabulary of the field, where one bears its name. */
static struct omb_view fitting_code(struct whim *whim, const struct omb_shape *shape,
                                    const struct omb_shape_field *field)
{
    const struct omb_vocabulary *vocabulary;
    char name[128];

    snprintf(name, sizeof(name), "%s.%s", shape->name, field->name);
    vocabulary = omb_policy_vocabulary(&omb_policy_0, name);
    if (!vocabulary)
        vocabulary = omb_policy_vocabulary(&omb_policy_0, field->name);
    if (strcmp(field->name, "responsible") == 0)
        return chance(whim, 50) ? OMB_VIEW_LIT("s1") : OMB_VIEW_LIT("h1");
    if (!vocabulary || vocabulary->count == 0 || chance(whim, 5))
        return some_code(whim);
    return vocabulary->codes[whim_below(whim, (uint32_t)vocabulary->count)];
}

static void fill_sensibly(struct whim *whim, struct omb_arena *arena, const struct omb_shape *shape,
                          void *out)
{
    for (size_t i = 0; i < shape->field_count; i++) {
        const struct omb_shape_field *field = &shape->fields[i];

        if (is_office_s(field) || chance(whim, 8))
            continue;
        if (field->kind == OMB_KIND_code) {
            *(struct omb_view *)((uint8_t *)out + field->offset) = fitting_code(whim, shape, field);
            continue;
        }
        if (strcmp(field->name, "currency") == 0 && chance(whim, 90)) {
            *(struct omb_view *)((uint8_t *)out + field->offset) = OMB_VIEW_LIT("RUB");
            continue;
        }
        if (field->kind == OMB_KIND_when && chance(whim, 60)) {
            *(int64_t *)((uint8_t *)out + field->offset) =
                whim->now_ms + (chance(whim, 50) ? 86400000 : -60000);
            continue;
        }
        if (field->kind == OMB_KIND_one) {
            void *nested = omb_arena_get(arena, field->sub->size);

            fill_sensibly(whim, arena, field->sub, nested);
            *(const void **)((uint8_t *)out + field->offset) = nested;
        } else {
            fill_field(whim, arena, shape, field, 2, out);
        }
    }
}

static struct omb_view some_case(struct whim *whim, struct omb_arena *arena)
{
    const size_t known = whim->number_count < WHIM_NUMBERS ? whim->number_count : WHIM_NUMBERS;

    if (known == 0 || chance(whim, 3))
        return some_line(whim, arena);
    return omb_arena_copy(arena, omb_view_str(whim->numbers[whim_below(whim, (uint32_t)known)]));
}

static struct omb_matter *plain_matter(struct omb_arena *arena)
{
    struct omb_matter *matter = OMB_ARENA_NEW(arena, struct omb_matter, 1);

    matter->channel = OMB_VIEW_LIT("book");
    matter->product = OMB_VIEW_LIT("cards");
    matter->issue = OMB_VIEW_LIT("fees");
    return matter;
}

struct omb_act *whim_act(struct whim *whim, struct omb_arena *arena, bool registers)
{
    struct omb_act *act = OMB_ARENA_NEW(arena, struct omb_act, 1);
    struct omb_facts *facts = OMB_ARENA_NEW(arena, struct omb_facts, 1);
    struct omb_body *body = OMB_ARENA_NEW(arena, struct omb_body, 1);
    const uint32_t tag = registers ? OMB_EVENT_REGISTERED : 2 + whim_below(whim, 33);
    const struct omb_alternative *fact = omb_shape_alternative(&omb_shape_facts, tag);
    const struct omb_alternative *words = omb_shape_alternative(&omb_shape_body, tag);
    const struct omb_shape_field *to = omb_shape_field(fact->shape, OMB_VIEW_LIT("to"));
    void *value = omb_arena_get(arena, fact->shape->size);

    fill_sensibly(whim, arena, fact->shape, value);
    if (registers && chance(whim, 80))
        ((struct omb_registered *)value)->matter = plain_matter(arena);
    facts->event = (struct omb_any){tag, value};
    act->facts = facts;
    if (words && chance(whim, 80)) {
        void *said = omb_arena_get(arena, words->shape->size);

        fill_sensibly(whim, arena, words->shape, said);
        body->event = (struct omb_any){tag, said};
        act->body = body;
    }
    if (!registers)
        act->number = some_case(whim, arena);
    if (tag == OMB_EVENT_LINKED)
        act->other = some_case(whim, arena);
    if ((to && to->kind == OMB_KIND_one) || chance(whim, 2))
        act->to = chance(whim, 60) ? OMB_VIEW_LIT("ho") : OMB_VIEW_LIT("north");
    if (chance(whim, 3))
        act->answers = some_line(whim, arena);
    return act;
}

const struct omb_request *whim_request(struct whim *whim, struct omb_arena *arena)
{
    struct omb_request *request = OMB_ARENA_NEW(arena, struct omb_request, 1);
    const uint32_t kind = whim_below(whim, 100);

    if (kind < 4)
        request->ask = (struct omb_any){OMB_ASK_ACT, whim_act(whim, arena, true)};
    else if (kind < 70)
        request->ask = (struct omb_any){OMB_ASK_ACT, whim_act(whim, arena, false)};
    else
        fill(whim, arena, &omb_shape_request, 0, request);
    request->protocol = 1;
    return request;
}
