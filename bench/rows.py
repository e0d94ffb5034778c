"""Rows: read, checked, chosen; the prices and the battery of each written for the programs that run it."""
import collections
import csv
import datetime
import fnmatch
import gzip
import json
import math
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent
FIELDS = {"name", "work", "unit", "instances", "battery", "ours", "peer", "cpu", "needs", "removes", "rounds", "warm_up", "tolerance",
          "fresh", "hot", "goals"}
REQUIRED = {"name", "work", "unit", "ours", "fresh"}
SIDE = {"name", "program", "solvers", "between", "command", "answer"}
MEASURES = {"ratio", "ratio_hot", "times_peer", "ours", "ours_hot"}


class Refused(Exception):
    """No results: a row is malformed, a program failed, answers differ."""


def check(row, where):
    name = row.get("name", "a row")
    for missing in REQUIRED - row.keys():
        raise Refused(f"{where}: {name} has no \"{missing}\"")
    for unknown in row.keys() - FIELDS:
        raise Refused(f"{where}: {name} has \"{unknown}\", which is no field")
    if not re.fullmatch(r"[a-z0-9_]+", name):
        raise Refused(f"{where}: \"{name}\" is no name: small letters, digits and _")
    for side in (row[key] for key in ("ours", "peer") if key in row):
        if side.keys() - SIDE or "name" not in side or ("program" in side) == ("command" in side):
            raise Refused(f"{where}: {name}: a side has a name and either a program with solvers or a command")
    check_solvers(row, where)
    for goal in row.get("goals", []):
        if goal.get("of") not in MEASURES or ("at_least" in goal) == ("at_most" in goal):
            raise Refused(f"{where}: {name}: a goal is \"of\" one of {', '.join(sorted(MEASURES))}, at_least or at_most something")


def check_solvers(row, where):
    """Times are kept by solver: two programs of a row may not have one of the same name."""
    ours, peer = row["ours"], row.get("peer", {})
    if ours.get("program") != peer.get("program"):
        for name in set(ours.get("solvers", [])) & set(peer.get("solvers", [])):
            raise Refused(f"{where}: {row['name']}: ours and the peer both have a solver \"{name}\", in different programs")


def read(folder, patterns):
    """The rows of all files that one of the patterns fits, all without one."""
    found, names = [], set()
    for path in sorted(pathlib.Path(folder).glob("*.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        for row in document["rows"]:
            row = {**document.get("defaults", {}), **row}
            check(row, path.name)
            if row["name"] in names:
                raise Refused(f"{path.name}: {row['name']} is there twice")
            names.add(row["name"])
            found.append(row)
    for pattern in patterns:
        if not fnmatch.filter(names, pattern):
            raise Refused(f"no row is called \"{pattern}\": {', '.join(sorted(names))}")
    return [row for row in found if not patterns or any(fnmatch.fnmatchcase(row["name"], pattern) for pattern in patterns)]


def smard(path, column):
    """(date, price) of each row of a SMARD file, in either of its two forms."""
    with gzip.open(ROOT / path, "rt", encoding="utf-8-sig", newline="") as file:
        text = file.read().splitlines()
    semicolons = ";" in text[0]
    header, *lines = csv.reader(text, delimiter=";" if semicolons else ",")
    place = next(i for i, cell in enumerate(header) if cell.split(" [")[0] == column)
    for line in lines:
        day, month, year = line[0].split(" ")[0].split(".")
        cell = line[place].replace(".", "").replace(",", ".") if semicolons else line[place]
        yield f"{year}-{month}-{day}", float(cell)


class Instances:
    """Prices of every instance of a row as lines, a name for each to speak of, the step, the lengths of days where they differ."""

    def __init__(self, spec, bin_folder):
        if "generate" in spec:
            self.generate(spec["generate"], bin_folder)
        else:
            self.read(spec)
        self.periods = self.lines[0].count(" ") + 1

    def generate(self, spec, bin_folder):
        arguments = [str(spec[key]) for key in ("periods", "count", "seed", "shift_eur", "floor_eur")]
        output = subprocess.run([bin_folder / "bench_prices", *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout
        self.step_h, self.days = 0.25, []
        self.lines = output.splitlines()
        self.names = [f"instance {i} of seed {spec['seed']}" for i in range(spec["count"])]

    def read(self, spec):
        floor_eur, year = spec.get("floor_eur", -math.inf), spec.get("year")
        rows = [(date, str(max(price, floor_eur))) for date, price in smard(spec["file"], spec["column"])
                if year is None or date.startswith(str(year))]
        dates, prices = zip(*rows)
        periods = spec.get("periods", len(prices))
        starts = range(0, len(prices), periods)
        self.step_h = spec["step_h"]
        self.days = [] if year is None else list(collections.Counter(dates).values())
        self.lines = [" ".join(prices[first:first + periods]) for first in starts]
        self.names = [dates[first] if year is None else str(year) for first in starts]

    def write(self, path):
        header = " ".join([str(self.step_h), *map(str, self.days)])
        path.write_text("\n".join([header, *self.lines]) + "\n", encoding="utf-8")

    def write_csv(self, path):
        """The first instance, as a price file of Mando's."""
        start, step = datetime.datetime(2025, 1, 1), datetime.timedelta(hours=self.step_h)
        lines = [f"{start + i * step:%Y-%m-%dT%H:%M:%SZ},{price}" for i, price in enumerate(self.lines[0].split())]
        path.write_text("\n".join(["start,price_eur_per_mwh", *lines]) + "\n", encoding="utf-8")


def battery(spec):
    like = json.loads((ROOT / spec["like"]).read_text(encoding="utf-8")) if "like" in spec else {}
    return {**like, **{key: value for key, value in spec.items() if key != "like"}}
