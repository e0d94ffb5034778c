/* mando/accounts.h: the accounts that a ledger books to. */
#ifndef MANDO_ACCOUNTS_H
#define MANDO_ACCOUNTS_H

#include "mando/error.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Names of accounts, ids as those of data points; schema/accounts.def has their defaults. */
struct mando_accounts {
#define TEXT_FIELD(name, size, initial, rule, text) char name[size];
#include "schema/accounts.def"
#undef TEXT_FIELD
};

/* Every account at its default. */
MANDO_API void mando_accounts_init(struct mando_accounts *accounts_out);

/* Every name is an id, and no two are the same. MANDO_INVALID (field.range); error->where is the JSON
 * pointer of the field. */
MANDO_API enum mando_status mando_accounts_check(const struct mando_accounts *accounts,
                                                 struct mando_error *error);

#ifdef __cplusplus
}
#endif

#endif
