#define _GNU_SOURCE /* nftw */

#include "postgres_server.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <libpq-fe.h>

#include "small_disk.h"

#define READY_MS 60000
#define SOCKET_PORT 5432 /* in the name of its socket */

/* The guard is a process between the test and the server: it stops the server and removes the folder when
 * the test is gone. It is told what to do by a byte, and answers with one. */
enum order { START = 's', CRASH = 'c' };

static struct {
    char folder[64];
    pid_t guard;
    int fd;        /* to the guard and back */
    unsigned port; /* also of 127.0.0.1; 0 = there is only the socket */
    bool is_durable, has_small_disk;
} server;

/* Before any test. */
__attribute__((constructor)) static void skip(void)
{
    const char *value = getenv("MANDO_SKIP_POSTGRES");
    if (!value || strcmp(value, "1") != 0)
        return;
    (void)printf("skipped: MANDO_SKIP_POSTGRES=1\n");
    exit(0);
}

static void fail(const char *what)
{
    (void)fprintf(stderr, "postgres_server: %s: %s\n", what, strerror(errno));
    exit(1);
}

/* Debian keeps the server's programs out of PATH; they look for each other where they stand themselves. */
static char *find_program(const char *name, char path[static 256])
{
    glob_t found;
    char pattern[64];
    (void)snprintf(pattern, sizeof pattern, "/usr/lib/postgresql/*/bin/%s", name);
    (void)snprintf(path, 256, "%s", name);
    if (glob(pattern, 0, NULL, &found) == 0)
        (void)snprintf(path, 256, "%s", found.gl_pathv[found.gl_pathc - 1]);
    globfree(&found);
    return path;
}

/* Whom the server runs as: it refuses root. */
static const struct passwd *find_user(void)
{
    if (geteuid() != 0)
        return NULL;
    const struct passwd *user = getpwnam("postgres");
    user = user ? user : getpwnam("nobody");
    if (!user)
        fail("neither postgres nor nobody is a user here");
    return user;
}

static void become(const struct passwd *user)
{
    if (user && (setgroups(0, NULL) != 0 || setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0))
        _exit(127);
}

/* Runs a program of the server; its output goes to a file of the folder. */
static pid_t run(char **arguments, const struct passwd *user)
{
    char path[256];
    pid_t child = fork();
    if (child != 0)
        return child;
    become(user);
    int log = open("log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (log >= 0) {
        (void)dup2(log, STDOUT_FILENO);
        (void)dup2(log, STDERR_FILENO);
    }
    arguments[0] = find_program(arguments[0], path);
    (void)execvp(arguments[0], arguments);
    _exit(127);
}

static void print_log(void)
{
    char bytes[4096];
    int log = open("log", O_RDONLY | O_CLOEXEC);
    ssize_t length = log >= 0 ? read(log, bytes, sizeof bytes) : 0;
    if (length > 0)
        (void)fwrite(bytes, 1, (size_t)length, stderr);
    if (log >= 0)
        (void)close(log);
}

/* Its texts ascend as in a dictionary, unlike ours. */
static bool make_cluster(const struct passwd *user)
{
    char *arguments[] = {"initdb",
                         "--pgdata=data",
                         "--username=mando",
                         "--auth=trust",
                         "--encoding=UTF8",
                         "--locale=C.UTF-8",
                         "--locale-provider=icu",
                         "--icu-locale=de",
                         "--no-sync",
                         NULL};
    int status = 1;
    pid_t child = run(arguments, user);
    return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

static pid_t start_server(const char *folder, const struct passwd *user)
{
    const char *durable = server.is_durable ? "on" : "off";
    char socket[128], fsync[16], pages[32], addresses[32], port[24];
    (void)snprintf(fsync, sizeof fsync, "--fsync=%s", durable);
    (void)snprintf(pages, sizeof pages, "--full_page_writes=%s", durable);
    (void)snprintf(socket, sizeof socket, "--unix_socket_directories=%s", folder);
    (void)snprintf(addresses, sizeof addresses, "--listen_addresses=%s",
                   server.port ? "127.0.0.1" : "");
    (void)snprintf(port, sizeof port, "--port=%u", server.port ? server.port : SOCKET_PORT);
    char *arguments[] = {"postgres",
                         "-D",
                         "data",
                         socket,
                         addresses,
                         port,
                         fsync,
                         pages,
                         "--max_connections=60",
                         "--autovacuum=off",
                         "--log_min_messages=error",
                         NULL};
    return run(arguments, user);
}

/* Its socket is there before it takes connections. */
static bool answers(const char *folder)
{
    char url[256];
    (void)snprintf(url, sizeof url, "postgres://mando@/postgres?host=%s&port=%u", folder,
                   server.port ? server.port : SOCKET_PORT);
    return PQping(url) == PQPING_OK;
}

static bool wait_until_it_answers(const char *folder, pid_t postmaster)
{
    for (int ms = 0; ms < READY_MS; ms += 10) {
        if (answers(folder))
            return true;
        if (waitpid(postmaster, NULL, WNOHANG) == postmaster)
            return false;
        (void)nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    }
    return false;
}

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *where)
{
    (void)info;
    (void)type;
    (void)where;
    return remove(path);
}

static void crash(pid_t *postmaster)
{
    if (*postmaster > 0) {
        (void)kill(*postmaster, SIGQUIT);
        (void)kill(*postmaster, SIGCONT); /* a test may have stopped it */
        (void)waitpid(*postmaster, NULL, 0);
    }
    *postmaster = 0;
}

/* Only the server's processes see it. */
static bool mount_small_disk(const struct passwd *user)
{
    return mkdir("small", 0700) == 0
           && small_disk_mount("small", SMALL_DISK_BYTES, user ? user->pw_uid : geteuid(),
                               user ? user->pw_gid : getegid());
}

/* Serves until the test is gone. */
static void guard(int fd, const char *folder, const struct passwd *user)
{
    pid_t postmaster = 0;
    char order;
    bool is_made = chdir(folder) == 0 && make_cluster(user);
    bool has_small_disk = is_made && mount_small_disk(user);
    while (read(fd, &order, 1) == 1) {
        char answer = has_small_disk ? 'd' : 'y';
        crash(&postmaster);
        if (order == START) {
            postmaster = is_made ? start_server(folder, user) : 0;
            if (postmaster <= 0 || !wait_until_it_answers(folder, postmaster)) {
                print_log();
                answer = 'n';
            }
        }
        if (write(fd, &answer, 1) != 1)
            break;
    }
    crash(&postmaster);
    small_disk_unmount("small");
    (void)chdir("/");
    (void)nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    _exit(0);
}

static void ask(enum order order)
{
    char byte = (char)order;
    if (write(server.fd, &byte, 1) != 1 || read(server.fd, &byte, 1) != 1 || byte == 'n')
        fail("the server does not start");
    server.has_small_disk = byte == 'd';
}

static void stop(void)
{
    (void)close(server.fd);
    (void)waitpid(server.guard, NULL, 0);
}

static void make_folder(const struct passwd *user)
{
    (void)snprintf(server.folder, sizeof server.folder, "%s/mando-pg-XXXXXX",
                   !server.is_durable && access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    if (!mkdtemp(server.folder) || chmod(server.folder, 0755) != 0
        || (user && chown(server.folder, user->pw_uid, user->pw_gid) != 0))
        fail(server.folder);
}

void postgres_server_start(bool is_durable)
{
    int fds[2];
    if (server.guard)
        return;
    server.is_durable = is_durable;
    const struct passwd *user = find_user();
    make_folder(user);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
        fail("socketpair");
    server.guard = fork();
    if (server.guard < 0)
        fail("fork");
    if (server.guard == 0) {
        (void)close(fds[0]);
        (void)setsid(); /* it outlives what ends the test's group */
        guard(fds[1], server.folder, user);
    }
    (void)close(fds[1]);
    server.fd = fds[0];
    if (atexit(stop) != 0)
        fail("atexit");
    ask(START);
}

/* A port that nobody has now. */
static unsigned free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, length) != 0
        || getsockname(fd, (struct sockaddr *)&address, &length) != 0)
        fail("127.0.0.1 has no port for it");
    (void)close(fd);
    return ntohs(address.sin_port);
}

unsigned postgres_server_listen(void)
{
    if (!server.guard)
        server.port = free_port();
    postgres_server_start(false);
    return server.port;
}

const char *postgres_server_folder(void)
{
    return server.folder;
}

void postgres_server_url(const char *schema, const char *more, char *url_out, size_t size)
{
    (void)snprintf(url_out, size, "postgres://mando@/postgres?host=%s&schema=%s%s", server.folder,
                   schema, more);
}

const char *postgres_server_sql(const char *sql)
{
    static char cell[512];
    char url[256];
    (void)snprintf(url, sizeof url,
                   "postgres://mando@/postgres?host=%s&port=%u"
                   "&options=-cclient_min_messages%%3Derror",
                   server.folder, server.port ? server.port : SOCKET_PORT);
    PGconn *connection = PQconnectdb(url);
    PGresult *result = PQexec(connection, sql);
    if (PQresultStatus(result) != PGRES_COMMAND_OK && PQresultStatus(result) != PGRES_TUPLES_OK) {
        (void)fprintf(stderr, "postgres_server: %s: %s\n", sql, PQerrorMessage(connection));
        exit(1);
    }
    (void)snprintf(cell, sizeof cell, "%s", PQntuples(result) ? PQgetvalue(result, 0, 0) : "");
    PQclear(result);
    PQfinish(connection);
    return cell;
}

const char *postgres_server_small_disk(void)
{
    static char folder[80];
    (void)snprintf(folder, sizeof folder, "%s/small", server.folder);
    if (server.has_small_disk)
        return folder;
    small_disk_leave_out();
    return NULL;
}

void postgres_server_crash(void)
{
    ask(CRASH);
}

void postgres_server_restart(void)
{
    ask(START);
}
