/* base/scan.h: a cursor over a short text such as a time, which remembers what it missed. */
#ifndef MANDO_BASE_SCAN_H
#define MANDO_BASE_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MANDO_QUOTE_SIZE 64

struct mando_scan {
    const char *text;
    size_t length, at;
    const char *expected; /* after a failure: what should stand at `at` */
};

struct mando_scan mando_scan_start(const char *text, size_t length);

/* Notes what should stand at `at`; always false. */
bool mando_scan_miss(struct mando_scan *scan, size_t at, const char *expected);

/* Whether the next byte is `byte`; steps over it if so. Notes nothing. */
bool mando_scan_try(struct mando_scan *scan, char byte);
bool mando_scan_byte(struct mando_scan *scan, char byte, const char *expected);
bool mando_scan_word(struct mando_scan *scan, const char *word); /* as mando_scan_try */
bool mando_scan_at_end(const struct mando_scan *scan);
bool mando_scan_end(struct mando_scan *scan, const char *expected);

/* Exactly `digits` digits whose number lies in low..high. */
bool mando_scan_number(struct mando_scan *scan, size_t digits, int low, int high, int *value_out,
                       const char *expected);

/* One digit or more whose number is at most `high`. */
bool mando_scan_count(struct mando_scan *scan, int64_t high, int64_t *value_out,
                      const char *expected);

/* One to six decimals of a second, in microseconds. */
bool mando_scan_microseconds(struct mando_scan *scan, int *microseconds_out);

/* The text for a message: at most 48 bytes of it, then "..."; bytes that are not printable ASCII
 * become "?". Returns quote_out. */
const char *mando_scan_quote(const struct mando_scan *scan, char quote_out[MANDO_QUOTE_SIZE]);

#endif
