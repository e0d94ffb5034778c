#!/usr/bin/env python3
"""run_store.py MANDO: the commands over a database, as one who uses them sees them."""
import contextlib
import csv
import gzip
import io
import itertools
import json
import sqlite3
import sys
import unittest

import golden

MANDO = sys.argv[1]
ID = "Market/DE-LU/DayAhead/Price"
ROWS = "start,value\n2025-12-02T00:00:00Z,50.5\n2025-12-02T01:00:00Z,\n2025-12-02T02:00:00Z,-3\n"
CORRECTION = "start,value\n2025-12-02T00:00:00Z,51.25\n"
COUNTS = ["read", "inserted", "corrected", "unchanged", "deleted"]


class Store(golden.Case):
    mando = MANDO

    def setUp(self):
        super().setUp()
        self.folder.write("rows.csv", ROWS)
        self.folder.write("correction.csv", CORRECTION)

    def written(self, *arguments):
        lines = dict(line.split(" ", 1) for line in self.run_well(*arguments).splitlines())
        self.assertEqual(list(lines), [*COUNTS, "changed"])
        return [int(lines[name]) for name in COUNTS]

    def make(self):
        return self.written("import", "rows.csv", "--format", "values", "--id", ID, "--unit", "EUR/MWh",
                            "--time-zone", "Europe/Berlin", "--known-at", "2025-12-01T12:57:00Z")

    def correct(self):
        return self.written("insert", ID, "--file", "correction.csv", "--known-at", "2025-12-01T14:05:00Z")

    def rows(self, *arguments):
        return list(csv.DictReader(io.StringIO(self.run_well("retrieve", ID, *arguments))))

    def test_what_was_known_is_told_by_as_of_and_history(self):
        self.assertEqual(self.make(), [3, 3, 0, 0, 0])
        self.assertEqual(self.correct(), [1, 0, 1, 0, 0])
        self.assertEqual([row["value"] for row in self.rows()], ["51.25", "", "-3"])
        self.assertEqual(self.rows("--as-of", "2025-12-01T13:00:00Z")[0]["value"], "50.5")
        self.assertEqual(self.rows("--as-of", "2025-12-01T15:00:00Z")[0]["value"], "51.25")
        self.assertEqual(self.rows("--as-of", "2025-12-01T12:00:00Z"), [])
        versions = self.rows("--history", "--to", "2025-12-02T01:00:00Z")
        self.assertEqual([(v["known"], v["value"]) for v in versions],
                         [("2025-12-01T12:57:00Z", "50.5"), ("2025-12-01T14:05:00Z", "51.25")])
        self.assertEqual(list(versions[0]), ["start", "end", "known", "changed", "value", "author", "deleted"])
        first_change = versions[0]["changed"]
        self.assertEqual(self.rows("--stored-until", first_change)[0]["value"], "50.5")

    def test_repeats_store_nothing_in_any_order(self):
        self.make()
        self.correct()
        self.assertEqual(self.make(), [3, 0, 0, 3, 0])
        self.assertEqual(self.correct(), [1, 0, 0, 1, 0])
        self.assertEqual(self.rows()[0]["value"], "51.25")

    def test_dates_are_those_of_the_data_point_and_ranges_are_half_open(self):
        self.make()
        self.assertEqual(len(self.rows("--from", "2025-12-02")), 3)  # from 2025-12-01T23:00Z on
        self.assertEqual(len(self.rows("--to", "2025-12-02")), 0)
        ranged = self.rows("--from", "2025-12-02T01:00:00Z", "--to", "2025-12-02T02:00:00Z")
        self.assertEqual(ranged, [{"start": "2025-12-02T01:00:00Z", "end": "2025-12-02T02:00:00Z", "value": ""}])
        self.refuse(2, "time.order", "retrieve", ID, "--from", "2025-12-03", "--to", "2025-12-02")
        self.refuse(2, "time.format", "retrieve", ID, "--from", "noon")

    def test_formats_carry_the_same_rows(self):
        self.make()
        lines = [json.loads(line) for line in self.run_well("retrieve", ID, "--format", "ndjson").splitlines()]
        self.assertEqual(lines[0], {"start": "2025-12-02T00:00:00Z", "end": "2025-12-02T01:00:00Z", "value": 50.5})
        series = json.loads(self.run_well("retrieve", ID, "--json"))["series"]
        self.assertEqual([s["value"] for s in series], [[50.5, None, -3]])
        self.assertEqual(series[0]["unit"], "EUR/MWh")
        self.run_well("retrieve", ID, "--out", "out.csv.gz")
        with gzip.open(self.folder.path / "out.csv.gz", "rt", encoding="utf-8") as file:
            self.assertEqual(file.read(), self.run_well("retrieve", ID))
        self.assertTrue(self.run_well("retrieve", "Market/**").startswith("id,start,end,value\n" + ID + ","))
        self.refuse(2, "usage.flag", "retrieve", ID, "--format", "xml")
        self.refuse(2, "io.format", "retrieve", ID, "--out", "rows.xml")

    def test_values_at_another_resolution(self):
        self.make()
        self.assertEqual([row["value"] for row in self.rows("--resolution", "P1D", "--partial")], ["23.75"])
        self.assertEqual([row["value"] for row in self.rows("--resolution", "P1D")], [""])
        self.refuse(2, "usage.flag", "retrieve", ID, "--history", "--resolution", "P1D")
        self.refuse(2, "usage.missing", "retrieve", ID, "--partial")

    def test_a_value_that_cannot_be_converted_names_its_data_point(self):
        self.make()
        self.folder.write("other.csv", "id,start,value\nA,2025-12-02T00:00Z,1\nA,2025-12-02T01:00Z,1\n"
                                       "B,2025-12-02T00:30Z,1\nB,2025-12-02T01:00Z,1\n")
        self.written("import", "other.csv", "--format", "values", "--unit", "MW")
        status, _, error = self.folder.run(["retrieve", "*", "--resolution", "PT45M"])
        self.assertEqual(status, 1)
        self.assertEqual(error.decode(), "mando: values.resolution: A: the value from 2025-12-02T00:00:00Z to "
                         "2025-12-02T01:00:00Z does not fit whole into periods of PT45M\n")

    def test_a_resolution_that_is_none_is_wrong_usage(self):
        for command in (["retrieve", ID], ["optimize", "--battery", "b.json", "--prices", ID]):
            for text, code in (("PT0S", "usage.value" if command[0] == "optimize" else "values.resolution"),
                               ("P1M1D", "values.resolution"), ("P2D", "values.resolution"),
                               ("hour", "duration.format")):
                self.folder.write("b.json", golden.battery_text())
                self.refuse(2, f"{code}: --resolution", *command, "--resolution", text)

    def test_rows_are_marked_deleted_and_stay_in_the_history(self):
        self.make()
        self.folder.write("deleted.csv", "start,value,deleted\n2025-12-02T02:00:00Z,,true\n")
        self.assertEqual(self.written("insert", ID, "--file", "deleted.csv"), [1, 0, 0, 0, 1])
        self.assertEqual(len(self.rows()), 2)
        self.assertEqual(self.rows("--history")[-1]["deleted"], "true")

    def test_one_bad_row_stores_nothing(self):
        self.make()
        self.folder.write("bad.csv", "start,value\n2025-12-02T05:00:00Z,1\n2025-12-02T06:00:00Z,x\n")
        status, _, error = self.folder.run(["insert", ID, "--file", "bad.csv"])
        self.assertEqual(status, 1)
        self.assertRegex(error.decode(), r"\Amando: csv.number: bad.csv:3:22: ")
        self.assertEqual(len(self.rows()), 3)

    def test_unknown_ids_are_refused_and_patterns_may_fit_nothing(self):
        self.make()
        self.refuse(1, "point.unknown", "retrieve", "Market/None")
        self.refuse(1, "point.unknown", "insert", "Market/None", "--file", "rows.csv")
        self.refuse(2, "point.pattern", "retrieve", "Market//Price")
        self.refuse(2, "usage.missing", "retrieve")
        self.assertEqual(self.run_well("retrieve", "Nothing/*"), "id,start,end,value\n")

    def test_the_catalog_lists_what_is_there(self):
        self.make()
        self.assertEqual(self.run_well("catalog"), "id,type,unit,resolution,time_zone,aggregation\n"
                         f"{ID},TimeSeriesDouble,EUR/MWh,PT1H,Europe/Berlin,mean\n")
        item = json.loads(self.run_well("catalog", "Market/*/*/Price", "--json"))["items"][0]
        self.assertEqual((item["id"], item["unit"], item["resolution"]), (ID, "EUR/MWh", "PT1H"))
        self.assertEqual(len(self.run_well("catalog", "--type", "StaticData").splitlines()), 1)
        self.assertEqual(len(self.run_well("catalog", "--tag", "owner=desk").splitlines()), 1)
        self.refuse(2, "usage.flag", "catalog", "--type", "Series")

    def test_a_database_that_is_not_there_is_made_by_writers_alone(self):
        self.refuse(1, "db.not_found", "retrieve", ID)
        self.refuse(1, "db.not_found", "catalog")
        self.refuse(1, "db.not_found", "audit", "verify")
        self.run_well("migrate")
        self.assertEqual(self.run_well("catalog"), "id,type,unit,resolution,time_zone,aggregation\n")

    def smard(self, name):
        return self.written("import", str(golden.SOURCE / "assets/prices" / name), "--format", "smard", "--known-at",
                            "D-1T12:57")

    def test_downloads_of_years_and_steps_share_data_points_and_know_their_time(self):
        quarter_hours, hours = "smard_2025_12_quarter_hour.csv.gz", "smard_2023_2024_hour.csv.gz"
        late, early = self.smard(quarter_hours), self.smard(hours)
        self.assertEqual((early[1], late[1]), (15 * 17544, 15 * 2976))
        for name, read in ((hours, early[0]), (quarter_hours, late[0])):
            self.assertEqual(self.smard(name), [read, 0, 0, read, 0])
        # The prices of 2023-06-02 were known on the first of June at 12:57 in Berlin, 10:57 UTC.
        self.assertEqual(self.rows("--as-of", "2023-06-01T10:57:00Z")[-1]["end"], "2023-06-02T22:00:00Z")
        self.assertEqual(self.rows("--as-of", "2023-06-01T10:56:59Z")[-1]["end"], "2023-06-01T22:00:00Z")
        # In 2023 nobody knows 2024, but for its first day, from the last one at 12:57 on; in every zone.
        for as_of, days in (("2023-12-31T11:56:59Z", 365), ("2023-12-31T11:57:00Z", 366), ("2022-12-31T11:57:00Z", 1),
                            ("2022-12-31T11:56:59Z", 0)):
            known = self.run_well("retrieve", "Market/**", "--as-of", as_of).splitlines()[1:]
            zones = {}
            for row in known:
                zones.setdefault(row.split(",")[0], []).append(row.split(",")[2])
            self.assertEqual([len(ends) for ends in zones.values()], ([24 * days] * 15 if days else []), as_of)
            last = {1: "2023-01-01", 365: "2023-12-31", 366: "2024-01-01"}.get(days)
            self.assertEqual({max(ends) for ends in zones.values()}, {f"{last}T23:00:00Z"} if days else set())
        # Hours and quarter-hours, and days of 23 and 25 hours.
        days = self.rows("--from", "2024-12-31", "--resolution", "P1D")
        self.assertEqual(len(days), 1 + 31)
        for day, after, hours_of_day in (("2023-03-26", "2023-03-27", 23), ("2023-10-29", "2023-10-30", 25),
                                         ("2024-03-31", "2024-04-01", 23), ("2024-10-27", "2024-10-28", 25)):
            hours = self.rows("--from", day, "--to", after)
            self.assertEqual(len(hours), hours_of_day)
            [mean] = self.rows("--from", day, "--to", after, "--resolution", "P1D")
            self.assertEqual((mean["start"], mean["end"]), (hours[0]["start"], hours[-1]["end"]))
            self.assertAlmostEqual(float(mean["value"]), sum(float(row["value"]) for row in hours) / hours_of_day, 9)
            # All hours of such a day, and none of the next, are known from 12:57 of the day before on.
            known = {row["known"] for row in self.rows("--history", "--from", day, "--to", after)}
            self.assertEqual({time[11:] for time in known}, {"10:57:00Z" if hours_of_day == 25 else "11:57:00Z"})

    def test_files_that_know_their_time_come_in_any_order_and_any_number_of_times(self):
        prices = golden.SOURCE / "assets/prices"
        self.folder.write("later.csv", "start,value,known\n2023-10-29T00:00:00Z,-9,2023-10-28T14:05+02:00\n"
                          "2023-10-29T01:00:00Z,-8,2023-10-28T14:05+02:00\n")
        smard = ["--format", "smard", "--column", "DE-LU", "--known-at", "D-1T12:57", "--id", ID]
        files = [[str(prices / "smard_2023_2024_hour.csv.gz"), *smard],
                 [str(prices / "smard_2025_12_quarter_hour.csv.gz"), *smard],
                 ["later.csv", "--format", "values", "--unit", "EUR/MWh", "--time-zone", "Europe/Berlin", "--id", ID]]
        orders, histories = list(itertools.permutations(files)), []
        for number, order in enumerate(orders):
            database = ["--db", f"sqlite:{number}.db"]
            counts = [self.written(*database, "import", *file) for file in order]
            self.assertEqual(sum(inserted + corrected for _, inserted, corrected, _, _ in counts), 17544 + 2976 + 2)
            for file in orders[-1 - number]:
                read, *stored = self.written(*database, "import", *file)
                self.assertEqual(stored, [0, 0, read, 0], order)
            histories.append([(row["start"], row["end"], row["known"], row["value"])
                              for row in self.rows(*database, "--history")])
            first, second = [[row["value"] for row in self.rows(*database, "--as-of", time, "--from", "2023-10-29T00:00Z")][0]
                             for time in ("2023-10-28T12:04:59Z", "2023-10-28T12:05:00Z")]
            self.assertNotEqual(first, "-9")
            self.assertEqual(second, "-9")
        self.assertEqual(len(histories[0]), 17544 + 2976 + 2)
        for history in histories:
            self.assertEqual(history, histories[0])

    def test_import_says_what_is_missing_and_keeps_units_apart(self):
        self.refuse(2, "usage.missing", "import", "rows.csv")
        self.refuse(2, "usage.flag", "import", "rows.csv", "--format", "xml")
        self.refuse(2, "usage.missing", "import", "rows.csv", "--format", "prices")
        self.refuse(2, "usage.missing", "import", "rows.csv", "--format", "smard", "--id", ID)
        self.refuse(2, "usage.flag", "import", "rows.csv", "--format", "values", "--id", ID, "--aggregation", "most")
        self.refuse(2, "usage.missing", "import", "rows.csv", "--format", "values", "--id", ID)
        self.make()
        self.refuse(1, "values.type", "import", "rows.csv", "--format", "values", "--id", ID, "--unit", "MW")

    def test_a_document_under_a_new_id_creates_its_data_point(self):
        point = "Asset/DE/Battery1/Config"
        self.folder.write("battery.json", '{"id": "battery-1",\n "power_charge_mw": 10}\n')
        self.assertEqual(self.written("insert", point, "--file", "battery.json"), [1, 1, 0, 0, 0])
        self.assertEqual(self.run_well("catalog", "Asset/**").splitlines()[1].split(",")[:2], [point, "StaticData"])
        series = json.loads(self.run_well("retrieve", point, "--json"))["series"]
        self.assertEqual(series[0]["value"], [{"id": "battery-1", "power_charge_mw": 10}])
        self.folder.write("battery.json", '{"id": "battery-1", "power_charge_mw": 12}\n')
        self.assertEqual(self.written("insert", point, "--file", "battery.json"), [1, 1, 0, 0, 0])
        self.assertEqual(len(self.run_well("retrieve", point).splitlines()), 1 + 2)
        self.folder.write("series.json", '{"series": [{"id": "Load", "start": [], "value": []}]}')
        self.refuse(1, "point.unknown", "insert", "Load", "--file", "series.json")
        self.folder.write("broken.json", '{"id": ')
        self.refuse(1, "json.syntax", "insert", "Asset/Other", "--file", "broken.json")
        self.assertEqual(len(self.run_well("catalog").splitlines()), 1 + 1)

    def test_an_answer_of_documents_is_rows_of_documents(self):
        point, other = "Asset/DE/Battery1/Config", ["--db", "sqlite:other.db"]
        for power in (10, 12):
            self.folder.write("battery.json", json.dumps({"id": "battery-1", "power_charge_mw": power}))
            self.run_well("insert", point, "--file", "battery.json")
        answer = self.run_well("retrieve", point, "--json")
        self.folder.write("answer.json", answer)
        self.assertEqual(self.written("insert", point, "--file", "answer.json"), [2, 0, 0, 2, 0])
        self.assertEqual(self.written(*other, "insert", point, "--file", "answer.json"), [2, 2, 0, 0, 0])
        self.assertEqual(self.run_well(*other, "retrieve", point, "--json"), answer)
        for refused in (json.dumps({"series": [{"id": "New", "start": ["2025-12-02"], "end": ["2025-12-03"], "value": [1]}]}),
                        json.dumps({"series": [{"id": "Old", "start": ["2025-12-02"], "end": [None], "value": [1]}]})):
            self.folder.write("answer.json", refused)
            self.refuse(1, "point.unknown", *other, "insert", "New", "--file", "answer.json")
        self.folder.write("document.json", '{"series": [{"id": "%s"}]}' % point)  # a document like any other
        self.assertEqual(self.written("insert", point, "--file", "document.json"), [1, 1, 0, 0, 0])
        self.folder.write("bad.json", '{"series": [{"id": "%s", "start": ["noon"],\n "end": [null], "value": [1]}]}' % point)
        self.refuse(1, "time.format: bad.json:1:58", "insert", point, "--file", "bad.json")

    def test_usage_comes_before_the_database(self):
        for flag in ("--from", "--to", "--as-of", "--stored-until"):
            self.refuse(2, f"time.format: {flag}", "retrieve", ID, flag, "noon")
        self.refuse(2, "time.format: --known-at", "insert", ID, "--file", "rows.csv", "--known-at", "noon")
        self.assertFalse((self.folder.path / "mando.db").exists())

    def doctor(self, *arguments):
        status, out, error = self.folder.run(["doctor", "--json", *arguments])
        self.assertEqual(error, b"")
        row = json.loads(out)["checks"][-1]
        self.assertEqual(row["name"], "database")
        return status, row["state"], row["text"]

    def test_doctor_looks_into_the_database(self):
        schema = json.loads(self.run_well("version", "--json"))["schema"]
        self.assertEqual(self.doctor(), (0, "ok", "sqlite:mando.db is not there yet: mando import and insert make it"))
        self.make()
        self.assertEqual(self.doctor(), (0, "ok", f"sqlite:mando.db: schema {schema}, whole, can be written"))
        database = sqlite3.connect(self.folder.path / "mando.db")
        database.execute("BEGIN IMMEDIATE")
        self.assertEqual(self.doctor()[:2], (0, "warn"))
        database.rollback()
        database.execute("PRAGMA journal_mode = DELETE")
        self.assertEqual(self.doctor(), (0, "warn", "sqlite:mando.db has no write-ahead log: readers wait for writers"))
        database.execute(f"INSERT INTO migration VALUES ({schema + 1}, 'later', '', 0)")
        database.commit()
        database.close()
        status, state, text = self.doctor()
        self.assertEqual((status, state), (1, "fail"))
        self.assertIn(f"has schema {schema + 1}, this program knows {schema}", text)
        self.folder.write("foreign.db", "no database at all, but a text that is long enough to be read as one")
        self.assertEqual(self.doctor("--db", "sqlite:foreign.db")[:2], (1, "fail"))
        self.assertEqual(self.doctor("--db", "memory:")[:2], (0, "ok"))

    def test_doctor_finds_a_damaged_page(self):
        self.make()
        database = sqlite3.connect(self.folder.path / "mando.db")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        size = database.execute("PRAGMA page_size").fetchone()[0]
        page = database.execute("SELECT rootpage FROM sqlite_schema WHERE type = 'table' AND name = 'audit'").fetchone()[0]
        database.close()
        with open(self.folder.path / "mando.db", "r+b") as file:
            file.seek((page - 1) * size)
            file.write(b"x" * size)
        self.assertEqual(self.doctor()[:2], (1, "fail"))

    def test_import_names_the_flag_that_cannot_be_used(self):
        values = ["import", "rows.csv", "--format", "values", "--id", ID, "--unit", "EUR/MWh"]
        for code, flag, value in (("usage.value", "--resolution", "PT0S"), ("usage.value", "--resolution", "-PT1H"),
                                  ("duration.format", "--resolution", "hour"), ("zone.unknown", "--time-zone", "Moon"),
                                  ("time.format", "--known-at", "noon")):
            self.refuse(2, f"{code}: {flag}", *values, f"{flag}={value}")
        self.refuse(2, "usage.flag: --column", *values, "--column", "DE-LU")
        self.make()
        self.refuse(2, "usage.value: --time-zone", *values, "--time-zone", "UTC")
        self.refuse(2, "usage.value: --aggregation", *values, "--aggregation", "sum")
        self.refuse(2, "time.format: --known-at", "insert", ID, "--file", "rows.csv", "--known-at", "noon")

    def test_prices_come_in_every_format(self):
        self.folder.write("prices.ndjson", '{"start": "2025-12-02T00:00:00Z", "price_eur_per_mwh": 7}\n'
                          '{"start": "2025-12-02T01:00:00Z", "price_eur_per_mwh": 8}\n')
        self.assertEqual(self.written("import", "prices.ndjson", "--format", "prices", "--id", ID), [2, 2, 0, 0, 0])
        self.assertEqual([row["value"] for row in self.rows()], ["7", "8"])

    def test_a_folder_and_a_pattern_stand_for_files(self):
        (self.folder.path / "parts").mkdir()
        for month in range(1, 4):
            self.folder.write(f"parts/{month}.csv", f"start,value\n2025-{month:02}-01T00:00:00Z,1\n2025-{month:02}-02T00:00:00Z,2\n")
        self.folder.write("parts/notes.txt", "these are no rows")
        self.folder.write("parts/[1].csv", "start,value\n2026-01-01T00:00:00Z,3\n2026-01-02T00:00:00Z,3\n")
        values = ["--format", "values", "--id", ID, "--unit", "MW"]
        self.assertEqual(self.written("import", "parts/[1].csv", *values), [2, 2, 0, 0, 0])
        self.assertEqual(self.written("import", "parts/[23].csv", *values), [4, 4, 0, 0, 0])
        self.assertEqual(self.written("import", "parts", *values), [8, 2, 0, 6, 0])
        self.refuse(1, "io.not_found: parts/*.json: there is no file whose name fits", "import", "parts/*.json", *values)
        (self.folder.path / "empty").mkdir()
        self.refuse(1, "io.not_found: empty: there is no file in the folder", "import", "empty", *values)

    def test_convert_carries_rows_and_is_told_formats(self):
        self.assertEqual(self.run_well("convert", "rows.csv", "rows.ndjson"), "")
        out = self.run_well("convert", "rows.ndjson", "-", "--to", "csv")
        self.assertEqual(out, ROWS.replace("start,", "start,end,").replace("Z,", "Z,,"))
        self.refuse(2, "usage.missing: --to", "convert", "rows.csv", "-")
        self.refuse(2, "usage.flag: --from", "convert", "rows.csv", "a.csv", "--from", "xml")
        self.refuse(2, "io.format: rows.txt", "convert", "rows.txt", "a.csv")
        self.refuse(2, "usage.flag: --compression", "convert", "rows.csv", "a.csv", "--compression", "zstd")
        self.refuse(2, "usage.flag: --compression", "convert", "rows.csv", "a.parquet", "--compression", "rar")
        self.refuse(1, "csv.number: wrong.csv:2:", "convert", *self.wrong())

    def wrong(self):
        self.folder.write("wrong.csv", "start,value\n2025-12-02,x\n")
        return "wrong.csv", "a.json"

    def test_parquet_and_a_duckdb_file_carry_the_same_rows(self):
        if json.loads(self.run_well("version", "--json"))["libraries"]["duckdb"] == "none":
            self.skipTest("this build, or this machine, has no DuckDB")
        self.make()
        self.correct()
        self.run_well("retrieve", ID, "--out", "rows.parquet")
        self.assertEqual((self.folder.path / "rows.parquet").read_bytes()[:4], b"PAR1")
        duckdb = ["--db", "duckdb:desk.duckdb"]
        values = ["--format", "values", "--unit", "EUR/MWh", "--time-zone", "Europe/Berlin", "--id", ID]
        self.assertEqual(self.written(*duckdb, "import", "rows.parquet", *values), [3, 3, 0, 0, 0])
        self.assertEqual(self.written(*duckdb, "import", "rows.parquet", *values), [3, 0, 0, 3, 0])
        self.assertEqual(self.run_well(*duckdb, "retrieve", ID), self.run_well("retrieve", ID))
        self.assertEqual(self.written(*duckdb, "insert", ID, "--file", "correction.csv")[3], 1)
        self.assertIn("1 records", self.run_well(*duckdb, "audit", "verify"))
        self.folder.write("no.parquet", ROWS)
        self.refuse(1, "io.format: no.parquet: it is no Parquet file", "import", "no.parquet", *values)

    def test_what_changes_nothing_answers_the_newest_change(self):
        self.make()
        newest = self.run_well("retrieve", ID, "--history").splitlines()[-1].split(",")[3]
        again = ["import", "rows.csv", "--format", "values", "--id", ID, "--known-at", "2025-12-01T12:57:00Z"]
        self.assertTrue(self.run_well(*again).endswith(f"unchanged 3\ndeleted 0\nchanged {newest}\n"))
        self.assertEqual(json.loads(self.run_well(*again, "--json"))["changed"], newest)

    def test_an_answer_at_another_resolution_tells_that_of_its_rows(self):
        self.make()
        answer = self.run_well("retrieve", ID, "--resolution", "PT15M", "--json")
        self.assertEqual(json.loads(answer)["series"][0]["resolution"], "PT15M")

    def test_the_epoch_is_a_knowledge_time_like_any_other(self):
        self.written("import", "rows.csv", "--format", "values", "--id", ID, "--unit", "EUR/MWh", "--known-at",
                     "1970-01-01T00:00:00Z")
        self.assertEqual({row["known"] for row in self.rows("--history")}, {"1970-01-01T00:00:00Z"})

    def test_what_is_inserted_becomes_known_by_a_time_or_a_rule(self):
        self.make()
        later = "start,value,known\n2025-12-03T22:00:00Z,1,\n2025-12-03T23:00:00Z,2,\n2025-12-04T00:00:00Z,3,2025-12-01\n"
        self.folder.write("later.csv", later)
        known = ["insert", ID, "--file", "later.csv", "--known-at"]
        for _ in range(2):
            self.run_well(*known, "D-1T12:57")
            self.run_well(*known, "1970-01-01T00:00:00Z")
            self.run_well(*known, "2025-12-02")
            self.assertEqual([(row["known"], row["value"]) for row in self.rows("--history", "--from", "2025-12-03T22:00Z")],
                             [("1970-01-01T00:00:00Z", "1"), ("2025-12-01T23:00:00Z", "1"), ("2025-12-02T11:57:00Z", "1"),
                              ("1970-01-01T00:00:00Z", "2"), ("2025-12-01T23:00:00Z", "2"), ("2025-12-03T11:57:00Z", "2"),
                              ("2025-11-30T23:00:00Z", "3")])
        self.folder.write("night.csv", "start,value\n2025-03-28T23:00:00Z,1\n2025-03-29T23:00:00Z,1\n")
        self.folder.write("ahead.csv", "start,value\n2025-12-09T00:00:00Z,1\n2125-12-09T00:00:00Z,1\n")
        self.refuse(1, "values.knowledge: ahead.csv:3:1", "insert", ID, "--file", "ahead.csv", "--known-at", "D-1")
        self.refuse(1, "time.nonexistent: night.csv:3:1", "insert", ID, "--file", "night.csv", "--known-at", "DT02:30")
        self.folder.write("battery.json", '{"id": "battery-1"}')
        self.run_well("insert", "Asset/Config", "--file", "battery.json", "--known-at", "1970-01-01T00:00:00Z")
        [version] = csv.DictReader(io.StringIO(self.run_well("retrieve", "Asset/Config", "--history")))
        self.assertEqual(version["known"], "1970-01-01T00:00:00Z")

    def test_dates_are_those_of_the_data_point_that_is_there(self):
        days = "start,{}\n2025-12-02,1\n2025-12-03,2\n"
        self.folder.write("values.csv", days.format("value"))
        self.folder.write("prices.csv", days.format("price_eur_per_mwh"))
        new = ["import", "values.csv", "--format", "values", "--unit", "EUR/MWh", "--id"]
        self.run_well(*new, "Berlin", "--time-zone", "Europe/Berlin", "--known-at", "2025-12-01")
        self.run_well(*new, "Universal", "--known-at", "2025-12-01")
        for command in (["import", "values.csv", "--format", "values", "--id"],
                        ["import", "prices.csv", "--format", "prices", "--id"], ["insert", "--file", "values.csv"]):
            for point, hour in (("Berlin", "2025-11-30T23"), ("Universal", "2025-12-01T00")):
                written = self.run_well(*command, point, "--known-at", "2025-12-01")
                self.assertIn("\nunchanged 2\n", written)
                [known] = {row["known"] for row in csv.DictReader(io.StringIO(self.run_well("retrieve", point, "--history")))}
                self.assertEqual(known, f"{hour}:00:00Z")
        self.folder.write("both.csv", "id,start,value\nBerlin,2025-12-01T23:00Z,1\nUniversal,2025-12-02T00:00Z,1\n")
        again = ["import", "both.csv", "--format", "values", "--resolution", "P1D", "--known-at", "2025-12-01"]
        self.assertEqual(self.written(*again), [2, 0, 0, 2, 0])

    def values(self, text, *arguments):
        self.folder.write("step.csv", text)
        return ["import", "step.csv", "--format", "values", "--unit", "MW", *arguments]

    def ends(self, point):
        return [row["end"][11:16] for row in csv.DictReader(io.StringIO(self.run_well("retrieve", point)))]

    def test_the_step_is_that_between_the_first_two_different_starts(self):
        first, second = "2025-12-02T00:00:00Z", "2025-12-02T01:00:00Z"
        self.run_well(*self.values(f"start,value\n{second},1\n{first},2\n", "--id", "Descending"))
        self.assertEqual(self.ends("Descending"), ["01:00", "02:00"])
        self.run_well(*self.values(f"start,value,known\n{first},1,2025-12-01\n{first},2,2025-12-02\n{second},3,\n",
                                   "--id", "Corrected"))
        self.assertEqual(self.ends("Corrected"), ["01:00", "02:00"])
        self.refuse(2, "usage.missing", *self.values(f"start,value\n{first},1\n", "--id", "Single"))
        self.run_well(*self.values(f"start,value\n{first},1\n", "--id", "Instant", "--resolution", "none"))
        self.run_well(*self.values("start,value\n2025-12-02T05:00:00Z,1\n", "--id", "Descending"))
        self.assertEqual(self.ends("Descending")[-1], "06:00")

    def test_a_point_that_begins_at_the_end_of_a_batch_waits_for_its_step(self):
        times = [f"2025-12-{1 + i // 1440:02}T{i // 60 % 24:02}:{i % 60:02}:00Z" for i in range(10020)]
        rows = [f"A,{time},1\n" for time in times[:9999]]
        rows += [f"B,{times[0]},5\n", f"B,{times[30]},6\n"] + [f"A,{time},1\n" for time in times[9999:]]
        written = self.written(*self.values("id,start,value\n" + "".join(rows)))
        self.assertEqual(written, [10022, 10022, 0, 0, 0])
        self.assertEqual(self.ends("B"), ["00:30", "01:00"])
        self.assertEqual(len(self.ends("A")), 10020)
        self.assertIn("B,TimeSeriesDouble,MW,PT30M,UTC,mean\n", self.run_well("catalog"))

    def test_an_import_that_fails_says_what_is_stored(self):
        times = [f"2025-12-{1 + i // 1440:02}T{i // 60 % 24:02}:{i % 60:02}:00Z" for i in range(20001)]
        rows = "start,value\n" + "".join(f"{time},1\n" for time in times)
        arguments = self.values(rows + "never,1\n", "--id", "Long")
        status, _, error = self.folder.run(arguments)
        self.assertEqual(status, 1)
        self.assertRegex(error.decode(), r"\Amando: time.format: step.csv:20003:1: .*; the 20000 rows before it are "
                                         r"stored and stay\n\Z")
        self.assertEqual(len(self.ends("Long")), 20000)
        self.folder.write("step.csv", rows)
        self.assertEqual(self.written(*arguments), [20001, 1, 0, 20000, 0])

    def test_a_file_that_contradicts_itself_corrects_itself_whenever_it_is_imported(self):
        """Within a batch that is refused; a later batch cannot know what an earlier one was told."""
        times = [f"2025-12-{1 + i // 1440:02}T{i // 60 % 24:02}:{i % 60:02}:00Z" for i in range(10000)]
        rows = [f"{time},1\n" for time in times] + [f"{times[0]},2\n"]
        arguments = self.values("start,value\n" + "".join(rows), "--id", "Twice", "--known-at", "2025-11-30T12:00:00Z")
        self.assertEqual(self.written(*arguments), [10001, 10000, 1, 0, 0])
        self.assertEqual(self.written(*arguments), [10001, 0, 2, 9999, 0])
        self.folder.write("step.csv", "start,value\n" + rows[0] + rows[-1])
        self.refuse(1, "values.duplicate: step.csv:3:1", *arguments, "--resolution", "PT1M")

    def test_intervals_that_overlapped_once_are_rows_but_no_periods(self):
        rows = ("start,end,value,known,deleted\n2025-12-02T00:00Z,2025-12-02T01:00Z,1,2025-12-01T10:00Z,\n"
                "2025-12-02T00:30Z,2025-12-02T01:30Z,3,2025-12-01T11:00Z,\n"
                "2025-12-02T00:00Z,2025-12-02T01:00Z,,2025-12-01T12:00Z,true\n")
        self.written(*self.values(rows, "--id", ID))
        then = ["--as-of", "2025-12-01T11:30:00Z"]
        self.assertEqual([row["value"] for row in self.rows()], ["3"])
        self.assertEqual([row["value"] for row in self.rows(*then)], ["1", "3"])
        self.refuse_late(f"values.overlap: {ID}", "retrieve", ID, *then, "--resolution", "PT30M")

    def refuse_late(self, code, *arguments):
        """After the header was written."""
        status, _, error = self.folder.run(list(arguments))
        self.assertEqual(status, 1)
        self.assertTrue(error.startswith(f"mando: {code}: ".encode()), error)

    def test_one_answer_holds_one_kind_of_data_points(self):
        self.make()
        self.folder.write("d.json", "{}")
        self.run_well("insert", "Market/Rules", "--file", "d.json")
        for asked in (["**"], [ID, "Market/Rules"], ["Market/**", "--history"]):
            status, _, error = self.folder.run(["retrieve", *asked])
            self.assertEqual(status, 1)
            self.assertEqual(error.decode(), f"mando: values.type: Market/Rules: {ID} is TimeSeriesDouble, Market/Rules is "
                             "StaticData, and one answer holds one kind: ask for those of each apart, by their ids or a "
                             "longer pattern\n")
        self.assertEqual(self.run_well("catalog", "--type", "StaticData").splitlines()[1].split(",")[0], "Market/Rules")
        self.run_well("retrieve", "Market/*/DayAhead/*")

    def test_overlaps_and_skipped_hours_name_their_line(self):
        hole = "".join(f"2025-12-02T0{hour}:00:00Z,1\n" for hour in (0, 2, 3))
        status, _, error = self.folder.run(self.values("start,value\n" + hole, "--id", "Hole"))
        self.assertEqual(status, 1)
        self.assertRegex(error.decode(), r"\Amando: values.overlap: step.csv:4:1: .*PT2H apart, --resolution")
        night = "start,value\n2025-03-30T22:00:00Z,1\n2025-03-29T23:00:00Z,1\n"
        status, _, error = self.folder.run(self.values(night, "--id", "Night", "--time-zone", "Europe/Berlin",
                                                       "--known-at", "DT02:30"))
        self.assertEqual(status, 1)
        self.assertRegex(error.decode(), r"\Amando: time.nonexistent: step.csv:3:1: ")

    def history(self, point, *arguments):
        versions = csv.DictReader(io.StringIO(self.run_well(*arguments, "retrieve", point, "--history")))
        return [(row["start"], row["end"], row["known"], row["value"]) for row in versions]

    def write_dates(self, name, rows):
        """(id, start, value) in a file whose id comes last."""
        if name.endswith("csv"):
            text = "start,value,id\n" + "".join(f"{start},{value},{point}\n" for point, start, value in rows)
        elif name.endswith("ndjson"):
            text = "".join(json.dumps({"start": start, "value": value, "id": point}) + "\n" for point, start, value in rows)
        else:
            series = [{"start": [row[1] for row in rows if row[0] == point], "id": point,
                       "value": [row[2] for row in rows if row[0] == point]} for point in sorted({row[0] for row in rows})]
            text = json.dumps({"series": series})
        self.folder.write(name, text)

    def test_dates_in_a_file_with_ids_are_those_of_each_data_point(self):
        rows = [("Berlin", "2024-03-31", 1), ("Berlin", "2024-04-01", 2), ("London", "2024-03-31", 3), ("Berlin", "2024-10-27", 4),
                ("London", "2024-04-01", 5)]
        # Days of 23, 24 and 25 hours; what is known on the day before is known on that of the zone.
        berlin = [("2024-03-30T23:00:00Z", "2024-03-31T22:00:00Z", "2024-03-30T11:57:00Z", "1"),
                  ("2024-03-31T22:00:00Z", "2024-04-01T22:00:00Z", "2024-03-31T10:57:00Z", "2"),
                  ("2024-10-26T22:00:00Z", "2024-10-27T23:00:00Z", "2024-10-26T10:57:00Z", "4")]
        london = [("2024-03-31T00:00:00Z", "2024-03-31T23:00:00Z", "2024-03-30T12:57:00Z", "3"),
                  ("2024-03-31T23:00:00Z", "2024-04-01T23:00:00Z", "2024-03-31T11:57:00Z", "5")]
        for name in ("rows.csv", "rows.ndjson", "rows.json"):
            self.write_dates(name, rows)
            there, new = (["--db", f"sqlite:{kind}-{name}.db"] for kind in ("there", "new"))
            for point, zone in (("Berlin", "Europe/Berlin"), ("London", "Europe/London")):
                self.folder.write("point.csv", "start,value\n2020-01-02,1\n2020-01-03,1\n")
                self.run_well(*there, "import", "point.csv", "--format", "values", "--id", point, "--unit", "MW", "--time-zone",
                              zone)
            many = ["import", name, "--format", "values", "--known-at", "D-1T12:57"]
            self.assertEqual(self.written(*there, *many), [5, 5, 0, 0, 0])
            self.assertEqual(self.history("Berlin", *there)[2:], berlin)
            self.assertEqual(self.history("London", *there)[2:], london)
            # New ones are of --time-zone, and of days.
            self.run_well(*new, *many, "--unit", "MW", "--time-zone", "Europe/Berlin")
            self.assertEqual(self.history("Berlin", *new), berlin)
            self.assertEqual(self.history("London", *new)[0][:3], berlin[0][:3])
            self.assertIn("London,TimeSeriesDouble,MW,P1D,Europe/Berlin,", self.run_well(*new, "catalog"))
            for point, versions in (("Berlin", berlin), ("London", london)):
                self.write_dates(name, [row for row in rows if row[0] == point])
                written = self.written(*there, "insert", point, "--file", name, "--known-at", "D-1T12:57")
                self.assertEqual(written, [len(versions), 0, 0, len(versions), 0])

    def series(self, **changes):
        one = {"id": "P", "unit": "MW", "resolution": "PT15M", "start": ["2025-12-02T00:00Z", "2025-12-02T01:00Z"], "value": [1, 2]}
        one.update(changes)
        self.folder.write("series.json", json.dumps({"series": [{k: v for k, v in one.items() if v != ""}]}, indent=1))
        return ["import", "series.json", "--format", "values"]

    def test_a_json_series_makes_its_data_point_with_its_unit_and_resolution(self):
        self.run_well(*self.series())
        self.assertEqual([row[1] for row in self.history("P")], ["2025-12-02T00:15:00Z", "2025-12-02T01:15:00Z"])
        self.run_well(*self.series(id="One", resolution="P1D", start=["2024-03-31"], value=[1]), "--time-zone", "Europe/Berlin")
        self.assertEqual([row[:2] for row in self.history("One")], [("2024-03-30T23:00:00Z", "2024-03-31T22:00:00Z")])
        self.run_well(*self.series(id="Instants", resolution=None))
        self.assertEqual([row[0] == row[1] for row in self.history("Instants")], [True, True])
        self.run_well(*self.series(id="Untold", resolution=""))
        self.assertEqual(self.run_well("catalog").splitlines()[1:],
                         ["Instants,TimeSeriesDouble,MW,,UTC,mean", "One,TimeSeriesDouble,MW,P1D,Europe/Berlin,mean",
                          "P,TimeSeriesDouble,MW,PT15M,UTC,mean", "Untold,TimeSeriesDouble,MW,PT1H,UTC,mean"])
        # The one that is there keeps its own; rows without an end are as long as their series says.
        self.run_well(*self.series(resolution="PT1H"))
        self.assertEqual(self.rows_of("P"), ["2025-12-02T01:00:00Z", "2025-12-02T02:00:00Z"])
        self.assertIn("P,TimeSeriesDouble,MW,PT15M,UTC,mean\n", self.run_well("catalog"))

    def rows_of(self, point, *arguments):
        return [row["end"] for row in csv.DictReader(io.StringIO(self.run_well(*arguments, "retrieve", point)))]

    def refuse_series(self, exit_status, message, *arguments):
        status, out, error = self.folder.run(list(arguments))
        self.assertEqual((status, out, error.decode()), (exit_status, b"", f"mando: {message}\n"), arguments)

    def test_a_json_series_that_contradicts_its_data_point_is_refused(self):
        place = "series.json:4:10"
        self.refuse_series(2, "usage.missing: series.json:4:10: P is not there yet: --unit must say what its values are",
                           *self.series(unit=""))
        self.refuse_series(1, f'values.type: {place}: the values of P are in "kW", its unit is "MW"',
                           *self.series(unit="kW"), "--unit", "MW")
        self.assertEqual(self.run_well("catalog").count("\n"), 1)
        self.run_well(*self.series())
        wrong = f'values.type: {place}: the values of P are in "kW", its unit is "MW"'
        self.refuse_series(1, wrong, *self.series(unit="kW"))
        self.refuse_series(1, wrong, "insert", "P", "--file", "series.json")
        self.refuse_series(1, wrong.replace("4:10", "3:3"), *self.series(id="", unit="kW"), "--id", "P")
        self.series(resolution="PT1H")
        self.refuse_series(1, f"values.type: {place}: the rows of P are PT1H long, its resolution is PT15M",
                           "insert", "P", "--file", "series.json")
        self.refuse(2, "usage.value: --resolution", *self.series(), "--resolution", "PT1H")
        self.refuse(1, "duration.format: series.json:6:18", *self.series(resolution="1h"))
        self.series()
        self.assertEqual(self.written("insert", "P", "--file", "series.json"), [2, 0, 0, 2, 0])

    def test_a_json_answer_makes_an_equal_database(self):
        self.make()
        self.run_well(*self.series(id="Instants", resolution=None))
        self.run_well(*self.series(id="Days", resolution="P1D", start=["2024-03-31", "2024-04-01"], value=[None, -0.1]))
        self.run_well(*self.series(id="One", start=["2025-12-02T00:00:00.000001Z"], value=[1e300]))
        self.run_well(*self.series(id="Hours", resolution="PT1H"))
        self.folder.write("quarter.csv", "start,value\n2025-12-02T02:00Z,3\n2025-12-02T02:15Z,4\n")
        self.run_well("import", "quarter.csv", "--format", "values", "--id", "Hours")
        answer = self.run_well("retrieve", "**", "--json")
        self.folder.write("answer.json", answer)
        other = ["--db", "sqlite:other.db"]
        self.assertEqual(self.written(*other, "import", "answer.json", "--format", "values"), [12, 12, 0, 0, 0])
        self.assertEqual(self.run_well(*other, "retrieve", "**", "--json"), answer)
        self.assertEqual(self.run_well(*other, "retrieve", "**"), self.run_well("retrieve", "**"))
        self.assertEqual(self.written(*other, "import", "answer.json", "--format", "values"), [12, 0, 0, 12, 0])
        self.folder.write("hours.json", self.run_well("retrieve", "Hours", "--json"))
        self.assertEqual(self.written(*other, "insert", "Hours", "--file", "hours.json"), [4, 0, 0, 4, 0])

    def test_a_data_point_that_lacks_its_step_is_found_before_anything_is_stored(self):
        first, second = "2025-12-02T00:00:00Z", "2025-12-02T01:00:00Z"
        rows = f"id,start,value\nA,{first},1\nA,{second},2\nB,{first},3\nC,{first},3\nC,{second},3\n"
        self.refuse(2, "usage.missing: step.csv:4:1", *self.values(rows))
        self.assertEqual(self.run_well("catalog").count("\n"), 1)
        many = "".join(f"A,2025-12-02T{i // 3600:02}:{i // 60 % 60:02}:{i % 60:02}Z,1\n" for i in range(10001))
        self.refuse(2, "usage.missing: step.csv:10003:1", *self.values("id,start,value\n" + many + f"B,{first},1\n"))
        self.assertEqual(len(self.ends("A")), 10000)  # the batch before is whole
        # Rows do not wait for ever.
        many = 530000 * f"A,{first},1\nA,{second},1\n"
        self.refuse(2, "usage.missing: step.csv:2:1", *self.values(f"id,start,value\nE,{first},1\n{many}E,{second},1\n"))
        self.run_well(*self.values(rows.replace("A,", "D,") + f"B,{second},3\n"))
        self.assertEqual(self.ends("B"), ["01:00", "02:00"])

    def test_errors_that_come_after_reading_name_file_and_line(self):
        self.make()
        hours = "start,value\n2025-12-05T00:00Z,1\n2025-12-05T01:00Z,1\n"
        late = [("values.overlap", hours + "2025-12-05T00:30Z,1\n", 4),
                ("values.overlap", "start,end,value\n2025-12-01T23:00Z,2025-12-02T01:00Z,1\n", 2),
                ("values.duplicate", "start,value,known\n2025-12-05T00:00Z,1,2025-12-01\n2025-12-05T00:00Z,2,2025-12-01\n", 3),
                ("time.range", hours + "9999-12-31T23:30Z,1\n", 4),
                ("values.knowledge", "start,value,known\n2025-12-05T00:00Z,1,\n2025-12-05T01:00Z,1,2125-12-01T00:00Z\n", 3)]
        for code, text, line in late:
            self.folder.write("late.csv", text)
            for command in (["insert", ID, "--file", "late.csv"],
                            ["import", "late.csv", "--format", "values", "--id", ID, "--resolution", "PT1H"]):
                self.refuse(1, f"{code}: late.csv:{line}:1", *command)
        self.folder.write("late.csv", "start,value\n" + 12000 * "2025-12-05T00:00Z,1\n" + "2025-12-05T00:30Z,1\n")
        self.refuse(1, "values.overlap: late.csv:12002:1", "insert", ID, "--file", "late.csv")
        self.folder.write("late.json", '{"series": [{"value": [1, 2],\n "start": ["2025-12-05T00:00Z",\n  "2025-12-05T00:30Z"]}]}')
        self.refuse(1, "values.overlap: late.json:3:3", "insert", ID, "--file", "late.json")
        self.folder.write("late.ndjson", "".join(f'{{"start": "2025-12-05T00:{minute}0Z", "value": 1}}\n' for minute in (0, 3)))
        self.refuse(1, "values.overlap: late.ndjson:2:1", "insert", ID, "--file", "late.ndjson")
        _, _, error = self.folder.run(["insert", ID, "--file", "late.ndjson", "--json"])
        self.assertEqual({k: v for k, v in json.loads(error)["error"].items() if k != "message"},
                         {"code": "values.overlap", "status": "invalid", "where": "late.ndjson", "line": 2, "column": 1})
        self.assertEqual(len(self.rows()), 3)

    def test_a_backup_is_a_database_and_never_replaces_a_file(self):
        self.make()
        self.run_well("backup", "copy.db")
        self.assertEqual(self.run_well("--db", "sqlite:copy.db", "retrieve", ID), self.run_well("retrieve", ID))
        self.refuse(1, "io.write: copy.db", "backup", "copy.db")

    def test_why_a_write_was_made_is_kept(self):
        self.written("import", "rows.csv", "--format", "values", "--id", ID, "--unit", "EUR/MWh", "--reason", "daily load")
        self.written("insert", ID, "--file", "correction.csv", "--reason", "a typo")
        with contextlib.closing(sqlite3.connect(self.folder.path / "mando.db")) as database:
            reasons = database.execute("SELECT audit.reason, change.reason FROM audit JOIN change USING (change)")
            self.assertEqual(reasons.fetchall(), [("daily load", "daily load"), ("a typo", "a typo")])
        self.run_well("audit", "verify")

    def test_a_head_that_was_kept_is_found_again(self):
        self.run_well("migrate")
        self.assertEqual(self.run_well("audit", "verify"), "0 records, none was changed\nhead none\n")
        self.assertEqual(json.loads(self.run_well("audit", "verify", "--json")), {"records": 0, "head": None})
        self.make()
        first = json.loads(self.run_well("audit", "verify", "--json"))
        self.correct()
        second = json.loads(self.run_well("audit", "verify", "--json", "--head", first["head"]))
        self.assertEqual((first["records"], second["records"]), (1, 2))
        with contextlib.closing(sqlite3.connect(self.folder.path / "mando.db")) as database, database:
            for table in ("value", "audit", "change"):
                database.execute(f"DELETE FROM {table} WHERE change = (SELECT max(change) FROM change)")
        self.run_well("audit", "verify", "--head", first["head"])
        self.refuse(1, "audit.chain", "audit", "verify", "--head", second["head"])
        self.refuse(2, "audit.head: --head", "audit", "verify", "--head", "1234")

    def test_a_changed_record_of_the_audit_is_named(self):
        self.make()
        self.correct()
        self.assertRegex(self.run_well("audit", "verify"), r"\A[2-9] records, none was changed\nhead [0-9a-f]{64}\n\Z")
        database = sqlite3.connect(self.folder.path / "mando.db")
        tables = [name for name, in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        self.assertIn("audit", tables)
        with database:
            database.execute("UPDATE audit SET author = author || '!' WHERE number = (SELECT min(number) FROM audit)")
        database.close()
        self.refuse(1, "audit.chain", "audit", "verify")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
