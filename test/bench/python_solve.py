"""python_solve.py BATTERY PRICES SOLVER...: peers that are called from Python, with the lines of bench_solve.c.

What is timed, from data that lie ready to a result in Python (garbage collection is off meanwhile):
  fltoptim             Pycplfunctionvec().OptimMargIntBatched(...), its quickest way: slopes and breaks as arrays
  fltoptim_documented  GenCostFunctionFromMarketPrices(...).OptimMargInt(...), the way its manual shows; knows no costs
  highspy              passModel of an LP in columns, run, objective; the same Highs each time, cold
python_solve.py --versions: of the packages."""
import gc
import json
import math
import platform
import statistics
import sys
import time
from importlib.metadata import version

import highspy
import numpy
from FLToptim import GenCostFunctionFromMarketPrices, Pycplfunctionvec

HOT_RUNS, HOT_US = 50, 2000


class Task:
    """One instance in the shapes that the solvers take; making it is not timed."""

    def __init__(self, battery, step_h, prices):
        count = len(prices)
        fee, ageing = battery.get("fee_eur_per_mwh", 0), battery.get("degradation_eur_per_mwh", 0)
        if battery.get("self_discharge_per_h") or battery.get("soc_end_value_eur_per_mwh") or "cycles_per_day_max" in battery:
            sys.exit("python_solve.py: no peer here knows all that the battery asks for")
        self.charge, self.discharge = battery["efficiency_charge"], battery["efficiency_discharge"]
        self.costless = fee == ageing == 0
        self.prices = prices
        self.gain = (prices - fee - ageing) * self.discharge  # of a MWh taken out of the cells
        self.cost = (prices + fee) / self.charge  # of a MWh put into them
        start, least = battery["soc_start_mwh"], battery.get("soc_min_mwh", 0)
        out = battery["power_discharge_mw"] * step_h / self.discharge
        into = battery["power_charge_mw"] * step_h * self.charge
        low, high = [least - start] * count, [battery["soc_max_mwh"] - start] * count
        if "soc_end_mwh" in battery:
            low[-1] = high[-1] = battery["soc_end_mwh"] - start
        self.bounds = ([-out] * count, [into] * count, low, high)
        self.slopes = numpy.stack([self.gain, self.cost], axis=1).reshape(-1)
        self.breaks = numpy.array([-math.inf, 0.0] * count)
        self.zeros, self.segments = numpy.zeros(count), numpy.full(count, 2, dtype=numpy.int32)
        self.lp = self.make_lp(count)

    def make_lp(self, count):
        """Charged MWh, discharged MWh and MWh held above the start, all at the cells; a balance a period."""
        lp, (out, into, low, high) = highspy.HighsLp(), self.bounds
        lp.num_col_, lp.num_row_ = 3 * count, count
        lp.col_cost_ = numpy.concatenate([self.cost, -self.gain, numpy.zeros(count)])
        lp.col_lower_ = numpy.concatenate([numpy.zeros(2 * count), low])
        lp.col_upper_ = numpy.concatenate([into, numpy.negative(out), high])
        lp.row_lower_ = lp.row_upper_ = numpy.zeros(count)
        rows = numpy.arange(count)
        held = numpy.stack([rows, rows + 1], axis=1).reshape(-1)[:-1]
        lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        lp.a_matrix_.start_ = numpy.concatenate([numpy.arange(2 * count), numpy.arange(2 * count, 4 * count, 2), [4 * count - 1]])
        lp.a_matrix_.index_ = numpy.concatenate([rows, rows, held])
        lp.a_matrix_.value_ = numpy.concatenate([numpy.full(count, -1.0), numpy.ones(count), numpy.tile([1.0, -1.0], count)[:-1]])
        return lp

    def earned(self, moved):
        """EUR of a schedule of MWh moved into the cells."""
        moved = numpy.array(moved)
        return -float(numpy.where(moved > 0, self.cost * moved, self.gain * moved).sum())


def fltoptim(task):
    return Pycplfunctionvec().OptimMargIntBatched(task.slopes, task.breaks, task.zeros, task.segments, *task.bounds)


def fltoptim_documented(task):
    return GenCostFunctionFromMarketPrices(task.prices, task.charge, task.discharge).OptimMargInt(*task.bounds)


def make_highspy():
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)
    highs.setOptionValue("threads", 1)
    highs.setOptionValue("parallel", "off")

    def solve(task):
        highs.passModel(task.lp)
        highs.run()
        if highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        return -highs.getInfo().objective_function_value
    return solve


SOLVERS = {"fltoptim": lambda: fltoptim, "fltoptim_documented": lambda: fltoptim_documented, "highspy": make_highspy}


def time_us(solve, task):
    start = time.perf_counter()
    result = solve(task)
    return (time.perf_counter() - start) * 1e6, result


def time_hot(solve, task):
    spent, samples = time_us(solve, task)[0], []  # the first run only makes it hot
    while not samples or (len(samples) < HOT_RUNS and spent < HOT_US):
        samples.append(time_us(solve, task)[0])
        spent += samples[-1]
    return statistics.median(samples)


def main():
    if sys.argv[1:] == ["--versions"]:
        print(json.dumps({"Python": platform.python_version(), "FLToptim": version("fltoptim"), "highspy": version("highspy"),
                          "numpy": version("numpy"), "polars": version("polars"), "PuLP": version("pulp")}))
        return
    with open(sys.argv[1], encoding="utf-8") as file:
        battery = json.load(file)
    with open(sys.argv[2], encoding="utf-8") as file:
        step_h = float(next(file).split()[0])
        tasks = [Task(battery, step_h, numpy.array(line.split(), dtype=float)) for line in file]
    if "fltoptim_documented" in sys.argv and not all(task.costless for task in tasks):
        sys.exit("python_solve.py: fltoptim_documented knows no costs")
    solvers = {name: SOLVERS[name]() for name in sys.argv[3:]}
    for solve in solvers.values():  # once through, as bench_solve.c does
        solve(tasks[-1])
    gc.disable()
    for i, task in enumerate(tasks):
        for name, solve in solvers.items():
            fresh, result = time_us(solve, task)
            answer = task.earned(result) if isinstance(result, list) else result
            print(json.dumps({"instance": i, "solver": name, "fresh": fresh, "answer": answer}))
        gc.collect()
    for i, task in enumerate(tasks):
        for name, solve in solvers.items():
            print(json.dumps({"instance": i, "solver": name, "hot": time_hot(solve, task)}))


main()
