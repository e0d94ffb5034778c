#include "base/nearest.h"

#include <string.h>

/* Names are compared by their first characters only; ours are all shorter. */
#define NAME_LENGTH_MAX 64

static char folded(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static size_t least(size_t a, size_t b, size_t c)
{
    size_t ab = a < b ? a : b;
    return ab < c ? ab : c;
}

static size_t length_of(const char *name)
{
    const char *end = memchr(name, '\0', NAME_LENGTH_MAX);
    return end ? (size_t)(end - name) : NAME_LENGTH_MAX;
}

/* Insertions, deletions and substitutions, row by row (Wagner and Fischer). */
static size_t edit_distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    size_t row[NAME_LENGTH_MAX + 1];
    for (size_t j = 0; j <= b_length; j++)
        row[j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            size_t substituted = diagonal + (folded(a[i - 1]) != folded(b[j - 1]));
            diagonal = row[j];
            row[j] = least(substituted, row[j] + 1, row[j - 1] + 1);
        }
    }
    return row[b_length];
}

const char *mando_nearest_of_all(const char *given,
                                 const char *(*name_at)(const void *context, size_t i),
                                 const void *context)
{
    const char *best = NULL;
    size_t best_distance = 0, given_length = length_of(given), i = 0;
    for (const char *name = name_at(context, i); name; name = name_at(context, ++i)) {
        size_t distance = edit_distance(given, given_length, name, length_of(name));
        if (!best || distance < best_distance) {
            best = name;
            best_distance = distance;
        }
    }
    return best;
}

const char *mando_nearest(const char *given, const char *(*name_at)(const void *context, size_t i),
                          const void *context)
{
    const char *best = mando_nearest_of_all(given, name_at, context);
    if (!best)
        return NULL;
    size_t given_length = length_of(given), best_length = length_of(best);
    size_t longer = given_length > best_length ? given_length : best_length;
    return edit_distance(given, given_length, best, best_length) <= longer / 2 ? best : NULL;
}
