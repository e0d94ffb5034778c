#include "domain/leak.h"

#include "check.h"

TEST(leak_of_none_keeps_all)
{
    CHECK_NEAR(mando_kept_share(0, 1), 1, 0);
    CHECK_NEAR(mando_kept_share(0, 0.25), 1, 0);
}

TEST(leak_of_whole_hours_is_a_product)
{
    CHECK_NEAR(mando_kept_share(0.5, 1), 0.5, 0);
    CHECK_NEAR(mando_kept_share(0.5, 2), 0.25, 0);
    CHECK_NEAR(mando_kept_share(0.5, 3), 0.125, 0);
    CHECK_NEAR(mando_kept_share(0.5, 24), 0x1p-24, 0);
}

TEST(leak_of_a_part_of_an_hour_is_a_root)
{
    CHECK_NEAR(mando_kept_share(0.19, 0.5), 0.9, 1e-16);
    CHECK_NEAR(mando_kept_share(1 - 0x1p-4, 0.25), 0.5, 0);
    CHECK_NEAR(mando_kept_share(1 - 0x1p-4, 1.75), 0x1p-7, 0);
}

TEST(leak_agrees_with_pow)
{
    for (int i = 1; i < 400; i++)
        for (int minutes = 1; minutes < 3000; minutes += 7) {
            double leak = i / 400.0, hours = minutes / 60.0;
            double expected = pow(1 - leak, hours);
            CHECK_NEAR(mando_kept_share(leak, hours), expected, 1e-14 * expected);
        }
}

TEST(leak_over_a_long_time_leaves_nothing_and_is_no_nan)
{
    double kept = mando_kept_share(1e-3, 8784 * 1000.0);
    CHECK(kept >= 0 && kept < 1e-300);
}
