"""polars_convert.py THREADS PERIOD STEP_S ZONE PRICES WAY...: what bench_convert.c does, by polars, in its lines of JSON.

THREADS is a number, or "default". A way is "eager", "lazy" or "streaming": how polars runs group_by_dynamic, with ":times" behind it
where the latest of two columns of times are taken along. The data frame lies ready, its rows known to be sorted."""
import json
import os
import sys
import time

threads, period, step_s, zone, path, *ways = sys.argv[1:]
if threads != "default":
    os.environ["POLARS_MAX_THREADS"] = threads

import numpy  # noqa: E402: after the choice of threads
import polars  # noqa: E402

RUNS, SECOND_US, START_US, PRIME = 7, 1_000_000, 315_529_200_000_000, 1_000_003
PERIODS = {"PT1H": "1h", "P1D": "1d"}


def frame():
    with open(path, encoding="utf-8") as file:
        file.readline()
        values = numpy.array(file.readline().split(), dtype=float)
    rows = numpy.arange(len(values), dtype=numpy.int64)
    start_us = START_US + rows * int(step_s) * SECOND_US
    utc = polars.Datetime("us", "UTC")
    columns = {"start": start_us, "known": start_us - 86_400 * SECOND_US, "changed": START_US + rows // 10_000 * SECOND_US}
    found = polars.DataFrame([*(polars.Series(name, column).cast(utc) for name, column in columns.items()),
                              polars.Series("value", values)])
    return found.with_columns(polars.col("start").dt.convert_time_zone(zone)).set_sorted("start")


def convert(rows, way):
    engine, _, has_times = way.partition(":")
    wanted = [polars.col("value").mean(), *([polars.col("known").max(), polars.col("changed").max()] if has_times else [])]
    if engine == "eager":
        return rows.group_by_dynamic("start", every=PERIODS[period]).agg(wanted)
    plan = rows.lazy().group_by_dynamic("start", every=PERIODS[period]).agg(wanted)
    return plan.collect(engine="streaming" if engine == "streaming" else "auto")


def weight(column):
    return (column.to_physical().to_numpy() // SECOND_US % PRIME) / PRIME


def answer(result):
    found = (result["value"].to_numpy() * (1 + weight(result["start"]))).sum()
    return found + sum(weight(result[name]).sum() for name in ("known", "changed") if name in result.columns)


def main():
    rows = frame()
    for way in ways:
        for _ in range(RUNS):
            start = time.perf_counter()
            result = convert(rows, way)
            fresh = (time.perf_counter() - start) * 1e6
            print(json.dumps({"instance": 0, "solver": way, "fresh": fresh, "answer": answer(result)}))


main()
