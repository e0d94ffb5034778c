#!/usr/bin/env python3
"""run_backtest.py MANDO LIBRARY_REFUSALS: a backtest that is killed at any time and run again has the same files as
one that was not, and what it decides does not depend on how many days run at a time."""
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import time
import unittest

import golden

MANDO = sys.argv[1]
KILLS = min(100, int(os.environ.get("MANDO_RANDOM_COUNT", "10")))

class Backtest(unittest.TestCase):
    def setUp(self):
        self.folder = golden.Folder(MANDO)
        self.addCleanup(self.folder.__exit__)
        self.folder.write("battery.json", golden.battery_text())
        flow = json.loads((golden.SOURCE / "assets/flows/day-ahead-forecast.json").read_text(encoding="utf-8"))
        flow["inputs"] = {"battery": {"id": "Asset/Battery"}, "prices": {"id": "Market/Price", "from": "D-28"}}
        flow["time_zone"] = "UTC"
        self.folder.write("flow.json", json.dumps(flow))
        self.folder.write("prices.json", json.dumps({"series": [self.series()]}))
        self.folder.write("test.json", json.dumps({"flow": "f", "actual": "Market/Price", "from": "2025-02-01",
                                                   "to": "2025-04-01"}))
        self.mando("import", "prices.json", "--format", "values", "--known-at", "D-1T12:57")
        self.mando("insert", "Asset/Battery", "--file", "battery.json")
        self.mando("insert", "Flow/f", "--file", "flow.json")

    @staticmethod
    def series():
        source = random.Random(7)
        starts = [f"2025-{month:02}-{day:02}T{hour:02}:00:00Z" for month, days in ((1, 31), (2, 28), (3, 31))
                  for day in range(1, days + 1) for hour in range(24)]
        return {"id": "Market/Price", "unit": "EUR/MWh", "resolution": "PT1H", "start": starts,
                "value": [round(source.gauss(60, 40), 2) for _ in starts]}

    def mando(self, *words):
        status, out, error = self.folder.run(["--db", "sqlite:desk.db", *words])
        self.assertEqual((status, error), (0, b""), words)
        return out

    def files(self, name):
        folder = self.folder.path / name
        self.assertEqual(sorted(path.name for path in folder.iterdir()), ["days.csv", "report.json"])
        return [(folder / file).read_bytes() for file in ("days.csv", "report.json")]

    def test_the_number_of_threads_changes_nothing(self):
        self.mando("backtest", "test.json", "--out", "one", "--jobs", "1")
        self.mando("backtest", "test.json", "--out", "four", "--jobs", "4")
        self.assertEqual(self.files("one"), self.files("four"))

    def test_one_that_is_killed_goes_on_to_the_same_bytes(self):
        begun = time.monotonic()
        self.mando("backtest", "test.json", "--out", "whole", "--jobs", "1")
        length = time.monotonic() - begun
        source, stopped = random.Random(1), 0
        for kill in range(KILLS):
            name = f"killed{kill}"
            words = [str(self.folder.mando), "--db", "sqlite:desk.db", "backtest", "test.json", "--out", name, "--jobs", "2"]
            process = subprocess.Popen(words, cwd=self.folder.path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(source.random() * length)
            process.send_signal(signal.SIGKILL)
            process.wait()
            stopped += (self.folder.path / name / "backtest.journal").exists()
            self.mando("backtest", "test.json", "--out", name)
            self.assertEqual(self.files(name), self.files("whole"), f"kill {kill}")
        self.assertGreater(stopped, 0)

    def test_a_torn_line_is_run_again(self):
        self.mando("backtest", "test.json", "--out", "whole")
        report = json.loads((self.folder.path / "whole/report.json").read_bytes())
        stored = subprocess.run([self.folder.mando, "--db", "sqlite:desk.db", "backtest", "test.json", "--json"],
                                cwd=self.folder.path, capture_output=True, check=True).stdout
        self.assertEqual(json.loads(stored), report)
        journal = pathlib.Path(self.folder.path / "torn")
        journal.mkdir()
        lines = (self.folder.path / "whole/days.csv").read_text(encoding="utf-8").splitlines()
        moment = report["stored_until"]
        status, out, _ = self.folder.run(["--db", "sqlite:desk.db", "backtest", "test.json", "--out", "head", "--json",
                                          "--to", "2025-02-02"])
        self.assertEqual((status, json.loads(out)["stored_until"]), (0, moment))
        micro = int(subprocess.run(["date", "-u", "-d", moment, "+%s%6N"], capture_output=True, check=True).stdout)
        (journal / "backtest.journal").write_text(
            f"{micro} flow f actual Market/Price\n" + lines[1] + "\n" + lines[2][:25], encoding="utf-8")
        self.mando("backtest", "test.json", "--out", "torn")
        self.assertEqual(self.files("torn"), self.files("whole"))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
