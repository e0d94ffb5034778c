"""python_postgres.py PROGRAM PRICES WAY...: the bulk of bench_postgres.c by psycopg, in its lines of JSON. The one way is "copy", of
tuples that lie ready, as text, into the
tables of the server that PROGRAM, bench_postgres, serves."""
import datetime
import json
import pathlib
import subprocess
import sys
import time

import psycopg

STEP, PRIME = datetime.timedelta(minutes=15), 1_000_003
START, KNOWN = (datetime.datetime.fromtimestamp(s, datetime.timezone.utc) for s in (1_577_833_200, 1_577_800_000))
COLUMNS = "point, valid_start, knowledge, change, valid_end, deleted, number"


def insert(connection, rows):
    start = time.perf_counter()
    with connection.cursor() as cursor, cursor.copy(f"COPY value ({COLUMNS}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
    connection.commit()
    return (time.perf_counter() - start) * 1e6


def micros(time_of):
    return f"(extract(epoch FROM {time_of}) * 1000000)::bigint"


def read_back(connection, key):
    value, count, times = connection.execute(
        f"SELECT sum(number), count(*), sum({micros('valid_start')} + {micros('knowledge')} + {micros('valid_end')})"
        " FROM value WHERE point = %s AND NOT deleted", (key,)).fetchone()
    return value + count + int(times) % 2**64 % PRIME / PRIME


def main():
    program, prices, *ways = sys.argv[1:]
    if ways != ["copy"]:
        sys.exit("python_postgres.py: the one way is copy")
    with subprocess.Popen([program, "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        url, schema = server.stdout.readline().strip().split("&schema=")
        with psycopg.connect(url, options=f"-c search_path={schema}") as connection:
            for instance, line in enumerate(pathlib.Path(prices).read_text(encoding="utf-8").splitlines()[1:]):
                values = [float(value) for value in line.split()]
                rows = [(instance + 2, START + i * STEP, KNOWN, START + len(values) * STEP, START + (i + 1) * STEP, False, value)
                        for i, value in enumerate(values)]
                print(json.dumps({"instance": instance, "solver": "copy", "fresh": insert(connection, rows),
                                  "answer": read_back(connection, instance + 2)}))
        server.stdin.close()


main()
