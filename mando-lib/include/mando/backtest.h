/* mando/backtest.h: what a flow would have earned: it decides with what was known at the gate of each day, and its
 * plan is settled at the prices that came. */
#ifndef MANDO_BACKTEST_H
#define MANDO_BACKTEST_H

#include "mando/flow.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What to test. Borrowed during the call. */
struct mando_backtest {
    const char *flow;   /* Flow/<flow>; its strategy plans */
    const char *actual; /* the data point of the prices that came, EUR/MWh */
    const struct mando_flow_parameter *parameters; /* of the flow, without `day` */
    size_t parameter_count;
    int64_t
        stored_until_us; /* 0 = all that is stored; else the same days have the same results for ever */
};

/* A day of a backtest; money in EUR by the rule of mando/plan.h. */
struct mando_backtest_day {
    int64_t from_us, to_us;
    double planned_eur;                       /* at the prices that the strategy planned with */
    double actual_eur;                        /* the same plan at the prices that came */
    double perfect_eur;                       /* the best plan at those prices, known in advance */
    double mae_eur_per_mwh, rmse_eur_per_mwh; /* of the prices planned with */
    double equivalent_full_cycles;
    char result[MANDO_RUN_RESULT_SIZE]; /* of the run */
};

/* Runs one day (a date in the flow's time zone, YYYY-MM-DD); stores and sends nothing. Any thread: days do not depend on each
 * other.
 * MANDO_NOT_FOUND (flow.input: there are no actual prices), MANDO_INVALID (prices.step: they come in another step than
 * those planned with; flow.strategy: it plans nothing), and as mando_flow_run. */
MANDO_API enum mando_status mando_backtest_run(struct mando_service *service,
                                               const struct mando_backtest *backtest,
                                               const char *day, struct mando_backtest_day *day_out,
                                               struct mando_error *error);

#ifdef __cplusplus
}
#endif

#endif
