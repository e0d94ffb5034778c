#include "mando/point.h"

const char *mando_point_type_name(enum mando_point_type type)
{
    static const char *const NAMES[] = {NULL, "TimeSeriesDouble", "TimeSeriesDoubleMatrix",
                                        "StaticData"};
    return (unsigned)type < sizeof NAMES / sizeof *NAMES ? NAMES[type] : NULL;
}

const char *mando_aggregation_name(enum mando_aggregation aggregation)
{
    static const char *const NAMES[] = {NULL, "mean", "sum", "min", "max", "first", "last"};
    return (unsigned)aggregation < sizeof NAMES / sizeof *NAMES ? NAMES[aggregation] : NULL;
}
