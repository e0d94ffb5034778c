#!/usr/bin/env python3
"""mando optimize against results of others on real prices: references.py MANDO.

The optima of zone-years and of December 2025, on the prices of assets/, were found by a MILP solver.
Those of French days are another project's: data that may not be in the repository are looked for in
MANDO_SHARED_DATA, else in ../shared/data beside the checkout, and skipped where they are not."""
import csv
import datetime
import json
import math
import os
import pathlib
import subprocess
import sys
import tempfile
from zoneinfo import ZoneInfo

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHARED = pathlib.Path(os.environ.get("MANDO_SHARED_DATA") or ROOT.parent / "shared/data")
BATTERIES, PRICES = ROOT / "assets/batteries", ROOT / "assets/prices"
FRANCE = SHARED / "peers/fr_da15_2025_12_with_results"
FRENCH = {"power_charge_mw": 5, "power_discharge_mw": 5, "soc_max_mwh": 10, "soc_start_mwh": 5,
          "soc_end_mwh": 5, "efficiency_charge": 0.95, "efficiency_discharge": 0.95}


class Comparison:
    """Counts comparisons and keeps the worst differences."""

    def __init__(self, mando, folder):
        self.mando, self.folder = mando, folder
        self.failures, self.compared = [], 0

    def plan(self, battery, *arguments):
        """The JSON document of a plan, after its schedule has been replayed."""
        battery_file, schedule = self.folder / "battery.json", self.folder / "schedule.csv"
        battery_file.write_text(json.dumps(battery))
        command = [self.mando, "optimize", "--battery", battery_file, "--schedule", schedule,
                   "--json", *arguments]
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(map(str, command))}: {done.stderr.strip()}")
        plan = json.loads(done.stdout)
        self.replay(plan, battery, schedule)
        return plan

    def replay(self, plan, battery, schedule):
        """The money and the energies of a schedule file, from its powers and prices alone."""
        step_h = {"PT15M": 0.25, "PT1H": 1}[plan["resolution"]]
        fee = battery.get("fee_eur_per_mwh", 0)
        degradation = battery.get("degradation_eur_per_mwh", 0)
        ends, money, held, worst, period = {0}, [], 0, 0, 0
        for horizon in plan["horizons"]:
            ends.add(max(ends) + horizon["periods"])
        with open(schedule, newline="") as rows:
            for period, row in enumerate(csv.DictReader(rows)):
                if period in ends:
                    held = battery.get("soc_start_mwh", battery.get("soc_min_mwh", 0))
                power, price = float(row["power_mw"]), float(row["price_eur_per_mwh"] or 0)
                sold, bought = max(power, 0) * step_h, max(-power, 0) * step_h
                money.append(sold * (price - fee - degradation) - bought * (price + fee))
                held += bought * battery["efficiency_charge"]
                held -= sold / battery["efficiency_discharge"]
                worst = max(worst, abs(held - float(row["soc_mwh"])), -held,
                            held - battery["soc_max_mwh"],
                            power - battery["power_discharge_mw"],
                            -power - battery["power_charge_mw"])
        self.check("replayed money", math.fsum(money), plan["objective_eur"],
                   1e-9 * max(1, abs(plan["objective_eur"])))
        self.check("replayed periods", period + 1, plan["periods"], 0)
        self.check("replayed energy", worst, 0, 1e-9)

    def check(self, what, actual, expected, tolerance):
        self.compared += 1
        if not abs(actual - expected) <= tolerance:
            self.failures.append(f"{what} is {actual!r}, not {expected!r} within {tolerance:g}")


def zone_years(comparison):
    battery = json.loads((BATTERIES / "reference.json").read_text())
    worst = 0
    with open(pathlib.Path(__file__).with_name("smard_revenue.csv"), newline="") as rows:
        for row in csv.DictReader(rows):
            year, expected = int(row["year"]), float(row["revenue_eur"])
            plan = comparison.plan(battery, "--prices", PRICES / "smard_2023_2024_hour.csv.gz",
                                   "--column", row["zone"],
                                   "--from", f"{year}-01-01", "--to", f"{year + 1}-01-01",
                                   "--time-zone", "Europe/Berlin", "--horizon", "all")
            worst = max(worst, abs(plan["objective_eur"] / expected - 1))
            comparison.check(f"{row['zone']} {year}", plan["objective_eur"], expected,
                             1e-7 * expected)
    print(f"zone-years: worst relative difference {worst:.2g}")


def limited_years(comparison):
    """DE-LU 2024 with a limit on cycles per day: of a MILP solver, 457 hours below 0 included."""
    for cycles, expected in ((0, 288.628401), (1.0, 64370.798461), (1.5, 71412.716976),
                             (3, 76062.768203)):
        battery = {**json.loads((BATTERIES / "reference.json").read_text()),
                   "cycles_per_day_max": cycles}
        plan = comparison.plan(battery, "--prices", PRICES / "smard_2023_2024_hour.csv.gz",
                               "--column", "DE-LU", "--from", "2024-01-01", "--to", "2025-01-01",
                               "--time-zone", "Europe/Berlin")
        print(f"DE-LU 2024, {cycles} cycles a day: {plan['objective_eur']:.6f} EUR, "
              f"{plan['solver']['method']}")
        comparison.check(f"{cycles} cycles a day", plan["objective_eur"], expected, 1e-6 * expected)
        most = max(day["equivalent_full_cycles"] for day in plan["days"])
        comparison.check("days above their limit", max(most - cycles, 0), 0, 1e-9)
        comparison.check("days", len(plan["days"]), 366, 0)


def value_of_storage(charge_eur, discharge_eur, up_mwh, down_mwh, capacity_mwh):
    """What an empty battery earns that ends empty, where burning pays nowhere: the value of energy
    held, as points from the last period to the first."""
    points = [(0.0, 0.0)]
    for stored, withdrawn in zip(reversed(charge_eur), reversed(discharge_eur)):
        slopes = [((v - u) / (s - r), s - r) for (r, u), (s, v) in zip(points, points[1:])]
        soc, value = points[0][0] - up_mwh, points[0][1] - stored * up_mwh
        reached = [(soc, value)]
        for slope, length in sorted(slopes + [(stored, up_mwh), (withdrawn, down_mwh)], reverse=True):
            soc, value = soc + length, value + slope * length
            reached.append((soc, value))
        inside = []
        for (r, u), (s, v) in zip(reached, reached[1:]):
            for end in (0.0, capacity_mwh):
                if r < end < s:
                    inside.append((end, u + (end - r) / (s - r) * (v - u)))
            inside.append((s, v))
        inside = [reached[0]] + inside
        points = []
        for soc, value in inside:
            if 0 <= soc <= capacity_mwh and (not points or soc > points[-1][0] + 1e-12):
                points.append((soc, value))
    return points[0][1]


LIMITED = {"power_charge_mw": 10, "power_discharge_mw": 10, "soc_max_mwh": 10, "soc_start_mwh": 0,
           "soc_end_mwh": 0, "efficiency_charge": 0.95, "efficiency_discharge": 0.95,
           "cycles_per_day_max": 1, "fee_eur_per_mwh": 0.09, "degradation_eur_per_mwh": 4}


def limited_days(comparison, first, days):
    """The plan of some days, and a function that tells what a battery earns that pays for cycles in
    place of keeping the limit, with the limits at those prices: None where burning pays."""
    plan = comparison.plan(LIMITED, "--prices", PRICES / "smard_2023_2024_hour.csv.gz",
                           "--column", "DE-LU", "--from", str(first),
                           "--to", str(first + datetime.timedelta(days)),
                           "--time-zone", "Europe/Berlin")
    zone, efficiency = ZoneInfo("Europe/Berlin"), 0.95
    dates, charge_eur, discharge_eur = [], [], []
    with open(comparison.folder / "schedule.csv", newline="") as rows:
        for row in csv.DictReader(rows):
            start = datetime.datetime.fromisoformat(row["start"].replace("Z", "+00:00"))
            price = float(row["price_eur_per_mwh"])
            dates.append(str(start.astimezone(zone).date()))
            charge_eur.append((price + 0.09) / efficiency)
            discharge_eur.append((price - 4.09) * efficiency)

    def dual(cycle_eur):
        earned = value_of_storage(
            charge_eur, [eur - cycle_eur[date] / 10 for date, eur in zip(dates, discharge_eur)],
            10 * efficiency, 10 / efficiency, 10)
        return earned + sum(cycle_eur.values())

    burns = any(stored < withdrawn for stored, withdrawn in zip(charge_eur, discharge_eur))
    return plan, None if burns else dual


def limit_prices(comparison):
    """The worths of cycles of all days together are one solution of the dual: on real weeks, whose
    days end empty or full."""
    count, worst, week = 0, 0, datetime.date(2023, 1, 7)
    while week < datetime.date(2024, 12, 25):
        plan, dual = limited_days(comparison, week, 7)
        if dual:
            eur = dual({day["date"]: day["cycle_value_eur"] for day in plan["days"]})
            count, worst = count + 1, max(worst, abs(eur / plan["objective_eur"] - 1))
            comparison.check(f"dual of the week from {week}", eur, plan["objective_eur"],
                             1e-9 * plan["objective_eur"])
        week += datetime.timedelta(7)
    comparison.check("weeks that are too few", max(60 - count, 0), 0, 0)
    print(f"{count} weeks with a limit: worst relative difference of the dual {worst:.2g}")
    # Two days that share a night; the second pair is an LP solver's, the third each day's own alone.
    plan, dual = limited_days(comparison, datetime.date(2024, 2, 3), 6)
    own = {day["date"]: day["cycle_value_eur"] for day in plan["days"]}
    comparison.check("days in February", plan["objective_eur"], 3498.0882, 1e-4)
    for on_fifth, on_sixth, excess_eur, tolerance in (
            (own["2024-02-05"], own["2024-02-06"], 0, 1e-6), (544.24, 229.19, 0, 1e-2),
            (553.38, 214.07, 18.78, 1e-2)):
        eur = dual({**own, "2024-02-05": on_fifth, "2024-02-06": on_sixth})
        comparison.check(f"dual at {on_fifth} and {on_sixth}", eur - plan["objective_eur"],
                         excess_eur, tolerance)


def december(comparison):
    battery = json.loads((BATTERIES / "demo.json").read_text())
    prices = PRICES / "smard_2025_12_quarter_hour.csv.gz"
    for what, expected, *arguments in (
            ("quarter-hours", 33440.938185, "--horizon", "day"),
            ("hourly means", 28056.093595, "--horizon", "day", "--resolution", "PT1H"),
            ("one horizon", 33708.427001, "--horizon", "all")):
        plan = comparison.plan(battery, "--prices", prices, "--column", "DE-LU",
                               "--time-zone", "Europe/Berlin", *arguments)
        print(f"December 2025, {what}: {plan['objective_eur']:.6f} EUR")
        comparison.check(f"December 2025, {what}", plan["objective_eur"], expected, 1e-6)


def converted(prices, target):
    """A price file of ours from naive local times of Paris, whose December has one offset."""
    with open(prices, newline="") as rows, open(target, "w", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(("start", "price_eur_per_mwh"))
        for row in csv.DictReader(rows):
            start = datetime.datetime.fromisoformat(row["time"])
            writer.writerow((start.isoformat() + "+01:00", row["price"]))
    return target


def french_days(comparison):
    for resolution in ("15min", "1h"):
        prices = FRANCE / f"fr_da_prices_{resolution}.csv"
        if not prices.is_file():
            print(f"skipped: French days, {resolution}: no {prices}")
            continue
        plan = comparison.plan(FRENCH, "--prices",
                               converted(prices, comparison.folder / "prices.csv"),
                               "--time-zone", "Europe/Paris", "--horizon", "day")
        with open(FRANCE / f"expected_daily_profit_{resolution}.csv", newline="") as rows:
            days = list(csv.DictReader(rows))
        comparison.check(f"French days, {resolution}", len(plan["horizons"]), len(days), 0)
        worst = 0
        for day, horizon in zip(days, plan["horizons"]):
            profit = float(day["profit_EUR"])
            worst = max(worst, abs(horizon["objective_eur"] - profit))
            comparison.check(f"France {day['date']}, {resolution}", horizon["objective_eur"],
                             profit, 1e-6)
        print(f"French days, {resolution}: worst difference {worst:.2g} EUR")


def main():
    mando = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder:
        comparison = Comparison(mando, pathlib.Path(folder))
        for part in (zone_years, limited_years, limit_prices, december, french_days):
            part(comparison)
    print(f"{comparison.compared} comparisons, {len(comparison.failures)} failures")
    for failure in comparison.failures:
        print(failure, file=sys.stderr)
    return 1 if comparison.failures else 0


sys.exit(main())
