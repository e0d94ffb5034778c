#!/usr/bin/env python3
"""run_stored_prices.py MANDO: plans on the prices of a data point, beside the same prices from files."""
import json
import sys
import unittest

import golden

MANDO = sys.argv[1]
ID = "Market/DE-LU/DayAhead/Price"
QUARTER_HOURS = str(golden.SOURCE / "assets/prices/smard_2025_12_quarter_hour.csv.gz")
DEMO = str(golden.SOURCE / "assets/batteries/demo.json")
PLACE = {"prices", "solver"}  # what may differ between two ways to the same plan


class StoredPrices(golden.Case):
    mando = MANDO

    def setUp(self):
        super().setUp()
        self.folder.write("battery.json", golden.battery_text())

    def store(self, rows, *options, unit="EUR/MWh", point=ID, zone="Europe/Berlin"):
        self.folder.write("rows.csv", "start,end,value\n" + "".join(f"2025-12-{row}\n" for row in rows))
        self.run_well("import", "rows.csv", "--format", "values", "--id", point, "--unit", unit,
                      "--resolution", "PT1H", "--time-zone", zone, *options)

    def store_day(self, prices, *options):
        self.store([f"02T{h:02}:00Z,2025-12-{2 + (h == 23):02}T{(h + 1) % 24:02}:00Z,{price}"
                    for h, price in enumerate(prices)], *options)

    def plan(self, *options, prices=ID):
        return json.loads(self.run_well("optimize", "--battery", "battery.json", "--prices", prices, "--json", *options))

    def same(self, one, other):
        strip = lambda plan: {name: value for name, value in plan.items() if name not in PLACE}
        self.assertEqual(strip(one), strip(other))

    def test_a_data_point_and_its_file_give_the_same_plans(self):
        self.run_well("import", QUARTER_HOURS, "--format", "smard", "--known-at", "D-1T12:57", "--time-zone",
                      "Europe/Berlin")
        for options in (["--horizon", "day"], ["--horizon", "all"], ["--horizon", "day", "--resolution", "PT1H"],
                        ["--from", "2025-12-05", "--to", "2025-12-07"], ["--resolution", "PT5M", "--to", "2025-12-02"]):
            zoned = ["--battery", DEMO, "--time-zone", "Europe/Berlin", "--json", *options]
            plans = [json.loads(self.run_well("optimize", *zoned, "--prices", *prices))
                     for prices in ([QUARTER_HOURS, "--column", "DE-LU"], [ID])]
            self.same(*plans)
            self.assertEqual(plans[1]["prices"], {"id": ID, "as_of": None, "stored_until": None})
            self.assertNotIn("prices", plans[0])
        table = self.run_well("optimize", "--battery", DEMO, "--prices", ID, "--horizon", "day", "--time-zone",
                              "Europe/Berlin", "--schedule", "plan.csv")
        self.assertIn("33440.94 EUR", table)
        self.assertEqual(len((self.folder.path / "plan.csv").read_text().splitlines()), 1 + 2976)

    def test_a_corrected_price_counts_from_when_it_was_known_and_stored(self):
        self.store_day(golden.DAY, "--known-at", "2025-12-01T12:57:00Z")
        stored = self.run_well("retrieve", ID, "--history").splitlines()[1].split(",")[3]
        self.folder.write("correction.csv", "start,value\n2025-12-02T19:00:00Z,400\n")
        self.run_well("insert", ID, "--file", "correction.csv", "--known-at", "2025-12-01T14:05:00Z")
        before, after = self.plan("--as-of", "2025-12-01T13:00:00Z"), self.plan("--as-of", "2025-12-01T15:00:00Z")
        self.assertGreater(after["objective_eur"], before["objective_eur"] + 1000)
        self.assertEqual(before["prices"], {"id": ID, "as_of": "2025-12-01T13:00:00Z", "stored_until": None})
        self.same(self.plan(), after)
        self.same(self.plan("--stored-until", stored), before)
        self.folder.write("day.csv", golden.prices_text(day="2025-12-02"))
        self.same(self.plan(prices="day.csv"), before)
        table = self.run_well("optimize", "--battery", "battery.json", "--prices", ID, "--as-of", "2025-12-01T13:00:00Z",
                              "--stored-until", stored, "--time-zone", "Europe/Berlin")
        self.assertRegex(table, r"\nversions +known at 2025-12-01T14:00:00\+01:00, stored by 20")
        self.refuse(1, f"prices.rows: {ID}: ", "optimize", "--battery", "battery.json", "--prices", ID, "--as-of",
                    "2025-12-01T12:56:00Z")

    def test_dates_are_those_of_the_time_zone_that_is_given_else_of_the_data_point(self):
        self.store_day(golden.DAY, "--known-at", "2025-12-01T11:30:00Z")
        self.assertEqual(self.plan("--to", "2025-12-03")["end"], "2025-12-02T23:00:00Z")
        self.assertEqual(self.plan("--to", "2025-12-03", "--time-zone", "Etc/UTC")["end"], "2025-12-03T00:00:00Z")

    def refuse_plan(self, message, *options):
        self.refuse(1, message, "optimize", "--battery", "battery.json", "--prices", ID, *options)

    def test_what_is_missing_or_unequal_is_named(self):
        self.store(["02T00:00Z,2025-12-02T01:00Z,50", "02T02:00Z,2025-12-02T03:00Z,60"])
        self.refuse_plan(f"prices.missing: {ID}: there is no price from 2025-12-02T01:00:00Z to 2025-12-02T02:00:00Z\n")
        self.store(["02T01:00Z,2025-12-02T02:00Z,"])
        self.refuse_plan(f"prices.missing: {ID}: there is no price from 2025-12-02T01:00:00Z to 2025-12-02T02:00:00Z\n")
        self.store(["02T01:00Z,2025-12-02T02:00Z,55", "02T03:00Z,2025-12-02T03:15Z,1", "02T03:15Z,2025-12-02T03:30Z,2",
                    "02T03:30Z,2025-12-02T03:45Z,3"])
        self.refuse_plan(f"prices.step: {ID}: prices are of PT1H up to 2025-12-02T03:00:00Z and of PT15M from there on")
        self.assertEqual(self.plan("--resolution", "PT15M")["periods"], 15)
        self.refuse_plan(f"prices.missing: {ID}: there is no price from 2025-12-02T03:00:00Z to 2025-12-02T04:00:00Z\n",
                         "--resolution", "PT1H")
        self.store(["02T03:45Z,2025-12-02T04:00Z,6"])
        self.assertEqual(self.plan("--resolution", "PT1H")["periods"], 4)
        self.store(["02T04:00Z,2025-12-02T04:00Z,6"])
        self.refuse_plan(f"prices.step: {ID}: the price of 2025-12-02T04:00:00Z is one of an instant",
                         "--from", "2025-12-02T04:00Z")

    def test_only_a_series_of_prices_is_one(self):
        self.store(["02T00:00Z,2025-12-02T01:00Z,50"], unit="MW", point="Load")
        self.refuse(1, 'values.type: Load: the unit of the data point is "MW", that of prices must be EUR/MWh\n',
                    "optimize", "--battery", "battery.json", "--prices", "Load")
        self.refuse(1, "point.unknown: Lod: there is neither a file nor a data point", "optimize", "--battery",
                    "battery.json", "--prices", "Lod")

    def test_a_file_is_read_where_one_of_that_name_is_there(self):
        self.store_day([20] * 24)
        (self.folder.path / "Market/DE-LU/DayAhead").mkdir(parents=True)
        self.folder.write(ID, golden.prices_text())
        self.assertEqual(self.plan()["start"], "2025-12-01T00:00:00Z")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
