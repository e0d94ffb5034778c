/* table.h: aligned columns on standard output. */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

#define CLI_TABLE_COLUMNS_MAX 8

struct cli_table { /* cli_table_init first, cli_table_print last */
    const char *alignment;
    size_t columns, cells, width[CLI_TABLE_COLUMNS_MAX];
    struct mando_text text; /* each cell with its NUL */
};

/* One letter of `alignment`, 'l' or 'r', for each column. Cells follow row by row, titles first. */
void cli_table_init(struct cli_table *table, const char *alignment);
void cli_table_cell(struct cli_table *table, const char *format, ...) MANDO_PRINTF(2, 3);
void cli_table_rule(struct cli_table *table); /* a whole row of dashes, after a whole row */

/* Prints and frees. MANDO_NO_MEMORY: then nothing is printed. */
enum mando_status cli_table_print(struct cli_table *table);

#endif
