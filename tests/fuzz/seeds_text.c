/* Texts as people and other systems write them. */

#include <string.h>

#include "fuzz/seeds.h"

enum { CSV, CFPB };
enum { OFFICE_CONF, USER_CONF, REQUEST_CONF };
enum { U64, DIGITS, MONEY, TIME, WHEN, TERM, NUMBER, NAMES, TEXT, LINE };

static void tables(void)
{
    seeds_write_text("csv", "csv-plain", CSV,
                     "product,issue,channel,received_at,client_name,narrative,reference\n"
                     "cards,fees,book,2026-03-31,Client 17,\"Client 17 says, \"\"twice\"\"\",S-1\n"
                     "loans,delay,email,2026-03-30 17:20,Client 18,,S-2\n");
    seeds_write_text("csv", "csv-ending", CSV,
                     "product,issue,channel,outcome,cause,redress,currency,answered_at,"
                     "answer_method,closed_at,accepts,reply_methods,vulnerable\r\n"
                     "cards,fees,book,founded,process,250.50,RUB,2026-04-02,phone,2026-04-03,yes,"
                     "\"phone,email\",no\r\n");
    seeds_write_text("csv", "csv-bad-rows", CSV,
                     "\xef\xbb\xbfproduct,issue\n\ncards,fees\ncards\n\"cards,fees\n\"\",\n"
                     "cards,\"fees\" and more\nCards,fees\n");
    seeds_write_text("csv", "csv-shifted", CSV,
                     "product,received_at,vulnerable,redress,currency,first_asked,narrative\n"
                     "cards,Client 17 of this bank,Client 17,Client 17,RUB,Client 17,\n"
                     "cards,2026-03-31,no,Client 17,RUB,,Client 17\n");
    seeds_write_text("csv", "cfpb", CFPB,
                     "Date received,Product,Sub-product,Issue,Sub-issue,Consumer complaint "
                     "narrative,Company response to consumer,Submitted via,Date sent to company,"
                     "Consumer disputed?,Complaint ID\n"
                     "03/31/2026,Credit card,Store card,Fees,,\"Client 17 was charged\ntwice\","
                     "Closed with monetary relief,Web,03/30/2026,Yes,100017\n"
                     "2026-03-31,Mortgage,,Delay,,,In progress,Phone,2026-04-01,N/A,100018\n");
    seeds_write_text("csv", "cfpb-bad", CFPB,
                     "noise before\nDate received,Product,Complaint ID\nClient 17,Cards,1\n"
                     "31.03.2026,Cards,2\n03/31/2026,,3\n03/31/2026,Cards,\n02/30/2026,Cards,5\n");
}

static void configurations(void)
{
    seeds_write_text("conf", "office", OFFICE_CONF,
                     "# An office of Ombud.\n[office]\ncode = vsp-0045\ntime-zone = "
                     "Europe/Moscow\n\n[client]\nlisten = tcp://127.0.0.1:7200\nbell-listen = "
                     "tcp://127.0.0.1:7201\n[links]\nlisten = tcp://0.0.0.0:7100\nadvertise = "
                     "tcp://north.example:7100\nparent = tcp://ho.example:7100, "
                     "tcp://[::1]:7100\nparent = tcp://10.0.0.1:7100\n[keys]\npassphrase-file = "
                     "fd:3\n[daemon]\nlog-level = debug\nlog-format = json\nbatch-inputs = 16\n");
    seeds_write_text("conf", "office-least", OFFICE_CONF, "[office]\ncode=ho ; of the bank\n");
    seeds_write_text("conf", "office-misplaced", OFFICE_CONF,
                     "[office]\ncode = ho\nlisten = tcp://*:0\n[ofice]\n cde = 1\n");
    seeds_write_text("conf", "user", USER_CONF,
                     "connect = tcp://127.0.0.1:7200\nserver-key = /srv/transport.pub\nkey = "
                     "/srv/t1.key\noperator = t1\npassphrase-file = fd:4\n");
    seeds_write_text("conf", "user-unknown", USER_CONF, "conect = tcp://127.0.0.1:7200\n");
    seeds_write_text("conf", "request", REQUEST_CONF,
                     "name = Outlet 45\nkind = branch\nprevious = "
                     "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n"
                     "life = 3\n");
}

static void values(void)
{
    static const struct {
        uint8_t kind;
        const char *name, *text;
    } rows[] = {
        {U64, "u64", "18446744073709551615"},
        {DIGITS, "hex", "00ffA9"},
        {DIGITS, "base64", "T21idWQ="},
        {TIME, "time", "2026-09-30T17:20:05.123+03:00"},
        {TIME, "time-utc", "2024-02-29T23:59:59Z"},
        {WHEN, "when", "2026-09-30 17:20"},
        {WHEN, "when-date", "2026-10-25"},
        {WHEN, "when-gap", "2026-03-29 03:30"},
        {TERM, "term", "15 wd"},
        {TERM, "term-hours", "24 h"},
        {NUMBER, "number", "VSP-0045-2026-000123-7k"},
        {NUMBER, "number-and-life", "vsp-0045-2026-000123-7k/00000003a1b2c3d4e5f60718"},
        {NUMBER, "number-large", "ho-2026-18446744073709551615-00"},
        {NAMES, "endpoint", "tcp://[fe80::1%eth0]:7100"},
        {NAMES, "endpoint-any", "tcp://*:0"},
        {NAMES, "zone", "America/Argentina/Buenos_Aires"},
        {TEXT, "text", "recieved_at \xe2\x80\x9c\xc3\x9f\xf0\x9f\x8f\xa6\xe2\x80\x9d\tx\r\ny"},
        {LINE, "line-new",
         "case\nnew\n--channel\nbook\n--product=cards\n--issue\nfees\n--text\n"
         "Client 17\n--client-name\nClient 17\n--reply-methods\nphone,email"},
        {LINE, "line-resolve",
         "case\nresolve\nho-2026-000001-py\n--outcome\nfounded\n--cause\n"
         "process\n--redress\n250.00\n--currency\nRUB\n--answer\nsorry"},
        {LINE, "line-rate", "case\nrate\nho-2026-000001-py\n--scores\ncalm=8,informed=9"},
        {LINE, "line-list",
         "-C\ndir\ncase\nlist\n--status\nopen\n--office\nnorth/**\n--since\n"
         "2026-01-01\n--overdue\n--json"},
        {LINE, "line-unknown", "case\nshwo\n--jsn"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        seeds_write_text("text", rows[i].name, rows[i].kind, rows[i].text);
    seeds_write_as("text", "money", MONEY, OMB_VIEW_LIT("\0\3RUB250.5"));
    seeds_write_as("text", "money-none", MONEY, OMB_VIEW_LIT("\0\3JPY1234"));
}

/* --- time zones --- */

static void add_block(struct omb_buf *out, bool wide, char version)
{
    static const uint8_t counts[24] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                                       0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 8};
    static const int64_t times[] = {-1000000000, 1000000000};
    static const int32_t offsets[] = {7200, 10800};

    omb_buf_add_str(out, "TZif");
    omb_buf_add_u8(out, (uint8_t)version);
    for (int i = 0; i < 15; i++)
        omb_buf_add_u8(out, 0);
    omb_buf_add(out, counts, sizeof(counts));
    for (size_t i = 0; i < 2; i++)
        if (wide)
            omb_buf_add_be64(out, (uint64_t)times[i]);
        else
            omb_buf_add_be32(out, (uint32_t)times[i]);
    omb_buf_add(out, "\1\0", 2);
    for (size_t i = 0; i < 2; i++) {
        omb_buf_add_be32(out, (uint32_t)offsets[i]);
        omb_buf_add_u8(out, (uint8_t)i);
        omb_buf_add_u8(out, (uint8_t)(4 * i));
    }
    omb_buf_add(out, "EET\0EST\0", 8);
}

static void zones(void)
{
    static const char *const rules[] = {"EET-2EEST,M3.5.0/3,M10.5.0/4", "<+03>-3",
                                        "AST4ADT,J60/-1,300/167:59:59", ""};
    struct omb_buf file = OMB_BUF_INIT;
    char name[16] = "zone-0";

    add_block(&file, false, '\0');
    seeds_write("tz", "zone-old", omb_buf_view(&file));
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        omb_buf_clear(&file);
        add_block(&file, false, '2');
        add_block(&file, true, '2');
        omb_buf_printf(&file, "\n%s\n", rules[i]);
        name[5] = (char)('0' + i);
        seeds_write("tz", name, omb_buf_view(&file));
        seeds_write("tz", rules[i][0] ? (i == 0 ? "rule" : "rule-other") : "rule-none",
                    omb_view_str(rules[i]));
    }
    omb_buf_free(&file);
}

/* --- handshakes --- */

static void handshake(const char *name, const char *domain, char key)
{
    char credentials[33] = "";
    const char *const frames[] = {"1.0", "7", domain, "127.0.0.1", "", "CURVE", credentials};
    struct omb_buf request = OMB_BUF_INIT;

    memset(credentials, key, 32);
    for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
        omb_buf_add_be16(&request, (uint16_t)strlen(frames[i]));
        omb_buf_add_str(&request, frames[i]);
    }
    seeds_write("zap", name, omb_buf_view(&request));
    omb_buf_free(&request);
}

void seeds_of_texts(void)
{
    handshake("client", "ombud", 'c');
    handshake("link", "ombud-link", 'l');
    handshake("wrong-door", "ombud", 'l');

    tables();
    configurations();
    values();
    zones();
}
