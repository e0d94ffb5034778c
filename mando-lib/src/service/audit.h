/* service/audit.h: the audit of writes, a chain of records.
 *
 * The hash of a record is the SHA-256, in hexadecimal, of its columns before it, then its change time
 * and its place in the transaction, each as "LENGTH:TEXT," with numbers in decimal, "-," for null. `previous` is the hash of the record
 * before, so that a record cannot change without all that follow. */
#ifndef MANDO_SERVICE_AUDIT_H
#define MANDO_SERVICE_AUDIT_H

#include "base/arena.h"
#include "base/vector.h"
#include "mando/service.h"
#include "mando/spi/repository.h"

/* What a transaction does, as its record will tell. */
struct audit_entry {
    const char *author, *reason, *action;
    int64_t newest_us;        /* the newest change before the transaction */
    struct mando_vector ids;  /* of const char *: data points written to, each once */
    uint64_t more_ids;        /* that are not told any more */
    struct mando_arena arena; /* of the ids */
};

/* `write` names its author; it is copied, `action` is borrowed. A failed init needs the release, too.
 * MANDO_NO_MEMORY. */
enum mando_status audit_entry_init(struct audit_entry *entry, const char *action,
                                   const struct mando_write *write, struct mando_error *error);
void audit_entry_release(struct audit_entry *entry);

/* Notes a data point. MANDO_NO_MEMORY. */
enum mando_status audit_entry_add(struct audit_entry *entry, const char *id,
                                  struct mando_error *error);

/* Appends the record of the transaction of a session that has done `written`. */
enum mando_status audit_append(struct mando_session *session, const struct audit_entry *entry,
                               const struct mando_written *written, struct mando_error *error);

/* As mando_service_audit_verify. */
enum mando_status audit_verify(struct mando_session *session, const char *head,
                               struct mando_audit *audit_out, struct mando_error *error);

#endif
