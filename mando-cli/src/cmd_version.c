#include <stdio.h>

#include <mando_commit.h>
#include <openssl/crypto.h>
#ifdef MANDO_POSTGRES
#include <libpq-fe.h>
#endif
#include <yyjson.h>
#include <zlib.h>
#ifdef MANDO_SQLITE
#include <sqlite3.h>
#define SQLITE sqlite3_libversion()
#else
#define SQLITE "none"
#endif

#include "cli.h"
#include "json.h"
#include "mando/codec.h"
#include "mando/service.h"

#if defined(__clang__)
#define COMPILER "clang " __clang_version__
#else
#define COMPILER "gcc " __VERSION__
#endif

/* "15.18", "none" in a build without it. */
static const char *libpq_version(char room[16])
{
#ifdef MANDO_POSTGRES
    (void)snprintf(room, 16, "%d.%d", PQlibVersion() / 10000, PQlibVersion() % 10000);
#else
    (void)snprintf(room, 16, "none");
#endif
    return room;
}

/* "v1.5.5", "none" in a build without it or where its library is not there. */
static const char *duckdb_version(void)
{
    const char *version = mando_duckdb_version();
    return version ? version : "none";
}

static enum mando_status print_json(const char *yyjson, const char *libpq)
{
    struct cli_json json;
    cli_json_init(&json);
    cli_json_open(&json, NULL, '{');
    cli_json_text(&json, "version", MANDO_VERSION);
    cli_json_text(&json, "commit", MANDO_COMMIT);
    cli_json_count(&json, "schema", mando_service_schema());
    cli_json_open(&json, "libraries", '{');
    cli_json_text(&json, "yyjson", yyjson);
    cli_json_text(&json, "zlib", zlibVersion());
    cli_json_text(&json, "sqlite", SQLITE);
    cli_json_text(&json, "duckdb", duckdb_version());
    cli_json_text(&json, "libpq", libpq);
    cli_json_text(&json, "libcrypto", OpenSSL_version(OPENSSL_VERSION_STRING));
    cli_json_close(&json, '}');
    cli_json_text(&json, "compiler", COMPILER);
    cli_json_close(&json, '}');
    return cli_json_end(&json, stdout);
}

const char *cli_commit(void)
{
    return MANDO_COMMIT;
}

static int run(struct cli *cli)
{
    char yyjson[32], room[16];
    const char *libpq = libpq_version(room);
    unsigned number = yyjson_version();
    (void)snprintf(yyjson, sizeof yyjson, "%u.%u.%u", number >> 16, number >> 8 & 0xFF,
                   number & 0xFF);
    if (cli->json)
        return cli_written(cli, print_json(yyjson, libpq));
    (void)printf("mando %s\ncommit %s\nschema %d\nyyjson %s\nzlib %s\nsqlite %s\nduckdb %s\nlibpq "
                 "%s\nlibcrypto "
                 "%s\ncompiler %s\n",
                 MANDO_VERSION, MANDO_COMMIT, mando_service_schema(), yyjson, zlibVersion(), SQLITE,
                 duckdb_version(), libpq, OpenSSL_version(OPENSSL_VERSION_STRING), COMPILER);
    return CLI_OK;
}

const struct cli_command CLI_VERSION = {
    .name = "version",
    .summary = "version, commit, schema and libraries",
    .usage = "[--json]",
    .text = "Prints the version, the commit it was built from (\"unknown\" where it was built from "
            "a tarball),\n"
            "the schema version of the database, the versions of the libraries and the compiler.",
    .example = "  mando version --json",
    .run = run,
};
