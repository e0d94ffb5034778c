/* Numbers, times and texts as the server sends and takes them in binary form. */
#include <string.h>

#include "repo/postgres/postgres.h"

/* 2000-01-01T00:00:00Z, from which the server counts. */
#define EPOCH_US INT64_C(946684800000000)

void postgres_write_32(char *out, uint32_t value)
{
    value = __builtin_bswap32(value);
    memcpy(out, &value, sizeof value);
}

void postgres_write_64(char *out, uint64_t value)
{
    value = __builtin_bswap64(value);
    memcpy(out, &value, sizeof value);
}

void postgres_write_array(char *header_out, uint32_t type, uint32_t length)
{
    postgres_write_32(header_out, 1);
    postgres_write_32(header_out + 4, 0);
    postgres_write_32(header_out + 8, type);
    postgres_write_32(header_out + 12, length);
    postgres_write_32(header_out + 16, 1);
}

uint32_t postgres_read_32(const char *in)
{
    uint32_t value;
    memcpy(&value, in, sizeof value);
    return __builtin_bswap32(value);
}

uint64_t postgres_read_64(const char *in)
{
    uint64_t value;
    memcpy(&value, in, sizeof value);
    return __builtin_bswap64(value);
}

int64_t postgres_time_of(int64_t time_us)
{
    return time_us < POSTGRES_TIME_US_MIN ? INT64_MIN : time_us - EPOCH_US;
}

int64_t postgres_time_us(int64_t time)
{
    if (time == INT64_MIN || time > INT64_MAX - EPOCH_US)
        return time;
    return time + EPOCH_US;
}

/* A parameter in binary form. */
static void add(struct postgres_parameters *parameters, const char *value, size_t length)
{
    int place = parameters->count++;
    parameters->values[place] = value;
    parameters->lengths[place] = (int)length;
    parameters->formats[place] = 1;
}

void postgres_add_int(struct postgres_parameters *parameters, int64_t value)
{
    char *bytes = parameters->numbers[parameters->count];
    postgres_write_64(bytes, (uint64_t)value);
    add(parameters, bytes, 8);
}

void postgres_add_int4(struct postgres_parameters *parameters, int32_t value)
{
    char *bytes = parameters->numbers[parameters->count];
    postgres_write_32(bytes, (uint32_t)value);
    add(parameters, bytes, 4);
}

void postgres_add_bool(struct postgres_parameters *parameters, bool value)
{
    char *bytes = parameters->numbers[parameters->count];
    *bytes = (char)value;
    add(parameters, bytes, 1);
}

void postgres_add_number(struct postgres_parameters *parameters, double value)
{
    int64_t bits;
    memcpy(&bits, &value, sizeof bits);
    postgres_add_int(parameters, bits);
}

void postgres_add_time(struct postgres_parameters *parameters, int64_t time_us)
{
    postgres_add_int(parameters, postgres_time_of(time_us));
}

void postgres_add_text(struct postgres_parameters *parameters, const char *text)
{
    add(parameters, text, text ? strlen(text) : 0);
}

/* No bytes are no null. */
void postgres_add_bytes(struct postgres_parameters *parameters, const char *bytes, size_t length)
{
    add(parameters, length ? bytes : "", length);
}

void postgres_add_null(struct postgres_parameters *parameters)
{
    add(parameters, NULL, 0);
}

int64_t postgres_get_int(const PGresult *result, int row, int column)
{
    const char *bytes = PQgetvalue(result, row, column);
    return PQgetlength(result, row, column) == 4 ? (int32_t)postgres_read_32(bytes)
                                                 : (int64_t)postgres_read_64(bytes);
}

bool postgres_get_bool(const PGresult *result, int row, int column)
{
    return *PQgetvalue(result, row, column) != 0;
}

double postgres_get_number(const PGresult *result, int row, int column)
{
    uint64_t bits = postgres_read_64(PQgetvalue(result, row, column));
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

int64_t postgres_get_time(const PGresult *result, int row, int column)
{
    return postgres_time_us(postgres_get_int(result, row, column));
}
