#include "prices_support.h"

#define HEADER "start,price_eur_per_mwh\n"
#define PAIR "start,buy_eur_per_mwh,sell_eur_per_mwh\n"
#define LIMITS                                                                                     \
    "start,price_eur_per_mwh,soc_max_mwh,power_charge_mw_max,soc_min_mwh,power_discharge_mw_max\n"

static const char THREE[] = HEADER "2025-12-01T00:00Z,1\n2025-12-01T01:00Z,-2.5\n"
                                   "2025-12-01T02:00:00.000000Z,3e1\n";

static void check_text(const char *text, const char *code, int64_t line, int64_t column,
                       const char *message)
{
    check_refused(text, NULL, code, line, column, message);
}

TEST(prices_are_read_with_start_and_step)
{
    struct mando_prices prices;
    CHECK_EQ(read_prices(THREE, NULL, &prices, NULL), MANDO_OK);
    CHECK_EQ(prices.count, 3);
    CHECK_EQ(prices.step_us, MANDO_HOUR_US);
    CHECK_EQ(prices.index_first, 0);
    check_start(&prices, "2025-12-01T00:00:00Z");
    CHECK(prices.buy_eur_per_mwh == prices.sell_eur_per_mwh);
    CHECK_NEAR(prices.buy_eur_per_mwh[0], 1, 0);
    CHECK_NEAR(prices.buy_eur_per_mwh[1], -2.5, 0);
    CHECK_NEAR(prices.buy_eur_per_mwh[2], 30, 0);
    CHECK(!prices.power_charge_mw_max && !prices.power_discharge_mw_max);
    CHECK(!prices.soc_min_mwh && !prices.soc_max_mwh);
    mando_prices_release(&prices);
    CHECK(prices.buy_eur_per_mwh == NULL);
    mando_prices_release(&prices);
    mando_prices_release(NULL);
}

TEST(prices_take_dates_as_midnight_of_the_zone_and_any_offset)
{
    struct mando_zone *zone;
    struct mando_prices prices;
    CHECK_EQ(mando_zone_open("Europe/Berlin", NULL, &zone, NULL), MANDO_OK);
    const struct mando_prices_options options = {.zone = zone};
    const char *text = HEADER "2025-12-01,1\n2025-12-02T00:00+01:00,2\n2025-12-02T23:00Z,3\n";
    CHECK_EQ(read_prices(text, &options, &prices, NULL), MANDO_OK);
    CHECK_EQ(prices.step_us, MANDO_DAY_US);
    check_start(&prices, "2025-11-30T23:00:00Z");
    mando_prices_release(&prices);
    mando_zone_free(zone);
}

TEST(prices_may_be_two_with_limits_in_any_order)
{
    struct mando_prices prices;
    CHECK_EQ(read_prices(PAIR "2025-12-01,2,1\n2025-12-02,3,3\n", NULL, &prices, NULL), MANDO_OK);
    CHECK_NEAR(prices.buy_eur_per_mwh[0], 2, 0);
    CHECK_NEAR(prices.sell_eur_per_mwh[0], 1, 0);
    CHECK_NEAR(prices.sell_eur_per_mwh[1], 3, 0);
    mando_prices_release(&prices);
    CHECK_EQ(read_prices(LIMITS "2025-12-01,2,20,1,0.5,\n2025-12-02,3,,,,0\n", NULL, &prices, NULL),
             MANDO_OK);
    CHECK_NEAR(prices.sell_eur_per_mwh[1], 3, 0);
    CHECK_NEAR(prices.soc_max_mwh[0], 20, 0);
    CHECK_NEAR(prices.soc_max_mwh[1], NAN, 0);
    CHECK_NEAR(prices.power_charge_mw_max[0], 1, 0);
    CHECK_NEAR(prices.power_charge_mw_max[1], NAN, 0);
    CHECK_NEAR(prices.soc_min_mwh[0], 0.5, 0);
    CHECK_NEAR(prices.power_discharge_mw_max[0], NAN, 0);
    CHECK_NEAR(prices.power_discharge_mw_max[1], 0, 0);
    mando_prices_release(&prices);
}

TEST(prices_of_many_rows_are_all_there)
{
    size_t rows = 20000, length = 0;
    char *text = malloc(rows * 40 + 64);
    length += (size_t)sprintf(text, LIMITS);
    for (size_t i = 0; i < rows; i++) {
        char start[MANDO_TIME_TEXT_SIZE];
        mando_time_format((int64_t)i * 900 * MANDO_SECOND_US, start);
        length += (size_t)sprintf(text + length, "%s,%zu,%zu,,,\n", start, i, i + 1);
    }
    struct mando_prices prices;
    CHECK_EQ(read_prices(text, NULL, &prices, NULL), MANDO_OK);
    CHECK_EQ(prices.count, rows);
    for (size_t i = 0; i < rows; i++)
        if (prices.buy_eur_per_mwh[i] != (double)i || prices.soc_max_mwh[i] != (double)i + 1
            || !isnan(prices.soc_min_mwh[i]))
            fail();
    mando_prices_release(&prices);
    free(text);
}

TEST(prices_name_wrong_headers)
{
    check_text("start,price\n", "csv.header", 1, 7,
               "\"price\" is no column of a price file; the nearest is price_eur_per_mwh");
    check_text("Start,price_eur_per_mwh\n", "csv.header", 1, 1,
               "\"Start\" is no column of a price file; the nearest is start");
    check_text("start;price_eur_per_mwh\n", "csv.header", 1, 1,
               "\"start;price_eur_per_mwh\" is no column of a price file; columns are separated by "
               "commas");
    check_text("price_eur_per_mwh,start\n", "csv.header", 1, 1,
               "column price_eur_per_mwh stands where start must stand");
    check_text("start\n", "csv.header", 1, 1,
               "column price_eur_per_mwh or buy_eur_per_mwh is missing after this one");
    check_text("start,start\n", "csv.header", 1, 7, "column start is there twice");
    check_text("start,price_eur_per_mwh,price_eur_per_mwh\n", "csv.header", 1, 25,
               "column price_eur_per_mwh is there twice");
    check_text("start,sell_eur_per_mwh,buy_eur_per_mwh\n", "csv.header", 1, 7,
               "column sell_eur_per_mwh stands where price_eur_per_mwh or buy_eur_per_mwh must "
               "stand");
    check_text("start,buy_eur_per_mwh\n", "csv.header", 1, 7,
               "column sell_eur_per_mwh is missing after this one");
    check_text("start,buy_eur_per_mwh,soc_max_mwh\n", "csv.header", 1, 23,
               "column soc_max_mwh stands where sell_eur_per_mwh must stand");
    check_text("start,price_eur_per_mwh,sell_eur_per_mwh\n", "csv.header", 1, 25,
               "column sell_eur_per_mwh stands where a limit of the period, pv_mw or load_mw must "
               "stand");
    check_text("start,price_eur_per_mwh,soc_max_mhw\n", "csv.header", 1, 25,
               "\"soc_max_mhw\" is no column of a price file; the nearest is soc_max_mwh");
    check_text("", "csv.empty", 1, 1, "the file is empty");
}

TEST(prices_may_hold_pv_and_load)
{
    struct mando_prices prices;
    CHECK_EQ(read_prices("start,price_eur_per_mwh,load_mw,pv_mw\n"
                         "2025-12-01T00:00Z,1,0.5,0\n2025-12-01T00:15Z,2,0.25,3\n",
                         NULL, &prices, NULL),
             MANDO_OK);
    CHECK(prices.load_mw[0] == 0.5 && prices.load_mw[1] == 0.25);
    CHECK(prices.pv_mw[0] == 0 && prices.pv_mw[1] == 3);
    mando_prices_release(&prices);
    check_text("start,price_eur_per_mwh,pv_mw\n2025-12-01T00:00Z,1,\n", "prices.missing", 2, 21,
               "pv_mw is empty");
    check_text("start,price_eur_per_mwh,load_mw\n2025-12-01T00:00Z,1,-0.5\n", "prices.limit", 2, 21,
               "load_mw is -0.5, below 0");
}

TEST(prices_name_bad_times_and_numbers_where_they_stand)
{
    check_text(HEADER "2025-12-01T00:00,1\n", "time.format", 2, 17,
               "\"2025-12-01T00:00\" is no ISO 8601 time: Z or an offset such as +01:00 is "
               "expected at column "
               "17");
    check_text(HEADER "2025-12-01,1\n\"2025-13-01\",1\n", "time.format", 3, 7,
               "\"2025-13-01\" is no ISO 8601 time: a month from 01 to 12 is expected at column 6");
    check_text(HEADER "2025-12-01,1\n2025-12-02,1x\n", "csv.number", 3, 12,
               "\"1x\" in price_eur_per_mwh is no finite number");
    check_text(HEADER "2025-12-01,nan\n", "csv.number", 2, 12,
               "\"nan\" in price_eur_per_mwh is no finite number");
    check_text(HEADER "2025-12-01,inf\n", "csv.number", 2, 12,
               "\"inf\" in price_eur_per_mwh is no finite number");
    check_text(HEADER "2025-12-01,1e999\n", "csv.number", 2, 12,
               "\"1e999\" in price_eur_per_mwh is no finite number");
    check_text(HEADER "2025-12-01, 1\n", "csv.number", 2, 12,
               "\" 1\" in price_eur_per_mwh is no finite number");
    check_text(LIMITS "2025-12-01,1,,,-,\n", "csv.number", 2, 16,
               "\"-\" in soc_min_mwh is no finite number");
    check_text(HEADER "2025-12-01,\n", "prices.missing", 2, 12, "price_eur_per_mwh is empty");
    check_text(PAIR "2025-12-01,1,\n", "prices.missing", 2, 14, "sell_eur_per_mwh is empty");
}

TEST(prices_name_rows_out_of_step)
{
    check_text(HEADER "2025-12-02,1\n2025-12-01,1\n", "prices.order", 3, 1,
               "the row starts at 2025-12-01T00:00:00Z, before the row above it at "
               "2025-12-02T00:00:00Z");
    check_text(HEADER "2025-12-02,1\n2025-12-02T01:00+01:00,1\n", "prices.duplicate", 3, 1,
               "two rows start at 2025-12-02T00:00:00Z");
    check_text(
        HEADER "2025-12-01T00:00Z,1\n2025-12-01T00:15Z,1\n2025-12-01T00:45Z,1\n", "prices.step", 4,
        1,
        "the row starts at 2025-12-01T00:45:00Z where 2025-12-01T00:30:00Z was expected: the "
        "first two rows are PT15M apart");
    check_text(
        HEADER "2025-12-01T00:00Z,1\n2025-12-01T01:00Z,1\n2025-12-01T01:15Z,1\n", "prices.step", 4,
        1,
        "the row starts at 2025-12-01T01:15:00Z where 2025-12-01T02:00:00Z was expected: the "
        "first two rows are PT1H apart");
}

TEST(prices_name_contradictions_in_a_row)
{
    check_text(PAIR "2025-12-01,1,1.5\n", "prices.spread", 2, 12,
               "buy_eur_per_mwh is 1, below the sell price 1.5");
    check_text(LIMITS "2025-12-01,1,,-0.5,,\n", "prices.limit", 2, 15,
               "power_charge_mw_max is -0.5, below 0");
    check_text(LIMITS "2025-12-01,1,,,,-2\n", "prices.limit", 2, 17,
               "power_discharge_mw_max is -2, below 0");
    check_text(LIMITS "2025-12-01,1,3,,4,\n", "prices.limit", 2, 17,
               "soc_min_mwh is 4, above soc_max_mwh 3");
}

TEST(prices_need_two_rows_or_a_resolution)
{
    struct mando_prices prices;
    check_text(HEADER, "prices.rows", 0, 0,
               "there is no row below the header: at least two are needed");
    check_text(HEADER "2025-12-01,1\n", "prices.rows", 0, 0,
               "there is one row: its length is unknown unless a resolution is given");
    const struct mando_prices_options quarter = {.resolution = "PT15M"};
    CHECK_EQ(read_prices(HEADER "2025-12-01,1\n", &quarter, &prices, NULL), MANDO_OK);
    CHECK_EQ(prices.count, 1);
    CHECK_EQ(prices.step_us, MANDO_HOUR_US / 4);
    mando_prices_release(&prices);
    const struct mando_prices_options month = {.resolution = "P1M"};
    CHECK_EQ(read_prices(HEADER "2025-02-01,1\n", &month, &prices, NULL), MANDO_OK);
    CHECK_EQ(prices.step_us, 28 * MANDO_DAY_US);
    mando_prices_release(&prices);
}

TEST(prices_place_errors_of_options_in_the_option)
{
    static const struct {
        struct mando_prices_options options;
        const char *where, *code, *message;
    } CASES[] = {
        {{.resolution = "15"}, "resolution", "duration.format", NULL},
        {{.resolution = "PT0S"},
         "resolution",
         "prices.resolution",
         "a resolution of PT0S is not positive"},
        {{.resolution = "-PT1H"},
         "resolution",
         "prices.resolution",
         "a resolution of -PT1H is not positive"},
        {{.from = "tomorrow"}, "from", "time.format", NULL},
        {{.to = "x"}, "to", "time.format", NULL},
        {{.from = "2025-12-02", .to = "2025-12-01"},
         "from",
         "time.order",
         "from is 2025-12-02, which is after to, 2025-12-01"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct mando_prices prices;
        struct mando_error error;
        CHECK_EQ(read_prices(HEADER "2025-12-01,1\n", &CASES[i].options, &prices, &error),
                 MANDO_INVALID);
        CHECK_TEXT(error.where, CASES[i].where);
        CHECK_TEXT(error.code, CASES[i].code);
        if (CASES[i].message)
            CHECK_TEXT(error.message, CASES[i].message);
    }
}

TEST(prices_are_cut_to_a_range)
{
    struct mando_prices prices;
    struct mando_prices_options options = {.from = "2025-12-01T00:30Z", .to = "2025-12-01T02:00Z"};
    CHECK_EQ(read_prices(THREE, &options, &prices, NULL), MANDO_OK);
    CHECK_EQ(prices.count, 1);
    CHECK_EQ(prices.index_first, 1);
    CHECK_EQ(prices.step_us, MANDO_HOUR_US);
    check_start(&prices, "2025-12-01T01:00:00Z");
    CHECK_NEAR(prices.buy_eur_per_mwh[0], -2.5, 0);
    mando_prices_release(&prices);
    options = (struct mando_prices_options){.from = "D-1", .to = "D+1"};
    CHECK_EQ(mando_time_parse("2025-12-01T13:00Z", 17, NULL, &options.now_us, NULL), MANDO_OK);
    CHECK_EQ(read_prices(THREE, &options, &prices, NULL), MANDO_OK);
    CHECK_EQ(prices.count, 3);
    mando_prices_release(&prices);
    options = (struct mando_prices_options){.from = "2025-12-01T03:00Z"};
    check_refused(THREE, &options, "prices.rows", 0, 0,
                  "no row starts in the wanted range: the rows start from 2025-12-01T00:00:00Z to "
                  "2025-12-01T02:00:00Z");
    options = (struct mando_prices_options){.from = "2025-12-01", .to = "2025-12-01"};
    check_refused(THREE, &options, "prices.rows", 0, 0,
                  "no row starts in the wanted range: the rows start from 2025-12-01T00:00:00Z to "
                  "2025-12-01T02:00:00Z");
}

TEST(prices_outside_the_range_are_checked_all_the_same)
{
    const struct mando_prices_options options = {.to = "2025-12-01T02:00Z"};
    check_refused(HEADER "2025-12-01T00:00Z,1\n2025-12-01T01:00Z,1\n2025-12-01T03:00Z,1\n",
                  &options, "prices.step", 4, 1,
                  "the row starts at 2025-12-01T03:00:00Z where 2025-12-01T02:00:00Z was expected: "
                  "the first two rows are PT1H apart");
}

TEST(prices_are_converted_to_a_resolution)
{
    struct mando_prices prices;
    struct mando_prices_options options = {.resolution = "PT30M"};
    CHECK_EQ(read_prices(THREE, &options, &prices, NULL), MANDO_OK);
    CHECK_EQ(prices.count, 6);
    CHECK_NEAR(prices.buy_eur_per_mwh[3], -2.5, 0);
    mando_prices_release(&prices);
    options = (struct mando_prices_options){.resolution = "PT2H"};
    check_refused(THREE, &options, "prices.resolution", 0, 0,
                  "the period from 2025-12-01T02:00:00Z to 2025-12-01T04:00:00Z is not wholly "
                  "covered by prices");
    options.to = "2025-12-01T02:00Z";
    CHECK_EQ(read_prices(THREE, &options, &prices, NULL), MANDO_OK);
    CHECK_EQ(prices.count, 1);
    CHECK_NEAR(prices.buy_eur_per_mwh[0], -0.75, 0);
    mando_prices_release(&prices);
}

TEST(prices_with_limits_keep_their_own_resolution)
{
    const char *text = LIMITS "2025-12-01T00:15Z,2,,,,\n2025-12-01T01:15Z,3,,,,\n";
    struct mando_prices prices;
    const struct mando_prices_options own = {.resolution = "PT1H"}, other = {.resolution = "PT15M"};
    CHECK_EQ(read_prices(text, &own, &prices, NULL), MANDO_OK);
    CHECK_EQ(prices.count, 2);
    mando_prices_release(&prices);
    check_refused(
        text, &other, "prices.resolution", 0, 0,
        "prices with limits of their periods cannot be converted to PT15M: limits have no "
        "mean");
}

TEST(prices_keep_the_limit_of_rows)
{
    struct mando_prices prices;
    struct mando_prices_options options = {.rows_max = 3};
    CHECK_EQ(read_prices(THREE, &options, &prices, NULL), MANDO_OK);
    mando_prices_release(&prices);
    options.rows_max = 2;
    check_refused(THREE, &options, "io.limit", 4, 1, "there are more rows than the limit of 2");
    options = (struct mando_prices_options){.rows_max = 100, .resolution = "PT1S"};
    check_refused(THREE, &options, "prices.resolution", 0, 0,
                  "the resolution makes more than 100 periods");
}

TEST(prices_that_are_no_smard_download_have_no_columns_to_choose)
{
    const struct mando_prices_options options = {.column = "DE-LU"};
    check_refused(THREE, &options, "smard.column", 1, 1,
                  "the file is no SMARD download: no column can be chosen in it");
}

static int cancel(void *context, uint64_t bytes_read)
{
    *(uint64_t *)context = bytes_read;
    return bytes_read > 0;
}

TEST(prices_are_read_from_plain_and_gzip_files_under_the_options_of_the_input)
{
    static unsigned char packed[1024];
    struct mando_prices prices;
    struct mando_error error;
    size_t length = gzip(THREE, sizeof THREE - 1, packed, sizeof packed);
    const char *path = scratch_file("prices.csv", packed, length);
    CHECK_EQ(mando_prices_read(path, NULL, &prices, NULL), MANDO_OK);
    CHECK_EQ(prices.count, 3);
    mando_prices_release(&prices);
    const struct mando_prices_options small = {.bytes_max = 60};
    CHECK_EQ(mando_prices_read(path, &small, &prices, &error), MANDO_LIMIT);
    CHECK_TEXT(error.code, "io.limit");
    uint64_t seen = 0;
    const struct mando_prices_options stopped = {.progress = cancel, .progress_context = &seen};
    CHECK_EQ(mando_prices_read(path, &stopped, &prices, &error), MANDO_CANCELLED);
    CHECK_EQ(seen, length);
    CHECK_EQ(mando_prices_read("/nowhere", NULL, &prices, &error), MANDO_NOT_FOUND);
}

TEST(prices_survive_every_failing_allocation)
{
    enum mando_status status = MANDO_NO_MEMORY;
    const struct mando_prices_options options = {.resolution = "PT15M"};
    for (int64_t calls = 0; status == MANDO_NO_MEMORY; calls++) {
        struct mando_prices prices = {0};
        struct mando_error error = {0};
        mando_alloc_fail_after(calls);
        status = read_prices(THREE, &options, &prices, &error);
        if (status)
            CHECK_TEXT(error.code, "memory");
        mando_prices_release(&prices);
    }
    mando_alloc_fail_after(-1);
    CHECK_EQ(status, MANDO_OK);
}
