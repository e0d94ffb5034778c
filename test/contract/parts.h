/* parts.h: all that a place holds as text, and copies of it. */
#ifndef PARTS_H
#define PARTS_H

#include "base/text.h"
#include "place.h"

static const struct mando_change_range EVER = {INT64_MIN, INT64_MAX};

/* A line for each part, in the order in which a scan tells them; mando_text_release. */
struct mando_text parts_text(struct mando_session *session, const struct mando_change_range *range,
                             unsigned kinds);

/* The parts of a range, out of one session into another, in one transaction. */
enum mando_status parts_copy(struct mando_session *from, struct mando_session *to,
                             const struct mando_change_range *range, struct mando_error *error);

/* Fails the test where two sessions do not hold the same. */
void parts_check_same(struct mando_session *a, struct mando_session *b);

/* A place in memory beside the one of the backend. */
struct aside {
    struct mando_repository *repository;
    struct mando_session *session;
};

void aside_open(struct aside *aside);
void aside_close(struct aside *aside);

#endif
