/* service/convert.h: values at another resolution, as a stream. */
#ifndef MANDO_SERVICE_CONVERT_H
#define MANDO_SERVICE_CONVERT_H

#include "service/service.h"

/* A stream of the values of `catalog` in periods of query->resolution that start in the query's range;
 * `scan` names the same data points. It uses the session until it is released. MANDO_INVALID
 * (duration.format, values.resolution, values.type), MANDO_NOT_FOUND (zone.unknown). */
enum mando_status service_convert(const struct mando_service *service,
                                  struct mando_session *session,
                                  const struct mando_catalog *catalog,
                                  const struct mando_query *query, const struct mando_scan *scan,
                                  struct ArrowArrayStream *stream_out, struct mando_error *error);

#endif
