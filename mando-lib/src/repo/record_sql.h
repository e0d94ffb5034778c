/* repo/record_sql.h: statements about records, written from the columns of their kind. Parameters are
 * $1, $2, ... in their order. */
#ifndef MANDO_REPO_RECORD_SQL_H
#define MANDO_REPO_RECORD_SQL_H

#include "base/text.h"
#include "repo/record.h"

#define MANDO_RECORD_SQL_MAX 16384 /* bytes of a statement */

/* INSERT of a record: $1 is its change, $2 its row, then its values come. */
void mando_record_sql_insert(struct mando_text *sql, const struct mando_record_kind *kind);

/* SELECT of change, row and values of those that pass, which the backend puts in order. `where` is "", or
 * " WHERE ..." with parameters before $first; from there on they are what the predicates compare with. */
void mando_record_sql_select(struct mando_text *sql, const struct mando_record_kind *kind,
                             const char *where, const struct mando_predicate *predicates,
                             size_t count, int first);

#endif
