#include "codec/smard_cells.h"

#include <stdio.h>
#include <string.h>

#include <smard_columns.h>

#include "base/calendar.h"
#include "base/fail.h"
#include "base/nearest.h"
#include "base/number.h"
#include "base/time_scan.h"

#define PLACE_FIRST MANDO_SMARD_PLACE_FIRST
#define NUMBER_LENGTH_MAX 40

#define COLUMN_COUNT (sizeof COLUMNS / sizeof *COLUMNS)

bool mando_smard_begins(struct mando_csv *csv)
{
    bool quoted = mando_csv_begins_with(csv, "\"Datum von\"");
    if (!quoted && !mando_csv_begins_with(csv, "Datum von"))
        return false;
    if (mando_csv_begins_with(csv, quoted ? "\"Datum von\";" : "Datum von;"))
        csv->separator = ';';
    return true;
}

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

const struct mando_smard_column *mando_smard_column_of(const struct mando_csv_cell *header)
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
    const struct mando_smard_column *known = mando_smard_column_of(header);
    return mando_csv_cell_is(&name, column) || (known && strcmp(known->zone, column) == 0);
}

/* Names and ids of the known columns of this file in turn; NULL ends. */
static const char *name_at(const void *context, size_t i)
{
    const struct mando_csv *csv = context;
    size_t next = 0;
    for (size_t place = PLACE_FIRST; place < csv->cell_count; place++) {
        const struct mando_smard_column *known = mando_smard_column_of(&csv->cells[place]);
        if (known && next++ == i / 2)
            return i % 2 ? known->zone : known->name;
    }
    return NULL;
}

/* "DE-LU, BE, FR": ids, or names where they are not known. */
static void list_columns(const struct mando_csv *csv, char *text_out, size_t size)
{
    size_t length = 0;
    text_out[0] = '\0';
    for (size_t place = PLACE_FIRST; place < csv->cell_count && length < size; place++) {
        const struct mando_smard_column *known = mando_smard_column_of(&csv->cells[place]);
        const struct mando_csv_cell name = name_of(&csv->cells[place]);
        char shown[MANDO_CSV_SHOWN_SIZE];
        length += (size_t)snprintf(text_out + length, size - length, "%s%s", length ? ", " : "",
                                   known ? known->zone : mando_csv_show(&name, shown));
    }
}

static enum mando_status fail_column(const struct mando_csv *csv, const char *column,
                                     struct mando_error *error)
{
    char list[160];
    list_columns(csv, list, sizeof list);
    if (!column)
        return mando_fail_at(error, MANDO_E_SMARD_COLUMN, csv->name, 1, 1,
                             "a SMARD download needs the column to read, one of %s", list);
    const char *nearest = mando_nearest(column, name_at, csv);
    return mando_fail_at(error, MANDO_E_SMARD_COLUMN, csv->name, 1, 1,
                         "\"%.40s\" is no column of the file%s%s; there are %s", column,
                         nearest ? ", the nearest is " : "", nearest ? nearest : "", list);
}

static enum mando_status fail_header(const struct mando_csv *csv, size_t place,
                                     enum mando_error_code code, const char *what,
                                     struct mando_error *error)
{
    char shown[MANDO_CSV_SHOWN_SIZE];
    const struct mando_csv_cell *cell = &csv->cells[place];
    return mando_fail_at(error, code, csv->name, cell->line, cell->column, "\"%s\" %s",
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

enum mando_status mando_smard_check_unit(const struct mando_smard_cells *cells, size_t place,
                                         struct mando_error *error)
{
    if (has_price_unit(&cells->csv->cells[place]))
        return MANDO_OK;
    return fail_header(cells->csv, place, MANDO_E_SMARD_COLUMN, "is no price in \u20ac/MWh", error);
}

enum mando_status mando_smard_find(const struct mando_smard_cells *cells, const char *column,
                                   size_t *place_out, struct mando_error *error)
{
    const struct mando_csv *csv = cells->csv;
    size_t found = 0;
    for (size_t place = PLACE_FIRST; column && place < csv->cell_count; place++) {
        if (!is_column(&csv->cells[place], column))
            continue;
        if (found)
            return fail_header(csv, place, MANDO_E_SMARD_COLUMN,
                               "is the second column of that name", error);
        enum mando_status status = mando_smard_check_unit(cells, place, error);
        if (status)
            return status;
        found = place;
    }
    if (!found)
        return fail_column(csv, column, error);
    *place_out = found;
    return MANDO_OK;
}

enum mando_status mando_smard_read_header(struct mando_smard_cells *cells,
                                          struct mando_error *error)
{
    struct mando_csv *csv = cells->csv;
    enum mando_status status = mando_csv_next(csv, error);
    if (status)
        return status;
    if (!mando_csv_cell_is(&csv->cells[0], "Datum von"))
        return fail_header(csv, 0, MANDO_E_CSV_HEADER, "stands where Datum von must stand", error);
    if (csv->cell_count < 2)
        return fail_header(csv, 0, MANDO_E_CSV_HEADER, "is not followed by Datum bis", error);
    if (!mando_csv_cell_is(&csv->cells[1], "Datum bis"))
        return fail_header(csv, 1, MANDO_E_CSV_HEADER, "stands where Datum bis must stand", error);
    if (csv->cell_count == PLACE_FIRST)
        return fail_header(csv, 1, MANDO_E_CSV_HEADER, "is not followed by any price", error);
    if (csv->separator == ',')
        cells->decimal = '.';
    return MANDO_OK;
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

enum mando_status mando_smard_read_start(struct mando_smard_cells *cells, int64_t *start_us_out,
                                         struct mando_error *error)
{
    const struct mando_csv_cell *cell = &cells->csv->cells[0];
    struct mando_scan scan = mando_scan_start(cell->text, cell->length);
    int64_t local_us = 0, first_us = 0, second_us = 0;
    enum mando_status status = MANDO_OK;
    if (!scan_local(&scan, &local_us))
        status = mando_time_miss(&scan, "SMARD time", MANDO_E_TIME_FORMAT, error);
    if (!status)
        status = mando_zone_instant(cells->berlin, local_us, 0, &first_us, error);
    if (!status)
        status = mando_zone_instant(cells->berlin, local_us, 1, &second_us, error);
    if (status)
        return mando_csv_place(cells->csv, cell, status, error);
    bool is_second = cells->has_last && first_us <= cells->last_us && second_us >= cells->last_us;
    cells->last_us = is_second ? second_us : first_us;
    cells->has_last = true;
    *start_us_out = cells->last_us;
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
static void detect_decimal(struct mando_smard_cells *cells)
{
    char found = '\0';
    for (size_t place = PLACE_FIRST; place < cells->csv->cell_count; place++) {
        bool sure;
        char decimal = decimal_of(&cells->csv->cells[place], &sure);
        if (sure) {
            cells->decimal = decimal;
            return;
        }
        if (decimal && found != ',')
            found = decimal;
    }
    cells->decimal = found;
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

enum mando_status mando_smard_read_price(struct mando_smard_cells *cells, size_t place,
                                         double *price_out, bool *there_out,
                                         struct mando_error *error)
{
    const struct mando_csv_cell *cell = &cells->csv->cells[place];
    char plain[NUMBER_LENGTH_MAX], shown[MANDO_CSV_SHOWN_SIZE];
    *there_out = cell->length > 0 && !mando_csv_cell_is(cell, "-");
    if (!*there_out)
        return MANDO_OK;
    if (!cells->decimal)
        detect_decimal(cells);
    size_t length = write_plain(cell, cells->decimal, plain);
    if (mando_number_parse(plain, length, price_out))
        return MANDO_OK;
    return mando_fail_at(error, MANDO_E_CSV_NUMBER, cells->csv->name, cell->line, cell->column,
                         "\"%s\" is no finite number with a decimal %s",
                         mando_csv_show(cell, shown), cells->decimal == ',' ? "comma" : "point");
}
