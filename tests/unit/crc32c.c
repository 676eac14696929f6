/* Is the checksum the one that RocksDB's files carry? */
#include "unit.h"

#include "io/crc32c.h"

/* RFC 3720, appendix B.4. */
static void the_published_vectors_hold(void **state)
{
    uint8_t bytes[32] = {0};

    (void)state;
    assert_int_equal(omb_crc32c(0, OMB_VIEW_OF(bytes)), 0x8a9136aa);
    memset(bytes, 0xff, sizeof(bytes));
    assert_int_equal(omb_crc32c(0, OMB_VIEW_OF(bytes)), 0x62a8ab43);
    for (uint8_t i = 0; i < 32; i++)
        bytes[i] = i;
    assert_int_equal(omb_crc32c(0, OMB_VIEW_OF(bytes)), 0x46dd794e);
}

static void pieces_give_what_the_whole_gives(void **state)
{
    const struct omb_view all = OMB_VIEW_LIT("123456789");

    (void)state;
    assert_int_equal(omb_crc32c(0, all), 0xe3069283);
    for (size_t cut = 0; cut <= all.size; cut++)
        assert_int_equal(omb_crc32c(omb_crc32c(0, omb_view(all.data, cut)),
                                    omb_view(all.data + cut, all.size - cut)), 0xe3069283);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_vectors_hold),
        cmocka_unit_test(pieces_give_what_the_whole_gives),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
