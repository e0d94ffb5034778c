"""Runs a row: samples of both sides, the answers compared, times and ratios out of them."""
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

from rows import ROOT, Instances, Refused, battery

TOLERANCE = 1e-7
SHARED = pathlib.Path(os.environ.get("MANDO_SHARED_DATA") or ROOT.parent / "shared/data")


class Tools:
    """Where programs lie and what words of a row mean."""

    def __init__(self, build, work):
        self.work, self.bin = work, build / "bin"
        venv = ROOT / ".venv/bin/python"
        self.python = venv if venv.exists() else sys.executable

    def words(self, row, words):
        places = {"bin": self.bin, "python": self.python, "work": self.work, "shared": SHARED,
                  "battery": self.work / f"{row['name']}.battery.json", "prices": self.work / f"{row['name']}.prices.txt",
                  "csv": self.work / f"{row['name']}.csv"}
        return [word.format(**places) for word in words]


def spread(samples):
    ordered = sorted(samples)
    tenth = len(ordered) // 10
    return {"median": statistics.median(ordered), "p10": ordered[tenth], "p90": ordered[-1 - tenth], "count": len(ordered)}


def rounded(value):
    """Numbers to six digits, all through a document."""
    if isinstance(value, dict):
        return {key: rounded(part) for key, part in value.items()}
    if isinstance(value, list):
        return [rounded(part) for part in value]
    return float(f"{value:.6g}") if isinstance(value, float) else value


def difference(ours, theirs):
    return abs(ours - theirs) / max(1, abs(theirs))


class Samples:
    """Times by (solver, "fresh" or "hot") and instance, a number for each round, and the answers compared as they come."""

    def __init__(self, row, names):
        self.row, self.names = row, names
        self.times, self.answers, self.unsolved = {}, {}, {}
        self.nodes = {}
        self.worst = 0

    def add(self, line):
        solver, instance = line["solver"], line["instance"]
        for state in ("fresh", "hot"):
            if state in line:
                self.times.setdefault((solver, state), {}).setdefault(instance, []).append(line[state])
        if "nodes" in line:
            self.nodes.setdefault(solver, []).append(line["nodes"])
        if "answer" in line:
            self.answers.setdefault(instance, {}).setdefault(solver, []).append(line["answer"])

    def compare(self, solvers):
        """Refuses where any answer is not that of ours; a peer may find none, and that is counted."""
        for instance, answers in self.answers.items():
            ours = [answer for solver in solvers for answer in answers.get(solver, [])]
            if not ours or None in ours:
                raise Refused(f"{self.row['name']}, {self.names[instance]}: {', '.join(solvers)} found no optimum")
            for solver, found in answers.items():
                for answer in found:
                    self.compare_one(instance, ours[0], solver, answer)

    def compare_one(self, instance, ours, solver, answer):
        if answer is None:
            self.unsolved[solver] = self.unsolved.get(solver, 0) + 1
            return
        apart = difference(ours, answer)
        if not apart <= self.row.get("tolerance", TOLERANCE):
            raise Refused(f"{self.row['name']}, {self.names[instance]}: ours is {ours!r}, but {solver} finds {answer!r}")
        self.worst = max(self.worst, apart)

    def quickest(self, solvers, state):
        """By instance and round, the least time of the solvers; None where there is none."""
        found = [self.times[solver, state] for solver in solvers if (solver, state) in self.times]
        if not found:
            return None
        return [min(times) for instance in found[0] for times in zip(*(of[instance] for of in found if instance in of))]


def run_program(command, samples):
    process = subprocess.run(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, check=False)
    if process.returncode != 0:
        raise Refused(f"{samples.row['name']}: failed with {process.returncode}: {' '.join(command)}")
    for line in process.stdout.splitlines():
        samples.add(json.loads(line))


def run_command(command, path):
    """Milliseconds from the start of a process to its end; what it prints goes to a file."""
    out = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    start = time.perf_counter()
    process = os.posix_spawn(command[0], command, os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, out, 1)])
    _, status = os.waitpid(process, 0)
    elapsed = time.perf_counter() - start
    os.close(out)
    if status != 0:
        raise Refused(f"failed: {' '.join(command)}")
    return elapsed * 1000


def side_solvers(key, side):
    return side["solvers"] if "program" in side else [key]


def programs(row, tools):
    """Each command line once, with all solvers it is to run."""
    found = {}
    for side in (row[key] for key in ("ours", "peer") if key in row):
        if "program" in side:
            wanted = [*side["solvers"], *([side["between"]] if "between" in side else [])]
            listed = found.setdefault(side["program"], [])
            listed.extend(solver for solver in wanted if solver not in listed)
    inputs = [word for word, field in (("{battery}", "battery"), ("{prices}", "instances")) if field in row]
    return [[*tools.words(row, [*program.split(), *inputs]), *solvers] for program, solvers in found.items()]


def read_answer(side, path):
    if "answer" not in side:
        return {}
    text = path.read_text(encoding="utf-8")
    return {"answer": json.loads(text)[side["answer"]] if side["answer"] else float(text)}


def run_round(row, tools, samples):
    for command in programs(row, tools):
        run_program(command, samples)
    for key in ("ours", "peer"):
        side = row.get(key, {})
        if "command" in side:
            for stale in tools.words(row, row.get("removes", [])):
                pathlib.Path(stale).unlink(missing_ok=True)
            path = tools.work / f"{row['name']}.{key}.out"
            elapsed = run_command(tools.words(row, side["command"]), path)
            samples.add({"solver": key, "instance": 0, "fresh": elapsed, **read_answer(side, path)})


def describe(row, samples, key):
    side = row[key]
    solvers = side_solvers(key, side)
    found = {"name": side["name"]}
    for state in ("fresh", "hot"):
        times = samples.quickest(solvers, state)
        if times:
            found[state] = spread(times)
    if len(solvers) > 1:
        found["solvers"] = {solver: {state: spread(samples.quickest([solver], state)) for state in ("fresh", "hot")
                                     if samples.quickest([solver], state)} for solver in solvers}
    nodes = [count for solver in solvers for count in samples.nodes.get(solver, [])]
    if nodes:
        found["nodes"] = spread(nodes)
    missed = sum(samples.unsolved.get(solver, 0) for solver in solvers)
    return {**found, "unsolved": missed} if missed else found


def ratios(row, samples, result):
    ours, peer = result["ours"], result["peer"]
    result["ratio"] = peer["fresh"]["median"] / ours["fresh"]["median"]
    result["times_peer"] = 1 / result["ratio"]
    if "hot" in ours and "hot" in peer:
        result["ratio_hot"] = peer["hot"]["median"] / ours["hot"]["median"]
    both = [samples.quickest(side_solvers(key, row[key]), "fresh") for key in ("ours", "peer")]
    if len(both[0]) == len(both[1]):
        result["ratio_by_instance"] = spread([theirs / mine for mine, theirs in zip(*both)])


def is_for_this_machine(part, flags):
    """A goal or a whole row."""
    wanted = part.get("cpu", "")
    return not wanted or (wanted[1:] not in flags if wanted.startswith("!") else wanted in flags)


def judge(row, result, flags):
    """The goals that hold on this machine, each with the value found and whether it is met."""
    for goal in row.get("goals", []):
        if not is_for_this_machine(goal, flags):
            continue
        of = goal["of"]
        value = result[of] if of in result and not isinstance(result[of], dict) else \
            result["ours"]["hot" if of == "ours_hot" else "fresh"]["median"]
        met = value >= goal["at_least"] if "at_least" in goal else value <= goal["at_most"]
        yield {**goal, "value": value, "met": met}


def missing(row, tools):
    """The first file that a row needs and that is not there, else None."""
    return next((path for path in tools.words(row, row.get("needs", [])) if not pathlib.Path(path).exists()), None)


def write_inputs(row, tools, instances):
    stem = tools.work / row["name"]
    if instances:
        instances.write(stem.with_suffix(".prices.txt"))
    if "{csv}" in json.dumps([row["ours"], row.get("peer")]):
        instances.write_csv(stem.with_suffix(".csv"))
    if "battery" in row:
        stem.with_suffix(".battery.json").write_text(json.dumps(battery(row["battery"]), indent=1), encoding="utf-8")


def run_row(row, tools, flags):
    instances = Instances(row["instances"], tools.bin) if "instances" in row else None
    names = instances.names if instances else ["the one instance"]
    write_inputs(row, tools, instances)
    for _ in range(row.get("warm_up", 0)):
        run_round(row, tools, Samples(row, names))
    samples = Samples(row, names)
    for _ in range(row.get("rounds", 1)):
        run_round(row, tools, samples)
    samples.compare(side_solvers("ours", row["ours"]))
    result = {"name": row["name"], "work": row["work"], "unit": row["unit"], "periods": instances.periods if instances else None,
              "instances": len(names), "rounds": row.get("rounds", 1), "ours": describe(row, samples, "ours")}
    if "peer" in row:
        result["peer"] = describe(row, samples, "peer")
        ratios(row, samples, result)
    if samples.answers:
        result["worst_difference"] = samples.worst
    result["goals"] = list(judge(row, result, flags))
    return rounded({**result, "repeat": f"make bench ROW={row['name']}", "row": row})
