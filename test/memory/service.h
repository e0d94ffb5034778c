/* service.h: calls of mando/service.h while memory runs out. */
#ifndef SERVICE_H
#define SERVICE_H

#include "fixture.h"

enum mando_status call_service_audit_verify(struct fixture *f, struct mando_error *error);
enum mando_status call_service_open(struct fixture *f, struct mando_error *error);
enum mando_status call_service_free(struct fixture *f, struct mando_error *error);
enum mando_status call_service_migrate(struct fixture *f, struct mando_error *error);
enum mando_status call_service_backup(struct fixture *f, struct mando_error *error);
enum mando_status call_service_copy(struct fixture *f, struct mando_error *error);
enum mando_status call_service_check(struct fixture *f, struct mando_error *error);
enum mando_status call_service_schema(struct fixture *f, struct mando_error *error);
enum mando_status call_service_version(struct fixture *f, struct mando_error *error);
enum mando_status call_service_catalog(struct fixture *f, struct mando_error *error);
enum mando_status call_service_retrieve(struct fixture *f, struct mando_error *error);
enum mando_status call_service_retrieve_days(struct fixture *f, struct mando_error *error);
enum mando_status call_service_history(struct fixture *f, struct mando_error *error);
enum mando_status call_service_records(struct fixture *f, struct mando_error *error);
enum mando_status call_records_release(struct fixture *f, struct mando_error *error);
enum mando_status call_service_configure(struct fixture *f, struct mando_error *error);
enum mando_status call_service_insert(struct fixture *f, struct mando_error *error);
enum mando_status call_catalog_release(struct fixture *f, struct mando_error *error);
enum mando_status call_transaction_begin(struct fixture *f, struct mando_error *error);
enum mando_status call_transaction_configure(struct fixture *f, struct mando_error *error);
enum mando_status call_transaction_values(struct fixture *f, struct mando_error *error);
enum mando_status call_transaction_records(struct fixture *f, struct mando_error *error);
enum mando_status call_transaction_free(struct fixture *f, struct mando_error *error);

#endif
