#include "arrow/array.h"

#include <assert.h>

#include "base/alloc.h"

#define BUFFERS_MAX 3

/* What an array of ours points at; its children follow, then the pointers to them. */
struct holding {
    const void *buffers[BUFFERS_MAX];
    void *owned[BUFFERS_MAX];
    struct ArrowArray children[];
};

void mando_arrow_schema_release(struct ArrowSchema *schema)
{
    if (schema && schema->release)
        schema->release(schema);
}

void mando_arrow_array_release(struct ArrowArray *array)
{
    if (array && array->release)
        array->release(array);
}

void mando_arrow_stream_release(struct ArrowArrayStream *stream)
{
    if (stream && stream->release)
        stream->release(stream);
}

void mando_arrow_schema_move(struct ArrowSchema *source, struct ArrowSchema *out)
{
    *out = *source;
    source->release = NULL;
}

void mando_arrow_array_move(struct ArrowArray *source, struct ArrowArray *out)
{
    *out = *source;
    source->release = NULL;
}

void mando_arrow_stream_move(struct ArrowArrayStream *source, struct ArrowArrayStream *out)
{
    *out = *source;
    source->release = NULL;
}

/* A child that was moved away has another owner. */
static void release_array(struct ArrowArray *array)
{
    struct holding *holding = array->private_data;
    for (int64_t i = 0; i < array->n_children; i++)
        mando_arrow_array_release(array->children[i]);
    for (size_t i = 0; i < BUFFERS_MAX; i++)
        mando_free(holding->owned[i]);
    mando_free(holding);
    array->release = NULL;
}

enum mando_status mando_arrow_array_new(size_t buffers, size_t children,
                                        struct ArrowArray *array_out)
{
    assert(buffers <= BUFFERS_MAX && children <= MANDO_ARROW_COLUMNS_MAX);
    const size_t each = sizeof(struct ArrowArray) + sizeof(struct ArrowArray *);
    struct holding *holding = mando_alloc(1, sizeof *holding + children * each);
    if (!holding)
        return MANDO_NO_MEMORY;
    *array_out = (struct ArrowArray){.n_buffers = (int64_t)buffers,
                                     .n_children = (int64_t)children,
                                     .buffers = holding->buffers,
                                     .release = release_array,
                                     .private_data = holding};
    array_out->children = (struct ArrowArray **)(holding->children + children);
    for (size_t i = 0; i < children; i++)
        array_out->children[i] = &holding->children[i];
    return MANDO_OK;
}

void mando_arrow_array_own(struct ArrowArray *array, size_t buffer, void *bytes)
{
    struct holding *holding = array->private_data;
    assert(array->release == release_array && buffer < BUFFERS_MAX);
    holding->buffers[buffer] = holding->owned[buffer] = bytes;
}
