#!/usr/bin/env python3
"""run_copy.py MANDO SERVE: a copy holds what it was made from, in whatever kind of database, also where it was killed."""
import json
import os
import pathlib
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "golden"))
import golden  # noqa: E402

MANDO, SERVE = sys.argv[1:3]
KILLS = min(int(os.environ.get("MANDO_RANDOM_COUNT", 3)), 50)
TWO_YEARS = golden.SOURCE / "assets/prices/smard_2023_2024_hour.csv.gz"
QUARTER_HOURS = golden.SOURCE / "assets/prices/smard_2025_12_quarter_hour.csv.gz"
PRICE, BATTERY = "Market/DE-LU/DayAhead/Price", "Asset/DE/Battery1/Config"
SMARD = ("--format", "smard", "--known-at", "D-1T12:57", "--time-zone", "Europe/Berlin")
COUNTS = ("stored", "changes", "points", "configurations", "values", "records")


class Copy(golden.Case):
    mando = MANDO
    maxDiff = 2000
    schemas = 0

    @classmethod
    def setUpClass(cls):
        cls.server = subprocess.Popen([SERVE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        cls.addClassCleanup(cls.server.communicate)
        cls.socket = cls.server.stdout.readline().strip()

    def place(self, kind):
        """The URL of a database that is not there yet."""
        Copy.schemas += 1
        if kind == "postgres":
            return f"postgres://mando:s3cret@/postgres?host={self.socket}&schema=copy{Copy.schemas}"
        return f"{kind}:copy{Copy.schemas}.db"

    def fill(self, database, prices=QUARTER_HOURS):
        """Values with corrections, withdrawn ones, missing ones; a document and its versions; a second author."""
        self.folder.write("battery.json", golden.battery_text())
        self.folder.write("larger.json", golden.battery_text({"soc_max_mwh": 40}))
        self.folder.write("correction.csv", "start,value,deleted\n2023-06-10T10:00:00Z,1.25,\n2023-06-10T11:00:00Z,,\n"
                                            "2023-06-10T12:00:00Z,,true\n")
        self.folder.write("instants.csv", "id,start,value\nGrid/Frequency,2023-06-10T10:00:00.000001Z,49.98\n"
                                          "Grid/Frequency,1901-06-10T10:00:00Z,-0\n")
        self.run_well("--db", database, "import", str(prices), *SMARD)
        self.run_well("--db", database, "import", "instants.csv", "--format", "values", "--unit", "Hz", "--resolution", "none")
        self.run_well("--db", database, "insert", BATTERY, "--file", "battery.json", "--known-at", "2025-12-01")
        self.run_well("--db", database, "insert", PRICE, "--file", "correction.csv", "--known-at", "2025-12-11",
                      "--reason", "'); DROP TABLE change; --", env={"USER": "Zoë \U0001f50b"})
        self.run_well("--db", database, "insert", BATTERY, "--file", "larger.json", "--known-at", "2025-12-02")

    def copy(self, source, target):
        """What the command says: its first line, and its numbers by name."""
        first, *lines = self.run_well("copy", source, target).splitlines()
        said = dict(line.split(" ", 1) for line in lines)
        return first, {name: int(value) if name in COUNTS else value for name, value in said.items()}

    def contents(self, database):
        return [self.run_well("--db", database, *arguments) for arguments in
                (("audit", "verify"), ("catalog", "--json"), ("retrieve", BATTERY, "--history"),
                 ("retrieve", "Market/**", "--history"),
                 ("retrieve", "Grid/*", "--history"), ("retrieve", PRICE, "--stored-until", "2020-01-01"))]

    def test_a_database_goes_round(self):
        source = self.place("sqlite")
        self.fill(source, TWO_YEARS)
        contents, hashes, said = self.contents(source), set(), {}
        begin, last = time.monotonic(), source
        for kind in ("postgres", "duckdb", "sqlite"):
            target = self.place(kind)
            told = f"{target} is a copy of {last}".replace("s3cret", "***")
            first, said = self.copy(last, target)
            self.assertEqual((first, said["stored"]), (told, said["changes"]))
            self.assertEqual(self.copy(last, target), (f"{told} already: nothing was stored", {**said, "stored": 0}))
            for one, other in zip(contents, self.contents(target)):
                self.assertTrue(one == other, f"{kind} says something else: {one[:500]} {other[:500]}")
            hashes.add(said["hash"])
            last = target
        self.assertEqual(len(hashes), 1)
        self.assertGreater(said["values"], 250000)
        print(f"two years: {said['values']} values, hash {said['hash']}, round in {time.monotonic() - begin:.1f} s", flush=True)

    def test_what_came_later_follows(self):
        source, target = self.place("sqlite"), self.place("duckdb")
        self.fill(source)
        _, first = self.copy(source, target)
        self.folder.write("more.csv", "start,value\n2026-01-01T00:00:00Z,9\n")
        self.run_well("--db", source, "insert", PRICE, "--file", "more.csv")
        _, said = self.copy(source, target)
        self.assertEqual((said["stored"], said["values"]), (1, first["values"] + 1))
        told = json.loads(self.run_well("copy", source, target, "--json"))
        self.assertEqual(told, {"from": source, "to": target, **said, "stored": 0})
        self.assertEqual(self.contents(source), self.contents(target))

    def test_another_target_is_refused(self):
        source = self.place("sqlite")
        self.fill(source)
        for kind in ("postgres", "duckdb", "sqlite"):
            other = self.place(kind)
            self.folder.write("own.csv", "id,start,value\nOwn,2026-01-01T00:00:00Z,9\n")
            self.run_well("--db", other, "import", "own.csv", "--format", "values", "--unit", "MW", "--resolution", "none")
            before = [self.run_well("--db", other, *words) for words in (("audit", "verify"), ("retrieve", "Own"))]
            status, out, error = self.folder.run(["copy", source, other])
            self.assertEqual((status, out), (1, b""))
            self.assertRegex(error.decode(), r"\Amando: copy\.target: \S+: the target holds other changes than the first ones of "
                                             r"what is to be copied, 1 up to \S+Z: it must be empty or a part of the same copy\n\Z")
            self.assertNotIn("s3cret", error.decode())
            self.assertEqual([self.run_well("--db", other, *words) for words in (("audit", "verify"), ("retrieve", "Own"))], before)

    def test_a_copy_that_was_written_to_is_refused(self):
        source, target = self.place("sqlite"), self.place("sqlite")
        self.fill(source)
        self.copy(source, target)
        self.folder.write("more.csv", "start,value\n2026-01-01T00:00:00Z,9\n")
        self.run_well("--db", target, "insert", PRICE, "--file", "more.csv")
        self.refuse(1, f"copy.target: {target}: ", "copy", source, target)

    def test_a_difference_names_its_data_point(self):
        source = self.place("sqlite")
        self.fill(source)
        whole = self.place("sqlite")
        self.copy(source, whole)
        for sql, message in (
                (f"UPDATE value SET value = value + 1 WHERE point = (SELECT point FROM point WHERE id = '{PRICE}')"
                 " AND valid_start = 1765360800000000",
                 f"{PRICE}: the 2979 values of {PRICE} are not the same in the copy as in what it was made from"),
                (f"DELETE FROM value WHERE point = (SELECT point FROM point WHERE id = '{BATTERY}') AND knowledge = 1764547200000000",
                 f"{BATTERY}: the copy has 1 values of {BATTERY}, what it was made from 2"),
                ("UPDATE configuration SET unit = 'mHz' WHERE unit = 'Hz'",
                 "Grid/Frequency: the 1 configurations of Grid/Frequency are not the same"),
                ("DELETE FROM configuration WHERE unit = 'Hz'",
                 "Grid/Frequency: the data point Grid/Frequency is in what the copy was made from alone")):
            with self.subTest(sql):
                target = self.place("sqlite")
                shutil.copy(self.folder.path / whole.removeprefix("sqlite:"), self.folder.path / target.removeprefix("sqlite:"))
                with sqlite3.connect(self.folder.path / target.removeprefix("sqlite:")) as connection:
                    self.assertGreater(connection.execute(sql).rowcount, 0)
                connection.close()
                self.refuse(1, f"copy.differs: {message}", "copy", source, target)

    def test_two_copies_at_once_do_no_harm(self):
        source = self.place("sqlite")
        self.fill(source)
        for kind in ("postgres", "sqlite"):
            target = self.place(kind)
            children = [subprocess.Popen([self.folder.mando, "copy", source, target], cwd=self.folder.path,
                                         stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) for _ in range(2)]
            for child in children:
                error = child.communicate(timeout=120)[1].decode()
                if child.returncode:
                    self.assertRegex(error, r"\Amando: copy\.target: \S+: another program writes to the copy while it is made")
            self.copy(source, target)
            self.assertEqual(self.contents(source), self.contents(target))

    def many_changes(self, source):
        """So many values that a copy takes several transactions."""
        for block in range(5):
            rows = [f"Killed/{one},{2000 + block}-{1 + hour // 672:02}-{1 + hour // 24 % 28:02}T{hour % 24:02}:00:00Z,{hour % 97}"
                    for hour in range(8064) for one in range(8)]
            self.folder.write("rows.csv", "\n".join(["id,start,value", *rows]) + "\n")
            self.run_well("--db", source, "import", "rows.csv", "--format", "values", "--unit", "MW", "--resolution", "PT1H")

    def kill(self, source, target, delay_s):
        child = subprocess.Popen([self.folder.mando, "copy", source, target], cwd=self.folder.path,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        time.sleep(delay_s)
        child.send_signal(signal.SIGKILL)
        error = child.communicate()[1]
        self.assertIn(child.returncode, (0, -signal.SIGKILL), error)

    def test_a_killed_copy_goes_on(self):
        source = self.place("sqlite")
        self.many_changes(source)
        for kind in ("sqlite", "postgres", "duckdb"):
            begin = time.monotonic()
            _, whole = self.copy(source, self.place(kind))
            usual_s = time.monotonic() - begin
            parts = 0
            for _ in range(KILLS):
                target = self.place(kind)
                self.kill(source, target, random.uniform(0, usual_s))
                _, said = self.copy(source, target)
                parts += 0 < said["stored"] < said["changes"]
                self.assertEqual({**said, "stored": whole["changes"]}, whole)
                verified = self.run_well("--db", target, "audit", "verify")
                self.assertEqual(verified, self.run_well("--db", source, "audit", "verify"))
                if kind != "postgres":
                    (self.folder.path / target.split(":", 1)[1]).unlink()
            print(f"{kind}: {KILLS} kills, {parts} between the first and the last transaction", flush=True)


if os.environ.get("MANDO_SKIP_POSTGRES") == "1":
    print("skipped: MANDO_SKIP_POSTGRES=1")
    sys.exit(0)
unittest.main(argv=sys.argv[:1])
