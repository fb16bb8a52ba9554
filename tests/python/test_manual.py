# SPDX-License-Identifier: Apache-2.0
"""scripts/manual.py: every verb and option is in the man page and in the completions, and the shells can read them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("DSLT_PROGRAM", str(ROOT / "build" / "dslt"))


def output(*command: str, **options) -> str:
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options).stdout


def options_of(*words: str) -> set[str]:
    """The long options in a verb's --help, as a reader sees it."""
    return set(re.findall(r"^ {2,6}(?:-\S, )?(--[a-z][\w-]*)", output(PROGRAM, *words, "--help"), re.M))


class Manual(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not Path(PROGRAM).exists():
            raise unittest.SkipTest(f"no program: {PROGRAM}")
        cls.folder = Path(tempfile.mkdtemp(prefix="dslt-manual-"))
        output("python3", str(ROOT / "scripts" / "manual.py"), PROGRAM, str(cls.folder))
        cls.verbs = re.findall(r"^  ([a-z]+) +\S", output(PROGRAM, "--help").split("\n\n")[1], re.M)
        cls.options = {("track",): options_of("track"), ("trax",): options_of("trax"),
                       ("weights", "convert"): options_of("weights", "convert")}

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder, ignore_errors=True)

    def text(self, name: str) -> str:
        return (self.folder / name).read_text(encoding="utf-8")

    def test_everything_is_in_the_page(self):
        page = self.text("dslt.1").replace("\\-", "-")
        self.assertGreaterEqual(len(self.verbs), 11)
        for verb in self.verbs:
            self.assertIn(f'.SH "DSLT {verb.upper()}"', page)
        for words, options in self.options.items():
            self.assertGreater(len(options), 5)
            section = page.split(f'.SH "{" ".join(("dslt", *words)).upper()}"')[1].split(".SH ")[0]
            for option in options:
                self.assertIn(option, section)
        self.assertIn("Exit codes: 0 done", page)

    def test_groff_has_no_warning(self):
        if not shutil.which("groff"):
            self.skipTest("no groff")
        shown = subprocess.run(["groff", "-ww", "-man", "-Tascii", self.folder / "dslt.1"], check=True, capture_output=True,
                               text=True, errors="replace")
        self.assertEqual("", shown.stderr)
        self.assertGreater(len(shown.stdout), 10000)

    def complete(self, *words: str) -> list[str]:
        """What bash offers for the last of these words."""
        script = f"source {self.folder / 'dslt.bash'}; COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); compopt() {{ :; }}; _dslt; " \
                 "printf '%s\\n' \"${COMPREPLY[@]}\""
        return output("bash", "-c", script, "bash", *words).split()

    def test_bash_completes(self):
        if not shutil.which("bash"):
            self.skipTest("no bash")
        self.assertEqual(["track", "trax"], self.complete("dslt", "tra"))
        self.assertEqual(sorted(self.verbs), sorted(set(self.complete("dslt", "")) - {"help", "--help", "--version"}))
        self.assertEqual(["convert"], self.complete("dslt", "weights", "c"))
        for words, options in self.options.items():
            self.assertEqual(options, {word for word in self.complete("dslt", *words, "--")}, words)
        self.assertIn("default", self.complete("dslt", "track", "--preset", "d"))
        self.assertEqual(["cpu", "cuda"], self.complete("dslt", "track", "--backend", "c"))
        self.assertEqual([], self.complete("dslt", "track", "--box", ""))
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "clip.mp4").touch()
            self.assertEqual([f"{folder}/clip.mp4"], self.complete("dslt", "track", f"{folder}/c"))

    def test_zsh_and_fish_read_theirs(self):
        for words, options in self.options.items():
            for option in options:
                self.assertIn(f"*{option}", self.text("_dslt"), words)
                self.assertIn(f" -l {option[2:]} ", self.text("dslt.fish") + " ", words)
        missing = [shell for shell in ("zsh", "fish") if not shutil.which(shell)]
        if "zsh" not in missing:
            output("zsh", "-n", str(self.folder / "_dslt"))
        if "fish" not in missing:
            script = f"source {self.folder / 'dslt.fish'}; complete -C 'dslt tra'; complete -C 'dslt track --backend c'"
            offered = [line.split("\t")[0] for line in output("fish", "-N", "-c", script).splitlines()]
            self.assertEqual(["track", "trax", "cpu", "cuda"], offered)
        if missing:
            self.skipTest("no " + ", no ".join(missing))


if __name__ == "__main__":
    unittest.main()
