/* base/number.h: doubles to and from text, correctly rounded, without a locale. */
#ifndef MANDO_BASE_NUMBER_H
#define MANDO_BASE_NUMBER_H

#include <stdbool.h>
#include <stddef.h>

#define MANDO_NUMBER_TEXT_SIZE 40

/* Reads the whole of text as a decimal number: an optional sign, digits, an optional fraction and
 * exponent. The result is the double nearest to it. False where it is anything else (empty, NaN,
 * infinity, blanks, hexadecimal, "1.", ".5", too large for a double); *value_out is then as it was. */
bool mando_number_parse(const char *text, size_t length, double *value_out);

/* Writes the fewest digits that read back to the same double, from 1e-6 to 1e21 without an exponent:
 * "0", "-5.17", "100", "1e-9" ("0" for minus zero). value is finite. Returns the length; a NUL follows. */
size_t mando_number_format(double value, char text_out[MANDO_NUMBER_TEXT_SIZE]);

#endif
