#!/usr/bin/env python3
"""test_run.py BUILD COMPILER: make run's result: the figures it shows, the same to a millionth of a euro, and
that its week of negative prices is the one it claims to be."""
import datetime
import json
import os
import pathlib
import re
import subprocess
import sys
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(sys.argv[1])
MANDO = BUILD / "bin/mando"
QUARTER_HOURS = "assets/prices/smard_2025_12_quarter_hour.csv.gz"
HOURS = "assets/prices/smard_2023_2024_hour.csv.gz"
ENVIRONMENT = {k: v for k, v in os.environ.items() if not k.startswith("MANDO_")}


def run(*command):
    done = subprocess.run(command, cwd=SOURCE, env=ENVIRONMENT, stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=300, check=False)
    assert (done.returncode, done.stderr) == (0, b""), (command, done.stderr)
    return done.stdout.decode()


def optimize(prices, *arguments):
    return run(MANDO, "optimize", "--battery", "assets/batteries/demo.json", "--prices", prices, "--column", "DE-LU",
               "--time-zone", "Europe/Berlin", *arguments)


def more_than_possible(monday):
    """What a solver that burns energy would claim beyond what is possible in a week, EUR."""
    text = optimize(HOURS, "--horizon", "day", "--from", str(monday), "--to", str(monday + datetime.timedelta(7)))
    found = re.search(r"are possible, ([0-9.]+) EUR less", text)
    return float(found[1]) if found else 0.0


class Run(unittest.TestCase):
    def test_its_figures_are_right_to_a_millionth_of_a_euro(self):
        for expected, arguments in [(33440.938185, ["--horizon", "day"]),
                                    (28056.093595, ["--horizon", "day", "--resolution", "PT1H"]),
                                    (33708.427001, ["--horizon", "all"])]:
            with self.subTest(arguments=arguments):
                document = json.loads(optimize(QUARTER_HOURS, "--json", *arguments))
                self.assertAlmostEqual(document["objective_eur"], expected, delta=1e-6)
                self.assertEqual(document["solver"]["status"], "optimal")

    def test_it_shows_them_by_week_beside_each_other_and_the_time_to_solve(self):
        self.assertEqual(BUILD, SOURCE / "build" / BUILD.name)
        text = run("scripts/run", BUILD.name)
        rows = {}
        for line in text.split("== The same month otherwise")[1].split("==")[0].splitlines():
            cells = re.split(r"  +", line)
            rows[cells[0]] = cells[1:]
        self.assertEqual(rows["total"], ["33440.94", "28056.09", "33708.43"])
        weeks = [name for name in rows if re.fullmatch(r"20\d\d-W\d\d", name)]
        self.assertEqual(weeks, ["2025-W49", "2025-W50", "2025-W51", "2025-W52", "2026-W01"])
        for column in range(3):
            self.assertAlmostEqual(sum(float(rows[week][column]) for week in weeks), float(rows["total"][column]),
                                   delta=0.03)
            self.assertRegex(rows["time to solve"][column], r"^[0-9.]+ ms$")
        self.assertIn("Quarter-hours earn 5384.85 EUR (19.2 %) more than hourly means", text)
        self.assertIn("earns 267.49 EUR more still", text)
        self.assertIn("profit     19832.36 EUR", text)
        self.assertIn("claims 20298.46 EUR; 19832.36 EUR are possible, 466.11 EUR less", text)
        self.assertTrue((SOURCE / "build/run/de_lu_2025_12.csv").is_file())

    def test_its_database_holds_the_prices_of_fifteen_zones_and_stores_nothing_twice(self):
        run("scripts/run", BUILD.name)
        self.assertIn("307800 rows, 307800 unchanged, in ", run("scripts/run", BUILD.name))
        self.assertTrue((SOURCE / "build/run/mando.db").is_file())

    def test_its_ledger_is_the_money_of_the_month_however_often_it_is_run(self):
        for _ in range(2):
            run("scripts/run", BUILD.name)
            ledger = json.loads(run(MANDO, "--db", "sqlite:build/run/mando.db", "ledger", "--json", "--from",
                                    "2025-11-30T23:00Z", "--to", "2025-12-31T23:00Z"))
            self.assertEqual(ledger["trial_balance"], 0)
            earned = sum(entry["amount"] for entry in ledger["entries"]
                         if not entry["account"].startswith(("Cash/", "Provision/")))
            self.assertAlmostEqual(-earned / 1e6, 33440.938185, delta=31 * 2e-6)

    def test_no_other_week_of_two_years_has_a_larger_difference(self):
        mondays = [datetime.date(2023, 1, 2) + datetime.timedelta(7 * week) for week in range(104)]
        largest = max(mondays, key=more_than_possible)
        self.assertEqual(str(largest), "2023-06-26")
        self.assertEqual(mondays[-1] + datetime.timedelta(7), datetime.date(2024, 12, 30))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
