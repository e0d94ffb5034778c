#!/usr/bin/env python3
"""run_refused.py MANDO: databases that cannot be read or written, or are none: each is told with its code,
nothing is lost and nothing crashes."""
import contextlib
import os
import random
import resource
import sqlite3
import subprocess
import sys
import unittest

import command
import small_disk

ID = "Fault/Price"
SERIES = ["--format", "values", "--unit", "MW", "--resolution", "PT1H", "--known-at", "D-1T12:57"]
STORED = command.rows_of([ID], 200)
MORE = command.rows_of([ID], 400)[200:]
NOBODY = 65534
DAMAGES = command.case_count(40, 2000)

READS = [["retrieve", ID], ["retrieve", "**", "--history"], ["catalog"], ["audit", "verify"],
         ["backup", "copy/copy.db"]]
WRITES = [["import", "more.csv", *SERIES], ["insert", ID, "--file", "own.csv"]]
MIGRATE = [["migrate"]]
EVERY = READS + WRITES + MIGRATE


class Refused(command.Case):
    def setUp(self):
        super().setUp()
        self.database = self.folder.path / "mando.db"
        self.folder.write("stored.csv", command.csv_of(STORED))
        self.folder.write("more.csv", command.csv_of(MORE))
        self.folder.write("own.csv", command.csv_of(MORE, with_id=False))
        self.counts = self.folder.path / "counts"
        for one in (self.folder.path / "copy", self.counts):
            one.mkdir()
            os.chmod(one, 0o777)
        self.run_well("import", "stored.csv", *SERIES)
        self.stored = self.history()
        self.bytes = self.database.read_bytes()

    def check_nothing_lost(self):
        """What was stored before is there, and what could not be stored can be now."""
        self.assertEqual(self.history(), self.stored)
        self.check_sound()
        self.assertEqual(self.written(*WRITES[0])["inserted"], len(MORE))
        self.assertEqual(len(self.history()), len(STORED) + len(MORE))
        self.check_sound()

    def refuse_each(self, code, commands, **options):
        for one in commands:
            self.refuse(code, *one, **options)
            self.assertEqual(os.listdir(self.folder.path / "copy"), [], one)

    def change(self, sql):
        with contextlib.closing(sqlite3.connect(self.database)) as connection, connection:
            connection.executescript(sql)

    def as_nobody(self, mode_of_file, mode_of_folder):
        """Options to run a command as one for whom files have modes; the folder and the database have these."""
        os.chmod(self.database, mode_of_file)
        os.chmod(self.folder.path, mode_of_folder)
        if os.geteuid() != 0:
            return {}
        # Where runs are counted, that user has another place for the counts.
        return {"user": NOBODY, "group": NOBODY, "extra_groups": [], "env": {"GCOV_PREFIX": self.counts}}

    def disk(self, options):
        """A small disk in the folder `disk`; None where it is left out."""
        disk = self.folder.path / "disk"
        disk.mkdir()
        return small_disk.small_disk(disk, options)

    def free(self):
        os.chmod(self.folder.path, 0o755)
        os.chmod(self.database, 0o644)
        for one in self.folder.path.glob("mando.db-*"):
            os.chmod(one, 0o644)


class ReadOnly(Refused):
    def test_a_file_that_may_only_be_read_is_read_and_not_written(self):
        options = self.as_nobody(0o444, 0o777)
        self.refuse_each("db.denied", WRITES, **options)
        for one in READS + MIGRATE:
            self.run_well(*one, **options)
        # Who may only read leaves the log there, which then has the modes of the database.
        os.chmod(self.database, 0o666)
        self.assertIn("mando.db-wal or -shm", self.refuse("db.denied", *WRITES[0], **options))
        self.free()
        self.assertEqual(self.database.read_bytes(), self.bytes)
        self.check_nothing_lost()

    def test_a_folder_that_may_not_be_written_is_told(self):
        for mode in (0o666, 0o444):
            options = self.as_nobody(mode, 0o555)
            for one in EVERY:
                self.assertIn("the folder of the database", self.refuse("db.denied", *one, **options))
            self.free()
            self.assertEqual(self.database.read_bytes(), self.bytes)
        self.check_nothing_lost()

    def test_a_file_that_may_not_be_read_is_told(self):
        self.refuse_each("db.denied", EVERY, **self.as_nobody(0, 0o777))
        self.free()
        self.check_nothing_lost()

    def test_a_backup_into_a_folder_that_may_not_be_written_leaves_nothing(self):
        os.chmod(self.folder.path / "copy", 0o555)
        self.refuse_each("io.write", [READS[-1]], **self.as_nobody(0o666, 0o777))
        self.free()
        self.check_nothing_lost()


    def test_a_disk_that_may_only_be_read_is_told(self):
        with self.disk("size=8m") as disk:
            if not disk:
                return
            db = ["--db", "sqlite:disk/mando.db"]
            self.run_well(*db, "import", "stored.csv", *SERIES)
            small_disk.remount(disk, is_read_only=True)
            for one in EVERY:
                self.assertIn("the folder of the database", self.refuse("db.denied", *db, *one))
            small_disk.remount(disk)
            self.assertEqual(len(self.history(database="disk/mando.db")), len(STORED))
            self.check_sound("disk/mando.db")


class Files(Refused):
    def test_too_many_open_files_are_told(self):
        """Of the standard ones, the database, its log and its locks, and that of rows or a copy."""
        for most in range(4, 9):  # the program itself needs one to be loaded
            def limit(most=most):
                resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))

            for one in EVERY:
                status, _, error = self.folder.run(one, preexec_fn=limit)
                if status:
                    self.assertRegex(error.decode(), r"\Amando: (db\.io|io\.[a-z_]+): ", (most, one))
                for copy in os.listdir(self.folder.path / "copy"):
                    (self.folder.path / "copy" / copy).unlink()
        self.check_sound()


class Locked(Refused):
    @contextlib.contextmanager
    def lock(self, sql):
        """Another process, not only another connection: locks of one process do not keep each other out."""
        holder = subprocess.Popen(
            [sys.executable, "-c", "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
             "for one in sys.argv[2].split(';'): c.execute(one).fetchall()\n"
             "print('held', flush=True); sys.stdin.read()", self.database, sql],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        with holder:
            self.assertEqual(holder.stdout.readline(), "held\n")
            yield
            holder.stdin.close()
        self.assertEqual(holder.returncode, 0)

    def refuse_at_once(self, code, commands):
        """Together, since each waits for the lock."""
        running = [(one, self.start([self.folder.mando, *one])) for one in commands]
        for one, process in running:
            out, error = process.communicate(timeout=60)
            self.assertEqual((process.returncode, out), (1, b""), (one, error))
            self.assertRegex(error.decode(), rf"\Amando: {code}: mando.db: [^\n]+ waited for [^\n]+\n\Z")

    def test_readers_do_not_wait_for_a_writer_and_another_writer_is_told(self):
        with self.lock("BEGIN IMMEDIATE; INSERT INTO change VALUES (7, '', '')"):
            for one in READS + MIGRATE:
                self.run_well(*one)
            self.refuse_at_once("db.busy", WRITES)
        self.check_nothing_lost()

    def test_a_database_that_is_locked_as_a_whole_is_told(self):
        with self.lock("PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE; INSERT INTO change VALUES (7, '', '')"):
            self.refuse_at_once("db.busy", EVERY)
        self.check_nothing_lost()


class Full(Refused):
    def test_a_file_that_may_not_grow_is_told_and_loses_nothing(self):
        self.folder.write("more.csv", command.csv_of(command.rows_of([ID], 40000)))
        most = len(self.bytes) + 200000

        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

        before = len(self.history())
        self.refuse("db.full", *WRITES[0], preexec_fn=limit)
        self.check_sound()
        self.assertEqual(len(self.history()) % 10000, before % 10000)  # whole batches
        self.run_well(*WRITES[0])
        self.assertEqual(len(self.history()), 40000)
        self.refuse_each("io.write", [READS[-1]], preexec_fn=limit)
        self.check_sound()

    def test_a_full_disk_is_told_and_loses_nothing(self):
        with self.disk("size=1m") as disk:
            if disk:
                self.fill(disk)

    def fill(self, disk):
        database = "disk/full.db"
        db = ["--db", f"sqlite:{database}"]
        self.folder.write("more.csv", command.csv_of(command.rows_of([ID], 40000)))
        self.folder.write("own.csv", command.csv_of(command.rows_of([ID], 20000), with_id=False))
        (disk / "ballast").write_bytes(bytes(1 << 20))
        self.refuse("db.full", *db, "migrate")
        (disk / "ballast").unlink()
        self.run_well(*db, "import", "stored.csv", *SERIES)
        stored = self.history(database=database)
        for one in WRITES:
            self.refuse("db.full", *db, *one)
            self.check_sound(database)
            self.assertEqual(self.history(database=database)[:len(stored)], stored)
        self.refuse("io.write", *db, "backup", "disk/copy.db")
        self.assertEqual([name for name in os.listdir(disk) if name.startswith("copy")], [])
        with contextlib.suppress(OSError), open(disk / "ballast", "wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))
        for one in READS[:4]:  # those need room beside the file
            status, _, error = self.folder.run([*db, *one])
            self.assertIn((status, error.split(b": ")[1:2]), [(0, []), (1, [b"db.full"])])
        small_disk.remount(disk, "size=64m")
        (disk / "ballast").unlink()
        self.run_well(*db, *WRITES[0])
        self.assertEqual(len(self.history(database=database)), 40000)
        self.check_sound(database)
        self.run_well(*db, "backup", "disk/copy.db")
        self.assertEqual(self.history(database="disk/copy.db"), self.history(database=database))


class Damaged(Refused):
    def overwrite(self, at, count):
        damaged = bytearray(self.bytes)
        damaged[at:at + count] = random.randbytes(len(damaged[at:at + count]))
        self.put(damaged)

    def put(self, content):
        for ending in ("-wal", "-shm"):
            self.database.with_name(f"mando.db{ending}").unlink(missing_ok=True)
        self.database.write_bytes(content)

    def refuse_and_keep(self, code, commands=None):
        """Nobody writes into what is no sound database."""
        before = self.database.read_bytes()
        self.refuse_each(code, commands or EVERY)
        self.assertEqual(self.database.read_bytes(), before)

    def test_a_damaged_header(self):
        self.overwrite(0, 100)
        self.refuse_and_keep("db.corrupt")

    def test_a_damaged_schema(self):
        self.overwrite(100, 4096 - 100)
        self.refuse_and_keep("db.corrupt")

    def test_damage_in_the_middle(self):
        self.put(self.bytes[:8192] + random.randbytes(len(self.bytes) - 12288) + self.bytes[-4096:])
        self.refuse_and_keep("db.corrupt", [one for one in READS + WRITES if one[0] != "audit"])

    def test_a_damaged_page_is_never_copied(self):
        """Nor is a new file blamed where SQLite believes that it is full."""
        told = set()
        self.folder.write("more.csv", command.csv_of(command.rows_of([ID], 1000)))
        self.run_well(*WRITES[0])
        whole = self.database.read_bytes()
        for at in range(4096, len(whole), 4096):
            self.put(whole[:at + 2000] + b"\xff" * 2096 + whole[at + 4096:])
            status, _, error = self.folder.run(READS[-1])
            if status:
                self.assertRegex(error, rb"\Amando: db.corrupt: ")
                self.assertEqual(os.listdir(self.folder.path / "copy"), [])
                told.add(b"it cannot be copied" in error)
            else:
                (self.folder.path / "copy" / "copy.db").unlink()
        self.assertIn(True, told)

    def test_a_file_that_ends_too_early(self):
        for size in (10, 100, 4096, len(self.bytes) // 2 + 7):
            self.put(self.bytes[:size])
            self.refuse_and_keep("db.corrupt")

    def test_an_empty_file_is_no_database_yet(self):
        self.put(b"")
        self.refuse_each("db.old_schema", READS)
        self.run_well(*WRITES[0])
        self.check_sound()

    def test_what_is_no_database(self):
        self.put(command.csv_of(STORED).encode())
        self.refuse_and_keep("db.corrupt")
        self.database.unlink()
        self.database.mkdir()
        self.refuse_each("db.denied", EVERY)
        self.database.rmdir()
        self.change("CREATE TABLE other (a)")
        self.refuse_and_keep("db.foreign")

    def test_a_folder_that_is_not_there(self):
        for path in ("none/mando.db", "stored.csv/mando.db"):
            for one in EVERY:
                self.refuse("db.not_found", "--db", f"sqlite:{path}", *one)
        self.check_nothing_lost()

    def test_a_schema_newer_than_the_program(self):
        self.change("INSERT INTO migration VALUES (99, 'later', '', 0)")
        self.refuse_and_keep("db.new_schema")
        self.change("DELETE FROM migration WHERE number = 99")
        self.check_nothing_lost()

    def test_a_migration_that_was_edited(self):
        self.change("UPDATE migration SET checksum = 'x' WHERE number = 1")
        self.refuse_and_keep("db.edited_schema")

    def test_an_older_schema_is_brought_forward_by_migrate_alone(self):
        self.change("DROP TABLE audit; DROP TABLE run; DROP TABLE ledger_entry; DELETE FROM migration WHERE number > 1")
        self.refuse_and_keep("db.old_schema", READS + WRITES)
        self.run_well("migrate")
        self.assertEqual(self.history(), self.stored)

    def test_rows_that_were_never_stored(self):
        """What SQLite reads without complaint although no version of Mando has written it."""
        catalog = ("point SET type = 9", "point SET type = 4294967297", "point SET width = 0", "point SET width = -1",
                   "point SET width = 4294967297", "point SET type = 2, width = 4097",
                   "point SET id = 'Fault/' || printf('%.*c', 400, 'x')", "configuration SET aggregation = 7",
                   "configuration SET aggregation = -1", "configuration SET resolution_us = -1",
                   "configuration SET resolution_months = 1 << 40", "configuration SET resolution_days = -1",
                   "configuration SET unit = printf('%.*c', 400, 'x')",
                   "configuration SET time_zone = printf('%.*c', 400, 'x')")
        values = ("value = 'text'", "value = x'0011'", "value = 1", "value = 9e999", "valid_end = valid_start - 1",
                  "valid_end = 1 << 62", "valid_start = -(1 << 62)", "knowledge = 1 << 62", "change = -(1 << 62)")
        for sql in catalog:
            self.put(self.bytes)
            self.change(f"UPDATE {sql}")
            self.refuse_each("db.corrupt", [["retrieve", "Fault/*"], ["catalog"]])
        for sql in values:
            self.put(self.bytes)
            self.change(f"UPDATE value SET {sql} WHERE valid_start = (SELECT max(valid_start) FROM value)")
            self.refuse_each("db.corrupt", READS[:2])
        for sql in ("DELETE FROM change", "DROP TABLE value"):
            self.put(self.bytes)
            self.change(sql)
            self.refuse_each("db.corrupt", [["retrieve", "**", "--history"]] if "DROP" in sql else [])

    def test_random_damage_never_crashes(self):
        """Whatever bytes are changed, a command ends by itself, with an answer or an error of the contract."""
        for _ in range(DAMAGES):
            self.overwrite(random.randrange(len(self.bytes)), random.choice([1, 1, 4, 64, 4096]))
            one = random.choice(EVERY)
            status, _, error = self.folder.run(one)
            if status:
                self.assertEqual(status, 1, (one, error))
                self.assertRegex(error.decode(errors="replace"), r"\Amando: [a-z]+\.[a-z_]+: ", one)
            for copy in os.listdir(self.folder.path / "copy"):
                (self.folder.path / "copy" / copy).unlink()
        self.put(self.bytes)
        self.check_nothing_lost()


if __name__ == "__main__":
    random.seed(DAMAGES)
    unittest.main(argv=sys.argv[:1])
