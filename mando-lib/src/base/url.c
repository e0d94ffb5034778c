#include "base/url.h"

#include <stdbool.h>
#include <string.h>

#define HIDDEN "***"

struct output {
    char *text;
    size_t length;
};

static void append(struct output *output, const char *bytes, size_t length)
{
    size_t room = MANDO_URL_TEXT_SIZE - 1 - output->length;
    length = length < room ? length : room;
    memcpy(output->text + output->length, bytes, length);
    output->length += length;
}

/* Where what stands for a port begins and is no number, so that it may be a password; `length` where all is
 * well. There may be several hosts, and addresses in brackets. */
static size_t wrong_port(const char *server, size_t length)
{
    for (size_t at = 0; at < length; at++) {
        size_t end = at + strcspn(server + at, ",/?");
        const char *colon = memchr(server + at, ':', end - at);
        size_t port = colon ? (size_t)(colon - server) + 1 : end;
        if (server[at] != '[' && port + strspn(server + port, "0123456789") < end)
            return port;
        at = end;
    }
    return length;
}

/* The last @ before an end; 0 where there is none. */
static size_t end_of_user(const char *server, const char *ends)
{
    size_t end = strcspn(server, ends);
    while (end > 0 && server[end - 1] != '@')
        end--;
    return end;
}

/* The length of "USER:PASSWORD@", 0 where there is none. A password with an @ or a / in it is no valid one,
 * and is hidden all the same. */
static size_t length_of_user(const char *server)
{
    size_t user = end_of_user(server, "/"), host = strcspn(server, "/?");
    if (user > 0 || wrong_port(server, host) == host)
        return user;
    return end_of_user(server, "?");
}

static void show_user(struct output *output, const char *server, size_t length)
{
    const char *colon = memchr(server, ':', length);
    if (!colon) {
        append(output, server, length);
        return;
    }
    append(output, server, (size_t)(colon - server) + 1);
    append(output, HIDDEN "@", sizeof HIDDEN);
}

/* The host and its port, and the path up to the parameters. */
static size_t show_server(struct output *output, const char *server)
{
    size_t length = strcspn(server, "?"), host = strcspn(server, "/?");
    size_t port = wrong_port(server, host);
    append(output, server, port);
    if (port < host)
        append(output, HIDDEN, sizeof HIDDEN - 1);
    append(output, server + host, length - host);
    return length;
}

static int is_password(const char *parameter, size_t name)
{
    static const char PASSWORD[] = "password";
    const size_t length = sizeof PASSWORD - 1;
    return name >= length && memcmp(parameter + name - length, PASSWORD, length) == 0;
}

static void show_parameters(struct output *output, const char *parameter)
{
    while (*parameter) {
        size_t length = strcspn(parameter, "&"), name = strcspn(parameter, "=&");
        if (parameter[name] == '=' && is_password(parameter, name)) {
            append(output, parameter, name + 1);
            append(output, HIDDEN, sizeof HIDDEN - 1);
        } else
            append(output, parameter, length);
        parameter += length;
        if (*parameter)
            append(output, parameter++, 1);
    }
}

void mando_url_show(const char *url, char text_out[MANDO_URL_TEXT_SIZE])
{
    struct output output = {.text = text_out};
    const char *server = strstr(url, "://");
    if (server) {
        server += 3;
        append(&output, url, (size_t)(server - url));
        size_t user = length_of_user(server);
        show_user(&output, server, user);
        server += user;
        server += show_server(&output, server);
        append(&output, server, *server != '\0');
        show_parameters(&output, server + (*server != '\0'));
    } else
        append(&output, url, strlen(url));
    text_out[output.length] = '\0';
}
