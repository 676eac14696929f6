/* Records, papers of offices, keys and exports, made by what makes the real ones. */
#include <string.h>

#include "base/assert.h"
#include "crypto/keyfile.h"
#include "fuzz/seeds.h"
#include "ledger/backup.h"
#include "ledger/enrol.h"
#include "ledger/record.h"
#include "wire/header.h"
#include "wire/parts.h"

enum { REQUEST_TEXT, BUNDLE_TEXT, REQUEST, BUNDLE, WISH, CONTENT, CERTIFICATE };
enum { TEXT, HEADER, CERTIFIED, ESCROW };
enum { START_MS = 1774951 };

static struct omb_signer *signer_of(uint8_t with)
{
    uint8_t seed[OMB_SEED_SIZE];

    memset(seed, with, sizeof(seed));
    return omb_signer_from_seed(seed);
}

/* --- records --- */

static void record(const char *name, uint32_t tag, const void *event, const struct omb_body *body)
{
    const uint8_t salt[OMB_SALT_SIZE] = {1, 2, 3};
    const struct omb_facts facts = {.event = {tag, event}};
    const struct omb_case_id id = {.home = {{1}}, .incarnation = {{2}}, .year = 2026, .serial = 1};
    struct omb_header header = {.version = OMB_HEADER_VERSION,
                                .office = {{1}},
                                .incarnation = {{2}},
                                .seq = 1,
                                .time_ms = (int64_t)START_MS * 1000000,
                                .key = {{4}},
                                .salt = OMB_VIEW_OF(salt),
                                .actor = OMB_VIEW_LIT("t1"),
                                .case_id = &id,
                                .facts = &facts};
    struct omb_buf bytes = OMB_BUF_INIT, said = OMB_BUF_INIT, whole = OMB_BUF_INIT;
    struct omb_record out = {.header = OMB_VIEW_NONE};

    if (body) {
        omb_encode_body(body, &said);
        out.body = omb_buf_view(&said);
        header.body_digest = omb_body_digest(out.body);
        header.body_size = (uint32_t)said.size;
    }
    omb_encode_header(&header, &bytes);
    out.header = omb_buf_view(&bytes);
    omb_encode_record(&out, &whole);
    seeds_write_as("record", name, 0x0f, omb_buf_view(&whole));
    omb_buf_free(&bytes);
    omb_buf_free(&said);
    omb_buf_free(&whole);
}

static void records(void)
{
    const struct omb_matter matter = {.kind = OMB_VIEW_LIT("complaint"),
                                      .channel = OMB_VIEW_LIT("book"),
                                      .product = OMB_VIEW_LIT("cards"),
                                      .issue = OMB_VIEW_LIT("fees")};
    const struct omb_registered registered = {.matter = &matter};
    const struct omb_client client = {.name = OMB_VIEW_LIT("Client 17")};
    const struct omb_registered_body words = {.client = &client,
                                              .narrative = OMB_VIEW_LIT("charged twice")};
    const struct omb_body body = {.event = {OMB_EVENT_REGISTERED, &words}};
    const struct omb_resolved resolved = {.outcome = OMB_VIEW_LIT("founded"),
                                          .cause = OMB_VIEW_LIT("process"),
                                          .bank_error = OMB_VIEW_LIT("yes"),
                                          .redress_minor = 25000,
                                          .currency = OMB_VIEW_LIT("RUB")};

    record("registered", OMB_EVENT_REGISTERED, &registered, &body);
    record("resolved", OMB_EVENT_RESOLVED, &resolved, NULL);
}

/* --- papers --- */

struct papers {
    struct omb_buf own, root, own_inner;
    uint8_t anchor[OMB_PUBLIC_SIZE];
};

static void issue(struct papers *papers)
{
    struct omb_signer *own = signer_of(0x60), *root = signer_of(0x61), *anchor = signer_of(0x69);
    const uint8_t box[OMB_PUBLIC_SIZE] = {9};
    uint8_t own_key[OMB_PUBLIC_SIZE], root_key[OMB_PUBLIC_SIZE];
    struct omb_known_certificate known;
    struct omb_arena arena;
    struct omb_certificate inner = {.version = 1,
                                    .code = OMB_VIEW_LIT("ho"),
                                    .name = OMB_VIEW_LIT("Head Office"),
                                    .kind = OMB_VIEW_LIT("head"),
                                    .signing_key = OMB_VIEW_OF(root_key),
                                    .transport_key = OMB_VIEW_OF(box),
                                    .sealing_key = OMB_VIEW_OF(box),
                                    .not_before = 1000,
                                    .not_after = INT64_C(1900000000000),
                                    .certify_depth = OMB_ROOT_CERTIFY_DEPTH};

    omb_arena_init(&arena, SIZE_MAX);
    omb_signer_public(own, own_key);
    omb_signer_public(root, root_key);
    omb_signer_public(anchor, papers->anchor);
    inner.office = omb_certify_office_id(inner.code, root_key);
    inner.issuer = omb_certify_anchor_issuer(papers->anchor);
    omb_certify_issue(&inner, anchor, &papers->root);
    OMB_ASSERT(omb_certify_read(omb_buf_view(&papers->root), &arena, &known, NULL) == OMB_OK);
    inner.parent = inner.office;
    inner.code = OMB_VIEW_LIT("vsp-0045");
    inner.name = OMB_VIEW_LIT("Outlet 45");
    inner.kind = OMB_VIEW_LIT("branch");
    inner.signing_key = OMB_VIEW_OF(own_key);
    inner.office = omb_certify_office_id(inner.code, own_key);
    inner.issuer = known.digest;
    inner.depth = 1;
    inner.certify_depth = 0;
    omb_certify_issue(&inner, root, &papers->own);
    omb_encode_certificate(&inner, &papers->own_inner);
    omb_arena_free(&arena);
    omb_signer_free(own);
    omb_signer_free(root);
    omb_signer_free(anchor);
}

static void bundle(const struct papers *papers)
{
    const struct omb_view both[] = {omb_buf_view(&papers->own), omb_buf_view(&papers->root)};
    const struct omb_view address = OMB_VIEW_LIT("tcp://ho.example:7100");
    const struct omb_bundle_content content = {.version = 1,
                                               .certificates = {both, 2},
                                               .anchor = OMB_VIEW_OF(papers->anchor),
                                               .recovery = OMB_VIEW_OF(papers->anchor),
                                               .addresses = {&address, 1},
                                               .at = 2000};
    struct omb_signer *root = signer_of(0x61);
    struct omb_buf bytes = OMB_BUF_INIT, inner = OMB_BUF_INIT, text = OMB_BUF_INIT;

    omb_enrol_give(&content, root, &bytes);
    omb_encode_bundle_content(&content, &inner);
    omb_enrol_print(OMB_ENROL_BUNDLE, omb_buf_view(&bytes), &text);
    seeds_write_as("certificate", "bundle", BUNDLE, omb_buf_view(&bytes));
    seeds_write_as("certificate", "bundle-content", CONTENT, omb_buf_view(&inner));
    seeds_write_as("certificate", "bundle-text", BUNDLE_TEXT, omb_buf_view(&text));
    seeds_write_as("certificate", "certificate", CERTIFICATE, omb_buf_view(&papers->own));
    omb_buf_free(&bytes);
    omb_buf_free(&inner);
    omb_buf_free(&text);
    omb_signer_free(root);
}

static void request(void)
{
    struct omb_signer *own = signer_of(0x60);
    const uint8_t box[OMB_PUBLIC_SIZE] = {9};
    uint8_t key[OMB_PUBLIC_SIZE];
    const struct omb_office_wish wish = {.version = 1,
                                         .code = OMB_VIEW_LIT("vsp-0045"),
                                         .name = OMB_VIEW_LIT("Outlet 45"),
                                         .kind = OMB_VIEW_LIT("branch"),
                                         .signing_key = OMB_VIEW_OF(key),
                                         .transport_key = OMB_VIEW_OF(box),
                                         .sealing_key = OMB_VIEW_OF(box),
                                         .at = 1000};
    struct omb_buf bytes = OMB_BUF_INIT, inner = OMB_BUF_INIT, text = OMB_BUF_INIT;

    omb_signer_public(own, key);
    omb_enrol_ask(&wish, own, NULL, &bytes);
    omb_encode_office_wish(&wish, &inner);
    omb_enrol_print(OMB_ENROL_REQUEST, omb_buf_view(&bytes), &text);
    seeds_write_as("certificate", "request", REQUEST, omb_buf_view(&bytes));
    seeds_write_as("certificate", "wish", WISH, omb_buf_view(&inner));
    seeds_write_as("certificate", "request-text", REQUEST_TEXT, omb_buf_view(&text));
    omb_buf_free(&bytes);
    omb_buf_free(&inner);
    omb_buf_free(&text);
    omb_signer_free(own);
}

/* --- keys --- */

static void key(const char *use, bool secret, const char *passphrase)
{
    const uint8_t bytes[OMB_KEY_SIZE] = {3}, salt_and_nonce[40] = {7};
    struct omb_keyfile file = {.name = "vsp-0045"};
    struct omb_buf text = OMB_BUF_INIT, name = OMB_BUF_INIT;

    file.secret = omb_secret_new(bytes);
    memcpy(file.use, use, strlen(use) + 1);
    OMB_ASSERT(omb_keyfile_public(use, file.secret, file.public_key) == OMB_OK);
    if (!secret) {
        omb_secret_free(file.secret);
        file.secret = NULL;
    }
    OMB_ASSERT(omb_keyfile_write(&file, omb_view_str(passphrase), salt_and_nonce, &text, NULL) ==
               OMB_OK);
    omb_buf_printf(&name, "%s%s%s", use, secret ? "" : "-public", *passphrase ? "-sealed" : "");
    seeds_write_as("keys", omb_buf_str(&name), *passphrase != '\0', omb_buf_view(&text));
    omb_keyfile_free(&file);
    omb_buf_wipe(&text);
    omb_buf_free(&name);
}

/* --- exports --- */

static void add(struct omb_buf *script, uint8_t what, struct omb_view bytes)
{
    omb_buf_add_u8(script, what);
    omb_buf_add_be16(script, (uint16_t)bytes.size);
    omb_buf_add_view(script, bytes);
}

static void exports(const struct papers *papers)
{
    const uint8_t secret[OMB_KEY_SIZE] = {5};
    const struct omb_escrow_secret escrow = {.key = OMB_VIEW_OF(secret),
                                             .transport_secret = OMB_VIEW_OF(secret),
                                             .sealing_secret = OMB_VIEW_OF(secret)};
    struct omb_buf script = OMB_BUF_INIT, plain = OMB_BUF_INIT;

    omb_encode_escrow_secret(&escrow, &plain);
    omb_buf_add_u8(&script, 0);
    add(&script, CERTIFIED, omb_buf_view(&papers->own_inner));
    add(&script, ESCROW, omb_buf_view(&plain));
    add(&script, HEADER, OMB_VIEW_LIT("\x08\x01"));
    add(&script, TEXT, OMB_VIEW_LIT("{\"header\": 7, \"certificate\": null}"));
    seeds_write("export", "lines", omb_buf_view(&script));
    seeds_write("export", "objects",
                OMB_VIEW_LIT("{\"office\": \"ho\", \"header\": \"CAE=\", \"path\": [\"AA==\", 1]}\n"
                             "{\"certificate\": \"!\"}\n{}\n"));
    seeds_write("export", "no-object", OMB_VIEW_LIT("{}\n[1, 2]\n\"\\ud83c\\udfe6\"\n"));
    seeds_write("export", "key-file",
                OMB_VIEW_LIT("0123456789abcdef0123456789abcdef0123456789abcdef\n"));
    omb_buf_free(&script);
    omb_buf_free(&plain);
}

/* --- backups --- */

static void backups(const struct papers *papers)
{
    enum { SIGNED_BACKUP, MANIFEST, KEYS, PATH };
    const struct omb_backup_file files[] = {{OMB_VIEW_LIT("db/000012.sst"), 4096, {{1}}},
                                            {OMB_VIEW_LIT("db/CURRENT"), 16, {{2}}},
                                            {OMB_VIEW_LIT("keys.sealed"), 900, {{3}}},
                                            {OMB_VIEW_LIT("ombud.conf"), 200, {{4}}}};
    const struct omb_backup_manifest manifest = {.schema = 1,
                                                 .head = 7,
                                                 .digest = {{5}},
                                                 .records = 9,
                                                 .made_at = 2000,
                                                 .recovery = OMB_VIEW_OF(papers->anchor),
                                                 .files = {files, 4}};
    const struct omb_view certificate = omb_buf_view(&papers->root);
    const struct omb_sealed_keys keys = {.version = 1,
                                         .for_recovery = omb_view(papers->root.data, 80),
                                         .salt = omb_view(papers->root.data, 16),
                                         .for_passphrase = omb_view(papers->root.data, 72),
                                         .sealed = omb_view(papers->root.data, 200)};
    struct omb_signer *root = signer_of(0x61);
    struct omb_buf draft = OMB_BUF_INIT, whole = OMB_BUF_INIT, sealed = OMB_BUF_INIT;

    omb_encode_backup_manifest(&manifest, &draft);
    omb_backup_sign(&manifest, (struct omb_views){&certificate, 1}, root, &whole);
    omb_encode_sealed_keys(&keys, &sealed);
    seeds_write_as("backup", "signed", SIGNED_BACKUP, omb_buf_view(&whole));
    seeds_write_as("backup", "manifest", MANIFEST, omb_buf_view(&draft));
    seeds_write_as("backup", "keys", KEYS, omb_buf_view(&sealed));
    seeds_write_text("backup", "path", PATH, "db/000012.sst");
    seeds_write_text("backup", "path-of-operator", PATH, "operators/t1.key");
    omb_buf_free(&draft);
    omb_buf_free(&whole);
    omb_buf_free(&sealed);
    omb_signer_free(root);
}

void seeds_of_papers(void)
{
    static const char *const uses[] = {"signing",  "transport", "sealing",
                                       "operator", "anchor",    "recovery"};
    struct papers papers = {.own = OMB_BUF_INIT};

    omb_crypto_init();
    omb_wire_init();
    issue(&papers);
    records();
    bundle(&papers);
    request();
    exports(&papers);
    backups(&papers);
    for (size_t i = 0; i < sizeof(uses) / sizeof(uses[0]); i++)
        key(uses[i], i % 3 != 0, i % 2 ? "passphrase of a test" : "");
    omb_buf_free(&papers.own);
    omb_buf_free(&papers.root);
    omb_buf_free(&papers.own_inner);
}
