#!/usr/bin/env python3
"""run_flow.py MANDO LIBRARY_REFUSALS: a run that is killed at any time has stored all or nothing, and run again it
has the result that it would have had."""
import json
import os
import random
import signal
import subprocess
import sys
import time
import unittest

import golden

KILLS = min(100, int(os.environ.get("MANDO_RANDOM_COUNT", "10")))
MANDO = sys.argv[1]
RUN = ["--db", "sqlite:desk.db", "flow", "run", "day"]


class Flow(unittest.TestCase):
    def setUp(self):
        self.folder = golden.Folder(MANDO)
        self.addCleanup(self.folder.__exit__)
        flow = json.loads((golden.SOURCE / "assets/flows/day-ahead.json").read_text(encoding="utf-8"))
        flow["inputs"] = {"battery": {"id": "Asset/Battery"}, "prices": {"id": "Market/Price"}}
        flow["time_zone"] = "UTC"
        self.folder.write("battery.json", golden.battery_text())
        self.folder.write("flow.json", json.dumps(flow))
        source = random.Random(3)
        starts = [f"2025-{month:02}-{day:02}T{hour:02}:00:00Z" for month in range(1, 13) for day in range(1, 29)
                  for hour in range(24)]
        self.folder.write("prices.json", json.dumps({"series": [
            {"id": "Market/Price", "unit": "EUR/MWh", "resolution": "PT1H", "start": starts,
             "value": [round(source.gauss(60, 40), 2) for _ in starts]}]}))
        self.mando("import", "prices.json", "--format", "values", "--known-at", "D-1T12:57")
        self.mando("insert", "Asset/Battery", "--file", "battery.json")
        self.mando("insert", "Flow/day", "--file", "flow.json")

    def mando(self, *words):
        status, out, error = self.folder.run(["--db", "sqlite:desk.db", *words])
        self.assertEqual((status, error), (0, b""), words)
        return out

    def rows(self, output, day):
        status, out, _ = self.folder.run(["--db", "sqlite:desk.db", "retrieve", f"Asset/DE/Demo/Schedule/DayAhead/{output}",
                                          "--from", f"{day}T00:00:00Z", "--to", f"{day}T23:59:00Z"])
        return len(out.splitlines()) - 1 if status == 0 else 0

    def check_whole(self, day):
        """Whether the day's run is there; what is there is all of it."""
        ledger = json.loads(self.mando("ledger", "--json", "--from", f"{day}T00:00:00Z", "--to", f"{day}T23:59:00Z"))
        self.assertEqual(ledger["trial_balance"], 0)
        rows = {self.rows(output, day) for output in ("Power", "SoC", "Profit", "WaterValue")}
        self.assertIn(rows, ({0}, {24}))
        self.assertEqual(rows == {24}, bool(ledger["entries"]))
        return rows == {24}

    def test_a_run_that_is_killed_is_whole_or_was_not(self):
        source, whole, killed = random.Random(1), 0, 0
        begun = time.monotonic()
        self.mando("flow", "run", "day", "--param", "day=2025-12-28")
        length = time.monotonic() - begun
        for kill in range(KILLS):
            day = f"2025-{1 + kill // 28 % 11:02}-{1 + kill % 28:02}"
            process = subprocess.Popen([self.folder.mando, *RUN, "--param", f"day={day}"], cwd=self.folder.path,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(source.random() * length)
            process.send_signal(signal.SIGKILL)
            killed += process.wait() < 0
            whole += self.check_whole(day)
            dry = json.loads(self.mando("flow", "run", "day", "--param", f"day={day}", "--dry-run", "--json"))
            again = json.loads(self.mando("flow", "run", "day", "--param", f"day={day}", "--json"))
            self.assertEqual(again["result"], dry["result"])
            self.assertTrue(self.check_whole(day))
            self.mando("flow", "rerun", again["run"])
        self.mando("audit", "verify")
        self.assertGreater(killed, 0)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
