#include "arrow/field.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"

#define FORMAT_SIZE 16

/* What a schema of ours points at; its children follow, then the pointers to them. */
struct holding {
    char format[FORMAT_SIZE];
    char *name;
    struct ArrowSchema children[];
};

static const char *const FORMATS[MANDO_ARROW_TYPES] = {"b", "i", "l", "tsu:UTC", "g", "+w:", "u"};

size_t mando_arrow_type_size(enum mando_arrow_type type)
{
    static const size_t SIZES[MANDO_ARROW_TYPES] = {0, 4, 8, 8, 8, 0, 0};
    return SIZES[type];
}

static void release_schema(struct ArrowSchema *schema)
{
    struct holding *holding = schema->private_data;
    for (int64_t i = 0; i < schema->n_children; i++)
        mando_arrow_schema_release(schema->children[i]);
    mando_free(holding->name);
    mando_free(holding);
    schema->release = NULL;
}

static enum mando_status new_schema(const char *format, const char *name, bool nullable,
                                    size_t children, struct ArrowSchema *schema_out)
{
    assert(strlen(format) < FORMAT_SIZE && children <= MANDO_ARROW_COLUMNS_MAX);
    const size_t each = sizeof(struct ArrowSchema) + sizeof(struct ArrowSchema *);
    size_t length = strlen(name);
    struct holding *holding = mando_alloc(1, sizeof *holding + children * each);
    char *copy = mando_alloc(1, length + 1);
    if (!holding || !copy) {
        mando_free(holding);
        mando_free(copy);
        return MANDO_NO_MEMORY;
    }
    memcpy(copy, name, length + 1);
    memcpy(holding->format, format, strlen(format) + 1);
    holding->name = copy;
    *schema_out = (struct ArrowSchema){.format = holding->format,
                                       .name = copy,
                                       .flags = nullable ? ARROW_FLAG_NULLABLE : 0,
                                       .n_children = (int64_t)children,
                                       .release = release_schema,
                                       .private_data = holding};
    schema_out->children = (struct ArrowSchema **)(holding->children + children);
    for (size_t i = 0; i < children; i++)
        schema_out->children[i] = &holding->children[i];
    return MANDO_OK;
}

static enum mando_status new_column(const struct mando_arrow_field *field,
                                    struct ArrowSchema *column_out)
{
    char format[FORMAT_SIZE];
    bool is_list = field->type == MANDO_ARROW_DOUBLES;
    (void)snprintf(format, sizeof format, is_list ? "%s%u" : "%s", FORMATS[field->type],
                   (unsigned)field->width);
    enum mando_status status =
        new_schema(format, field->name, field->nullable, is_list ? 1 : 0, column_out);
    if (!status && is_list)
        status = new_schema("g", "item", true, 0, column_out->children[0]);
    return status;
}

enum mando_status mando_arrow_schema_new(const struct mando_arrow_field *fields, size_t count,
                                         struct ArrowSchema *schema_out)
{
    MANDO_CLEANUP(mando_arrow_schema_release) struct ArrowSchema schema = {0};
    enum mando_status status = new_schema("+s", "", false, count, &schema);
    for (size_t i = 0; i < count && !status; i++)
        status = new_column(&fields[i], schema.children[i]);
    if (!status)
        mando_arrow_schema_move(&schema, schema_out);
    return status;
}
