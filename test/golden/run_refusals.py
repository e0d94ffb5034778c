#!/usr/bin/env python3
"""run_refusals.py MANDO LIBRARY_REFUSALS: each row of refusals.csv is refused as it says, in words and
as JSON, and every row of errors.def is reached by one.

Columns: `name`; `battery`, members that differ from the demo battery (null takes one out), or the file
itself; `prices` and `settings`, the files themselves, empty for the sample day and none; `setup`, a function below that prepares
more; `arguments`, after those of the sample, or all where the first is a command or "mando";
`exit`; `message`, the line on standard error. In files \\n, \\t and \\xNN stand for bytes.
"""
import contextlib
import csv
import json
import os
import re
import resource
import shlex
import signal
import sqlite3
import struct
import subprocess
import sys
import threading
import zlib

import golden

HERE = golden.SOURCE / "test/golden"
SAMPLE = ["optimize", "--battery", "battery.json", "--prices", "prices.csv"]
COMMANDS = ["optimize", "version", "config", "doctor", "import", "insert"]
IS_ROOT = os.geteuid() == 0
# gcov says on standard error that it could not write its counters.
NOT_COUNTED = ["unreadable", "read_only_folder", "full_disk"] if os.environ.get("MANDO_COVERAGE") else []


# Set-ups: each prepares the folder and may return options of Folder.run.

def gzip_bytes(data):
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return packer.compress(data) + packer.flush()


def directory(folder):
    (folder.path / "folder").mkdir()


def unreadable(folder):
    """Root reads everything, so that somebody else has to try."""
    os.chmod(folder.path / "prices.csv", 0o600)
    os.chmod(folder.path / "prices.csv", 0o600 if IS_ROOT else 0)
    return {"user": "nobody"} if IS_ROOT else {}


def read_only_folder(folder):
    os.chmod(folder.path, 0o555)
    return {"user": "nobody"} if IS_ROOT else {}


def truncated_gzip(folder):
    folder.write("prices.csv.gz", gzip_bytes(golden.prices_text().encode())[:-12])


def damaged_gzip(folder):
    data = bytearray(gzip_bytes(golden.prices_text().encode()))
    data[-6] ^= 0xFF  # of its checksum
    folder.write("prices.csv.gz", bytes(data))


def gzip_bomb(folder):
    """A price file of less than a megabyte that expands to 200 MB."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = packer.compress(b"start,price_eur_per_mwh\n")
    for i in range(20000):
        time = f"2025-12-{i // 1440 + 1:02}T{i // 60 % 24:02}:{i % 60:02}Z"
        bomb += packer.compress(time.encode() + b"," + b"0" * 10000 + b"\n")
    folder.write("prices.csv.gz", bomb + packer.flush())


def gzip_bomb_battery(folder):
    folder.write("battery.json.gz", gzip_bytes(b" " * (256 << 20)))


def endless_line(folder):
    """A line of 2 GB through a pipe, as fast as it is taken."""
    del folder
    reader, writer = os.pipe()

    def feed():
        block = b"7" * (1 << 20)
        try:
            os.write(writer, b"start,price_eur_per_mwh\n2025-12-01T00:00Z,")
            for _ in range(2048):
                os.write(writer, block)
        except BrokenPipeError:
            pass
        os.close(writer)

    threading.Thread(target=feed, daemon=True).start()
    return {"stdin": reader}


def sparse_line(folder):
    """A line of 2 GB in a file that takes no room: NUL bytes, which CSV may not hold."""
    with open(folder.path / "prices.csv", "ab") as file:
        file.truncate(2 << 30)


def full_output(folder):
    del folder
    return {"stdout": open("/dev/full", "wb")}


def full_disk(folder):
    """No file may grow beyond 200 bytes; the signal is ignored, so that writing fails instead."""
    del folder

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200))

    return {"preexec_fn": limit, "restore_signals": False}


def damaged_zone(folder):
    (folder.path / "zones/Europe").mkdir(parents=True)
    folder.write("zones/Europe/Berlin", b"TZif2" + b"\0" * 15 + struct.pack(">6I", 1, 1, 1, 1 << 30, 1, 4))


def empty_battery(folder):
    folder.write("battery.json", "")


def empty_prices(folder):
    folder.write("prices.csv", "")


def directory_csv(folder):
    (folder.path / "folder.csv").mkdir()


def settings_environment(folder):
    del folder
    return {"env": {"MANDO_ROWS_MAX": "-3"}}


def deep_battery(folder):
    folder.write("battery.json", "[" * 100 + "]" * 100)


def many_rows(folder):
    rows = [f"2025-12-01T{i // 60:02}:{i % 60:02}Z,1" for i in range(1000)]
    folder.write("prices.csv", "start,price_eur_per_mwh\n" + "\n".join(rows) + "\n")


def desk(folder):
    """A database with prices, a battery, and flows: one that runs, some that cannot."""
    flow = json.loads((golden.SOURCE / "assets/flows/day-ahead.json").read_text(encoding="utf-8"))
    flow["inputs"] = {"battery": {"id": "Asset/Battery"}, "prices": {"id": "Market/Price"}}
    flow["time_zone"] = "UTC"
    flow["outputs"] = {"power": "Plan/Power"}
    flows = {"day": flow, "engine": {**flow, "engine": "v2"}, "strategy": {**flow, "strategy": "guessing"},
             "output": {**flow, "outputs": {"power": "Market/Price"}}}
    database = ["--db", "sqlite:desk.db"]

    def mando(*words):
        status, _, error = folder.run([*database, *words])
        assert status == 0, error

    mando("import", "prices.csv", "--format", "prices", "--id", "Market/Price", "--known-at", "D-1T12:57")
    mando("insert", "Asset/Battery", "--file", "battery.json")
    for name, document in flows.items():
        folder.write("flow.json", json.dumps(document))
        mando("insert", f"Flow/{name}", "--file", "flow.json")


def other_backtest(folder):
    """A folder in which another backtest was stopped."""
    desk(folder)
    test = {"flow": "day", "actual": "Market/Price", "from": "2025-12-01", "to": "2025-12-02"}
    folder.write("flow.json", json.dumps(test))
    (folder.path / "folder").mkdir()
    (folder.path / "folder/backtest.journal").write_text("1 flow other actual Market/Price\n", encoding="utf-8")


def wrong_backtest(folder):
    folder.write("flow.json", '{"flow": "day", "actual": "p",\n "until": "2025-12-01"}')


def changed_run(folder):
    """A run whose record tells another result than it had."""
    desk(folder)
    folder.run(["--db", "sqlite:desk.db", "flow", "run", "day", "--param", "day=2025-12-01"])
    with contextlib.closing(sqlite3.connect(folder.path / "desk.db")) as database:
        database.execute("UPDATE run SET id = 'run-1', start = start, result = ?", ["0" * 64])
        database.commit()


def prepare(folder, row):
    battery = row["battery"]
    if battery.startswith("{}{"):
        folder.write("battery.json", golden.battery_text(json.loads(battery[2:])))
    elif battery:
        folder.write("battery.json", unescaped(battery))
    else:
        folder.write("battery.json", golden.battery_text())
    folder.write("prices.csv", unescaped(row["prices"]) if row["prices"] else golden.prices_text())
    if row["settings"]:
        folder.write("settings.json", unescaped(row["settings"]))
    return (globals()[row["setup"]](folder) if row["setup"] else None) or {}


def unescaped(text):
    return re.sub(rb"\\(x..|.)", lambda m: {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"\\": b"\\"}.get(m[1])
                  or bytes.fromhex(m[1][1:].decode()), text.encode())


def words_of(row):
    words = shlex.split(row["arguments"])
    if words[:1] == ["mando"]:
        return words[1:]
    if words and words[0] in COMMANDS:
        return words
    return SAMPLE + words


def json_faults(message, error):
    """How an error in JSON contradicts its line of text."""
    code, rest = re.fullmatch(r"mando: ([a-z0-9_.]+): (.*)", message).groups()
    where = error.get("where", "")
    place = f"{where}:{error['line']}:{error['column']}: " if "line" in error else f"{where}: " if where else ""
    if error.get("code") != code or place + error.get("message", "") != rest:
        yield f"as JSON it is {error}"
    if error.get("status") != STATUSES[code]:
        yield f"its status is {error.get('status')}"
    if set(error) - {"code", "status", "message", "where", "line", "column", "index"}:
        yield f"it has members {sorted(error)}"


def run_row(mando, helper, row, as_json):
    with golden.Folder(mando) as folder:
        if row["arguments"].startswith("library "):
            return folder.run(row["arguments"].split()[1:], program=helper)
        options = prepare(folder, row)
        status, out, error = folder.run(words_of(row) + (["--json"] if as_json else []), **options)
        os.chmod(folder.path, 0o755)
        left = {p.name for p in folder.path.iterdir()} - {"mando", "battery.json", "prices.csv", "folder", "folder.csv", "zones",
                                                         "battery.json.gz", "prices.csv.gz", "settings.json", "desk.db",
                                                         "desk.db-wal", "desk.db-shm", "flow.json"}
        if left:
            error += f"\nleft behind: {sorted(left)}".encode()
        return status, out or b"", error


def check(mando, helper, row):
    status, out, error = run_row(mando, helper, row, False)
    text = error.decode(errors="backslashreplace").removesuffix("\n")
    if text != row["message"]:
        yield f"it says:  {text}\n  expected: {row['message']}"
    if status != int(row["exit"]):
        yield f"it exits with {status}, not {row['exit']}"
    if out:
        yield f"it writes to standard output: {out[:200]}"
    if row["arguments"].startswith("library ") or not text.startswith("mando: "):
        return
    status, out, error = run_row(mando, helper, row, True)
    if status != int(row["exit"]) or out:
        yield f"with --json it exits with {status} and writes {out[:200]}"
    try:
        yield from json_faults(text, json.loads(error)["error"])
    except (ValueError, KeyError):
        yield f"with --json it says {error}"


def read_codes():
    text = (golden.SOURCE / "mando-lib-macro/schema/errors.def").read_text(encoding="utf-8")
    return {code: status.lower() for code, status in re.findall(r'^ERROR\(\w+, "([^"]+)", (\w+),', text, re.M)}


STATUSES = read_codes()


def main():
    mando, helper = map(os.path.abspath, sys.argv[1:3])
    only = sys.argv[3] if len(sys.argv) > 3 else ""
    with open(HERE / "refusals.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    failed = 0
    for row in rows:
        if only not in row["name"] or row["setup"] in NOT_COUNTED:
            continue
        for fault in check(mando, helper, row):
            print(f"{row['name']}: {fault}")
            failed += 1
    seen = {re.match(r"mando: ([a-z0-9_.]+): ", row["message"])[1] for row in rows if row["message"].startswith("mando: ")}
    for code in STATUSES.keys() - seen:
        print(f"{code}: no row of refusals.csv reaches it")
        failed += 1
    print(f"{len(rows)} refusals, {len(seen)} codes, {failed} faults")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
