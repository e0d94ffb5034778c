#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "domain/accounts_fields.h"
#include "mando/accounts.h"
#include "mando/point.h"

static const struct mando_field FIELDS[] = {
#define TEXT_FIELD(field, bytes, start, presence, about)                                           \
    MANDO_TEXT_FIELD(struct mando_accounts, field, bytes, start, presence, about),
#include "schema/accounts.def"
#undef TEXT_FIELD
};

#define FIELD_COUNT (sizeof FIELDS / sizeof *FIELDS)

const struct mando_entity mando_entity_accounts = {
    .name = "list of accounts", .fields = FIELDS, .field_count = FIELD_COUNT};

void mando_accounts_init(struct mando_accounts *accounts_out)
{
    mando_entity_init(&mando_entity_accounts, accounts_out);
}

static const char *name_of(const struct mando_accounts *accounts, size_t i)
{
    return (const char *)accounts + FIELDS[i].offset;
}

static enum mando_status check_account(const struct mando_accounts *accounts, size_t i,
                                       struct mando_error *error)
{
    struct mando_error problem;
    const char *name = name_of(accounts, i);
    char pointer[64];
    (void)snprintf(pointer, sizeof pointer, "/%s", FIELDS[i].name);
    if (mando_point_id_check(name, strlen(name), &problem))
        return mando_fail_at(error, MANDO_E_FIELD_RANGE, pointer, 0, 0, "%s is no account: %.180s",
                             FIELDS[i].name, problem.message);
    for (size_t k = 0; k < i; k++)
        if (strcmp(name, name_of(accounts, k)) == 0)
            return mando_fail_at(error, MANDO_E_FIELD_RANGE, pointer, 0, 0,
                                 "%s is \"%.100s\", which %s is already", FIELDS[i].name, name,
                                 FIELDS[k].name);
    return MANDO_OK;
}

enum mando_status mando_accounts_check(const struct mando_accounts *accounts,
                                       struct mando_error *error)
{
    enum mando_status status = mando_entity_check(&mando_entity_accounts, accounts, error);
    for (size_t i = 0; i < FIELD_COUNT && !status; i++)
        status = check_account(accounts, i, error);
    return status;
}
