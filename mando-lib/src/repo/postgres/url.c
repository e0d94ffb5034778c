/* What a URL says: libpq takes it apart, but for the two parameters that are ours. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "repo/postgres/postgres.h"

#define URL_LENGTH_MAX 8192
#define SCHEMA_DEFAULT "mando"
#define STATEMENT_MS_DEFAULT 60000
#define STATEMENT_MS_MAX 86400000

/* Nothing of the URL itself is told: anywhere in it may stand a password. */
static enum mando_status fail(struct mando_error *error, const char *what)
{
    return mando_fail(error, MANDO_E_DB_URL, -1,
                      "the URL of the PostgreSQL database %s; it is postgres://[USER[:PASSWORD]@]"
                      "[HOST[:PORT]]/DATABASE[?schema=NAME&...]",
                      what);
}

static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Copies a value without its percent signs; false where it is malformed, empty or too long. */
static bool decode(const char *text, size_t length, char *out, size_t size)
{
    size_t count = 0;
    for (size_t i = 0; i < length; i++) {
        int high, low;
        char c = text[i];
        if (c == '%') {
            if (length - i < 3)
                return false;
            high = digit_of(text[i + 1]);
            low = digit_of(text[i + 2]);
            if (high < 0 || low < 0)
                return false;
            c = (char)(high * 16 + low);
            i += 2;
        }
        if (c == '\0' || count + 1 >= size)
            return false;
        out[count++] = c;
    }
    out[count] = '\0';
    return count > 0;
}

static enum mando_status read_schema(const char *text, size_t length, struct postgres_url *url,
                                     struct mando_error *error)
{
    char schema[POSTGRES_NAME_SIZE];
    if (!decode(text, length, schema, sizeof schema))
        return fail(error, "has a schema that is no name of 1 to 63 bytes");
    /* $user is no name in a search path, however it is quoted. */
    if (strncmp(schema, "pg_", 3) == 0 || strcmp(schema, "information_schema") == 0
        || strcmp(schema, "$user") == 0)
        return fail(error, "names a schema that belongs to the server");
    memcpy(url->schema, schema, sizeof schema);
    return MANDO_OK;
}

static enum mando_status read_timeout(const char *text, size_t length, struct postgres_url *url,
                                      struct mando_error *error)
{
    char digits[16], *end;
    bool is_read = decode(text, length, digits, sizeof digits);
    unsigned long ms = is_read ? strtoul(digits, &end, 10) : 0;
    if (!is_read || digits[0] < '0' || digits[0] > '9' || *end != '\0' || ms > STATEMENT_MS_MAX)
        return fail(error, "has a statement_timeout that is no number of milliseconds up to a day");
    url->statement_ms = (uint32_t)ms;
    return MANDO_OK;
}

/* A parameter is ours, or it is kept for libpq. */
static enum mando_status read_parameter(const char *text, size_t length, struct postgres_url *url,
                                        struct mando_text *kept, struct mando_error *error)
{
    static const char SCHEMA[] = "schema=", TIMEOUT[] = "statement_timeout=";
    const size_t schema = sizeof SCHEMA - 1, timeout = sizeof TIMEOUT - 1;
    if (length >= schema && memcmp(text, SCHEMA, schema) == 0)
        return read_schema(text + schema, length - schema, url, error);
    if (length >= timeout && memcmp(text, TIMEOUT, timeout) == 0)
        return read_timeout(text + timeout, length - timeout, url, error);
    mando_text_append(kept, memchr(kept->bytes, '?', kept->length) ? "&" : "?", 1);
    mando_text_append(kept, text, length);
    return MANDO_OK;
}

/* Takes our parameters out of the URL. */
static enum mando_status split(const char *text, struct postgres_url *url, struct mando_text *kept,
                               struct mando_error *error)
{
    size_t length = strcspn(text, "?");
    enum mando_status status = MANDO_OK;
    mando_text_append(kept, text, length);
    const char *rest = text[length] ? text + length + 1 : "";
    while (*rest && !status && !kept->status) {
        length = strcspn(rest, "&");
        status = read_parameter(rest, length, url, kept, error);
        rest += length + (rest[length] == '&');
    }
    if (!status && kept->status == MANDO_LIMIT)
        return fail(error, "is too long");
    return status || !kept->status ? status : mando_store_no_memory(error, "the URL of a database");
}

const char *postgres_option(const PQconninfoOption *options, const char *keyword)
{
    for (const PQconninfoOption *option = options; option && option->keyword; option++)
        if (strcmp(option->keyword, keyword) == 0 && option->val)
            return option->val;
    return "";
}

static void name_database(struct postgres_url *url)
{
    const PQconninfoOption *options = url->options;
    const char *host = postgres_option(options, "host"), *port = postgres_option(options, "port");
    if (*host == '\0')
        host = postgres_option(options, "hostaddr");
    bool is_folder = *host == '/';
    (void)snprintf(url->name, sizeof url->name, "postgres://%.60s%s%.6s/%.60s%s%.60s",
                   is_folder ? "" : host, *port ? ":" : "", port,
                   postgres_option(options, "dbname"),
                   strcmp(url->schema, SCHEMA_DEFAULT) == 0 ? "" : "?schema=",
                   strcmp(url->schema, SCHEMA_DEFAULT) == 0 ? "" : url->schema);
}

/* A password whose / or @ is not written as %2F or %40 is taken for a host and a port. */
static bool has_parts_mixed(const PQconninfoOption *options)
{
    const char *port = postgres_option(options, "port");
    return strchr(postgres_option(options, "host"), '@')
           || port[strspn(port, "0123456789,")] != '\0';
}

enum mando_status postgres_url_read(const char *text, struct postgres_url *url_out,
                                    struct mando_error *error)
{
    struct postgres_url url = {.schema = SCHEMA_DEFAULT, .statement_ms = STATEMENT_MS_DEFAULT};
    struct mando_text kept MANDO_CLEANUP(mando_text_release);
    mando_text_init(&kept, URL_LENGTH_MAX);
    size_t scheme = strcspn(text, ":");
    if (strncmp(text + scheme, "://", 3) != 0)
        return fail(error, "has no // after its colon");
    enum mando_status status = split(text, &url, &kept, error);
    if (status)
        return status;
    char *reason = NULL;
    url.options = PQconninfoParse(kept.bytes, &reason);
    if (!url.options) {
        bool is_memory = !reason;
        PQfreemem(reason);
        return is_memory ? mando_store_no_memory(error, "the URL of a database")
                         : fail(error, "has a part or a parameter that libpq does not take");
    }
    if (has_parts_mixed(url.options)) {
        postgres_url_release(&url);
        return fail(error,
                    "has a port that is no number or a host with an @ (in a password / ? # @ "
                    "are %2F %3F %23 %40)");
    }
    name_database(&url);
    *url_out = url;
    return MANDO_OK;
}

void postgres_url_release(struct postgres_url *url)
{
    PQconninfoFree(url->options);
    url->options = NULL;
}
