#include "base/nearest.h"

#include "check.h"

static const char *name_at(const void *context, size_t i)
{
    const char *const *names = context;
    return names[i];
}

static const char *nearest(const char *given)
{
    static const char *const NAMES[] = {"soc_min_mwh",          "soc_max_mwh", "efficiency_charge",
                                        "efficiency_discharge", "id",          NULL};
    return mando_nearest(given, name_at, NAMES);
}

TEST(nearest_finds_slips_of_every_kind)
{
    CHECK_TEXT(nearest("soc_max_mwh"), "soc_max_mwh");
    CHECK_TEXT(nearest("soc_max_mw"), "soc_max_mwh");
    CHECK_TEXT(nearest("soc_maxx_mwh"), "soc_max_mwh");
    CHECK_TEXT(nearest("sco_min_mwh"), "soc_min_mwh");
    CHECK_TEXT(nearest("efficency_charge"), "efficiency_charge");
    CHECK_TEXT(nearest("EFFICIENCY_DISCHARGE"), "efficiency_discharge");
    CHECK_TEXT(nearest("soc_max"), "soc_max_mwh");
}

TEST(nearest_takes_the_first_of_equals)
{
    CHECK_TEXT(nearest("soc_mxx_mwh"), "soc_max_mwh");
    CHECK_TEXT(nearest("soc_m___mwh"), "soc_min_mwh");
}

TEST(nearest_is_silent_where_nothing_is_near)
{
    CHECK(nearest("colour") == NULL);
    CHECK(nearest("") == NULL);
    CHECK(mando_nearest("id", name_at, &(const char *){NULL}) == NULL);
}

TEST(nearest_compares_the_first_characters_of_very_long_names)
{
    char given[500];
    memset(given, 'x', sizeof given - 1);
    given[sizeof given - 1] = '\0';
    CHECK(nearest(given) == NULL);
    static const char *const NAMES[] = {"a", NULL};
    CHECK_TEXT(mando_nearest_of_all(given, name_at, NAMES), "a");
}

TEST(nearest_of_all_names_one_however_far_it_is)
{
    static const char *const NAMES[] = {"flow", "market", NULL};
    CHECK_TEXT(mando_nearest_of_all("zzzz", name_at, NAMES), "flow");
    CHECK(mando_nearest_of_all("zzzz", name_at, &(const char *){NULL}) == NULL);
}
