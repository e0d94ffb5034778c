#!/usr/bin/env python3
"""test_documents.py BUILD COMPILER: what the documents show is what happens. Commands of console blocks are run
and their output compared, the C example is compiled against the installed library, links lead somewhere."""
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BUILD, COMPILER = pathlib.Path(sys.argv[1]), sys.argv[2]
MANUAL = [SOURCE / "README.md", *sorted((SOURCE / "doc").glob("*.md"))]
STRICT = ["-std=c17", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror"]


def blocks(path, language):
    """The fenced blocks of a language, as (line, text)."""
    text = path.read_text(encoding="utf-8")
    for found in re.finditer(rf"^```{language}\n(.*?)^```$", text, re.M | re.S):
        yield text.count("\n", 0, found.start()) + 1, found[1]


def commands(block):
    """Commands of a console block with the output that each shows; a command may go on after a backslash."""
    for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
        command = re.match(r"(?:.*\\\n)*.*\n", part)[0]
        yield command, part[len(command):]


def without_times(text):
    return re.sub(r"solved in [0-9.]+ ms", "solved in N ms", text)


class Documents(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="mando-docs-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.maxDiff = None

    def shell(self, command):
        environment = {k: v for k, v in os.environ.items() if not k.startswith("MANDO_")}
        environment["PATH"] = f"{BUILD / 'bin'}:{environment['PATH']}"
        done = subprocess.run(["bash", "-c", command], cwd=self.folder, env=environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120, check=False)
        return done.stdout.decode()

    def test_commands_print_what_the_documents_show(self):
        (self.folder / "assets").symlink_to(SOURCE / "assets")
        run = 0
        for path in MANUAL:
            for line, block in blocks(path, "console"):
                for command, output in commands(block):
                    with self.subTest(document=path.name, line=line, command=command):
                        self.assertEqual(without_times(self.shell(command)), without_times(output))
                        run += 1
        self.assertGreaterEqual(run, 4)

    @unittest.skipIf(COMPILER == "none", "a library of a sanitizer")
    def test_the_c_example_compiles_against_the_installed_library_and_prints_its_output(self):
        readme = SOURCE / "README.md"
        [(_, example)], [(_, output)] = blocks(readme, "c"), blocks(readme, "text")
        (self.folder / "example.c").write_text(example, encoding="utf-8")
        self.shell(f"cmake --install {shlex.quote(str(BUILD))} --prefix usr")
        libraries = shlex.quote(str(next((self.folder / "usr").glob("lib*"))))
        built = self.shell(f"{COMPILER} {' '.join(STRICT)} example.c -Iusr/include -L{libraries} -lmando -o example"
                           f" -Wl,-rpath,{libraries}")
        self.assertEqual(built, "")
        self.assertEqual(self.shell("./example"), output)

    def test_links_lead_to_files_that_are_there(self):
        listed = subprocess.run(["git", "ls-files", "*.md"], cwd=SOURCE, capture_output=True, check=False, text=True)
        pages = [SOURCE / name for name in listed.stdout.split()] or MANUAL
        for page in pages:
            text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
            for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text):
                if "://" not in target:
                    with self.subTest(page=page.relative_to(SOURCE).as_posix(), link=target):
                        self.assertTrue((page.parent / target).exists())


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
