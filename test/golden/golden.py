"""What the golden tests share: a folder of small files and the command run in it."""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[2]

BATTERY = {"id": "demo", "power_charge_mw": 10, "power_discharge_mw": 10, "soc_max_mwh": 20,
           "soc_start_mwh": 0, "soc_end_mwh": 0, "efficiency_charge": 0.95, "efficiency_discharge": 0.95,
           "fee_eur_per_mwh": 0.09, "degradation_eur_per_mwh": 4}

# A day of hours in UTC with a valley at night, one at noon that goes below zero, and a peak.
DAY = [62, 55, 51, 48.5, 50, 58, 74.25, 88, 81, 60, 30, 4, -12.5, -30, -8, 22, 61, 97, 134, 142.75, 120, 98, 84, 71]


def battery_text(changes=None):
    fields = {**BATTERY, **(changes or {})}
    return json.dumps({name: value for name, value in fields.items() if value is not None}, indent=1)


def prices_text(prices=DAY, day="2025-12-01"):
    rows = [f"{day}T{hour:02}:00Z,{price}" for hour, price in enumerate(prices)]
    return "start,price_eur_per_mwh\n" + "\n".join(rows) + "\n"


class Folder:
    """A folder that goes away, with the command in it: another user may run it there too."""

    def __init__(self, mando):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="mando-golden-"))
        os.chmod(self.path, 0o755)
        self.mando = self.path / "mando"
        shutil.copy2(mando, self.mando)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.path, ignore_errors=True)

    def write(self, name, content):
        data = content.encode() if isinstance(content, str) else content
        (self.path / name).write_bytes(data)

    def run(self, arguments, **options):
        """The command's exit status, standard output and error; only MANDO_* that is asked for."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith("MANDO_")}
        environment.update(options.pop("env", {}))
        options.setdefault("stdin", subprocess.DEVNULL)
        options.setdefault("stdout", subprocess.PIPE)
        options.setdefault("stderr", subprocess.PIPE)
        done = subprocess.run([options.pop("program", self.mando), *arguments], cwd=self.path, env=environment,
                              timeout=300, check=False, **options)
        return done.returncode, done.stdout, done.stderr


class Case(unittest.TestCase):
    """A test with a folder of its own in which the command is run."""

    mando = None  # its path, which a class of tests sets

    def setUp(self):
        self.folder = Folder(self.mando)
        self.addCleanup(self.folder.__exit__)

    def run_well(self, *arguments, **options):
        """What the command writes, which says nothing on standard error."""
        status, out, error = self.folder.run(list(arguments), **options)
        self.assertEqual((status, error), (0, b""), arguments)
        return out.decode()

    def refuse(self, exit_status, message, *arguments):
        """That the command is refused with words that begin like this."""
        status, out, error = self.folder.run(list(arguments))
        self.assertEqual((status, out), (exit_status, b""), (arguments, error))
        self.assertTrue(error.decode().startswith(f"mando: {message}"), (arguments, error))
