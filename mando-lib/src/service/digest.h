/* service/digest.h: SHA-256 as text. */
#ifndef MANDO_SERVICE_DIGEST_H
#define MANDO_SERVICE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

#define DIGEST_SIZE 65 /* 64 hexadecimal digits and a NUL */

/* False where there is no memory. */
bool service_digest(const char *bytes, size_t length, char digest_out[DIGEST_SIZE]);

#endif
