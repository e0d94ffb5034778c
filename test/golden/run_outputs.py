#!/usr/bin/env python3
"""run_outputs.py MANDO [--update]: what the command prints when all is well. Texts for people are compared
with the files beside this one (--update rewrites them), figures are computed anew from the schedule."""
import csv
import gzip
import json
import math
import os
import pathlib
import re
import select
import statistics
import sys
import threading
import time
import unittest

import golden

HERE = pathlib.Path(__file__).resolve().parent
MANDO = sys.argv[1]
UPDATE = "--update" in sys.argv
OPTIMIZE = ["optimize", "--battery", "battery.json", "--prices", "prices.csv"]
BERLIN_DAYS = ["--horizon", "day", "--time-zone", "Europe/Berlin"]

FIELDS = ["battery", "time_zone", "periods", "start", "end", "resolution", "foresight", "objective_eur", "cash_eur",
          "revenue_eur", "fee_eur", "degradation_eur", "end_value_eur", "eur_per_mw_year", "charged_mwh",
          "discharged_mwh", "equivalent_full_cycles", "horizons", "solver"]
HORIZON_FIELDS = ["start", "periods", "objective_eur", "equivalent_full_cycles", "soc_start_mwh", "soc_end_mwh"]
PATHS_FIELDS = ["battery", "time_zone", "periods", "start", "end", "resolution", "foresight", "horizon", "paths",
                "mean_eur", "standard_deviation_eur", "quantiles_eur", "cvar_eur", "labels", "values_eur", "solver"]
SOLVER_FIELDS = ["method", "status", "gap_eur", "solve_us"]
SCHEDULE_FIELDS = ["start", "power_mw", "soc_mwh", "price_eur_per_mwh", "profit_eur", "water_value_eur_per_mwh"]


def days_text(days, first="2025-12-01T00:00", zone="+01:00"):
    """Whole days of hours, each a little dearer and more negative at noon than the one before."""
    year_month, day = first[:8], int(first[8:10])
    rows = [f"{year_month}{day + i:02}T{hour:02}:00{zone},{round(price * (1 + i / 16), 2)}"
            for i in range(days) for hour, price in enumerate(golden.DAY)]
    return "start,price_eur_per_mwh\n" + "\n".join(rows) + "\n"


def paths_text(paths, days=2):
    """Paths that are dearer one by one; the last one is so negative at noon that burning energy would pay."""
    rows = [f"2025-12-{day + 1:02}T{hour:02}:00Z," + ",".join(
        str(round(price * (1 + i / 7 + day / 9) - (300 if i == paths - 1 and price < 0 else 0), 2)) for i in range(paths))
            for day in range(days) for hour, price in enumerate(golden.DAY)]
    return "start," + ",".join(f"path {i}" for i in range(paths)) + "\n" + "\n".join(rows) + "\n"


class Outputs(unittest.TestCase):
    def setUp(self):
        self.folder = golden.Folder(MANDO)
        self.addCleanup(self.folder.__exit__)
        self.maxDiff = None

    def run_well(self, arguments, **options):
        status, out, error = self.folder.run(arguments, **options)
        self.assertEqual((status, error), (0, b""), arguments)
        return out.decode()

    def optimize(self, *arguments, battery=None, prices=None):
        """The document and the rows of the schedule."""
        self.folder.write("battery.json", golden.battery_text(battery))
        self.folder.write("prices.csv", prices or golden.prices_text())
        out = self.run_well([*OPTIMIZE, "--json", "--schedule", "plan.csv", *arguments])
        with open(self.folder.path / "plan.csv", newline="", encoding="utf-8") as file:
            return json.loads(out), list(csv.DictReader(file))

    def near(self, actual, expected):
        self.assertTrue(math.isclose(actual, expected, rel_tol=1e-9, abs_tol=1e-9), f"{actual} is not {expected}")

    def golden_file(self, name, text):
        path = HERE / name
        if UPDATE:
            path.write_text(text, encoding="utf-8")
        self.assertEqual(text, path.read_text(encoding="utf-8"), f"{name} (run with --update if that is meant)")

    # Errors

    def test_an_error_is_one_line_whatever_words_are_in_it(self):
        self.assertEqual(self.folder.run(["opti\nmise\x1b[1m"])[2],
                         b'mando: usage.command: "opti?mise?[1m" is no command: did you mean optimize?\n')
        self.folder.write("battery.json", golden.battery_text())
        self.folder.write("a\nb\x1b.csv", "start\n")
        arguments = ["optimize", "--battery", "battery.json", "--prices", "a\nb\x1b.csv"]
        self.assertRegex(self.folder.run(arguments)[2].decode(), r"\Amando: csv.header: a\?b\?\.csv:1:1: [^\n]*\n\Z")
        error = json.loads(self.folder.run([*arguments, "--json"])[2])["error"]
        self.assertEqual(error["where"], "a\nb\x1b.csv")

    def test_an_error_is_told_once_where_standard_output_is_closed(self):
        for arguments in [["optimise"], ["optimize", "--battery", "none", "--prices", "none"],
                          [*OPTIMIZE, "--schedule", "-"]]:
            self.folder.write("battery.json", golden.battery_text())
            self.folder.write("prices.csv", golden.prices_text())
            status, _, error = self.folder.run(arguments, stdout=None, preexec_fn=lambda: os.close(1))
            self.assertNotEqual(status, 0)
            self.assertEqual(error.count(b"mando: "), 1, error)

    # --json and the schedule

    def test_a_site_has_fields_and_columns_of_its_own(self):
        rows = golden.prices_text().splitlines()
        sun = [max(0, 6 - abs(hour - 12)) for hour in range(24)]
        prices = "\n".join([rows[0] + ",pv_mw,load_mw"] + [f"{row},{mw},1" for row, mw in zip(rows[1:], sun)]) + "\n"
        document, schedule = self.optimize(battery={"auxiliary_mw": 0.5, "export_mw_max": 8}, prices=prices)
        self.assertEqual(list(document["solver"]), ["method", "status", "gap_eur", "nodes", "solve_us"])
        self.assertEqual((document["solver"]["method"], document["solver"]["status"]), ("lp", "optimal"))
        self.assertEqual(list(schedule[0]), [*SCHEDULE_FIELDS, "grid_mw", "curtailed_mw"])
        self.assertTrue(document["solver"]["nodes"] >= 1)
        for row, mw in zip(schedule, sun):
            net = float(row["power_mw"]) + mw - float(row["curtailed_mw"]) - 1.5
            self.near(float(row["grid_mw"]), net)
            self.assertTrue(net < 8 + 1e-9)
        self.near(document["curtailed_mwh"], sum(float(row["curtailed_mw"]) for row in schedule))
        self.near(document["objective_eur"], sum(float(row["profit_eur"]) for row in schedule))

    def test_the_document_has_the_fields_of_the_contract_in_their_order(self):
        document, _ = self.optimize(*BERLIN_DAYS, prices=days_text(2))
        self.assertEqual(list(document), FIELDS)
        self.assertEqual([list(h) for h in document["horizons"]], [HORIZON_FIELDS] * 2)
        self.assertEqual(list(document["solver"]), SOLVER_FIELDS)
        self.assertEqual([document[name] for name in FIELDS[:7]],
                         ["demo", "Europe/Berlin", 48, "2025-11-30T23:00:00Z", "2025-12-02T23:00:00Z", "PT1H",
                          "perfect"])
        self.assertEqual(document["solver"]["status"], "optimal")
        self.assertEqual(document["solver"]["gap_eur"], 0)
        self.assertGreater(document["solver"]["solve_us"], 0)

    def test_without_a_zone_it_is_null_and_all_is_one_horizon(self):
        document, rows = self.optimize(prices=days_text(2))
        self.assertIsNone(document["time_zone"])
        self.assertEqual([h["periods"] for h in document["horizons"]], [48])
        self.assertEqual(rows[0]["start"], "2025-11-30T23:00:00Z")

    def check_money(self, document, rows, battery):
        b = {**golden.BATTERY, "soc_min_mwh": 0, **battery}
        revenue = fee = degradation = charged = discharged = 0
        for row in rows:
            power, price = float(row["power_mw"]), float(row["price_eur_per_mwh"])
            sold, bought = max(power, 0), max(-power, 0)
            profit = sold * (price - b["fee_eur_per_mwh"] - b["degradation_eur_per_mwh"])
            profit -= bought * (price + b["fee_eur_per_mwh"])
            self.near(float(row["profit_eur"]), profit)
            revenue += power * price
            fee += (sold + bought) * b["fee_eur_per_mwh"]
            degradation += sold * b["degradation_eur_per_mwh"]
            charged += bought
            discharged += sold
        end_value = b.get("soc_end_value_eur_per_mwh", 0) * float(rows[-1]["soc_mwh"])
        cycles = discharged / b["efficiency_discharge"] / (b["soc_max_mwh"] - b["soc_min_mwh"])
        self.near(document["revenue_eur"], revenue)
        self.near(document["fee_eur"], fee)
        self.near(document["degradation_eur"], degradation)
        self.near(document["end_value_eur"], end_value)
        self.near(document["cash_eur"], revenue - fee)
        self.near(document["objective_eur"], revenue - fee - degradation + end_value)
        self.near(document["objective_eur"], sum(float(row["profit_eur"]) for row in rows) + end_value)
        self.near(document["charged_mwh"], charged)
        self.near(document["discharged_mwh"], discharged)
        self.near(document["equivalent_full_cycles"], cycles)
        self.near(document["eur_per_mw_year"], (revenue - fee) / b["power_discharge_mw"] * 8760 / len(rows))
        self.near(document["objective_eur"], sum(h["objective_eur"] for h in document["horizons"]))
        self.near(document["equivalent_full_cycles"], sum(h["equivalent_full_cycles"] for h in document["horizons"]))

    def test_money_of_the_schedule_alone_is_the_objective(self):
        for battery in [{}, {"soc_end_mwh": None, "soc_end_value_eur_per_mwh": 40, "soc_start_mwh": 7},
                        {"power_charge_mw": 3, "efficiency_charge": 0.8, "soc_min_mwh": 2, "soc_start_mwh": 2,
                         "soc_end_mwh": 2, "fee_eur_per_mwh": 2.5}]:
            for arguments in [[], BERLIN_DAYS] if "soc_end_value_eur_per_mwh" not in battery else [[]]:
                with self.subTest(battery=battery, arguments=arguments):
                    document, rows = self.optimize(*arguments, battery=battery, prices=days_text(3))
                    self.assertEqual(list(rows[0]), SCHEDULE_FIELDS)
                    self.check_money(document, rows, battery)

    def test_the_state_of_charge_of_the_schedule_follows_its_powers(self):
        document, rows = self.optimize(*BERLIN_DAYS, prices=days_text(3))
        soc = 0
        for i, row in enumerate(rows):
            power = float(row["power_mw"])
            soc = 0 if i % 24 == 0 else soc
            soc += -power / 0.95 if power > 0 else -power * 0.95
            self.near(float(row["soc_mwh"]), soc)
        self.assertEqual({(h["soc_start_mwh"], h["soc_end_mwh"]) for h in document["horizons"]}, {(0, 0)})

    def test_lots_make_every_power_a_multiple_and_tell_their_cost(self):
        exact, _ = self.optimize()
        document, rows = self.optimize("--lot-mw", "2.5")
        self.assertEqual({float(row["power_mw"]) % 2.5 for row in rows}, {0})
        self.near(document["lot_cost_eur"], exact["objective_eur"] - document["objective_eur"])
        self.assertGreaterEqual(document["lot_cost_eur"], 0)
        self.assertNotIn("lot_cost_eur", exact)

    def test_a_range_and_a_resolution_cut_and_convert(self):
        document, rows = self.optimize("--from", "2025-12-01T06:00Z", "--to=2025-12-01T18:00Z", "--resolution", "PT2H")
        self.assertEqual((document["periods"], document["resolution"]), (6, "PT2H"))
        self.assertEqual((document["start"], document["end"]), ("2025-12-01T06:00:00Z", "2025-12-01T18:00:00Z"))
        means = {(golden.DAY[i] + golden.DAY[i + 1]) / 2 for i in range(6, 18, 2)}
        self.assertLessEqual({float(row["price_eur_per_mwh"]) for row in rows}, means)

    def test_the_same_input_gives_the_same_bytes(self):
        outputs = set()
        for _ in range(2):
            document, rows = self.optimize(*BERLIN_DAYS, prices=days_text(5))
            del document["solver"]["solve_us"]
            outputs.add((json.dumps(document), json.dumps(rows)))
        self.assertEqual(len(outputs), 1)

    def test_an_infeasible_period_is_counted_in_the_file(self):
        self.folder.write("battery.json", golden.battery_text({"soc_end_mwh": 20, "power_charge_mw": 0.5}))
        self.folder.write("prices.csv", golden.prices_text())
        status, _, error = self.folder.run([*OPTIMIZE, "--json", "--from", "2025-12-01T06:00Z", "--to",
                                            "2025-12-01T12:00Z"])
        fields = json.loads(error)["error"]
        self.assertEqual((status, fields["code"], fields["index"]), (1, "optimize.infeasible", 11))
        self.assertIn("from 2025-12-01T11:00:00Z", fields["message"])

    # Files, streams and flags

    def test_standard_input_serves_for_either_file(self):
        document, _ = self.optimize()
        for flag, name in [("--battery", "battery.json"), ("--prices", "prices.csv")]:
            arguments = [*OPTIMIZE, "--json"]
            arguments[arguments.index(flag) + 1] = "-"
            with open(self.folder.path / name, "rb") as stdin:
                other = json.loads(self.run_well(arguments, stdin=stdin))
            self.assertEqual(other["objective_eur"], document["objective_eur"])

    def test_gzip_is_read_and_written(self):
        document, rows = self.optimize()
        self.folder.write("prices.csv.gz", gzip.compress(golden.prices_text().encode()))
        out = self.run_well(["optimize", "--battery=battery.json", "--prices=prices.csv.gz", "--json",
                             "--schedule=plan.csv.gz"])
        self.assertEqual(json.loads(out)["objective_eur"], document["objective_eur"])
        text = gzip.decompress((self.folder.path / "plan.csv.gz").read_bytes()).decode()
        self.assertEqual(list(csv.DictReader(text.splitlines())), rows)

    def test_a_schedule_on_standard_output_takes_the_place_of_the_tables(self):
        self.optimize()
        out = self.run_well([*OPTIMIZE, "--schedule", "-"])
        self.assertEqual(out, (self.folder.path / "plan.csv").read_text(encoding="utf-8"))

    def test_days_that_start_anew_are_warned_about(self):
        self.folder.write("battery.json", golden.battery_text({"soc_start_mwh": 5}))
        self.folder.write("prices.csv", days_text(2))
        status, _, error = self.folder.run([*OPTIMIZE, *BERLIN_DAYS])
        self.assertEqual((status, error), (0, b"mando: warning: each day starts anew from a soc_start_mwh of 5, though "
                                              b"the day before it ends at a soc_end_mwh of 0\n"))
        status, out, error = self.folder.run([*OPTIMIZE, *BERLIN_DAYS, "--json"])
        self.assertEqual((status, list(json.loads(error))), (0, ["warning"]))
        self.assertEqual(list(json.loads(out)), FIELDS)

    def test_what_is_no_text_in_a_command_line_is_replaced_in_json(self):
        status, _, error = self.folder.run(["optimize", b"--caf\xe9\"\\\n", "--json"])
        self.assertEqual(status, 2)
        self.assertIn('no flag --caf?"\\\n;', json.loads(error)["error"]["message"])
        _, _, error = self.folder.run(["optimize", "--battery", b"caf\xe9\"\\\n", "--prices", "-", "--json"])
        self.assertEqual('caf\ufffd"\\\n', json.loads(error)["error"]["where"])

    def test_progress_shows_on_a_terminal_while_reading_takes_long(self):
        self.folder.write("battery.json", golden.battery_text())
        terminal, stderr = os.openpty()
        reader, writer = os.pipe()

        def feed():
            text = golden.prices_text().encode()
            for start in range(0, len(text), 100):
                os.write(writer, text[start:start + 100])
                time.sleep(0.15)
            os.close(writer)

        feeder = threading.Thread(target=feed)
        feeder.start()
        status, out, _ = self.folder.run([*OPTIMIZE[:-1], "-", "--json"], stdin=reader, stderr=stderr)
        feeder.join()
        os.close(reader)
        shown = b""
        while not shown.endswith(b"\r\x1b[K") or b"MB" not in shown:  # a terminal hands on late
            if not select.select([terminal], [], [], 5)[0]:
                break
            shown += os.read(terminal, 4096)
        self.assertEqual((status, list(json.loads(out))), (0, FIELDS))
        self.assertIn(b"reading 0 MB", shown)
        self.assertTrue(shown.endswith(b"\r\x1b[K"), shown)

    # Texts for people

    def table(self, *arguments):
        text = self.run_well([*OPTIMIZE, *arguments])
        return re.sub(r"solved in [0-9.]+ ms", "solved in N ms", text)

    def test_tables(self):
        self.folder.write("battery.json", golden.battery_text())
        self.folder.write("prices.csv", golden.prices_text())
        self.golden_file("table_day.txt", self.table())
        self.folder.write("prices.csv", days_text(12))
        self.golden_file("table_days.txt", self.table(*BERLIN_DAYS, "--schedule", "plan.csv"))
        self.folder.write("battery.json", golden.battery_text({
            "fee_eur_per_mwh": None, "degradation_eur_per_mwh": None, "soc_start_mwh": None, "soc_end_mwh": None,
            "soc_end_value_eur_per_mwh": 30}))
        self.golden_file("table_free_end.txt", self.table("--time-zone", "Europe/Berlin", "--lot-mw", "3"))

    def test_long_ranges_are_told_by_week(self):
        self.folder.write("battery.json", golden.battery_text())
        rows = [f"2025-{month:02}-{day:02}T{hour:02}:00Z,{price}" for month, days in [(1, 31), (2, 28)]
                for day in range(1, days + 1) for hour, price in enumerate(golden.DAY)]
        self.folder.write("prices.csv", "start,price_eur_per_mwh\n" + "\n".join(rows) + "\n")
        self.golden_file("table_weeks.txt", self.table())

    # Price paths

    def paths(self, count, *arguments):
        self.folder.write("battery.json", golden.battery_text())
        self.folder.write("paths.csv", paths_text(count))
        return self.run_well(["optimize", "--battery", "battery.json", "--paths", "paths.csv", *arguments])

    def test_a_path_is_worth_what_a_price_file_of_it_earns(self):
        document = json.loads(self.paths(11, "--json"))
        self.assertEqual(list(document), PATHS_FIELDS)
        rows = list(csv.reader(paths_text(11).splitlines()))
        self.assertEqual(document["labels"], rows[0][1:])
        for i, value in enumerate(document["values_eur"]):
            text = "start,price_eur_per_mwh\n" + "\n".join(f"{row[0]},{row[i + 1]}" for row in rows[1:])
            plan, _ = self.optimize(prices=text)
            self.near(value, plan["objective_eur"])
            self.assertEqual([document[name] for name in PATHS_FIELDS[:7]], [plan[name] for name in PATHS_FIELDS[:7]])

    def test_paths_are_summed_up_as_documented(self):
        for count in (1, 2, 19, 41):
            document = json.loads(self.paths(count, "--json", *BERLIN_DAYS))
            values = sorted(document["values_eur"])
            self.assertEqual((document["horizon"], document["paths"], len(values)), ("day", count, count))
            self.near(document["mean_eur"], statistics.fmean(values))
            self.near(document["quantiles_eur"]["p50"], statistics.median(values))
            self.near(document["cvar_eur"], values[0] if count < 40 else (sum(values[:2]) + 0.05 * values[2]) / 2.05)
            if count == 1:
                self.assertIsNone(document["standard_deviation_eur"])
                continue
            self.near(document["standard_deviation_eur"], statistics.stdev(values))
            quantiles = statistics.quantiles(values, n=20, method="inclusive")
            for name, i in (("p05", 0), ("p25", 4), ("p75", 14), ("p95", 18)):
                self.near(document["quantiles_eur"][name], quantiles[i])

    def test_table_of_paths(self):
        table = re.sub("solver     [a-z0-9]+,", "solver     K,", self.paths(41, "--time-zone", "Europe/Berlin"))
        self.golden_file("table_paths.txt", re.sub(r"solved in [0-9.]+ ms", "solved in N ms", table))

    def test_paths_come_from_standard_input_too(self):
        expected = json.loads(self.paths(3, "--json"))
        (self.folder.path / "paths.csv.gz").write_bytes(gzip.compress(paths_text(3).encode()))
        with open(self.folder.path / "paths.csv.gz", "rb") as stream:
            out = self.run_well(["optimize", "--battery", "battery.json", "--paths", "-", "--json"], stdin=stream)
        self.assertEqual(json.loads(out)["values_eur"], expected["values_eur"])

    def test_help(self):
        self.golden_file("help.txt", self.run_well(["--help"]))
        for command in ["optimize", "config", "doctor", "version", "import", "insert", "catalog", "retrieve", "convert", "copy",
                        "migrate", "backup", "audit"]:
            text = self.run_well([command, "--help"])
            self.golden_file(f"help_{command}.txt", text)
            self.assertLessEqual(max(map(len, text.splitlines())), 100, command)
        self.assertEqual(self.run_well(["audit", "verify", "--help"]), self.run_well(["audit", "--help"]))

    # The other commands

    def settings(self, arguments, env=None):
        document = json.loads(self.run_well(["config", "--json", *arguments], env=env or {}))
        return {s["name"]: (s["value"], s["origin"], s["source"]) for s in document["settings"]}

    def test_a_setting_comes_from_flag_environment_file_or_default_in_this_order(self):
        self.folder.write("settings.json", '{"rows_max": 300, "bytes_max": 5000, "db": "memory:"}')
        env = {"MANDO_ROWS_MAX": "200", "MANDO_DB": "sqlite:a.db", "MANDO_ZONE_FOLDER": ""}
        self.assertEqual(self.settings(["--config", "settings.json", "--rows-max", "100"], env),
                         {"db": ("sqlite:a.db", "environment", "MANDO_DB"),
                          "zone_folder": ("/usr/share/zoneinfo", "default", None),
                          "bytes_max": (5000, "file", "settings.json"),
                          "rows_max": (100, "flag", "--rows-max")})
        self.golden_file("config.txt", self.run_well(["--config", "settings.json", "config", "--rows-max", "100"],
                                                     env=env))

    def test_version(self):
        document = json.loads(self.run_well(["version", "--json"]))
        self.assertEqual(list(document), ["version", "commit", "schema", "libraries", "compiler"])
        self.assertGreaterEqual(document["schema"], 2)
        self.assertRegex(document["commit"], r"^([0-9a-f]{12}(-changed)?|unknown)$")
        self.assertEqual(list(document["libraries"]), ["yyjson", "zlib", "sqlite", "duckdb", "libpq", "libcrypto"])
        self.assertRegex(self.run_well(["version"]), r"^mando \d+\.\d+\.\d+\ncommit ")

    def test_doctor_finds_a_good_installation_good(self):
        has_duckdb = json.loads(self.run_well(["version", "--json"]))["libraries"]["duckdb"] != "none"
        self.assertEqual({line.split()[0] for line in self.run_well(["doctor"]).splitlines()}, {"ok"} if has_duckdb else {"ok", "warn"})

    def test_doctor_tells_what_is_wrong_and_exits_1(self):
        self.folder.write("settings.json", '{"rows_max": 0}')
        status, out, error = self.folder.run(["--config", "settings.json", "--json", "doctor", "--zone-folder", "here"])
        states = {c["name"]: c["state"] for c in json.loads(out)["checks"]}
        self.assertEqual((status, error, states["settings"]), (1, b"", "fail"))
        status, out, _ = self.folder.run(["doctor", "--zone-folder", "here", "--json"])
        states = {c["name"]: c["state"] for c in json.loads(out)["checks"]}
        self.assertEqual((status, states["zones"], states["settings"]), (1, "fail", "ok"))


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *(a for a in sys.argv[3:] if a != "--update")])
