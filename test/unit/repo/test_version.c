#include "repo/version.h"

#include "check.h"

static struct mando_version version(int64_t known, int64_t changed, double number)
{
    return (struct mando_version){.start_us = 7,
                                  .end_us = 8,
                                  .knowledge_us = known,
                                  .change_us = changed,
                                  .number = number,
                                  .present = true};
}

TEST(versions_ascend_by_start_then_knowledge_then_change)
{
    struct mando_version a = version(1, 9, 0), b = version(2, 1, 0), c = version(2, 2, 0), d = a;
    d.start_us = 8;
    CHECK(mando_version_compare(&a, &b) < 0);
    CHECK(mando_version_compare(&c, &b) > 0);
    CHECK(mando_version_compare(&c, &d) < 0);
    CHECK_EQ(mando_version_compare(&b, &b), 0);
}

TEST(versions_are_equal_in_value_end_and_mark_whatever_their_times)
{
    struct mando_version a = version(1, 1, 5), b = version(2, 3, 5);
    CHECK(mando_version_equals(&a, &b));
    b.end_us++;
    CHECK(!mando_version_equals(&a, &b));
    b = version(1, 1, 6);
    CHECK(!mando_version_equals(&a, &b));
    b = version(1, 1, 5);
    b.deleted = true;
    CHECK(!mando_version_equals(&a, &b));
    b = version(1, 1, 0);
    a = b;
    b.present = false;
    CHECK(!mando_version_equals(&a, &b));
    a.bytes = "{}";
    a.size = 2;
    b = a;
    b.bytes = "[]";
    CHECK(!mando_version_equals(&a, &b));
    b.size = 1;
    CHECK(!mando_version_equals(&a, &b));
}

TEST(a_version_is_within_cuts_that_are_its_own_times)
{
    struct mando_version v = version(3, 5, 0);
    CHECK(mando_version_is_within(&v, (struct mando_as_of){3, 5}));
    CHECK(!mando_version_is_within(&v, (struct mando_as_of){2, 5}));
    CHECK(!mando_version_is_within(&v, (struct mando_as_of){3, 4}));
}

TEST(the_first_version_of_a_start_is_inserted_and_later_ones_are_corrections)
{
    struct mando_version stored = version(1, 1, 5), row = version(2, 9, 6);
    CHECK_EQ(mando_version_judge(NULL, 0, &row, true), MANDO_VERDICT_INSERTED);
    CHECK_EQ(mando_version_judge(&stored, 1, &row, true), MANDO_VERDICT_CORRECTED);
    CHECK_EQ(mando_version_judge(&stored, 1, &row, false), MANDO_VERDICT_CORRECTED);
}

TEST(a_known_row_is_compared_with_its_own_knowledge_time_and_others_with_what_counts)
{
    struct mando_version stored[] = {version(1, 1, 5), version(1, 2, 6), version(3, 1, 7)};
    struct mando_version row = version(1, 9, 6);
    CHECK_EQ(mando_version_judge(stored, 3, &row, true), MANDO_VERDICT_UNCHANGED);
    CHECK_EQ(mando_version_judge(stored, 3, &row, false), MANDO_VERDICT_CORRECTED);
    row = version(1, 9, 5);
    CHECK_EQ(mando_version_judge(stored, 3, &row, true), MANDO_VERDICT_CORRECTED);
    row = version(2, 9, 7);
    CHECK_EQ(mando_version_judge(stored, 3, &row, true), MANDO_VERDICT_CORRECTED);
    CHECK_EQ(mando_version_judge(stored, 3, &row, false), MANDO_VERDICT_UNCHANGED);
}

TEST(what_the_same_transaction_stored_is_repeated_or_contradicted)
{
    struct mando_version stored[] = {version(1, 1, 5), version(2, 9, 6)};
    struct mando_version same = version(2, 9, 6), other = version(2, 9, 5);
    CHECK_EQ(mando_version_judge(stored, 2, &same, true), MANDO_VERDICT_REPEATED);
    CHECK_EQ(mando_version_judge(stored, 2, &same, false), MANDO_VERDICT_REPEATED);
    CHECK_EQ(mando_version_judge(stored, 2, &other, true), MANDO_VERDICT_DUPLICATE);
}
