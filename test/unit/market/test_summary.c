#include "market/summary.h"

#include "check.h"

TEST(summary_of_one_value_is_that_value)
{
    double value = -7;
    struct mando_paths_summary summary = mando_summary_of(&value, 1);
    CHECK_NEAR(summary.mean_eur, -7, 0);
    CHECK_NEAR(summary.standard_deviation_eur, NAN, 0);
    CHECK_NEAR(summary.cvar_eur, -7, 1e-15);
    for (int i = 0; i < MANDO_PATHS_QUANTILES; i++)
        CHECK_NEAR(summary.quantile_eur[i], -7, 0);
}

TEST(summary_interpolates_quantiles_between_neighbours)
{
    double values[] = {4, 1, 5, 2, 3};
    struct mando_paths_summary summary = mando_summary_of(values, 5);
    CHECK_NEAR(summary.mean_eur, 3, 0);
    CHECK_NEAR(summary.standard_deviation_eur, sqrt(2.5), 1e-15);
    CHECK_NEAR(summary.quantile_eur[MANDO_PATHS_P05], 1.2, 1e-15);
    CHECK_NEAR(summary.quantile_eur[MANDO_PATHS_P25], 2, 0);
    CHECK_NEAR(summary.quantile_eur[MANDO_PATHS_P50], 3, 0);
    CHECK_NEAR(summary.quantile_eur[MANDO_PATHS_P75], 4, 0);
    CHECK_NEAR(summary.quantile_eur[MANDO_PATHS_P95], 4.8, 1e-14);
    CHECK_NEAR(summary.cvar_eur, 1, 0); /* less than one value: the worst one */
}

TEST(summary_counts_a_value_that_is_partly_among_the_worst_in_part)
{
    double values[50];
    for (int i = 0; i < 50; i++)
        values[i] = 50 - i;
    /* 5 % of 50 is two and a half values: 1, 2 and half of 3. */
    CHECK_NEAR(mando_summary_of(values, 50).cvar_eur, (1 + 2 + 0.5 * 3) / 2.5, 1e-14);
    double all[100];
    for (int i = 0; i < 100; i++)
        all[i] = (double)((i * 37) % 100);
    CHECK_NEAR(mando_summary_of(all, 100).cvar_eur, 2, 1e-14);
}
