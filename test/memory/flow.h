/* flow.h: calls of mando/flow.h while memory runs out. */
#ifndef FLOW_H
#define FLOW_H

#include "fixture.h"

/* A database with prices, a battery, a flow and one run of it, made once. */
void desk_make(void);
void desk_release(void);

enum mando_status call_flow_check(struct fixture *f, struct mando_error *error);
enum mando_status call_flow_run(struct fixture *f, struct mando_error *error);
enum mando_status call_flow_rerun(struct fixture *f, struct mando_error *error);
enum mando_status call_flow_explain(struct fixture *f, struct mando_error *error);
enum mando_status call_flow_diff(struct fixture *f, struct mando_error *error);
enum mando_status call_flow_step_name(struct fixture *f, struct mando_error *error);
enum mando_status call_backtest_run(struct fixture *f, struct mando_error *error);
enum mando_status call_forecast(struct fixture *f, struct mando_error *error);
enum mando_status call_scores(struct fixture *f, struct mando_error *error);
enum mando_status call_run_find(struct fixture *f, struct mando_error *error);

#endif
