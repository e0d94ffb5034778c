/* base/time_scan.h: the parts of a time's text, shared by its absolute and relative forms. */
#ifndef MANDO_BASE_TIME_SCAN_H
#define MANDO_BASE_TIME_SCAN_H

#include "base/fail.h"
#include "base/scan.h"
#include "mando/time.h"

/* HH:MM[:SS[.f]], 24:00 included, in microseconds since midnight. */
bool mando_scan_clock(struct mando_scan *scan, int64_t *clock_us_out);

/* P..., a minus before it included. */
bool mando_scan_duration(struct mando_scan *scan, struct mando_duration *duration_out);

/* Fails with what the scan missed: "x" is no `kind`: ... */
enum mando_status mando_time_miss(const struct mando_scan *scan, const char *kind,
                                  enum mando_error_code code, struct mando_error *error);

enum mando_status mando_time_range(const struct mando_scan *scan, struct mando_error *error);

/* Adds a duration as mando_time_add does; steps of months and days lead to the start of the day if
 * to_day_start. False, and nothing changed, outside the years 1 to 9999. */
bool mando_time_move(int64_t *time_us, struct mando_duration duration,
                     const struct mando_zone *zone, bool to_day_start);

#endif
