#include "codec/smard.h"

#include <stdio.h>
#include <string.h>

#include "base/calendar.h"
#include "base/fail.h"
#include "base/nearest.h"
#include "base/number.h"
#include "base/time_scan.h"

#define PLACE_FIRST 2 /* of the prices, after the two times */
#define NUMBER_LENGTH_MAX 40

/* SMARD's headers and the short names of the bidding zones (ENTSO-E), in SMARD's order. */
static const struct column {
    const char *name, *id;
} COLUMNS[] = {
    {"Deutschland/Luxemburg", "DE-LU"},
    {"\u2205 Anrainer DE/LU", "DE-LU-neighbours"},
    {"Belgien", "BE"},
    {"D\u00e4nemark 1", "DK1"},
    {"D\u00e4nemark 2", "DK2"},
    {"Frankreich", "FR"},
    {"Niederlande", "NL"},
    {"Norwegen 2", "NO2"},
    {"\u00d6sterreich", "AT"},
    {"Polen", "PL"},
    {"Schweden 4", "SE4"},
    {"Schweiz", "CH"},
    {"Tschechien", "CZ"},
    {"DE/AT/LU", "DE-AT-LU"},
    {"Italien (Nord)", "IT-North"},
    {"Slowenien", "SI"},
    {"Ungarn", "HU"},
};
#define COLUMN_COUNT (sizeof COLUMNS / sizeof *COLUMNS)

struct reader {
    struct mando_csv *csv;
    const char *column;
    const struct mando_zone *berlin;
    struct mando_price_rows *rows;
    size_t place; /* of the column */
    char decimal; /* the file's decimal sign; 0 until a number shows it */
};

/* A header up to " [": "Belgien" of "Belgien [EUR/MWh] Originalaufloesungen". */
static struct mando_csv_cell name_of(const struct mando_csv_cell *header)
{
    struct mando_csv_cell name = *header;
    for (size_t i = 0; i + 1 < header->length; i++)
        if (memcmp(header->text + i, " [", 2) == 0) {
            name.length = i;
            break;
        }
    return name;
}

static const struct column *known_column(const struct mando_csv_cell *header)
{
    const struct mando_csv_cell name = name_of(header);
    for (size_t i = 0; i < COLUMN_COUNT; i++)
        if (mando_csv_cell_is(&name, COLUMNS[i].name))
            return &COLUMNS[i];
    return NULL;
}

static bool is_column(const struct mando_csv_cell *header, const char *column)
{
    const struct mando_csv_cell name = name_of(header);
    const struct column *known = known_column(header);
    return mando_csv_cell_is(&name, column) || (known && strcmp(known->id, column) == 0);
}

/* Names and ids of the known columns of this file in turn; NULL ends. */
static const char *name_at(const void *context, size_t i)
{
    const struct mando_csv *csv = context;
    size_t next = 0;
    for (size_t place = PLACE_FIRST; place < csv->cell_count; place++) {
        const struct column *known = known_column(&csv->cells[place]);
        if (known && next++ == i / 2)
            return i % 2 ? known->id : known->name;
    }
    return NULL;
}

/* "DE-LU, BE, FR": ids, or names where they are not known. */
static void list_columns(const struct mando_csv *csv, char *text_out, size_t size)
{
    size_t length = 0;
    text_out[0] = '\0';
    for (size_t place = PLACE_FIRST; place < csv->cell_count && length < size; place++) {
        const struct column *known = known_column(&csv->cells[place]);
        const struct mando_csv_cell name = name_of(&csv->cells[place]);
        char shown[MANDO_CSV_SHOWN_SIZE];
        length += (size_t)snprintf(text_out + length, size - length, "%s%s", length ? ", " : "",
                                   known ? known->id : mando_csv_show(&name, shown));
    }
}

static enum mando_status fail_column(const struct reader *reader, struct mando_error *error)
{
    char list[160];
    list_columns(reader->csv, list, sizeof list);
    if (!reader->column)
        return mando_fail_at(error, MANDO_E_SMARD_COLUMN, reader->csv->name, 1, 1,
                             "a SMARD download needs the column to read, one of %s", list);
    const char *nearest = mando_nearest(reader->column, name_at, reader->csv);
    return mando_fail_at(error, MANDO_E_SMARD_COLUMN, reader->csv->name, 1, 1,
                         "\"%.40s\" is no column of the file%s%s; there are %s", reader->column,
                         nearest ? ", the nearest is " : "", nearest ? nearest : "", list);
}

static enum mando_status fail_header(const struct reader *reader, size_t place,
                                     enum mando_error_code code, const char *what,
                                     struct mando_error *error)
{
    char shown[MANDO_CSV_SHOWN_SIZE];
    const struct mando_csv_cell *cell = &reader->csv->cells[place];
    return mando_fail_at(error, code, reader->csv->name, cell->line, cell->column, "\"%s\" %s",
                         mando_csv_show(cell, shown), what);
}

/* Other SMARD downloads, of generation for example, look the same but for the unit. */
static bool has_price_unit(const struct mando_csv_cell *header)
{
    static const char UNIT[] = " [\u20ac/MWh]";
    size_t name = name_of(header).length;
    return name == header->length
           || (header->length - name >= sizeof UNIT - 1
               && memcmp(header->text + name, UNIT, sizeof UNIT - 1) == 0);
}

static enum mando_status find_column(struct reader *reader, struct mando_error *error)
{
    const struct mando_csv *csv = reader->csv;
    for (size_t place = PLACE_FIRST; reader->column && place < csv->cell_count; place++) {
        if (!is_column(&csv->cells[place], reader->column))
            continue;
        if (reader->place)
            return fail_header(reader, place, MANDO_E_SMARD_COLUMN,
                               "is the second column of that name", error);
        if (!has_price_unit(&csv->cells[place]))
            return fail_header(reader, place, MANDO_E_SMARD_COLUMN, "is no price in \u20ac/MWh",
                               error);
        reader->place = place;
    }
    return reader->place ? MANDO_OK : fail_column(reader, error);
}

static enum mando_status read_header(struct reader *reader, struct mando_error *error)
{
    const struct mando_csv *csv = reader->csv;
    enum mando_status status = mando_csv_next(reader->csv, error);
    if (status)
        return status;
    if (!mando_csv_cell_is(&csv->cells[0], "Datum von"))
        return fail_header(reader, 0, MANDO_E_CSV_HEADER, "stands where Datum von must stand",
                           error);
    if (csv->cell_count < 2)
        return fail_header(reader, 0, MANDO_E_CSV_HEADER, "is not followed by Datum bis", error);
    if (!mando_csv_cell_is(&csv->cells[1], "Datum bis"))
        return fail_header(reader, 1, MANDO_E_CSV_HEADER, "stands where Datum bis must stand",
                           error);
    if (csv->cell_count == PLACE_FIRST)
        return fail_header(reader, 1, MANDO_E_CSV_HEADER, "is not followed by any price", error);
    return find_column(reader, error);
}

/* DD.MM.YYYY HH:MM */
static bool scan_local(struct mando_scan *scan, int64_t *local_us_out)
{
    int day, month, year, hour, minute;
    if (!(mando_scan_number(scan, 2, 1, 31, &day, "a day from 01 to 31")
          && mando_scan_byte(scan, '.', "\".\"")
          && mando_scan_number(scan, 2, 1, 12, &month, "a month from 01 to 12")
          && mando_scan_byte(scan, '.', "\".\"")
          && mando_scan_number(scan, 4, 1, 9999, &year, "a year of four digits")
          && mando_scan_byte(scan, ' ', "a blank")
          && mando_scan_number(scan, 2, 0, 23, &hour, "an hour from 00 to 23")
          && mando_scan_byte(scan, ':', "\":\"")
          && mando_scan_number(scan, 2, 0, 59, &minute, "minutes from 00 to 59")
          && mando_scan_end(scan, "its end")))
        return false;
    if (day > mando_calendar_month_length(year, month))
        return mando_scan_miss(scan, 0, "a day of that month");
    *local_us_out = mando_calendar_day(year, month, day) * MANDO_DAY_US + hour * MANDO_HOUR_US
                    + minute * 60 * MANDO_SECOND_US;
    return true;
}

/* The earlier instant of a local time that is there twice, the later one after the row of the
 * earlier. */
static enum mando_status read_start(struct reader *reader, int64_t *start_us_out,
                                    struct mando_error *error)
{
    const struct mando_csv_cell *cell = &reader->csv->cells[0];
    struct mando_scan scan = mando_scan_start(cell->text, cell->length);
    int64_t local_us = 0, first_us = 0, second_us = 0;
    enum mando_status status = MANDO_OK;
    if (!scan_local(&scan, &local_us))
        status = mando_time_miss(&scan, "SMARD time", MANDO_E_TIME_FORMAT, error);
    if (!status)
        status = mando_zone_instant(reader->berlin, local_us, 0, &first_us, error);
    if (!status)
        status = mando_zone_instant(reader->berlin, local_us, 1, &second_us, error);
    if (status)
        return mando_csv_place(reader->csv, cell, status, error);
    bool is_second = reader->rows->rows > 0 && first_us <= reader->rows->last_us
                     && second_us >= reader->rows->last_us;
    *start_us_out = is_second ? second_us : first_us;
    return MANDO_OK;
}

/* The decimal sign that a number shows: the last one where there are two kinds, else the only one,
 * which may be a thousands sign if `sure` is false. 0 where there is none. */
static char decimal_of(const struct mando_csv_cell *cell, bool *sure_out)
{
    char last = '\0';
    *sure_out = false;
    for (size_t i = 0; i < cell->length; i++) {
        char c = cell->text[i];
        if (c != ',' && c != '.')
            continue;
        *sure_out = *sure_out || (last && last != c);
        last = c;
    }
    return last;
}

/* All prices of the row tell: two kinds of sign in one of them, else a comma in any, else a point. */
static void detect_decimal(struct reader *reader)
{
    char found = '\0';
    for (size_t place = PLACE_FIRST; place < reader->csv->cell_count; place++) {
        bool sure;
        char decimal = decimal_of(&reader->csv->cells[place], &sure);
        if (sure) {
            reader->decimal = decimal;
            return;
        }
        if (decimal && found != ',')
            found = decimal;
    }
    reader->decimal = found;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Writes "-1022.27" for "-1.022,27"; returns its length, 0 where the text is no number. */
static size_t write_plain(const struct mando_csv_cell *cell, char decimal,
                          char text_out[NUMBER_LENGTH_MAX])
{
    const char *at = cell->text, *end = at + cell->length;
    const char thousands = decimal == ',' ? '.' : ',';
    size_t length = 0, group = 0;
    bool grouped = false;
    if (cell->length > NUMBER_LENGTH_MAX)
        return 0;
    if (at < end && *at == '-')
        text_out[length++] = *at++;
    for (; at < end && *at != decimal; at++) {
        if (is_digit(*at)) {
            text_out[length++] = *at;
            group++;
        } else if (*at == thousands && (grouped ? group == 3 : group >= 1 && group <= 3)) {
            grouped = true;
            group = 0;
        } else {
            return 0;
        }
    }
    if (grouped && group != 3)
        return 0;
    if (at < end)
        text_out[length++] = '.';
    for (at += at < end; at < end; at++) {
        if (!is_digit(*at))
            return 0;
        text_out[length++] = *at;
    }
    return length;
}

static enum mando_status read_price(struct reader *reader, double *price_out, bool *there_out,
                                    struct mando_error *error)
{
    const struct mando_csv_cell *cell = &reader->csv->cells[reader->place];
    char plain[NUMBER_LENGTH_MAX], shown[MANDO_CSV_SHOWN_SIZE];
    *there_out = cell->length > 0 && !mando_csv_cell_is(cell, "-");
    if (!*there_out)
        return MANDO_OK;
    if (!reader->decimal)
        detect_decimal(reader);
    size_t length = write_plain(cell, reader->decimal, plain);
    if (mando_number_parse(plain, length, price_out))
        return MANDO_OK;
    return mando_fail_at(error, MANDO_E_CSV_NUMBER, reader->csv->name, cell->line, cell->column,
                         "\"%s\" is no finite number with a decimal %s",
                         mando_csv_show(cell, shown), reader->decimal == ',' ? "comma" : "point");
}

static enum mando_status read_row(struct reader *reader, struct mando_error *error)
{
    struct mando_csv *csv = reader->csv;
    double values[MANDO_PRICE_COLUMNS] = {0};
    bool there = false;
    int64_t start_us = 0;
    enum mando_status status = read_start(reader, &start_us, error);
    if (!status)
        status = mando_price_rows_start(reader->rows, start_us, &csv->cells[0], error);
    if (!status)
        status = read_price(reader, &values[MANDO_PRICE], &there, error);
    if (status || !mando_price_rows_keeps(reader->rows))
        return status;
    if (there)
        return mando_price_rows_keep(reader->rows, values, error);
    const struct mando_csv_cell *cell = &csv->cells[reader->place];
    return mando_fail_at(error, MANDO_E_PRICES_MISSING, csv->name, cell->line, cell->column,
                         "%.40s has no price in this row", reader->column);
}

enum mando_status mando_smard_read(struct mando_csv *csv, const char *column,
                                   const struct mando_zone *berlin, struct mando_price_rows *rows,
                                   struct mando_error *error)
{
    struct reader reader = {.csv = csv, .column = column, .berlin = berlin, .rows = rows};
    if (csv->separator == ',')
        reader.decimal = '.';
    rows->has_column[MANDO_PRICE] = true;
    enum mando_status status = read_header(&reader, error);
    while (!status) {
        status = mando_csv_next(csv, error);
        if (status || csv->cell_count == 0)
            break;
        status = read_row(&reader, error);
    }
    return status;
}
