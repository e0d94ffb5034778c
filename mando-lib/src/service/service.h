/* service/service.h: what a service is inside, and the parts that its files share. */
#ifndef MANDO_SERVICE_SERVICE_H
#define MANDO_SERVICE_SERVICE_H

#include "mando/service.h"
#include "repo/repository.h"

struct mando_service {
    struct mando_repository *repository;
    char *author, *zone_folder; /* zone_folder NULL = the system's */
};

/* The data points that a query names, as mando_service_catalog. */
enum mando_status service_select(struct mando_session *session, const struct mando_query *query,
                                 struct mando_catalog *catalog_out, struct mando_error *error);

/* The data points of `count` ids, one for each, as they are configured now.
 * MANDO_INVALID (point.id), MANDO_NOT_FOUND (point.unknown). */
enum mando_status service_find(struct mando_session *session, const char *const *ids, size_t count,
                               struct mando_catalog *catalog_out, struct mando_error *error);

/* Whether configurations are whole, as mando_service_configure says, and stores them in the
 * transaction of a session. */
enum mando_status service_configure(const struct mando_service *service,
                                    struct mando_session *session, const struct mando_point *points,
                                    size_t count, struct mando_error *error);

/* Stores rows in the transaction of a session; documents are checked. */
enum mando_status service_values(struct mando_session *session, const char *const *ids,
                                 size_t id_count, struct ArrowArrayStream *stream,
                                 struct mando_error *error);

/* The session of a transaction, to read what it sees. */
struct mando_session *service_session(struct mando_transaction *transaction);

/* The time by the service's clock. */
int64_t service_now_us(const struct mando_service *service);

#endif
