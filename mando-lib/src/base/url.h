/* base/url.h: URLs as they may be shown. */
#ifndef MANDO_BASE_URL_H
#define MANDO_BASE_URL_H

#include <stddef.h>

/* Room for any that is shown, its NUL included; a longer one is cut. */
#define MANDO_URL_TEXT_SIZE 256

/* Writes the URL with *** in place of each password: behind the user's name, and of parameters whose name
 * ends with "password". What is no URL with a server is written as it is. */
void mando_url_show(const char *url, char text_out[MANDO_URL_TEXT_SIZE]);

#endif
