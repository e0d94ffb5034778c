"""python_duckdb.py FOLDER PRICES WAY: what bench_duckdb.c does, by Python's duckdb and pyarrow, in its lines of JSON. The ways are
"executemany" of tuples that lie ready and "pyarrow", INSERT ... SELECT of an Arrow table that lies ready, each into the tables that Mando's
migrations make, an instance a data point; and "parquet", pyarrow's own reader over the file that bench_duckdb has written."""
import datetime
import json
import pathlib
import sys
import time

import duckdb
import numpy
import pyarrow
import pyarrow.parquet

MIGRATIONS = pathlib.Path(__file__).resolve().parents[2] / "mando-lib/migrations/duckdb"
STEP_US, START_US, KNOWN_US, PRIME = 900_000_000, 1_577_833_200_000_000, 1_577_800_000_000_000, 1_000_003
EPOCH = datetime.datetime(1970, 1, 1)


def open_database(folder, way):
    path = pathlib.Path(folder, f"bench_python_{way}.duckdb")
    for ending in ("", ".wal"):
        pathlib.Path(f"{path}{ending}").unlink(missing_ok=True)
    database = duckdb.connect(str(path))
    for migration in sorted(MIGRATIONS.glob("*.sql")):
        database.execute(migration.read_text(encoding="utf-8"))
    return database


def timed(database, sql, parameters, many):
    start = time.perf_counter()
    database.execute("BEGIN TRANSACTION")
    if many:
        database.executemany(sql, parameters)
    else:
        database.execute(sql)
    database.execute("COMMIT")
    return (time.perf_counter() - start) * 1e6


def insert_rows(database, key, values):
    def at(us):
        return EPOCH + datetime.timedelta(microseconds=us)
    rows = [(key, at(START_US + i * STEP_US), at(KNOWN_US), at(START_US + len(values) * STEP_US), at(START_US + (i + 1) * STEP_US),
             value, False) for i, value in enumerate(values)]
    return timed(database, "INSERT INTO series_value VALUES (?, ?, ?, ?, ?, ?, ?)", rows, True)


def insert_table(database, key, values):
    count, us = len(values), pyarrow.timestamp("us")
    starts = START_US + numpy.arange(count, dtype="int64") * STEP_US
    rows = pyarrow.table({  # noqa: F841, the statement names it
        "point": numpy.full(count, key, dtype="int64"), "valid_start": pyarrow.array(starts, us),
        "knowledge": pyarrow.array(numpy.full(count, KNOWN_US), us), "change": pyarrow.array(numpy.full(count, START_US + count * STEP_US), us),
        "valid_end": pyarrow.array(starts + STEP_US, us), "value": numpy.array(values), "deleted": numpy.zeros(count, dtype=bool)})
    database.register("rows_ready", rows)
    us = timed(database, "INSERT INTO series_value SELECT * FROM rows_ready", None, False)
    database.unregister("rows_ready")
    return us


def total(value, count, times):
    return value + count + times % 2**64 % PRIME / PRIME


def read_back(database, key):
    value, count, times = database.execute(
        "SELECT sum(value), count(*), sum(epoch_us(valid_start)::HUGEINT + epoch_us(knowledge) + epoch_us(valid_end))"
        " FROM series_value WHERE point = ? AND NOT deleted", (key,)).fetchone()
    return total(value, count, int(times))


def read_parquet(folder, instance):
    start = time.perf_counter()
    count, value, times = 0, 0.0, 0
    for batch in pyarrow.parquet.ParquetFile(pathlib.Path(folder, "bench.parquet")).iter_batches(batch_size=65536):
        count += batch.num_rows
        value += float(batch.column(2).to_numpy(zero_copy_only=False).sum())
        times += sum(int(batch.column(i).cast(pyarrow.int64()).to_numpy().sum()) for i in (0, 1))
    fresh = (time.perf_counter() - start) * 1e6
    print(json.dumps({"instance": instance, "solver": "parquet", "fresh": fresh, "answer": total(value, count, times)}))


def main():
    folder, prices, way = sys.argv[1:]
    ways = {"executemany": insert_rows, "pyarrow": insert_table}
    if way == "parquet":
        for instance in range(3):
            read_parquet(folder, instance)
        return
    if way not in ways:
        sys.exit("python_duckdb.py: a way is executemany, pyarrow or parquet")
    database = open_database(folder, way)
    for instance, line in enumerate(pathlib.Path(prices).read_text(encoding="utf-8").splitlines()[1:]):
        fresh = ways[way](database, instance + 1, [float(value) for value in line.split()])
        print(json.dumps({"instance": instance, "solver": way, "fresh": fresh, "answer": read_back(database, instance + 1)}))


main()
