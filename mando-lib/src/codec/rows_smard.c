#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "codec/rows_reader.h"
#include "codec/smard_cells.h"

/* A column that is read; its data point is known to the reader from its first value on. */
struct smard_wanted {
    size_t place;
    const char *id;
    int32_t point; /* -1 = not yet known */
};

struct rows_smard {
    struct mando_csv csv;
    struct mando_zone *berlin;
    struct mando_smard_cells cells;
    struct smard_wanted *wanted;
    size_t wanted_count;
    size_t next; /* column of the row at hand that comes next */
    int64_t start_us;
};

static enum mando_status want(struct rows_smard *self, size_t place, const char *id,
                              struct mando_error *error)
{
    enum mando_status status = mando_smard_check_unit(&self->cells, place, error);
    if (!status)
        self->wanted[self->wanted_count++] = (struct smard_wanted){place, id, -1};
    return status;
}

static enum mando_status want_known(struct rows_smard *self, struct mando_error *error)
{
    enum mando_status status = MANDO_OK;
    for (size_t i = MANDO_SMARD_PLACE_FIRST; i < self->csv.cell_count && !status; i++) {
        const struct mando_smard_column *column = mando_smard_column_of(&self->csv.cells[i]);
        size_t place = i;
        if (!column || !column->id[0])
            continue;
        status = mando_smard_find(&self->cells, column->zone, &place, error);
        if (!status)
            status = want(self, place, column->id, error);
    }
    if (!status && self->wanted_count == 0)
        return mando_fail_at(error, MANDO_E_SMARD_COLUMN, self->csv.name, 1, 1,
                             "no column of the file is one that has a data point of its own");
    return status;
}

static enum mando_status open_smard(struct mando_rows_reader *reader, void *of,
                                    struct mando_error *error)
{
    struct rows_smard *self = of;
    const struct mando_rows_options *options = &reader->options;
    size_t place = 0;
    enum mando_status status = mando_csv_open(&self->csv, reader->input, 0, error);
    if (!status)
        status = mando_zone_open("Europe/Berlin", options->zone_folder, &self->berlin, error);
    if (status)
        return status;
    (void)mando_smard_begins(&self->csv);
    self->cells = (struct mando_smard_cells){.csv = &self->csv, .berlin = self->berlin};
    status = mando_smard_read_header(&self->cells, error);
    if (status)
        return status;
    self->wanted = mando_alloc(self->csv.cell_count, sizeof *self->wanted);
    if (!self->wanted)
        return mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory to read rows");
    self->next = SIZE_MAX;
    if (!options->id)
        return want_known(self, error);
    status = mando_smard_find(&self->cells, options->column, &place, error);
    return status ? status : want(self, place, options->id, error);
}

static enum mando_status read_cell(struct mando_rows_reader *reader, struct rows_smard *self,
                                   struct mando_error *error)
{
    struct smard_wanted *wanted = &self->wanted[self->next++];
    const struct mando_csv_cell *cell = &self->csv.cells[wanted->place];
    double price = 0;
    bool there = false;
    enum mando_status status =
        mando_smard_read_price(&self->cells, wanted->place, &price, &there, error);
    if (status || !there)
        return status;
    if (wanted->point < 0)
        status = rows_reader_take_id(reader, wanted->id, strlen(wanted->id), error);
    if (rows_reader_lacks_place(status, error))
        mando_fail_place(error, self->csv.name, cell->line, cell->column);
    if (status)
        return status;
    if (wanted->point < 0)
        wanted->point = reader->batch.point[reader->batch.count];
    rows_batch_set_point(&reader->batch, wanted->point);
    rows_batch_set_time(&reader->batch, ROWS_START, self->start_us);
    rows_batch_set_number(&reader->batch, 0, price);
    return rows_reader_end_row(reader, cell->line, cell->column, error);
}

static enum mando_status fill_smard(struct mando_rows_reader *reader, void *of,
                                    struct mando_error *error)
{
    struct rows_smard *self = of;
    enum mando_status status = MANDO_OK;
    while (!status && !rows_batch_is_full(&reader->batch)) {
        if (self->next < self->wanted_count) {
            status = read_cell(reader, self, error);
            continue;
        }
        status = mando_csv_next(&self->csv, error);
        if (status || self->csv.cell_count == 0)
            return status;
        status = mando_smard_read_start(&self->cells, &self->start_us, error);
        self->next = 0;
    }
    return status;
}

static void close_smard(void *of)
{
    struct rows_smard *self = of;
    mando_csv_release(&self->csv);
    mando_zone_free(self->berlin);
    mando_free(self->wanted);
}

const struct rows_format rows_format_smard = {sizeof(struct rows_smard), open_smard, fill_smard,
                                              close_smard, NULL};
