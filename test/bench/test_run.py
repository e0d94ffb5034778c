"""test_run.py BUILD: bench/run measures, compares and refuses. Small rows, with programs made up here and the real one."""
import itertools
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

SOURCE, BUILD = pathlib.Path(__file__).resolve().parents[2], pathlib.Path(sys.argv.pop(1)).resolve()
PRICES = {"generate": {"periods": 96, "count": 3, "seed": 7, "shift_eur": 0, "floor_eur": -35}}

# fake.py FACTOR BATTERY PRICES SOLVER...: twice the first price is the answer, "wrong" is off by one at instance 1,
# "helpless" has none; times are the number of the solver in microseconds times FACTOR.
FAKE = """
import json, sys
factor, solvers = float(sys.argv[1]), sys.argv[4:]
lines = open(sys.argv[3]).read().splitlines()[1:]
for i, line in enumerate(lines):
    for place, solver in enumerate(solvers):
        answer = 2 * float(line.split()[0]) + (solver == "wrong" and i == 1)
        print(json.dumps({"instance": i, "solver": solver, "fresh": factor * (place + 1) * (i + 1),
                          "answer": None if solver == "helpless" else answer}))
        print(json.dumps({"instance": i, "solver": solver, "hot": factor * (place + 1) / 2}))
"""


class Run(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="mando-bench-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.work = self.folder / "work"
        (self.folder / "fake.py").write_text(FAKE, encoding="utf-8")

    def side(self, *solvers, factor=1):
        return {"name": "made up", "program": f"{sys.executable} {self.folder / 'fake.py'} {factor}", "solvers": list(solvers)}

    def row(self, **fields):
        return {"name": "row", "work": "Nothing.", "unit": "us", "instances": PRICES, "fresh": "made up.",
                "battery": {"like": "assets/batteries/demo.json"}, "ours": self.side("a"), "peer": self.side("b"), **fields}

    def run_rows(self, *rows, arguments=()):
        (self.folder / "rows.json").write_text(json.dumps({"rows": rows}), encoding="utf-8")
        return subprocess.run([sys.executable, SOURCE / "bench/run", "--rows-in", self.folder, "--build", BUILD, "--work", self.work,
                               "--no-plot", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False,
                              env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})

    def results(self, *rows, arguments=()):
        done = self.run_rows(*rows, arguments=arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads((self.work / "bench.json").read_text(encoding="utf-8"))

    def refusal(self, *rows, arguments=()):
        done = self.run_rows(*rows, arguments=arguments)
        self.assertNotEqual(done.returncode, 0, done.stdout)
        self.assertFalse((self.work / "bench.json").exists(), "refused, and results all the same")
        return done.stderr.strip().splitlines()[-1]

    def test_ours_and_the_peer_are_timed_and_their_ratios_are_those_of_the_medians(self):
        result = self.results(self.row())["rows"][0]
        self.assertEqual(result["ours"]["fresh"], {"median": 2, "p10": 1, "p90": 3, "count": 3})
        self.assertEqual(result["peer"]["fresh"]["median"], 4)
        self.assertEqual((result["ratio"], result["ratio_hot"], result["instances"]), (2, 2, 3))
        self.assertEqual(result["worst_difference"], 0)

    def test_of_several_solvers_the_quickest_counts(self):
        result = self.results(self.row(peer=self.side("b", "c")))["rows"][0]
        self.assertEqual(result["peer"]["fresh"]["median"], 4)
        self.assertEqual(result["peer"]["solvers"]["c"]["fresh"]["median"], 6)

    def test_sides_in_programs_of_their_own_take_turns_and_rounds_add_up(self):
        result = self.results(self.row(peer=self.side("b", factor=10), rounds=4))["rows"][0]
        self.assertEqual(result["ours"]["fresh"]["count"], 12)
        self.assertEqual(result["ratio"], 10)

    def test_a_wrong_answer_is_refused_with_its_row_and_instance(self):
        refusal = self.refusal(self.row(name="good"), self.row(peer=self.side("wrong")))
        self.assertRegex(refusal, r"^bench: row, instance 1 of seed 7: ours is [-0-9.]+, but wrong finds [-0-9.]+$")

    def test_a_wrong_answer_is_refused_wherever_it_comes_from(self):
        for fields in ({"ours": self.side("wrong")}, {"ours": {**self.side("a"), "between": "wrong"}}):
            with self.subTest(fields=fields):
                self.assertIn("row, instance 1 of seed 7", self.refusal(self.row(**fields)))

    def test_ours_must_have_an_answer_but_a_peer_may_give_up(self):
        self.assertIn("helpless found no optimum", self.refusal(self.row(ours=self.side("helpless"))))
        result = self.results(self.row(peer=self.side("helpless")))["rows"][0]
        self.assertEqual(result["peer"]["unsolved"], 3)

    def test_a_program_that_fails_is_no_result(self):
        side = {**self.side("a"), "program": f"{sys.executable} {self.folder / 'absent.py'}"}
        self.assertIn("row: failed with 2", self.refusal(self.row(ours=side)))

    def test_commands_are_timed_from_start_to_end_and_their_answers_compared(self):
        def printing(text):
            return {"name": "made up", "command": ["/bin/echo", text], "answer": ""}
        self.assertIn("but peer finds 1.5", self.refusal(self.row(ours=printing("1"), peer=printing("1.5"))))
        ours = {"name": "made up", "command": ["/bin/echo", '{{"value": 1}}'], "answer": "value"}
        result = self.results(self.row(ours=ours, peer=printing("1"), rounds=5, warm_up=1))["rows"][0]
        self.assertEqual(result["ours"]["fresh"]["count"], 5)

    def test_goals_are_judged_and_not_enforced(self):
        goals = [{"of": "ratio", "at_least": 2}, {"of": "ratio_hot", "at_least": 3}, {"of": "ours", "at_most": 1},
                 {"of": "ours", "at_most": 1, "cpu": "no_such_flag"}, {"of": "times_peer", "at_most": 0.5, "cpu": "!no_such_flag"}]
        result = self.results(self.row(goals=goals))["rows"][0]
        self.assertEqual([goal["met"] for goal in result["goals"]], [True, False, False, True])

    def test_rows_are_chosen_by_name_and_pattern(self):
        rows = [self.row(name=name) for name in ("day_a", "day_b", "year")]
        names = [row["name"] for row in self.results(*rows, arguments=["year", "*_b"])["rows"]]
        self.assertEqual(names, ["day_b", "year"])
        self.assertIn('no row is called "week"', self.refusal(*rows, arguments=["week"]))

    def test_rows_for_other_processors_are_left_out(self):
        rows = [self.row(name="here", cpu="!no_such_flag"), self.row(name="elsewhere", cpu="no_such_flag")]
        self.assertEqual([row["name"] for row in self.results(*rows)["rows"]], ["here"])

    def test_a_row_without_instances_times_a_command_that_finds_its_files_removed(self):
        script = 'import os, sys; found = os.path.exists(sys.argv[1]); open(sys.argv[1], "w").close(); print(int(found))'
        row = self.row(ours={"name": "made up", "command": [sys.executable, "-c", script, "{work}/left"], "answer": ""},
                       removes=["{work}/left"], rounds=3)
        for field in ("instances", "battery", "peer"):
            del row[field]
        result = self.results(row)["rows"][0]
        self.assertEqual((result["ours"]["fresh"]["count"], result["periods"], result["instances"]), (3, None, 1))
        self.assertEqual((self.work / "row.ours.out").read_text(encoding="utf-8"), "0\n")

    def test_a_row_whose_files_are_not_there_is_left_out(self):
        rows = [self.row(name="here", needs=["{work}"]), self.row(name="elsewhere", needs=["{shared}/no/such/file"])]
        self.assertEqual([row["name"] for row in self.results(*rows)["rows"]], ["here"])

    def test_the_service_is_measured_beside_bare_statements(self):
        prices = {"generate": {**PRICES["generate"], "periods": 10}}
        programs = [name for name in ("bench_store", "bench_duckdb", "bench_postgres") if (BUILD / "bin" / name).exists()]
        for program, what in itertools.product(programs, ("insert", "bulk", "retrieve")):
            with self.subTest(program=program, what=what):
                side = {"name": program, "program": f"{{bin}}/{program} {what} {{work}}"}
                row = self.row(instances=prices, ours={**side, "solvers": ["service"]}, peer={**side, "solvers": ["bare"]}, rounds=2)
                del row["battery"]
                self.assertEqual(self.results(row)["rows"][0]["worst_difference"], 0)

    def test_batches_are_measured_beside_single_problems(self):
        prices = {"generate": {**PRICES["generate"], "count": 64}}
        ours = {"name": "ours", "program": "{bin}/bench_batch 32", "solvers": ["best:plans", "portable", "threads"]}
        peer = {"name": "one at a time", "program": "{bin}/bench_batch 32", "solvers": ["single:plans"]}
        result = self.results(self.row(instances=prices, ours=ours, peer=peer))["rows"][0]
        self.assertEqual(result["ours"]["fresh"]["count"], 2)
        self.assertEqual(result["peer"]["hot"]["count"], 2)

    def test_a_malformed_row_is_refused(self):
        for fields, message in (({"job": 1}, '"job", which is no field'), ({"goals": [{"of": "luck", "at_least": 1}]}, "a goal is"),
                                ({"ours": {"name": "x"}}, "a side has"), ({"name": "A b"}, "is no name"),
                                ({"peer": self.side("a", factor=2)}, 'both have a solver "a"')):
            with self.subTest(message=message):
                self.assertIn(message, self.refusal(self.row(**fields)))

    def test_the_rows_of_the_repository_are_well_formed_and_their_files_are_there(self):
        sys.path.insert(0, str(SOURCE / "bench"))
        sys.dont_write_bytecode = True
        import rows
        found = rows.read(SOURCE / "bench", [])
        self.assertGreater(len(found), 10)
        for row in found:
            if "battery" in row:
                rows.battery(row["battery"])
            if "file" in row.get("instances", {}):
                rows.Instances(row["instances"], BUILD / "bin")

    def test_our_kernel_is_measured_beside_real_solvers(self):
        side = {"name": "ours", "program": "{bin}/bench_solve", "solvers": ["mando"]}
        peer = {"name": "others", "program": "{bin}/bench_solve", "solvers": ["clp_dual", "clp_primal", "clp_warm", "glpk", "cbc"]}
        document = self.results(self.row(ours=side, peer=peer))
        self.assertGreater(document["rows"][0]["ratio"], 1)
        self.assertTrue(document["machine"]["cpu"] and document["machine"]["compiler"] and document["versions"]["Clp"])


unittest.main()
