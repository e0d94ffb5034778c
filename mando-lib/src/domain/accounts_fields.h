/* domain/accounts_fields.h: the rows of schema/accounts.def as descriptors of struct mando_accounts. */
#ifndef MANDO_DOMAIN_ACCOUNTS_FIELDS_H
#define MANDO_DOMAIN_ACCOUNTS_FIELDS_H

#include "schema/entity.h"

extern const struct mando_entity mando_entity_accounts;

#endif
