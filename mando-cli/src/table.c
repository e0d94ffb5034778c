#include "table.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define CELL_SIZE 512
#define TABLE_BYTES_MAX ((size_t)1 << 26)

/* The cell that stands for dashes as wide as its column. */
#define RULE "\x01"

void cli_table_init(struct cli_table *table, const char *alignment)
{
    *table = (struct cli_table){.alignment = alignment, .columns = strlen(alignment)};
    mando_text_init(&table->text, TABLE_BYTES_MAX);
}

static void add_cell(struct cli_table *table, const char *cell)
{
    size_t column = table->cells++ % table->columns, length = strlen(cell);
    if (length > table->width[column])
        table->width[column] = length;
    mando_text_append(&table->text, cell, length + 1);
}

void cli_table_cell(struct cli_table *table, const char *format, ...)
{
    char cell[CELL_SIZE];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(cell, sizeof cell, format, arguments);
    va_end(arguments);
    add_cell(table, cell);
}

void cli_table_rule(struct cli_table *table)
{
    for (size_t i = 0; i < table->columns; i++)
        add_cell(table, RULE);
}

static void print_cell(const struct cli_table *table, size_t column, const char *cell)
{
    bool is_last = column + 1 == table->columns;
    int width = (int)table->width[column];
    if (strcmp(cell, RULE) == 0)
        for (int i = 0; i < width; i++)
            (void)putchar('-');
    else if (table->alignment[column] == 'r')
        (void)printf("%*s", width, cell);
    else
        (void)printf("%-*s", is_last ? 0 : width, cell);
    (void)fputs(is_last ? "\n" : "  ", stdout);
}

enum mando_status cli_table_print(struct cli_table *table)
{
    enum mando_status status = table->text.status;
    const char *cell = table->text.bytes;
    for (size_t i = 0; i < table->cells && !status; i++) {
        print_cell(table, i % table->columns, cell);
        cell += strlen(cell) + 1;
    }
    mando_text_release(&table->text);
    return status;
}
