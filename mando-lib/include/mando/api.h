/* mando/api.h: what marks a public function. */
#ifndef MANDO_API_H
#define MANDO_API_H

#if defined(__GNUC__)
#define MANDO_API __attribute__((visibility("default")))
#define MANDO_PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define MANDO_API
#define MANDO_PRINTF(text, first)
#endif

#endif
