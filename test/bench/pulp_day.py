"""The same day by PuLP with its CBC: pulp_day.py BATTERY PRICES, prices of quarter-hours. Prints the
optimum. Kept lean: no more than PuLP needs. An LP: right where burning energy does not pay."""
import json
import sys

sys.modules["highspy"] = None  # where it is installed PuLP would load it, and numpy, and start five times as slowly
from pulp import PULP_CBC_CMD, LpAffineExpression, LpMaximize, LpProblem, LpVariable

STEP_H = 0.25

with open(sys.argv[1]) as file:
    battery = json.load(file)
with open(sys.argv[2]) as file:
    next(file)
    prices = [float(line.split(",")[1]) for line in file]

problem = LpProblem("day", LpMaximize)
fee, degradation = battery["fee_eur_per_mwh"], battery["degradation_eur_per_mwh"]
stored, taken = battery["efficiency_charge"] * STEP_H, STEP_H / battery["efficiency_discharge"]
money, before, offset = [], None, battery["soc_start_mwh"]
for t, price in enumerate(prices):
    charge = LpVariable(f"c{t}", 0, battery["power_charge_mw"])
    discharge = LpVariable(f"d{t}", 0, battery["power_discharge_mw"])
    soc = LpVariable(f"s{t}", 0, battery["soc_max_mwh"])
    money += [(discharge, STEP_H * (price - fee - degradation)), (charge, -STEP_H * (price + fee))]
    balance = [(soc, 1), (charge, -stored), (discharge, taken)]
    if before is not None:
        balance.append((before, -1))
    problem += LpAffineExpression(balance) == offset
    before, offset = soc, 0
problem += LpAffineExpression(before) == battery["soc_end_mwh"]
problem.setObjective(LpAffineExpression(money))
status = problem.solve(PULP_CBC_CMD(msg=False))
if status != 1:
    sys.exit(f"CBC has no optimum: status {status}")
print(repr(problem.objective.value()))
