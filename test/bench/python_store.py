"""python_store.py FOLDER PRICES WAY...: the insert of bench_store.c by Python's sqlite3, in its lines of JSON. The one way is
"executemany", of tuples that lie ready, into the tables that Mando's migrations make."""
import json
import pathlib
import sqlite3
import sys
import time

MIGRATIONS = pathlib.Path(__file__).resolve().parents[2] / "mando-lib/migrations/sqlite"
STEP_US, START_US, KNOWN_US, PRIME = 900_000_000, 1_577_833_200_000_000, 1_577_800_000_000_000, 1_000_003


def open_database(folder):
    path = pathlib.Path(folder, "bench_python.db")
    for ending in ("", "-wal", "-shm"):
        pathlib.Path(f"{path}{ending}").unlink(missing_ok=True)
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    database.execute("PRAGMA cache_size = -32768")
    for migration in sorted(MIGRATIONS.glob("*.sql")):
        database.executescript(migration.read_text(encoding="utf-8"))
    return database


def insert(database, rows):
    start = time.perf_counter()
    database.execute("BEGIN IMMEDIATE")
    database.executemany("INSERT INTO value VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
    database.execute("COMMIT")
    return (time.perf_counter() - start) * 1e6


def read_back(database, rows):
    found = database.execute("SELECT value, valid_start + knowledge + valid_end FROM value WHERE point = 1"
                             " AND valid_start BETWEEN ? AND ? AND NOT deleted", (rows[0][1], rows[-1][1])).fetchall()
    return sum(value for value, _ in found) + len(found) + sum(times for _, times in found) % 2**64 % PRIME / PRIME


def main():
    folder, prices, *ways = sys.argv[1:]
    if ways != ["executemany"]:
        sys.exit("python_store.py: the one way is executemany")
    database = open_database(folder)
    at_us = START_US
    for instance, line in enumerate(pathlib.Path(prices).read_text(encoding="utf-8").splitlines()[1:]):
        rows = []
        for value in line.split():
            rows.append((1, at_us, KNOWN_US, instance + 1, at_us + STEP_US, float(value), 0))
            at_us += STEP_US
        print(json.dumps({"instance": instance, "solver": "executemany", "fresh": insert(database, rows),
                          "answer": read_back(database, rows)}))


main()
