/* postgres_server.h: a PostgreSQL of the test's own, as another user where the test is root, without a
 * port: a socket in a folder that is gone when the test ends, however it ends. MANDO_SKIP_POSTGRES=1 leaves
 * out the whole program, which is told. */
#ifndef POSTGRES_SERVER_H
#define POSTGRES_SERVER_H

#include <stdbool.h>
#include <stddef.h>

/* Starts the server the first time; it stops when the program ends. Exits where it cannot. Nothing is
 * synced, and all is in memory where it can be, but for a server that is_durable. */
void postgres_server_start(bool is_durable);

/* The same where it also has a port of 127.0.0.1, which is answered. */
unsigned postgres_server_listen(void);

/* The folder of its socket. */
const char *postgres_server_folder(void);

/* The URL of a schema; with `more` behind it ("&statement_timeout=50"). */
void postgres_server_url(const char *schema, const char *more, char *url_out, size_t size);

/* Runs statements as the server's owner; ends the test where one fails. Answers the first cell of the last
 * one, "" where there is none. */
const char *postgres_server_sql(const char *sql);

/* A folder on a disk of SMALL_DISK_BYTES, for a tablespace; NULL where it is left out (small_disk.h). */
#define SMALL_DISK_BYTES 33554432
const char *postgres_server_small_disk(void);

/* Stops the server at once, as a crash does, and starts it again, which takes until it answers. */
void postgres_server_crash(void);
void postgres_server_restart(void);

#endif
