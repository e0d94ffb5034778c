"""What the tests of the command under faults share: a folder, files of rows, and a database's contents."""
import csv
import datetime
import io
import os
import pathlib
import sqlite3
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "golden"))
import golden  # noqa: E402

MANDO = sys.argv[1]
FIRST = datetime.datetime(2015, 1, 1)


def case_count(usual, most):
    """What MANDO_RANDOM_COUNT says, or the usual number; never more than `most`."""
    return min(int(os.environ.get("MANDO_RANDOM_COUNT", usual)), most)


def rows_of(ids, count):
    """(id, start, value) of `count` hours, all ids of an hour beside each other."""
    return [(one, f"{FIRST + datetime.timedelta(hours=hour):%Y-%m-%dT%H:%M:%SZ}", str(hour % 97 - 20))
            for hour in range(count) for one in ids]


def csv_of(rows, with_id=True):
    lines = [",".join(row if with_id else row[1:]) for row in rows]
    return "\n".join(["id,start,value" if with_id else "start,value", *lines]) + "\n"


class Case(golden.Case):
    mando = MANDO

    def refuse(self, code, *arguments, **options):
        """The message of an error that is told as the contract says: status 1, its code, one line."""
        status, out, error = self.folder.run(list(arguments), **options)
        self.assertEqual((status, out), (1, b""), (arguments, error))
        self.assertRegex(error.decode(), rf"\Amando: {code}: [^\n]+\n\Z", arguments)
        return error.decode()

    def start(self, arguments, **options):
        """A program that runs beside the test."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith("MANDO_")}
        for name in ("stdout", "stderr"):
            options.setdefault(name, subprocess.PIPE)
        return subprocess.Popen(arguments, cwd=self.folder.path, env=environment, stdin=subprocess.DEVNULL, **options)

    def written(self, *arguments, **options):
        """What a command says it wrote, by name."""
        lines = (line.split(" ", 1) for line in self.run_well(*arguments, **options).splitlines())
        return {name: value if name == "changed" else int(value) for name, value in lines}

    def query(self, sql, database="mando.db"):
        connection = sqlite3.connect(self.folder.path / database)
        try:
            return connection.execute(sql).fetchall()
        finally:
            connection.close()

    def history(self, pattern="**", database="mando.db"):
        """Every version with its change, as (changed, id, start, end, known, value, deleted)."""
        text = self.run_well("--db", f"sqlite:{database}", "retrieve", pattern, "--history")
        rows = csv.reader(io.StringIO(text))
        self.assertEqual(next(rows), ["id", "start", "end", "known", "changed", "value", "author", "deleted"])
        return [(changed, one, start, end, known, value, deleted)
                for one, start, end, known, changed, value, _, deleted in rows]

    def check_sound(self, database="mando.db"):
        """SQLite finds no damage, and each change has its record in an audit that verifies."""
        self.assertEqual(self.query("PRAGMA integrity_check", database), [("ok",)])
        changes = self.query("SELECT count(*) FROM change", database)[0][0]
        verified = self.run_well("--db", f"sqlite:{database}", "audit", "verify")
        self.assertRegex(verified, rf"\A{changes} records, none was changed\nhead ([0-9a-f]{{64}}|none)\n\Z")
