#include "schema/record.h"

#include "check.h"

TEST(kinds_of_records_are_found_by_name)
{
    static const char *const NAMES[] = {"run", "ledger_entry", "audit"};
    for (size_t i = 0; i < 3; i++) {
        CHECK_TEXT(mando_record_kind_at(i)->name, NAMES[i]);
        CHECK(mando_record_kind_find(NAMES[i]) == mando_record_kind_at(i));
    }
    CHECK(!mando_record_kind_at(3));
    CHECK(!mando_record_kind_find("runs"));
}

TEST(columns_have_types_and_rules)
{
    const struct mando_record_kind *ledger = mando_record_kind_find("ledger_entry");
    size_t amount = mando_record_column(ledger, "amount"), run = mando_record_column(ledger, "run");
    CHECK_EQ(ledger->columns[amount].type, MANDO_COLUMN_INTEGER);
    CHECK(ledger->columns[amount].is_required);
    CHECK_EQ(ledger->columns[run].type, MANDO_COLUMN_TEXT);
    CHECK(!ledger->columns[run].is_required);
    CHECK_EQ(ledger->columns[mando_record_column(ledger, "start")].type, MANDO_COLUMN_TIME);
    CHECK_EQ(mando_record_column(ledger, "none"), ledger->column_count);
    for (size_t i = 0; mando_record_kind_at(i); i++)
        CHECK(mando_record_kind_at(i)->column_count <= MANDO_RECORD_COLUMNS_MAX);
}
