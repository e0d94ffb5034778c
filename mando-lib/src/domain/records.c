#include "mando/records.h"

#include "arrow/stream.h"

static struct mando_record_cell cell_of(const struct ArrowArray *batch, size_t column, int64_t row)
{
    const struct ArrowArray *array = batch->children[column];
    int64_t at = batch->offset + array->offset + row;
    const uint8_t *bits = array->buffers[0];
    if (bits && !(bits[at / 8] >> (at % 8) & 1))
        return (struct mando_record_cell){.is_null = 1};
    if (array->n_buffers == 2)
        return (struct mando_record_cell){.integer = ((const int64_t *)array->buffers[1])[at]};
    const int32_t *offsets = array->buffers[1];
    size_t length = (size_t)(offsets[at + 1] - offsets[at]);
    /* Where all are empty there may be no bytes at all. */
    return (struct mando_record_cell){
        .text = length ? (const char *)array->buffers[2] + offsets[at] : "", .length = length};
}

enum mando_status mando_records_next(struct mando_records *records, size_t count,
                                     struct mando_record_cell *cells_out, int *is_there_out,
                                     struct mando_error *error)
{
    while (!records->batch.release || records->row == records->batch.length) {
        mando_arrow_array_release(&records->batch);
        records->batch = (struct ArrowArray){0};
        records->row = 0;
        enum mando_status status =
            mando_arrow_stream_take(&records->stream, &records->batch, error);
        if (status || !records->batch.release) {
            *is_there_out = 0;
            return status;
        }
    }
    for (size_t i = 0; i < count; i++)
        cells_out[i] = cell_of(&records->batch, i, records->row);
    records->row++;
    *is_there_out = 1;
    return MANDO_OK;
}

void mando_records_release(struct mando_records *records)
{
    mando_arrow_array_release(&records->batch);
    mando_arrow_stream_release(&records->stream);
    *records = (struct mando_records){0};
}
