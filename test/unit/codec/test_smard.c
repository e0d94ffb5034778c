#include "prices_support.h"

#define HEADER "Datum von;Datum bis;Belgien [\u20ac/MWh] Originalaufl\u00f6sungen\n"
#define THREE_ZONES                                                                                \
    "Datum von,Datum bis,Belgien [\u20ac/MWh],Frankreich [\u20ac/MWh],Malta [\u20ac/MWh]\n"

static const struct mando_prices_options BELGIUM = {.column = "BE"};

static void check_price(const char *text, const char *column, double expected)
{
    struct mando_prices prices;
    const struct mando_prices_options options = {.column = column, .resolution = "PT1H"};
    CHECK_EQ(read_prices(text, &options, &prices, NULL), MANDO_OK);
    CHECK_NEAR(prices.buy_eur_per_mwh[0], expected, 0);
    mando_prices_release(&prices);
}

static void check_belgium(const char *text, const char *code, int64_t line, int64_t column,
                          const char *message)
{
    check_refused(text, &BELGIUM, code, line, column, message);
}

TEST(smard_rows_stand_in_german_time)
{
    struct mando_prices prices;
    const char *text = "\xEF\xBB\xBF" HEADER "01.07.2024 00:00;01.07.2024 01:00;-5,17\r\n"
                       "01.07.2024 01:00;01.07.2024 02:00;1.022,27\r\n";
    CHECK_EQ(read_prices(text, &BELGIUM, &prices, NULL), MANDO_OK);
    CHECK_EQ(prices.count, 2);
    CHECK_EQ(prices.step_us, MANDO_HOUR_US);
    check_start(&prices, "2024-06-30T22:00:00Z");
    CHECK_NEAR(prices.buy_eur_per_mwh[0], -5.17, 0);
    CHECK_NEAR(prices.sell_eur_per_mwh[1], 1022.27, 0);
    mando_prices_release(&prices);
}

TEST(smard_range_is_in_german_days)
{
    struct mando_prices prices;
    const struct mando_prices_options options = {
        .column = "BE", .from = "2024-07-01", .to = "2024-07-02"};
    const char *text = HEADER "30.06.2024 23:00;;-\n01.07.2024 00:00;;2,5\n01.07.2024 01:00;;3\n";
    CHECK_EQ(read_prices(text, &options, &prices, NULL), MANDO_OK);
    CHECK_EQ(prices.count, 2);
    CHECK_EQ(prices.index_first, 1);
    check_start(&prices, "2024-06-30T22:00:00Z");
    mando_prices_release(&prices);
}

TEST(smard_decimal_sign_is_one_for_the_file)
{
    check_price(HEADER "01.07.2024 00:00;;12,5\n", "BE", 12.5);
    check_price(HEADER "01.07.2024 00:00;;12.5\n", "BE", 12.5);
    check_price(HEADER "01.07.2024 00:00;;12\n", "BE", 12);
    check_price(HEADER "01.07.2024 00:00;;1.234,5\n", "BE", 1234.5);
    check_price(HEADER "01.07.2024 00:00;;-1,234.5\n", "BE", -1234.5);
    check_price(HEADER "01.07.2024 00:00;;1.234.567,8\n", "Belgien", 1234567.8);
    check_price("Datum von;Datum bis;Belgien\n01.07.2024 00:00;;"
                "00000000000000000000000000000000000007,5\n",
                "BE", 7.5);
    check_price("Datum von;Datum bis;Belgien;Frankreich\n01.07.2024 00:00;;1.022;0,5\n", "BE",
                1022);
    check_price("Datum von;Datum bis;Belgien;Frankreich\n01.07.2024 00:00;;0,5;1.022\n", "FR",
                1022);
    check_price("\"Datum von\",\"Datum bis\",Belgien\n01.07.2024 00:00,,\"1,022.5\"\n", "BE",
                1022.5);
    check_price("\"Datum von\";\"Datum bis\";Belgien\n01.07.2024 00:00;;\"1,5\"\n", "BE", 1.5);
    check_belgium(HEADER "01.07.2024 00:00;;12,5\n01.07.2024 01:00;;12.5\n", "csv.number", 3, 19,
                  "\"12.5\" is no finite number with a decimal comma");
    check_belgium(HEADER "01.07.2024 00:00;;12.5\n01.07.2024 01:00;;12,5\n", "csv.number", 3, 19,
                  "\"12,5\" is no finite number with a decimal point");
    check_belgium("Datum von,Datum bis,Belgien\n01.07.2024 00:00,,\"12,5\"\n", "csv.number", 2, 20,
                  "\"12,5\" is no finite number with a decimal point");
}

TEST(smard_refuses_what_is_no_number)
{
    static const char *const WRONG[] = {"1.02,5",
                                        "1,",
                                        ",5",
                                        "1.0222,5",
                                        ".022,5",
                                        "--1,5",
                                        "1..022,5",
                                        "1,5e3",
                                        "1,5,5",
                                        "1, 5",
                                        "n/a",
                                        "1234.567,5",
                                        "000000000000000000000000000000000000000,5"};
    for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++) {
        char text[256];
        struct mando_prices prices;
        struct mando_error error;
        (void)snprintf(text, sizeof text, HEADER "01.07.2024 00:00;;1,5\n01.07.2024 01:00;;%s\n",
                       WRONG[i]);
        CHECK_EQ(read_prices(text, &BELGIUM, &prices, &error), MANDO_INVALID);
        CHECK_TEXT(error.code, "csv.number");
        CHECK_EQ(error.line, 3);
        CHECK_EQ(error.column, 19);
    }
}

TEST(smard_column_is_found_by_header_and_by_id)
{
    const char *text = THREE_ZONES "01.07.2024 00:00,,1,2,3\n";
    check_price(text, "BE", 1);
    check_price(text, "Frankreich", 2);
    check_price(text, "Malta", 3);
}

TEST(smard_errors_list_the_columns)
{
    const char *text = THREE_ZONES "01.07.2024 00:00,,1,2,3\n";
    const struct mando_prices_options near = {.column = "FX"}, far = {.column = "Atlantis West"},
                                      other = {.column = "DE-LU"};
    check_refused(text, NULL, "smard.column", 1, 1,
                  "a SMARD download needs the column to read, one of BE, FR, Malta");
    check_refused(text, &near, "smard.column", 1, 1,
                  "\"FX\" is no column of the file, the nearest is FR; there are BE, FR, Malta");
    check_refused(text, &far, "smard.column", 1, 1,
                  "\"Atlantis West\" is no column of the file; there are BE, FR, Malta");
    CHECK(other.column != NULL);
}

TEST(smard_refuses_other_downloads)
{
    const struct mando_prices_options sun = {.column = "Photovoltaik"};
    check_refused("Datum von;Datum bis;Photovoltaik [MWh] Berechnete\n", &sun, "smard.column", 1,
                  21, "\"Photovoltaik [MWh] Berechnete\" is no price in \u20ac/MWh");
    check_belgium("Datum von;Datum bis;Belgien;Belgien [\u20ac/MWh]\n", "smard.column", 1, 29,
                  "\"Belgien [\u20ac/MWh]\" is the second column of that name");
    check_belgium("Datum von;Zeit;Belgien\n", "csv.header", 1, 11,
                  "\"Zeit\" stands where Datum bis must stand");
    check_belgium("Datum von\n", "csv.header", 1, 1, "\"Datum von\" is not followed by Datum bis");
    check_belgium("Datum von;Datum bis\n", "csv.header", 1, 11,
                  "\"Datum bis\" is not followed by any price");
    check_belgium("Datum von Uhrzeit;Datum bis;Belgien\n", "csv.header", 1, 1,
                  "\"Datum von Uhrzeit;Datum bis;Belgien\" stands where Datum von must stand");
}

TEST(smard_prices_may_be_missing_outside_the_range_only)
{
    check_belgium(HEADER "01.07.2024 00:00;;1,5\n01.07.2024 01:00;;-\n", "prices.missing", 3, 19,
                  "BE has no price in this row");
    check_belgium(HEADER "01.07.2024 00:00;;\n", "prices.missing", 2, 19,
                  "BE has no price in this row");
}

TEST(smard_autumn_hour_is_there_twice_by_order)
{
    struct mando_prices prices;
    const char *text = HEADER
        "27.10.2024 01:30;;1\n27.10.2024 01:45;;2\n27.10.2024 02:00;;3\n27.10.2024 02:15;;4\n"
        "27.10.2024 02:30;;5\n27.10.2024 02:45;;6\n27.10.2024 02:00;;7\n27.10.2024 02:15;;8\n"
        "27.10.2024 02:30;;9\n27.10.2024 02:45;;10\n27.10.2024 03:00;;11\n";
    CHECK_EQ(read_prices(text, &BELGIUM, &prices, NULL), MANDO_OK);
    CHECK_EQ(prices.count, 11);
    check_start(&prices, "2024-10-26T23:30:00Z");
    mando_prices_release(&prices);
    check_belgium(HEADER "27.10.2024 01:00;;1\n27.10.2024 02:00;;2\n27.10.2024 03:00;;3\n",
                  "prices.step", 4, 1,
                  "the row starts at 2024-10-27T02:00:00Z where 2024-10-27T01:00:00Z was expected: "
                  "the first two rows are PT1H apart");
    check_belgium(HEADER "27.10.2024 02:00;;1\n27.10.2024 02:00;;2\n27.10.2024 02:00;;3\n",
                  "prices.duplicate", 4, 1, "two rows start at 2024-10-27T01:00:00Z");
    check_belgium(HEADER "27.10.2024 04:00;;1\n27.10.2024 02:00;;2\n", "prices.order", 3, 1,
                  "the row starts at 2024-10-27T00:00:00Z, before the row above it at "
                  "2024-10-27T03:00:00Z");
}

TEST(smard_spring_has_no_second_hour_and_a_wrong_end)
{
    struct mando_prices prices;
    const char *text = HEADER "26.03.2023 01:00;25.03.2023 02:00;1\n"
                              "26.03.2023 03:00;26.03.2023 04:00;2\n";
    CHECK_EQ(read_prices(text, &BELGIUM, &prices, NULL), MANDO_OK);
    CHECK_EQ(prices.step_us, MANDO_HOUR_US);
    mando_prices_release(&prices);
    struct mando_error error;
    CHECK_EQ(
        read_prices(HEADER "26.03.2023 01:00;;1\n26.03.2023 02:00;;2\n", &BELGIUM, &prices, &error),
        MANDO_INVALID);
    CHECK_TEXT(error.code, "time.nonexistent");
    CHECK_EQ(error.line, 3);
    CHECK_EQ(error.column, 1);
    CHECK_TEXT(error.where, "prices.csv");
}

TEST(smard_names_bad_times_where_they_stand)
{
    check_belgium(HEADER "2024-07-01 00:00;;1\n", "time.format", 2, 3,
                  "\"2024-07-01 00:00\" is no SMARD time: \".\" is expected at column 3");
    check_belgium(
        HEADER "30.02.2024 00:00;;1\n", "time.format", 2, 1,
        "\"30.02.2024 00:00\" is no SMARD time: a day of that month is expected at column "
        "1");
    check_belgium(HEADER "01.07.2024 24:00;;1\n", "time.format", 2, 12,
                  "\"01.07.2024 24:00\" is no SMARD time: an hour from 00 to 23 is expected at "
                  "column 12");
    check_belgium(HEADER "01.07.2024 00:00:00;;1\n", "time.format", 2, 17,
                  "\"01.07.2024 00:00:00\" is no SMARD time: its end is expected at column 17");
}

struct fact {
    const char *column;
    double min, max, mean;
};

static const char *shared_file(const char *name)
{
    static char path[1024];
    const char *root = getenv("MANDO_SHARED_DATA");
    if (root)
        (void)snprintf(path, sizeof path, "%s/%s", root, name);
    else
        (void)snprintf(path, sizeof path, "%s/../shared/data/%s", SOURCE_DIR, name);
    if (access(path, R_OK) != 0)
        return NULL;
    return path;
}

static void check_fact(const char *path, const struct fact *fact, size_t rows, int64_t step_us,
                       const char *start)
{
    struct mando_prices prices;
    const struct mando_prices_options options = {.column = fact->column};
    double min = INFINITY, max = -INFINITY, sum = 0;
    CHECK_EQ(mando_prices_read(path, &options, &prices, NULL), MANDO_OK);
    CHECK_EQ(prices.count, rows);
    CHECK_EQ(prices.step_us, step_us);
    check_start(&prices, start);
    for (size_t i = 0; i < prices.count; i++) {
        min = fmin(min, prices.buy_eur_per_mwh[i]);
        max = fmax(max, prices.buy_eur_per_mwh[i]);
        sum += prices.buy_eur_per_mwh[i];
    }
    CHECK_NEAR(min, fact->min, 0);
    CHECK_NEAR(max, fact->max, 0);
    CHECK_NEAR(sum / (double)prices.count, fact->mean, 0.00501);
    mando_prices_release(&prices);
}

TEST(smard_hours_of_two_years_are_read_as_known)
{
    static const struct fact FACTS[] = {
        {"DE-LU", -500, 936.28, 86.83}, {"DE-LU-neighbours", -152.18, 664.26, 82.27},
        {"BE", -140, 565.46, 83.78},    {"DK1", -440.1, 936.28, 78.72},
        {"DK2", -60.04, 936.31, 76.05}, {"FR", -134.94, 284.21, 77.41},
        {"NL", -500, 872.96, 86.54},    {"NO2", -61.84, 898.25, 64.77},
        {"AT", -500, 850, 91.83},       {"PL", -61.64, 630.19, 103.94},
        {"SE4", -60.04, 699.09, 57.28}, {"CH", -427.51, 310.64, 91.69},
        {"CZ", -138.75, 844.63, 92.93}, {"Italien (Nord)", 0.1, 295, 117.58},
        {"SI", -500, 1022.27, 97.80},   {"HU", -500, 999.01, 103.81}};
    const char *path =
        shared_file("da_smard_2023_2024/Gro_handelspreise_202301010000_202501010000_Stunde.csv.gz");
    if (!path)
        skip();
    for (size_t i = 0; i < sizeof FACTS / sizeof *FACTS; i++)
        check_fact(path, &FACTS[i], 17544, MANDO_HOUR_US, "2022-12-31T23:00:00Z");
}

static void check_day(const char *path, const char *from, const char *to, size_t hours)
{
    struct mando_prices prices;
    const struct mando_prices_options options = {.column = "DE-LU", .from = from, .to = to};
    CHECK_EQ(mando_prices_read(path, &options, &prices, NULL), MANDO_OK);
    CHECK_EQ(prices.count, hours);
    mando_prices_release(&prices);
}

TEST(smard_days_have_23_24_and_25_hours)
{
    const char *path =
        shared_file("da_smard_2023_2024/Gro_handelspreise_202301010000_202501010000_Stunde.csv.gz");
    if (!path)
        skip();
    check_day(path, "2023-03-25", "2023-03-26", 24);
    check_day(path, "2023-03-26", "2023-03-27", 23);
    check_day(path, "2023-10-29", "2023-10-30", 25);
    check_day(path, "2024-03-31", "2024-04-01", 23);
    check_day(path, "2024-10-27", "2024-10-28", 25);
    struct mando_prices prices;
    struct mando_error error;
    const struct mando_prices_options ended = {.column = "DE-AT-LU"};
    CHECK_EQ(mando_prices_read(path, &ended, &prices, &error), MANDO_INVALID);
    CHECK_TEXT(error.code, "prices.missing");
    CHECK_EQ(error.line, 2);
}

TEST(smard_quarter_hours_of_a_month_are_read_as_known)
{
    static const struct fact FACTS[] = {{"Deutschland/Luxemburg", 3.28, 358.28, 93.47},
                                        {"\u2205 Anrainer DE/LU", 32.8, 245.68, 89.76},
                                        {"FR", -0.01, 200, 68.73},
                                        {"SE4", -6.23, 207.58, 59.51},
                                        {"IT-North", 68.62, 210.36, 115.50},
                                        {"HU", 47.28, 358.28, 115.88}};
    const char *path =
        shared_file("da15_rebap_de_2025_12/"
                    "Gro_handelspreise_202512010000_202601010000_Viertelstunde.csv.gz");
    if (!path)
        skip();
    for (size_t i = 0; i < sizeof FACTS / sizeof *FACTS; i++)
        check_fact(path, &FACTS[i], 2976, MANDO_HOUR_US / 4, "2025-11-30T23:00:00Z");
}
