/* mando.h: all of libmando. */
#ifndef MANDO_H
#define MANDO_H

#include "mando/accounts.h"
#include "mando/arrow.h"
#include "mando/backtest.h"
#include "mando/batch.h"
#include "mando/battery.h"
#include "mando/catalog.h"
#include "mando/codec.h"
#include "mando/error.h"
#include "mando/flow.h"
#include "mando/forecast.h"
#include "mando/gate.h"
#include "mando/ledger.h"
#include "mando/optimize.h"
#include "mando/paths.h"
#include "mando/plan.h"
#include "mando/point.h"
#include "mando/points.h"
#include "mando/prices.h"
#include "mando/records.h"
#include "mando/rows.h"
#include "mando/service.h"
#include "mando/task.h"
#include "mando/time.h"
#include "mando/write.h"

#endif
