#!/usr/bin/env python3
"""run_command.py MANDO SERVE: the command says the same over PostgreSQL as over a file, and no password."""
import os
import pathlib
import re
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "golden"))
import golden  # noqa: E402

MANDO, SERVE = sys.argv[1:3]
SECRET = "s3cret"
QUARTER_HOURS = golden.SOURCE / "assets/prices/smard_2025_12_quarter_hour.csv.gz"
PRICE, BATTERY = "Market/DE-LU/DayAhead/Price", "Asset/DE/Battery1/Config"
SMARD = ("--format", "smard", "--known-at", "D-1T12:57", "--time-zone", "Europe/Berlin")
# What a clock, a chain of hashes or a place says differs from run to run.
VARYING = re.compile(r"^(changed|hash|head) .*\n|[0-9a-f]{64}|20[3-9]\d-|\d\d\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.M)
READS = [
    ("catalog",), ("catalog", "--json"), ("catalog", "Market/*/DayAhead/*"),
    ("retrieve", PRICE), ("retrieve", PRICE, "--format", "ndjson"), ("retrieve", "Market/**", "--resolution", "P1D"),
    ("retrieve", PRICE, "--from", "2025-12-10", "--to", "2025-12-12", "--as-of", "2025-12-10T12:00:00Z"),
    ("retrieve", PRICE, "--history", "--from", "2025-12-10", "--to", "2025-12-11"),
    ("retrieve", BATTERY, "--history"), ("retrieve", PRICE, "--stored-until", "2020-01-01"),
]


class Command(golden.Case):
    mando = MANDO

    @classmethod
    def setUpClass(cls):
        cls.server = subprocess.Popen([SERVE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        cls.addClassCleanup(cls.server.communicate)
        cls.socket = cls.server.stdout.readline().strip()

    def url(self, schema):
        return f"postgres://mando:{SECRET}@/postgres?host={self.socket}&schema={schema}"

    def say(self, database, *arguments):
        return VARYING.sub("", self.run_well("--db", database, *arguments))

    def fill(self, database):
        self.folder.write("battery.json", golden.battery_text())
        self.folder.write("correction.csv", "start,value\n2025-12-10T10:00:00Z,1\n2025-12-10T10:15:00Z,\n")
        self.folder.write("overlap.csv", "start,end,value\n2025-12-10T10:05:00Z,2025-12-10T10:10:00Z,1\n")
        said = [self.say(database, "import", str(QUARTER_HOURS), *SMARD) for _ in range(2)]
        said.append(self.say(database, "insert", BATTERY, "--file", "battery.json", "--known-at", "2025-12-01"))
        said.append(self.say(database, "insert", PRICE, "--file", "correction.csv", "--known-at", "2025-12-11",
                             "--reason", "'); DROP TABLE change; --"))
        status, out, error = self.folder.run(["--db", database, "insert", PRICE, "--file", "overlap.csv"])
        return [*said, status, out, error]

    def test_the_command_says_what_it_says_over_a_file(self):
        said = {}
        for database in ("sqlite:mando.db", self.url("said")):
            filled = self.fill(database)
            reads = [self.say(database, *arguments) for arguments in READS]
            optimized = self.say(database, "optimize", "--battery", "battery.json", "--prices", PRICE, "--to", "2025-12-08",
                                 "--horizon", "day", "--time-zone", "Europe/Berlin", "--json")
            said[database] = [*filled, *reads, re.sub(r'"solve\w*": [^,}]*|"stored_until": [^,}]*', "", optimized),
                              self.say(database, "audit", "verify")]
        over_file, over_server = said.values()
        self.assertIn("inserted 44640", over_file[0])
        self.assertEqual(len(over_file), len(over_server))
        for one, other in zip(over_file, over_server):
            self.assertEqual(one, other)

    def test_no_command_tells_the_password(self):
        database = self.url("secret")
        for arguments in (["config"], ["config", "--json"], ["doctor"], ["catalog"], ["migrate"], ["migrate", "--json"], ["doctor"],
                          ["backup", "copy.db"], ["retrieve", "No/Such"], ["audit", "verify"]):
            status, out, error = self.folder.run(["--db", database, *arguments])
            self.assertNotIn(SECRET.encode(), out + error, arguments)
            self.assertIn(status, (0, 1), (arguments, error))
        for url in (f"postgres:{SECRET}", f"postgres://u:{SECRET}@/db?nonsense=1", f"pg://u:{SECRET}@host/db"):
            _, out, error = self.folder.run(["--db", url, "catalog"])
            if url != f"postgres:{SECRET}":
                self.assertNotIn(SECRET.encode(), out + error)

    def test_a_schema_that_is_not_there_is_made_by_what_stores_alone(self):
        self.refuse(1, "db.not_found: ", "--db", self.url("nowhere"), "catalog")
        self.run_well("--db", self.url("nowhere"), "migrate")
        self.assertEqual(self.run_well("--db", self.url("nowhere"), "catalog").count("\n"), 1)

    def test_imports_at_once_store_everything_once(self):
        command = [self.folder.mando, "--db", self.url("together"), "import", QUARTER_HOURS, *SMARD]
        environment = {k: v for k, v in os.environ.items() if not k.startswith("MANDO_")}
        children = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
                    for _ in range(4)]
        inserted = 0
        for child in children:
            out, error = child.communicate(timeout=300)
            self.assertEqual((child.returncode, error), (0, ""))
            inserted += int(re.search(r"^inserted (\d+)$", out, re.M)[1])
        self.assertEqual(inserted, 44640)
        self.run_well("--db", self.url("together"), "audit", "verify")


if os.environ.get("MANDO_SKIP_POSTGRES") == "1":
    print("skipped: MANDO_SKIP_POSTGRES=1")
    sys.exit(0)
unittest.main(argv=sys.argv[:1])
