#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

static const char BATTERY[] = "{\"id\": \"b\", \"power_charge_mw\": 1, \"power_discharge_mw\": 1,\n"
                              " \"soc_max_mwh\": 2, \"efficiency_charge\": 0.9,\n"
                              " \"efficiency_discharge\": 0.9, \"soc_end_mwh\": 0}\n";

static const char PRICES[] = "start,price_eur_per_mwh,soc_max_mwh\n"
                             "2025-12-01T00:00:00Z,10,\n"
                             "2025-12-01T00:15:00Z,-20,1.5\n"
                             "2025-12-01T00:30:00Z,30,\n"
                             "2025-12-01T00:45:00Z,90,\n";

static const char PRICES_ALONE[] = "start,price_eur_per_mwh\n"
                                   "2025-12-01T00:00:00Z,10\n"
                                   "2025-12-01T00:15:00Z,-20\n";

static const char SMARD[] =
    "\xef\xbb\xbf"
    "Datum von;Datum bis;Deutschland/Luxemburg [\xe2\x82\xac/MWh] Originalaufl\xc3\xb6sungen\n"
    "01.12.2025 00:00;01.12.2025 00:15;10,5\n"
    "01.12.2025 00:15;01.12.2025 00:30;-20,25\n";

static const char PATHS[] = "start,low,\"h\"\"igh\"\n"
                            "2025-12-01T00:00:00Z,10,15\n"
                            "2025-12-01T00:15:00Z,-20,20\n";

static const char ROWS[] = "start,value\n"
                           "2025-12-01T00:00:00Z,10\n"
                           "2025-12-01T00:15:00Z,\n";

static const char ROWS_IDS[] = "{\"id\": \"a\", \"start\": \"2025-12-01\", \"value\": 1}\n"
                               "{\"id\": \"b\", \"start\": \"2025-12-01\", \"value\": 2}\n";

static const char *const NAMES[FILES] = {
    "battery.json",    "battery.json.gz", "prices.csv", "prices.csv.gz", "smard.csv",
    "paths.csv",       "paths.csv.gz",    "rows.csv",   "rows.ndjson",   "schedule.csv",
    "schedule.csv.gz", "data.db",         "backup.db"};

static char folder[] = "/tmp/mando-memory-XXXXXX";
static char paths[FILES][64];

void must(int truth, const char *what)
{
    if (truth)
        return;
    (void)fprintf(stderr, "%s failed\n", what);
    exit(1);
}

const char *file_path(enum fixture_file file)
{
    return paths[file];
}

void file_url(enum fixture_file file, char url_out[FIXTURE_URL_SIZE])
{
    (void)snprintf(url_out, FIXTURE_URL_SIZE, "sqlite:%s", paths[file]);
}

static void write_plain(enum fixture_file file, const char *text)
{
    FILE *out = fopen(paths[file], "wb");
    must(out && fwrite(text, 1, strlen(text), out) == strlen(text) && fclose(out) == 0,
         paths[file]);
}

static void write_gzip(enum fixture_file file, const char *text)
{
    gzFile out = gzopen(paths[file], "wb");
    must(out && gzwrite(out, text, (unsigned)strlen(text)) > 0 && gzclose(out) == Z_OK,
         paths[file]);
}

void files_make(void)
{
    must(mkdtemp(folder) != NULL, "mkdtemp");
    for (size_t i = 0; i < FILES; i++)
        (void)snprintf(paths[i], sizeof paths[i], "%s/%s", folder, NAMES[i]);
    write_plain(BATTERY_FILE, BATTERY);
    write_gzip(BATTERY_GZIP, BATTERY);
    write_plain(PRICES_FILE, PRICES);
    write_gzip(PRICES_GZIP, PRICES_ALONE);
    write_plain(SMARD_FILE, SMARD);
    write_plain(PATHS_FILE, PATHS);
    write_plain(ROWS_FILE, ROWS);
    write_plain(ROWS_IDS_FILE, ROWS_IDS);
    write_gzip(PATHS_GZIP, PATHS);
    char url[FIXTURE_URL_SIZE];
    file_url(DATABASE_FILE, url);
    must(mando_service_migrate(url, NULL, NULL) == MANDO_OK, url);
}

void files_remove(void)
{
    for (size_t i = 0; i < FILES; i++)
        (void)unlink(paths[i]);
    must(rmdir(folder) == 0, folder); /* nothing else was left there */
}

static void make_battery(struct mando_battery *battery)
{
    mando_battery_init(battery);
    battery->power_charge_mw = battery->power_discharge_mw = 1;
    battery->soc_max_mwh = 2;
    battery->soc_start_mwh = battery->soc_end_mwh = 0;
    battery->efficiency_charge = battery->efficiency_discharge = 0.9;
}

static void make_problem(struct fixture *fixture)
{
    fixture->problem = (struct mando_optimize_problem){
        .periods = 4,
        .step_h = 0.25,
        .buy_eur_per_mwh = fixture->price,
        .sell_eur_per_mwh = fixture->price,
        .power_charge_mw = 1,
        .power_discharge_mw = 1,
        .soc_max_mwh = 2,
        .soc_end_mwh = 0,
        .efficiency_charge = 0.9,
        .efficiency_discharge = 0.9,
    };
}

static void make_series(struct mando_service *service)
{
    static const int64_t START_US[2] = {0, MANDO_HOUR_US};
    static const double VALUE[2] = {1, 2};
    static const struct mando_point POINT = {.id = "a",
                                             .time_zone = "UTC",
                                             .type = MANDO_SERIES,
                                             .aggregation = MANDO_MEAN,
                                             .resolution = {.time_us = MANDO_HOUR_US},
                                             .width = 1};
    struct mando_rows rows = {
        .count = 2, .type = MANDO_SERIES, .width = 1, .valid_start_us = START_US, .value = VALUE};
    struct ArrowArrayStream stream;
    must(mando_service_configure(service, &POINT, 1, NULL, NULL, NULL) == MANDO_OK, "series");
    must(mando_rows_stream(&rows, &stream, NULL) == MANDO_OK, "stream");
    must(mando_service_insert(service, "a", &stream, NULL, NULL, NULL) == MANDO_OK, "insert");
    stream.release(&stream);
}

static void make_services(struct fixture *fixture)
{
    char url[FIXTURE_URL_SIZE];
    file_url(DATABASE_FILE, url);
    must(mando_service_open("memory:", NULL, &fixture->service, NULL) == MANDO_OK, "service");
    must(mando_service_open(url, NULL, &fixture->file, NULL) == MANDO_OK, "file");
    make_series(fixture->service);
}

void fixture_make(struct fixture *fixture)
{
    static const struct mando_optimize_settings SMALL = {
        .periods_max = 8, .segments_max = 64, .segments_stored = 1024};
    static const struct mando_batch_settings SMALL_BATCH = {
        .optimize = {.periods_max = 8, .segments_max = 64, .segments_stored = 1024},
        .slots_max = 128};
    static const struct mando_rows_options ONE_ID = {.id = "a/b"};
    *fixture = (struct fixture){.price = {10, -20, 30, 90}};
    make_battery(&fixture->battery);
    make_problem(fixture);
    fixture->prices = (struct mando_prices){.count = 4,
                                            .start_us = 20423 * MANDO_DAY_US,
                                            .step_us = MANDO_HOUR_US / 4,
                                            .buy_eur_per_mwh = fixture->price,
                                            .sell_eur_per_mwh = fixture->price};
    struct mando_plan_options options = {.horizon = MANDO_HORIZON_ALL};
    size_t length;
    must(mando_zone_open("Europe/Berlin", NULL, &fixture->zone, NULL) == MANDO_OK, "zone");
    must(mando_prices_read(file_path(PRICES_FILE), NULL, &fixture->read, NULL) == MANDO_OK, "read");
    must(mando_optimize_setup(&SMALL, &fixture->workspace, NULL) == MANDO_OK, "workspace");
    must(mando_batch_setup(&SMALL_BATCH, &fixture->batch, NULL) == MANDO_OK, "batch");
    must(mando_plan_make(&fixture->battery, &fixture->prices, &options, &fixture->plan, NULL)
             == MANDO_OK,
         "plan");
    must(mando_paths_read(file_path(PATHS_FILE), NULL, &fixture->paths, NULL) == MANDO_OK, "paths");
    must(mando_paths_solve(&fixture->battery, &fixture->paths, NULL, &fixture->worth, NULL)
             == MANDO_OK,
         "worth");
    must(mando_rows_read_open(file_path(ROWS_FILE), MANDO_ROWS_CSV, &ONE_ID, &fixture->reader, NULL)
             == MANDO_OK,
         "reader");
    must(mando_file_read(file_path(BATTERY_FILE), 0, &fixture->text, &length, NULL) == MANDO_OK,
         "text");
    make_services(fixture);
}

void fixture_release(struct fixture *fixture)
{
    mando_zone_free(fixture->zone);
    mando_prices_release(&fixture->read);
    mando_optimize_free(fixture->workspace);
    mando_batch_free(fixture->batch);
    mando_plan_free(fixture->plan);
    mando_paths_release(&fixture->paths);
    mando_paths_worth_free(fixture->worth);
    mando_rows_read_close(fixture->reader);
    mando_text_free(fixture->text);
    mando_service_free(fixture->service);
    mando_service_free(fixture->file);
    (void)unlink(file_path(BACKUP_FILE));
}
