"""python_formats.py FROM TO FOLDER MANDO PRICES WAY...: the rows of PRICES, an instance after the other as quarter-hours with start, end and
value, from a file of one format (csv, ndjson) into one of another (csv, ndjson, parquet). The ways are "mando", the program MANDO from its
start to its end, and "duckdb", COPY in a process that is ready, with as many threads as there are cores. Lines of JSON as those of
bench_store.c; the answer is of what was written, read back by DuckDB."""
import json
import pathlib
import subprocess
import sys
import time

import duckdb

COLUMNS = "{'start': 'TIMESTAMPTZ', 'end': 'TIMESTAMPTZ', 'value': 'DOUBLE'}"
READS = {"csv": f"read_csv('%s', columns = {COLUMNS})", "ndjson": f"read_ndjson('%s', columns = {COLUMNS})", "parquet": "read_parquet('%s')"}
WRITES = {"csv": "(HEADER, TIMESTAMPFORMAT '%Y-%m-%dT%H:%M:%SZ')", "ndjson": "(FORMAT json, TIMESTAMPFORMAT '%Y-%m-%dT%H:%M:%SZ')",
          "parquet": "(FORMAT parquet, COMPRESSION zstd)"}


def make(database, prices, path, form):
    values = [float(value) for line in pathlib.Path(prices).read_text(encoding="utf-8").splitlines()[1:] for value in line.split()]
    text = path.with_suffix(".values")
    text.write_text("\n".join(map(str, values)), encoding="ascii")
    database.execute(
        f"COPY (SELECT start, start + INTERVAL 15 MINUTES AS \"end\", value FROM (SELECT value, TIMESTAMPTZ '2000-01-01 00:00:00Z'"
        f" + to_minutes(15 * (row_number() OVER () - 1)) AS start FROM read_csv('{text}', header = false, columns = {{'value': 'DOUBLE'}})))"
        f" TO '{path}' {WRITES[form]}")


def read_back(database, path, form):
    value, count, times = database.execute(
        f"SELECT sum(value), count(*), sum(epoch_us(start)::HUGEINT + epoch_us(\"end\")) FROM {READS[form] % path}").fetchone()
    return value + count + int(times) % 1_000_003


def main():
    source, target, folder, mando, prices, *ways = sys.argv[1:]
    database = duckdb.connect()
    database.execute("SET TimeZone = 'UTC'")
    path = pathlib.Path(folder, f"bench_formats.{source}")
    make(database, prices, path, source)
    for way in ways:
        out = pathlib.Path(folder, f"bench_formats_{way}.out.{target}")
        start = time.perf_counter()
        if way == "mando":
            subprocess.run([mando, "convert", str(path), str(out)], check=True)
        else:
            database.execute(f"COPY (SELECT * FROM {READS[source] % path}) TO '{out}' {WRITES[target]}")
        fresh = (time.perf_counter() - start) * 1e3
        print(json.dumps({"instance": 0, "solver": way, "fresh": fresh, "answer": read_back(database, out, target)}))


main()
