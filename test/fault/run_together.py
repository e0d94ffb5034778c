#!/usr/bin/env python3
"""run_together.py MANDO: several processes of the command on one file at once."""
import sys
import unittest
from concurrent.futures import ThreadPoolExecutor

import command

ID = "Together/Price"
SERIES = ["--format", "values", "--unit", "MW", "--resolution", "PT1H"]
WRITES = command.case_count(60, 1000)
IMPORTS = command.case_count(3, 20)
IMPORT_ROWS = 10000  # of one transaction


class Together(command.Case):
    def test_a_reader_sees_whole_batches_while_an_importer_writes(self):
        rows = command.rows_of([ID], 6 * IMPORT_ROWS)
        self.folder.write("rows.csv", command.csv_of(rows, with_id=False))
        self.run_well("migrate")
        reads = 0
        for i in range(IMPORTS):
            importer = self.start([self.folder.mando, "import", "rows.csv", *SERIES, "--id", f"{ID}/{i}"])
            seen = 0
            while importer.poll() is None:
                status, out, error = self.folder.run(["retrieve", f"{ID}/{i}"])
                if status:  # it is not made yet
                    self.assertRegex(error.decode(), r"\Amando: point.unknown: ")
                    continue
                count = out.count(b"\n") - 1
                self.assertEqual(count % IMPORT_ROWS, 0)
                self.assertGreaterEqual(count, seen)  # what was once there stays
                seen, reads = count, reads + 1
                self.run_well("audit", "verify")
            _, error = importer.communicate()
            self.assertEqual((importer.returncode, error), (0, b""))
            self.assertEqual(self.run_well("retrieve", f"{ID}/{i}").count("\n") - 1, len(rows))
        self.check_sound()
        print(f"{IMPORTS} imports, read and verified {reads} times meanwhile")

    def insert(self, first, rows):
        """Every second of the rows, each by a process of its own; the changes they were told."""
        changes = []
        for i in range(first, WRITES, 2):
            name = f"{i}.csv"
            self.folder.write(name, command.csv_of([rows[i]], with_id=False))
            written = self.written("insert", ID, "--file", name)
            self.assertEqual((written["read"], written["inserted"]), (1, 1))
            changes.append(written["changed"])
        return changes

    def test_writes_of_two_processes_are_all_there(self):
        rows = command.rows_of([ID], WRITES)
        self.folder.write("first.csv", command.csv_of([(ID, "2014-12-31T23:00:00Z", "0")]))
        self.run_well("import", "first.csv", *SERIES)
        with ThreadPoolExecutor(2) as both:
            changes = list(both.map(self.insert, (0, 1), (rows, rows)))
        history = self.history()[1:]
        self.assertEqual([(version[1], version[2], version[5]) for version in history], rows)
        told = {rows[first + 2 * i][1]: change for first in (0, 1) for i, change in enumerate(changes[first])}
        self.assertEqual({version[2]: version[0] for version in history}, told)
        self.assertEqual(len(set(told.values())), WRITES)
        for own in changes:
            self.assertEqual(own, sorted(own))
        self.check_sound()
        order = [change in set(changes[0]) for change in sorted(told.values())]
        turns = sum(a != b for a, b in zip(order, order[1:]))
        print(f"{WRITES} writes of two processes, {turns} times the other one's turn")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
