#!/usr/bin/env python3
"""run_killed.py MANDO BATCH: import, insert and batches that are killed at any moment leave whole
transactions, and what was killed completes when it is run again."""
import fcntl
import os
import random
import signal
import struct
import sys
import time
import unittest

import command

BATCH = sys.argv[2]
KILLS = command.case_count(4, 100)
IDS = ["Killed/A", "Killed/B", "Killed/C"]
HOURS = 15000
IMPORT_ROWS = 10000  # of one transaction of import
BATCHES, BATCH_HOURS = 20, 2500  # of the program BATCH
SERIES = ["--format", "values", "--unit", "MW", "--resolution", "PT1H", "--known-at", "D-1T12:57"]
FLOCK = "hhqqi4x"  # struct flock of Linux with 64 bits
WRITE_LOCK_BYTE = 120  # of the file beside a database that holds its locks


def holds_write_lock(database, process):
    """Whether a process has begun a transaction and not ended it."""
    try:
        file = os.open(f"{database}-shm", os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        asked = struct.pack(FLOCK, fcntl.F_WRLCK, os.SEEK_SET, WRITE_LOCK_BYTE, 1, 0)
        kind, _, _, _, owner = struct.unpack(FLOCK, fcntl.fcntl(file, fcntl.F_GETLK, asked))
        return kind != fcntl.F_UNLCK and owner == process
    finally:
        os.close(file)


class Killed(command.Case):
    maxDiff = 2000

    def setUp(self):
        super().setUp()
        self.database = self.folder.path / "mando.db"
        self.runs_each = 0  # records in each transaction

    def forget(self):
        for ending in ("", "-wal", "-shm"):
            self.database.with_name(f"mando.db{ending}").unlink(missing_ok=True)

    def finish(self, writer):
        process = self.start(writer)
        _, error = process.communicate(timeout=120)
        self.assertEqual((process.returncode, error), (0, b""), writer)

    def kill(self, writer, delay_s):
        """Kills the writer after a while; whether it was in a transaction at that moment."""
        process = self.start(writer)
        time.sleep(delay_s)
        os.kill(process.pid, signal.SIGSTOP)
        _, state = os.waitpid(process.pid, os.WUNTRACED)
        inside = os.WIFSTOPPED(state) and holds_write_lock(self.database, process.pid)
        if os.WIFSTOPPED(state):
            process.kill()
        else:
            process.returncode = os.waitstatus_to_exitcode(state)
            self.assertEqual(process.returncode, 0, "it failed before it was killed")
        process.communicate()
        return inside

    def check_whole(self, transactions, contents=None):
        """How many transactions are there: the first ones, each with all of its rows, and nothing else."""
        if self.query("SELECT count(*) FROM sqlite_schema WHERE name = 'audit'") == [(0,)]:
            self.assertEqual(self.query("SELECT * FROM sqlite_schema"), [])
            return 0
        self.check_sound()
        versions = self.history()
        changes = {}
        for changed, one, start, *_ in versions:
            changes.setdefault(changed, set()).add((one, start))
        whole = [rows for _, rows in sorted(changes.items())]
        self.assertEqual([len(rows) for rows in whole], [len(rows) for rows in transactions[:len(whole)]])
        self.assertTrue(whole == transactions[:len(whole)], "other rows than those of the transaction")
        self.assertEqual(self.query("SELECT count(*) FROM run"), [(len(whole) * self.runs_each,)])
        if contents:
            self.assertTrue(contents == self.without_changes(versions), "a writer that lived stored something else")
        return len(whole)

    @staticmethod
    def without_changes(versions):
        return [version[1:] for version in versions]

    def series(self, name, writer, transactions, prepare=lambda: None):
        self.forget()
        prepare()
        begin = time.monotonic()
        self.finish(writer)
        usual_s = time.monotonic() - begin
        contents = self.without_changes(self.history())
        self.assertEqual(self.check_whole(transactions), len(transactions))
        inside = lost = 0
        for _ in range(KILLS):
            self.forget()
            prepare()
            is_inside = self.kill(writer, random.uniform(0, usual_s))
            is_lost = self.check_whole(transactions) < len(transactions)
            self.finish(writer)
            self.assertEqual(self.check_whole(transactions, contents), len(transactions))
            inside, lost = inside + is_inside, lost + is_lost
        print(f"{name}: {KILLS} kills, {inside} inside a transaction, {lost} before the last was stored", flush=True)
        if KILLS >= 100:
            self.assertGreaterEqual(inside, 30)

    def test_import(self):
        rows = command.rows_of(IDS, HOURS)
        self.folder.write("rows.csv", command.csv_of(rows))
        keys = [row[:2] for row in rows]
        self.series("import", [self.folder.mando, "import", "rows.csv", *SERIES],
                    [set(keys[i:i + IMPORT_ROWS]) for i in range(0, len(keys), IMPORT_ROWS)])

    def test_insert(self):
        rows = command.rows_of(IDS[:1], HOURS * 3)
        self.folder.write("first.csv", command.csv_of(rows[:1]))
        self.folder.write("rows.csv", command.csv_of(rows[1:], with_id=False))
        keys = [row[:2] for row in rows]
        insert = [self.folder.mando, "insert", IDS[0], "--file", "rows.csv", "--known-at", "2015-01-01"]
        self.series("insert", insert, [set(keys[:1]), set(keys[1:])],
                    lambda: self.run_well("import", "first.csv", *SERIES))

    def test_backup(self):
        """The copy is there as a whole or not at all, and a later one is not kept from it."""
        self.folder.write("rows.csv", command.csv_of(command.rows_of(IDS, HOURS)))
        self.run_well("import", "rows.csv", *SERIES)
        contents = self.history()
        backup = [self.folder.mando, "backup", "copy.db"]
        copy = self.folder.path / "copy.db"
        begin = time.monotonic()
        self.finish(backup)
        usual_s = time.monotonic() - begin
        made = 0
        for _ in range(KILLS):
            copy.unlink(missing_ok=True)
            self.kill(backup, random.uniform(0, usual_s))
            made += copy.exists()
            if not copy.exists():
                self.finish(backup)
            self.check_sound("copy.db")
            self.assertTrue(self.history(database="copy.db") == contents, "the copy holds something else")
            self.assertEqual([one.name for one in self.folder.path.glob("copy.db.*")], [])
        self.assertTrue(self.history() == contents, "the database holds something else")
        print(f"backup: {KILLS} kills, {KILLS - made} before the copy was there", flush=True)

    def test_batch(self):
        self.runs_each = 1
        hours = [row[1] for row in command.rows_of(["any"], BATCH_HOURS)]
        self.series("batch", [BATCH, "mando.db"],
                    [{(f"Batch/{i:02}/{name}", hour) for name in ("Price", "Volume") for hour in hours}
                     for i in range(BATCHES)])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
