#include "mando/battery.h"

#include "base/alloc.h"
#include "domain/battery_fields.h"

#include "check.h"

#define REQUIRED                                                                                   \
    "\"power_charge_mw\": 10, \"power_discharge_mw\": 11, \"soc_max_mwh\": 20,\n"                  \
    "\"efficiency_charge\": 0.95, \"efficiency_discharge\": 0.96"

static struct mando_error error;

static enum mando_status parse(const char *text, struct mando_battery *battery)
{
    return mando_battery_parse(text, strlen(text), "b.json", battery, &error);
}

static struct mando_battery battery_of(const char *text)
{
    struct mando_battery battery;
    mando_battery_init(&battery);
    if (parse(text, &battery))
        fail_msg("%s", error.message);
    return battery;
}

static void check_untouched(const unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        CHECK_EQ(bytes[i], 0x55);
}

/* `fields` stands on the third line behind the required ones. */
static void check_refused(const char *fields, const char *code, int column, const char *message)
{
    char text[800];
    struct mando_battery battery;
    memset(&battery, 0x55, sizeof battery);
    (void)snprintf(text, sizeof text, "{" REQUIRED ",\n%s}", fields);
    CHECK_EQ(parse(text, &battery), MANDO_INVALID);
    CHECK_TEXT(error.message, message);
    CHECK_TEXT(error.code, code);
    CHECK_TEXT(error.where, "b.json");
    CHECK_EQ(error.line, 3);
    CHECK_EQ(error.column, column);
    check_untouched((const unsigned char *)&battery, sizeof battery);
}

TEST(battery_of_required_fields_alone_has_the_defaults)
{
    struct mando_battery battery = battery_of("{" REQUIRED "}");
    CHECK_TEXT(battery.id, "battery");
    CHECK(battery.power_charge_mw == 10 && battery.power_discharge_mw == 11);
    CHECK(battery.soc_min_mwh == 0 && battery.soc_max_mwh == 20 && battery.soc_start_mwh == 0);
    CHECK(isnan(battery.soc_end_mwh));
    CHECK(battery.soc_end_value_eur_per_mwh == 0);
    CHECK(battery.efficiency_charge == 0.95 && battery.efficiency_discharge == 0.96);
    CHECK(battery.degradation_eur_per_mwh == 0 && battery.fee_eur_per_mwh == 0);
    CHECK(isnan(battery.cycles_per_day_max) && isnan(battery.cycles_per_year_max));
    CHECK(battery.self_discharge_per_h == 0);
    CHECK(isnan(battery.import_mw_max) && isnan(battery.export_mw_max));
}

TEST(battery_fields_are_read_in_any_order)
{
    struct mando_battery battery =
        battery_of("{\"export_mw_max\": 0, \"cycles_per_day_max\": 1.5, \"fee_eur_per_mwh\": 0.09,"
                   "\"soc_end_mwh\": 2, \"soc_start_mwh\": 3, \"soc_min_mwh\": 1,"
                   "\"self_discharge_per_h\": 0.001, \"id\": \"Battery-1.a_b\", " REQUIRED "}");
    CHECK_TEXT(battery.id, "Battery-1.a_b");
    CHECK(battery.export_mw_max == 0 && battery.cycles_per_day_max == 1.5);
    CHECK(battery.soc_min_mwh == 1 && battery.soc_start_mwh == 3 && battery.soc_end_mwh == 2);
    CHECK(battery.fee_eur_per_mwh == 0.09 && battery.self_discharge_per_h == 0.001);
}

TEST(battery_starts_at_its_least_energy_where_no_start_is_given)
{
    CHECK(battery_of("{\"soc_min_mwh\": 4, " REQUIRED "}").soc_start_mwh == 4);
    CHECK(battery_of("{\"soc_start_mwh\": null, \"soc_min_mwh\": 4, " REQUIRED "}").soc_start_mwh
          == 4);
}

TEST(battery_limits_of_energy_may_be_touched)
{
    CHECK(battery_of("{\"soc_start_mwh\": 20, \"soc_end_mwh\": 0, " REQUIRED "}").soc_end_mwh == 0);
    CHECK(battery_of("{\"soc_min_mwh\": -5, \"soc_end_mwh\": -5, " REQUIRED "}").soc_min_mwh == -5);
}

TEST(battery_rules_between_fields_are_checked)
{
    check_refused("\"soc_start_mwh\": 20.5", "battery.soc_start", 18,
                  "soc_start_mwh is 20.5; it must be within soc_min_mwh and soc_max_mwh, 0 to 20");
    check_refused("\"soc_min_mwh\": 2, \"soc_start_mwh\": 1", "battery.soc_start", 36,
                  "soc_start_mwh is 1; it must be within soc_min_mwh and soc_max_mwh, 2 to 20");
    check_refused("\"soc_end_mwh\": -1", "battery.soc_end", 16,
                  "soc_end_mwh is -1; it must be within soc_min_mwh and soc_max_mwh, 0 to 20");
    check_refused("\"soc_end_mwh\": 0, \"soc_end_value_eur_per_mwh\": 30", "battery.end_value", 48,
                  "soc_end_value_eur_per_mwh is 30, which needs a free end, but soc_end_mwh is 0");
}

TEST(battery_limits_of_energy_must_leave_room)
{
    struct mando_battery battery;
    CHECK_EQ(parse("{\"soc_min_mwh\": 20, " REQUIRED "}", &battery), MANDO_INVALID);
    CHECK_TEXT(error.code, "battery.soc_limits");
    CHECK_TEXT(error.message, "soc_max_mwh is 20; it must be above soc_min_mwh, which is 20");
    CHECK_EQ(error.line, 1);
    CHECK_EQ(error.column, 85);
}

TEST(battery_end_value_of_zero_says_nothing)
{
    (void)battery_of("{\"soc_end_mwh\": 0, \"soc_end_value_eur_per_mwh\": 0, " REQUIRED "}");
}

TEST(battery_fields_are_kept_in_their_ranges)
{
    check_refused("\"fee_eur_per_mwh\": -0.1", "field.range", 20,
                  "fee_eur_per_mwh is -0.1; it must be at least 0");
    check_refused("\"self_discharge_per_h\": 1", "field.range", 25,
                  "self_discharge_per_h is 1; it must be at least 0 and below 1");
    check_refused("\"import_mw_max\": -1", "field.range", 18,
                  "import_mw_max is -1; it must be at least 0");
    check_refused("\"eficiency_charge\": 1", "field.unknown", 1,
                  "\"eficiency_charge\" is no field of a battery; the nearest is "
                  "\"efficiency_charge\"");
    check_refused("\"soc_max_mwh\": 1", "field.duplicate", 1, "soc_max_mwh is given twice");
    check_refused("\"degradation_eur_per_mwh\": \"4\"", "field.type", 28,
                  "degradation_eur_per_mwh is \"4\"; it must be a number");
}

TEST(battery_efficiencies_are_above_0_and_at_most_1)
{
    static const char *const VALUES[] = {"0", "-0.5", "1.0000000000000002", "95"};
    char text[400];
    for (size_t i = 0; i < sizeof VALUES / sizeof *VALUES; i++) {
        struct mando_battery battery;
        (void)snprintf(text, sizeof text,
                       "{\"power_charge_mw\":1,\"power_discharge_mw\":1,\"soc_max_mwh\":1,"
                       "\"efficiency_charge\":1,\n\"efficiency_discharge\":%s}",
                       VALUES[i]);
        CHECK_EQ(parse(text, &battery), MANDO_INVALID);
        CHECK_TEXT(error.code, "field.range");
        CHECK_EQ(error.line, 2);
        CHECK_EQ(error.column, 24);
    }
}

TEST(battery_without_a_required_field_is_refused_at_its_brace)
{
    struct mando_battery battery;
    CHECK_EQ(parse(" {\"power_charge_mw\":1,\"power_discharge_mw\":1,\"soc_max_mwh\":1,"
                   "\"efficiency_charge\":1}",
                   &battery),
             MANDO_INVALID);
    CHECK_TEXT(error.code, "field.missing");
    CHECK_TEXT(error.message, "efficiency_discharge is missing; it is required: one-way "
                              "efficiency from cells to grid");
    CHECK_EQ(error.line, 1);
    CHECK_EQ(error.column, 2);
}

TEST(battery_required_field_that_is_null_is_missing_where_it_stands)
{
    struct mando_battery battery;
    CHECK_EQ(parse("{\"power_charge_mw\": null}", &battery), MANDO_INVALID);
    CHECK_TEXT(error.code, "field.missing");
    CHECK_EQ(error.column, 21);
}

TEST(battery_id_is_one_segment)
{
    static const char *const WRONG[] = {"", "a b", "a/b", "-a", ".a", "_", "\xC3\xA4", "a\\n"};
    static const char *const RIGHT[] = {"a", "0", "Z-_.9", "battery-1"};
    char text[400];
    struct mando_battery battery;
    for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++) {
        (void)snprintf(text, sizeof text, "{" REQUIRED ", \"id\": \"%s\"}", WRONG[i]);
        CHECK_EQ(parse(text, &battery), MANDO_INVALID);
        CHECK_TEXT(error.code, "field.range");
        CHECK_EQ(error.column, 64);
    }
    for (size_t i = 0; i < sizeof RIGHT / sizeof *RIGHT; i++) {
        (void)snprintf(text, sizeof text, "{" REQUIRED ", \"id\": \"%s\"}", RIGHT[i]);
        CHECK_TEXT(battery_of(text).id, RIGHT[i]);
    }
}

TEST(battery_id_has_at_most_255_bytes)
{
    char text[800], id[257] = "";
    struct mando_battery battery;
    memset(id, 'x', 256);
    (void)snprintf(text, sizeof text, "{\"id\": \"%s\", " REQUIRED "}", id);
    CHECK_EQ(parse(text, &battery), MANDO_INVALID);
    CHECK_TEXT(error.message, "id has 256 bytes; it may have at most 255");
    id[255] = '\0';
    (void)snprintf(text, sizeof text, "{\"id\": \"%s\", " REQUIRED "}", id);
    CHECK_EQ(strlen(battery_of(text).id), 255);
}

TEST(battery_text_that_is_no_json_is_refused)
{
    struct mando_battery battery;
    CHECK_EQ(parse("{\"id\": }", &battery), MANDO_INVALID);
    CHECK_TEXT(error.code, "json.syntax");
    CHECK_EQ(mando_battery_parse("", 0, NULL, &battery, NULL), MANDO_INVALID);
    CHECK_EQ(parse("{\"soc_max_mwh\": 1e400}", &battery), MANDO_INVALID);
    CHECK_TEXT(error.code, "json.syntax");
}

TEST(battery_text_has_a_greatest_length)
{
    static char text[(1 << 20) + 2];
    memset(text, ' ', sizeof text - 1);
    struct mando_battery battery;
    CHECK_EQ(parse(text, &battery), MANDO_LIMIT);
    CHECK_TEXT(error.code, "json.size");
}

TEST(battery_parse_needs_no_error)
{
    struct mando_battery battery;
    CHECK_EQ(mando_battery_parse("{}", 2, "x", &battery, NULL), MANDO_INVALID);
    CHECK_EQ(mando_battery_parse("{\"a\":1}", 7, NULL, &battery, NULL), MANDO_INVALID);
}

static struct mando_battery by_hand(void)
{
    struct mando_battery battery;
    mando_battery_init(&battery);
    battery.power_charge_mw = battery.power_discharge_mw = 5;
    battery.soc_max_mwh = 10;
    battery.efficiency_charge = battery.efficiency_discharge = 0.9;
    return battery;
}

static void check_pointer(struct mando_battery battery, const char *code, const char *pointer)
{
    CHECK_EQ(mando_battery_check(&battery, &error), MANDO_INVALID);
    CHECK_TEXT(error.code, code);
    CHECK_TEXT(error.where, pointer);
    CHECK_EQ(error.line, 0);
    CHECK_EQ(error.index, -1);
}

TEST(battery_by_hand_is_checked_and_errors_name_the_field)
{
    struct mando_battery battery = by_hand();
    CHECK_EQ(mando_battery_check(&battery, NULL), MANDO_OK);
    battery.power_charge_mw = NAN;
    check_pointer(battery, "field.missing", "/power_charge_mw");
    battery = by_hand();
    battery.power_discharge_mw = INFINITY;
    check_pointer(battery, "field.range", "/power_discharge_mw");
    battery = by_hand();
    battery.fee_eur_per_mwh = NAN;
    check_pointer(battery, "field.range", "/fee_eur_per_mwh");
    battery = by_hand();
    battery.soc_max_mwh = 0;
    check_pointer(battery, "battery.soc_limits", "/soc_max_mwh");
    battery = by_hand();
    battery.soc_start_mwh = 11;
    check_pointer(battery, "battery.soc_start", "/soc_start_mwh");
    battery = by_hand();
    battery.soc_end_mwh = 11;
    check_pointer(battery, "battery.soc_end", "/soc_end_mwh");
    battery.soc_end_mwh = 10;
    battery.soc_end_value_eur_per_mwh = -1;
    check_pointer(battery, "battery.end_value", "/soc_end_value_eur_per_mwh");
    battery = by_hand();
    memset(battery.id, 'x', sizeof battery.id);
    check_pointer(battery, "field.range", "/id");
}

TEST(battery_points_are_read_and_absent_where_not_given)
{
    struct mando_battery battery =
        battery_of("{\"efficiency_charge_by_power\": [[5, 1], [10, 0.95]],"
                   "\"power_discharge_mw_by_soc\": [[-1, 5.5], [25, 11]],"
                   "\"degradation_eur_per_mwh_by_power\": null," REQUIRED "}");
    CHECK_EQ(battery.efficiency_charge_by_power.count, 2);
    CHECK(battery.efficiency_charge_by_power.x[1] == 10);
    CHECK(battery.efficiency_charge_by_power.y[1] == 0.95);
    CHECK(battery.power_discharge_mw_by_soc.x[0] == -1);
    CHECK_EQ(battery.degradation_eur_per_mwh_by_power.count, 0);
    CHECK_EQ(battery.power_charge_mw_by_soc.count, 0);
    CHECK(isnan(battery.ramp_mw_per_h_max) && isnan(battery.auxiliary_mw));
}

TEST(battery_points_that_are_no_points_are_refused_where_they_stand)
{
    check_refused("\"efficiency_charge_by_power\": 0.9", "field.type", 31,
                  "efficiency_charge_by_power is 0.9; it must be a list of points [x, y]");
    check_refused("\"efficiency_charge_by_power\": []", "field.range", 31,
                  "efficiency_charge_by_power has 0 points; it may have 1 to 16");
    check_refused("\"efficiency_charge_by_power\": [[1,1],[2,1],[3,1],[4,1],[5,1],[6,1],[7,1],"
                  "[8,1],[9,1],[10,1],[11,1],[12,1],[13,1],[14,1],[15,1],[16,1],[17,1]]",
                  "field.range", 31,
                  "efficiency_charge_by_power has 17 points; it may have 1 to 16");
    check_refused("\"efficiency_charge_by_power\": [[5, 1], [10]]", "field.type", 40,
                  "point 2 of efficiency_charge_by_power is [10]; it must be two numbers [x, y]");
    check_refused("\"efficiency_charge_by_power\": [[5, \"1\"]]", "field.type", 32,
                  "point 1 of efficiency_charge_by_power is [5, \"1\"]; it must be two numbers "
                  "[x, y]");
}

TEST(battery_points_are_kept_in_their_ranges)
{
    check_refused("\"efficiency_charge_by_power\": [[0, 1], [10, 1]]", "field.range", 33,
                  "x of point 1 of efficiency_charge_by_power is 0; it must be above 0");
    check_refused("\"efficiency_charge_by_power\": [[10, 1.5]]", "field.range", 37,
                  "y of point 1 of efficiency_charge_by_power is 1.5; it must be above 0 and at "
                  "most 1");
    check_refused("\"efficiency_charge_by_power\": [[5, 1], [5, 1]]", "field.range", 41,
                  "x of point 2 of efficiency_charge_by_power is 5; it must be above that of the "
                  "point before, 5");
    check_refused("\"power_charge_mw_by_soc\": [[0, 1], [20, -1]]", "field.range", 41,
                  "y of point 2 of power_charge_mw_by_soc is -1; it must be at least 0");
    check_refused("\"ramp_mw_per_h_max\": -1", "field.range", 22,
                  "ramp_mw_per_h_max is -1; it must be at least 0");
    check_refused("\"auxiliary_mw\": -1", "field.range", 17,
                  "auxiliary_mw is -1; it must be at least 0");
}

TEST(battery_curves_that_bend_the_wrong_way_are_refused)
{
    check_refused("\"efficiency_charge_by_power\": [[5, 0.9], [10, 0.95]]", "battery.curve", 42,
                  "point 2 of efficiency_charge_by_power makes the stored power bend up: its slope "
                  "must fall");
    check_refused("\"efficiency_charge_by_power\": [[5, 1], [10, 0.5]]", "battery.curve", 40,
                  "point 2 of efficiency_charge_by_power stores no more power than the point "
                  "before");
    check_refused("\"efficiency_discharge_by_power\": [[5, 0.9], [11, 0.95]]", "battery.curve", 45,
                  "point 2 of efficiency_discharge_by_power makes the withdrawn power bend down: "
                  "its slope must rise");
    check_refused("\"power_charge_mw_by_soc\": [[0, 10], [10, 5], [20, 2]]", "battery.curve", 46,
                  "point 3 of power_charge_mw_by_soc makes the power limit bend up: its slope must "
                  "fall");
    check_refused("\"degradation_eur_per_mwh_by_power\": [[5, 4], [11, 3]]", "battery.curve", 46,
                  "point 2 of degradation_eur_per_mwh_by_power costs less than the point before: "
                  "levels must rise");
}

TEST(battery_curves_that_end_too_early_are_refused)
{
    check_refused("\"efficiency_charge_by_power\": [[9.5, 1]]", "battery.curve", 32,
                  "point 1 of efficiency_charge_by_power is the last one, but lies below "
                  "power_charge_mw");
    check_refused("\"efficiency_discharge_by_power\": [[10.5, 1]]", "battery.curve", 35,
                  "point 1 of efficiency_discharge_by_power is the last one, but lies below "
                  "power_discharge_mw");
    check_refused("\"power_charge_mw_by_soc\": [[1, 10], [20, 5]]", "battery.curve", 28,
                  "point 1 of power_charge_mw_by_soc is the first one, but lies above soc_min_mwh");
    check_refused("\"power_discharge_mw_by_soc\": [[0, 10], [19, 15]]", "battery.curve", 40,
                  "point 2 of power_discharge_mw_by_soc is the last one, but lies below "
                  "soc_max_mwh");
    check_refused("\"degradation_eur_per_mwh_by_power\": [[10, 4]]", "battery.curve", 38,
                  "point 1 of degradation_eur_per_mwh_by_power is the last one, but lies below "
                  "power_discharge_mw");
}

/* One efficiency, said at several powers: rounding must not make it bend. */
TEST(battery_curves_may_be_straight)
{
    (void)battery_of(
        "{\"efficiency_charge_by_power\": [[1, 0.93], [3, 0.93], [7, 0.93], [10, 0.93]],"
        "\"efficiency_discharge_by_power\": [[1, 0.93], [3, 0.93], [7, 0.93], [11, 0.93]],"
        "\"power_charge_mw_by_soc\": [[0, 10], [0.1, 9.955], [0.7, 9.685], [20, 1]]," REQUIRED "}");
}

TEST(battery_with_too_many_points_by_hand_is_refused)
{
    struct mando_battery battery = by_hand();
    battery.power_charge_mw_by_soc.count = MANDO_POINTS_MAX + 1;
    check_pointer(battery, "field.range", "/power_charge_mw_by_soc");
    battery.power_charge_mw_by_soc = (struct mando_points){2, {0, 10}, {5, NAN}};
    check_pointer(battery, "field.range", "/power_charge_mw_by_soc/1/1");
}

TEST(battery_parse_says_when_memory_ends)
{
    struct mando_battery battery;
    for (int64_t calls = 0;; calls++) {
        mando_alloc_fail_after(calls);
        enum mando_status status = parse("{" REQUIRED "}", &battery);
        mando_alloc_fail_after(-1);
        if (status == MANDO_OK)
            break;
        CHECK_EQ(status, MANDO_NO_MEMORY);
    }
}

TEST(every_field_of_the_battery_is_described_once_and_fits_its_record)
{
    const struct mando_entity *entity = &mando_entity_battery;
    CHECK_TEXT(entity->name, "battery");
    for (size_t i = 0; i < entity->field_count; i++) {
        const struct mando_field *field = &entity->fields[i];
        CHECK(strlen(field->text) > 0 && strlen(field->name) < 60);
        CHECK(field->type != MANDO_FIELD_NUMBER || field->size == sizeof(double));
        CHECK(field->type != MANDO_FIELD_POINTS || field->size == sizeof(struct mando_points));
        CHECK(field->type == MANDO_FIELD_POINTS
              || isnan(field->initial) == (field->rule != MANDO_FIELD_DEFAULT));
        for (size_t j = 0; j < i; j++)
            CHECK(strcmp(field->name, entity->fields[j].name) != 0);
        if (i > 0)
            CHECK(field->offset >= entity->fields[i - 1].offset + entity->fields[i - 1].size);
    }
}
