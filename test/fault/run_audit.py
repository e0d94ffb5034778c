#!/usr/bin/env python3
"""run_audit.py MANDO: any change of the audit is found, and the record that was changed is named."""
import contextlib
import random
import re
import sqlite3
import sys
import unittest

import command

ID = "Audit/Price"
COLUMNS = ["number", "time", "author", "action", "subject", "detail", "reason", "previous", "hash", "change", "row"]
CHANGE = ["change", "author", "reason"]
BITS = command.case_count(1, 8)  # of each byte
DAMAGES = command.case_count(40, 4000)


class Audit(command.Case):
    def setUp(self):
        super().setUp()
        self.database = self.folder.path / "mando.db"
        for i, name in enumerate(["first", "second", "third"]):
            self.folder.write(f"{name}.csv", command.csv_of([(ID, f"2015-01-0{i + 1}T00:00:00Z", "1")], with_id=False))
        self.run_well("import", "first.csv", "--format", "values", "--id", ID, "--unit", "MW", "--resolution", "PT1H")
        self.run_well("insert", ID, "--file", "second.csv", "--reason", "because")
        self.run_well("insert", ID, "--file", "third.csv")
        self.check_sound()
        self.bytes = self.database.read_bytes()
        self.records = self.read_records()
        self.assertEqual([record[0] for record in self.records], [1, 2, 3])

    def read_records(self):
        """Rows in their order, texts as they are encoded; None where SQLite finds damage."""
        connection = sqlite3.connect(self.database)
        connection.text_factory = bytes
        try:
            return connection.execute(f"SELECT {', '.join(COLUMNS)} FROM audit ORDER BY change, row").fetchall()
        except (sqlite3.Error, UnicodeDecodeError):  # the latter in SQLite's own message
            return None
        finally:
            connection.close()

    def put(self, content):
        for ending in ("-wal", "-shm"):
            self.database.with_name(f"mando.db{ending}").unlink(missing_ok=True)
        self.database.write_bytes(content)

    def verify(self, number, what):
        """That verification fails and its message names a record."""
        status, out, error = self.folder.run(["audit", "verify"])
        self.assertEqual((status, out), (1, b""), what)
        self.assertRegex(error, rb"\Amando: audit.chain: [^\n]*record [1-4] of the audit [^\n]+\n\Z", what)
        self.assertIn(str(number).encode(), re.findall(rb"(?:record|number) ([0-9]+)", error), (what, error))

    @staticmethod
    def changed(value, byte, bit):
        """A value with one bit of one byte changed."""
        if isinstance(value, int):
            raw = bytearray(value.to_bytes(8, "little", signed=True))
            raw[byte] ^= 1 << bit
            return int.from_bytes(raw, "little", signed=True)
        raw = bytearray(value)
        raw[byte] ^= 1 << bit
        return bytes(raw)

    def test_each_byte_of_each_record(self):
        connection = sqlite3.connect(self.database, isolation_level=None)
        self.addCleanup(connection.close)
        tried = 0
        for number, *_ in self.records:
            for column, value in zip(COLUMNS, self.records[number - 1]):
                size = 8 if isinstance(value, int) else len(value or b"")
                for byte in range(size):
                    for bit in random.sample(range(8), BITS):
                        self.try_one(connection, number, column, self.changed(value, byte, bit), value)
                        tried += 1
        print(f"{tried} changed bytes, each found and named")
        self.check_sound()

    def try_one(self, connection, number, column, value, before):
        change, row = self.records[number - 1][-2:]
        at = {"change": (value, row), "row": (change, value)}.get(column, (change, row))
        cast = "CAST(? AS TEXT)" if isinstance(value, bytes) else "?"
        try:
            connection.execute(f"UPDATE audit SET {column} = {cast} WHERE change = ? AND row = ?", (value, change, row))
        except sqlite3.IntegrityError:  # another record has that number
            self.assertEqual(column, "number")
            return
        self.verify(number, (number, column, value))
        connection.execute(f"UPDATE audit SET {column} = {cast} WHERE change = ? AND row = ?", (before, *at))

    def test_each_byte_of_each_change(self):
        """What the record of a change says of it is compared: its time, its author, its reason."""
        tried = 0
        with contextlib.closing(sqlite3.connect(self.database, isolation_level=None)) as connection:
            for number, *_ in self.records:
                change = self.records[number - 1][COLUMNS.index("change")]
                [row] = connection.execute("SELECT * FROM change WHERE change = ?", (change,)).fetchall()
                for column, value in zip(CHANGE, row):
                    raw = value if isinstance(value, int) else value.encode()
                    for byte in range(8 if isinstance(raw, int) else len(raw)):
                        bit = random.randrange(7)  # what is no UTF-8 cannot be told apart below
                        other = self.changed(raw, byte, bit)
                        other = other if isinstance(other, int) else other.decode()
                        connection.execute(f"UPDATE change SET {column} = ? WHERE change = ?", (other, change))
                        now = other if column == "change" else change
                        self.verify_change(number, change, (column, other))
                        connection.execute(f"UPDATE change SET {column} = ? WHERE change = ?", (value, now))
                        tried += 1
        print(f"{tried} changed bytes of changes, each found and named")
        self.check_sound()

    def verify_change(self, number, change, what):
        """That verification names the record of a change, a change that has none, or the change."""
        status, out, error = self.folder.run(["audit", "verify"])
        self.assertEqual((status, out), (1, b""), what)
        named = rb"audit\.chain: [^\n]*record %d of the audit|audit\.chain: [^\n]*record [1-4] of the audit" \
                rb" is missing: it would tell of the change of|db\.corrupt: [^\n]*change %d" % (number, change)
        self.assertRegex(error, named, what)

    def test_changes_and_values_that_are_gone_or_added(self):
        times = [record[COLUMNS.index("change")] for record in self.records]
        for number, sql in (
                (1, "DELETE FROM change"),
                *((i + 1, f"DELETE FROM change WHERE change = {time}") for i, time in enumerate(times)),
                *((i + 1, f"DELETE FROM value WHERE change = {time}") for i, time in enumerate(times)),
                *((i + 1, f"UPDATE value SET change = change + 1 WHERE change = {time}") for i, time in enumerate(times)),
                (1, "DELETE FROM configuration"),
                (4, f"INSERT INTO change VALUES ({times[2] + 1}, 'me', '')"),
                (3, f"INSERT INTO change VALUES ({times[2] - 1}, 'me', '')"),
                (1, "DELETE FROM change; DELETE FROM audit"),
                (3, f"DELETE FROM change WHERE change = {times[2]}; DELETE FROM audit WHERE number = 3")):
            self.put(self.bytes)
            with contextlib.closing(sqlite3.connect(self.database)) as connection, connection:
                connection.executescript(sql)
            self.verify(number, sql)

    def test_texts_that_were_missing_and_those_that_are_gone(self):
        for column in ("subject", "detail", "reason"):
            for number, *record in self.records:
                self.put(self.bytes)
                value = None if record[COLUMNS.index(column) - 1] is not None else ""
                with contextlib.closing(sqlite3.connect(self.database)) as connection, connection:
                    connection.execute(f"UPDATE audit SET {column} = ? WHERE number = ?", (value, number))
                self.verify(number, (number, column))

    def test_records_that_are_gone_exchanged_or_added(self):
        copy = ", ".join(COLUMNS[1:-2])
        for number, sql in (
                (1, "DELETE FROM audit WHERE number = 1"),
                (2, "DELETE FROM audit WHERE number = 2"),
                (3, "DELETE FROM audit WHERE number = 3"),
                (1, "DELETE FROM audit"),
                (1, "UPDATE audit SET number = 9 WHERE number = 1; UPDATE audit SET number = 1 WHERE number = 2;"
                    "UPDATE audit SET number = 2 WHERE number = 9"),
                (3, f"INSERT INTO audit (number, {copy}, change, row) "
                    f"SELECT 4, {copy}, change, row + 1 FROM audit WHERE number = 3")):
            self.put(self.bytes)
            with contextlib.closing(sqlite3.connect(self.database)) as connection, connection:
                connection.executescript(sql)
            self.verify(number, sql)

    def test_any_byte_of_the_file(self):
        """Below SQLite: a byte that changes a record is told, whatever else it damages."""
        changed = 0
        for _ in range(DAMAGES):
            damaged = bytearray(self.bytes)
            damaged[random.randrange(len(damaged))] ^= 1 << random.randrange(8)
            self.put(damaged)
            status, _, error = self.folder.run(["audit", "verify"])
            if status:
                self.assertEqual(status, 1, error)
                self.assertRegex(error, rb"\Amando: (audit.chain: [^\n]*record [1-4] of the audit|db\.[a-z_]+:) ")
                changed += self.read_records() != self.records
            else:
                self.assertEqual(self.read_records(), self.records)
        print(f"{DAMAGES} changed bytes of the file, {changed} of them of a record")
        self.put(self.bytes)
        self.check_sound()


if __name__ == "__main__":
    random.seed(DAMAGES)
    unittest.main(argv=sys.argv[:1])
