# SPDX-License-Identifier: Apache-2.0
"""The pages of docs/: every command runs, every message of Troubleshooting is one that the program prints, every option that is named
exists, and the site has no dead link.

A block of commands is fenced as `sh`, or indented by four spaces. A comment before it says what is special:

    <!-- not run: REASON -->        skipped, and listed so
    <!-- fails: CODE -->            ends with this exit code, and prints the message that the heading above quotes
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

sys.path.insert(0, str(Path(__file__).resolve().parent))
import skips

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PROGRAM = Path(os.environ.get("DSLT_PROGRAM", ROOT / "build" / "dslt")).resolve()
PAGES = sorted(DOCS.glob("*.md"))
REASONS = ("needs the network", "needs a camera", "needs a GPU", "needs a display", "needs GStreamer", "needs downloaded weights",
           "needs a benchmark", "needs a benchmark and downloaded weights", "installs into the system",
           "builds the whole program", "runs until it is stopped")
LANGUAGES = ("sh", "c", "python", "cmake", "ini", "json", "text", "html", "javascript")


@dataclass
class Block:
    line: int
    text: str
    skip: str = ""  # why it is not run
    code: int = 0  # how it ends
    message: str = ""  # what it then prints


def fenced(text: str) -> list[tuple[int, str, str]]:
    """Line, language and content of every block of code."""
    found, lines, at = [], text.split("\n"), 0
    while at < len(lines):
        fence = re.match(r"^(`{3,})(.*)$", lines[at])
        begin = at
        if fence:
            at += 1
            while not lines[at].startswith(fence[1]):
                at += 1
            found.append((begin, fence[2].strip(), "\n".join(lines[begin + 1:at])))
        elif lines[at].startswith("    ") and not lines[at - 1].strip() and not listed(lines, at):
            while at < len(lines) and (lines[at].startswith("    ") or not lines[at].strip()):
                at += 1
            found.append((begin, "sh", "\n".join(line[4:] for line in lines[begin:at])))
            continue
        at += 1
    return found


def listed(lines: list[str], at: int) -> bool:
    """Whether the indented line `at` goes on with a list's item."""
    before = next((line for line in reversed(lines[:at]) if line.strip() and not line.startswith("    ")), "")
    return re.match(r"^(-|\*|\d+\.) ", before) is not None


def blocks(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    lines = text.split("\n")
    found = []
    for line, language, content in fenced(text):
        if language != "sh":
            continue
        above = next((lines[i] for i in range(line - 1, -1, -1) if lines[i].strip()), "")
        block = Block(line + 1, content)
        if mark := re.match(r"^<!-- not run: (.*) -->$", above):
            block.skip = mark[1]
        if mark := re.match(r"^<!-- fails: (\d+) -->$", above):
            block.code = int(mark[1])
            heading = next(lines[i] for i in range(line - 1, -1, -1) if lines[i].startswith("#"))
            block.message = re.search(r"`(.*)`", heading)[1]
        found.append(block)
    return found


def matches(message: str, output: str) -> bool:
    """`...` in the message stands for anything within a line."""
    return re.search(".*".join(re.escape(part) for part in message.split("...")), output) is not None


def built_with(name: str) -> bool:
    """As dslt info tells of what reads videos and pictures."""
    return re.search(f"^media: .*{name} [0-9]", subprocess.run([PROGRAM, "info"], capture_output=True, text=True).stdout, re.M) is not None


@unittest.skipIf(os.environ.get("DSLT_SANITIZE"), "built with a sanitizer")
class Commands(unittest.TestCase):
    """A page's blocks run in turn, in a folder that has everything that a clone has, and a video clip.mp4."""

    @classmethod
    def setUpClass(cls) -> None:
        if not PROGRAM.is_file():
            raise unittest.SkipTest("no program")
        for library in ("FFmpeg", "OpenCV"):
            if not built_with(library):
                raise unittest.SkipTest(f"built without {library}")
        cls.scratch = tempfile.TemporaryDirectory(prefix="dslt-docs-")
        cls.clip = Path(cls.scratch.name) / "clip.mp4"
        subprocess.run([PROGRAM, "track", "scene:1:640x480", "--frames", "12", "--overlay", cls.clip, "--quiet"], check=True)

    @classmethod
    def tearDownClass(cls) -> None:
        cls.scratch.cleanup()

    def folder(self, page: Path) -> Path:
        place = Path(self.scratch.name) / page.stem
        place.mkdir()
        for entry in ROOT.iterdir():
            if entry.name[0] != "." and not entry.name.startswith("build") and entry.name != "demo":
                (place / entry.name).symlink_to(entry)
        (place / "build").symlink_to(PROGRAM.parent)
        shutil.copy(self.clip, place)
        return place

    def run_page(self, page: Path) -> None:
        place = self.folder(page)
        environment = dict(os.environ, PATH=f"{PROGRAM.parent}:{os.environ['PATH']}", LC_ALL="C.UTF-8", GOMP_SPINCOUNT="300")
        for block in blocks(page):
            if block.skip:
                continue
            done = subprocess.run(["sh", "-eu", "-c", block.text], cwd=place, env=environment, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace", timeout=600)
            said = f"{page.name}:{block.line}:\n{block.text}\n{done.stderr[-2000:]}"
            self.assertEqual(done.returncode, block.code, said)
            if block.message:
                self.assertTrue(matches(block.message, done.stderr), f"does not print {block.message}\n{said}")


def add_tests() -> None:
    """A test for each page, and one for each block that is not run, so that it is listed with the reason."""
    for page in PAGES:
        name = "test_" + re.sub(r"\W", "_", page.stem)
        every = blocks(page)
        if any(not block.skip for block in every):
            setattr(Commands, name, lambda self, page=page: self.run_page(page))
        for block in every:
            if block.skip:
                setattr(Commands, f"{name}_line_{block.line}", unittest.skip(block.skip)(lambda self: None))


add_tests()


class Pages(unittest.TestCase):
    def test_blocks_say_what_they_are(self) -> None:
        for page in PAGES:
            for line, language, _ in fenced(page.read_text(encoding="utf-8")):
                self.assertTrue(language in LANGUAGES or language.startswith("{"), f"{page.name}:{line + 1}: {language!r}")
            for block in blocks(page):
                self.assertTrue(not block.skip or block.skip.partition(":")[0] in REASONS, f"{page.name}:{block.line}: {block.skip}")

    def test_troubleshooting_shows_each_message(self) -> None:
        text = (DOCS / "troubleshooting.md").read_text(encoding="utf-8")
        quoted = re.findall(r"^### `(.*)`$", text, re.M)
        self.assertGreater(len(quoted), 15)
        self.assertEqual(quoted, [block.message for block in blocks(DOCS / "troubleshooting.md")])
        for message in quoted:
            self.assertGreater(len(message.replace("...", "")), 12, message)

    def test_matching_of_messages(self) -> None:
        self.assertTrue(matches("Box ... is (small)", 'dslt: Box "1,2" is (small)\n'))
        self.assertFalse(matches("Box ... is small", "Box\n is small"))
        self.assertFalse(matches("a.c", "abc"))

    @unittest.skipUnless(PROGRAM.is_file(), "no program")
    def test_options_are_written_from_the_tables(self) -> None:
        made = subprocess.run([sys.executable, ROOT / "scripts" / "option_page.py", PROGRAM], capture_output=True, text=True, check=True)
        self.assertEqual(made.stdout, (DOCS / "options.md").read_text(encoding="utf-8"),
                         "make it again: scripts/option_page.py build/dslt > docs/options.md")

    @unittest.skipUnless(PROGRAM.is_file(), "no program")
    def test_verbs_and_options_that_are_named_exist(self) -> None:
        """In blocks, run or not, and within sentences; of the README too."""
        known: dict[tuple[str, ...], str] = {}

        def help_of(*words: str) -> str:
            if words not in known:
                known[words] = subprocess.run([PROGRAM, *words, "--help"], capture_output=True, text=True).stdout
            return known[words]

        verbs = set(re.findall(r"^  (\w+)  ", help_of(), re.M))
        count = 0
        for page in [*PAGES, ROOT / "README.md"]:
            text = page.read_text(encoding="utf-8")
            shown = [content for _, language, content in fenced(text) if language == "sh"]
            shown += re.findall(r"(?<!`)`([^`\n]+)`(?!`)", text)
            for line in "\n".join(shown).replace("\\\n", " ").split("\n"):
                for command in re.findall(r"(?:^|[|;&(] *)(?:build/)?dslt (.*)", line.split(" #")[0]):
                    words = command.split("|")[0].split("&&")[0].split()
                    if not words or words[0].startswith("-") or not words[0].islower():
                        continue
                    self.assertIn(words[0], verbs, f"{page.name}: {line}")
                    part = [words[0]] + ([words[1]] if words[0] in ("weights", "dataset") and len(words) > 1 else [])
                    for option in re.findall(r"(?<=\s)--[a-z][a-z-]*", " ".join(words)):
                        self.assertRegex(help_of(*part), rf"{option}\b", f"{page.name}: {line}")
                        count += 1
        self.assertGreater(count, 80)

    def test_c_compiles(self) -> None:
        compiler = shutil.which("cc")
        if compiler is None:
            self.skipTest("no compiler")
        snippets = [content for page in PAGES for _, language, content in fenced(page.read_text(encoding="utf-8")) if language == "c"]
        self.assertTrue(snippets)
        for snippet in snippets:
            if "gst_" in snippet:
                continue  # tests/gstreamer makes the same calls
            program = f"#include <dslt/dslt.h>\nvoid f(dslt_tracker *tracker, dslt_weights *weights) {{\n{snippet}\n}}\n"
            done = subprocess.run([compiler, "-std=c11", "-Wall", "-Werror", "-fsyntax-only", "-I", ROOT / "include", "-x", "c", "-"],
                                  input=program, capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stderr)

    def test_python_is_what_the_package_s_tests_run(self) -> None:
        tested = (DOCS / "python.md").read_text(encoding="utf-8")
        for page in PAGES:
            for _, language, content in fenced(page.read_text(encoding="utf-8")):
                if language == "python":
                    self.assertIn(content, tested, page.name)


class Links(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.identities: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        for name, value in attributes:
            if name in ("href", "src") and value:
                self.targets.append(value)
            if name in ("id", "name") and value:
                self.identities.add(value)


class Site(unittest.TestCase):
    def test_it_is_built_and_no_link_is_dead(self) -> None:
        skips.need("sphinx", "myst_parser", "furo")
        with tempfile.TemporaryDirectory() as folder:
            html = Path(folder, "html")
            done = subprocess.run([sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", "-d",
                                   Path(folder, "doctrees"), DOCS, html], capture_output=True, text=True)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            pages = {page: Links(page.read_text(encoding="utf-8")) for page in html.glob("*.html")}
            self.assertGreaterEqual(len(pages), len(PAGES))
            for page, links in pages.items():
                for target in links.targets:
                    if re.match(r"^(https?|mailto|data):", target):
                        continue
                    place, _, anchor = unquote(target).partition("#")
                    if place.startswith("api/"):  # Doxygen's; scripts/docs.sh makes it
                        continue
                    file = (page.parent / place.partition("?")[0]).resolve() if place else page
                    self.assertTrue(file.exists(), f"{page.name}: {target}")
                    if anchor and file in pages:
                        self.assertIn(anchor, pages[file].identities, f"{page.name}: {target}")

    def test_links_out_of_the_repository_are_no_links_and_must_exist(self) -> None:
        skips.need("sphinx", "myst_parser", "furo")
        with tempfile.TemporaryDirectory() as folder:
            docs = Path(folder, "docs")
            docs.mkdir()
            shutil.copy(DOCS / "outside.py", docs)
            (docs / "conf.py").write_text("import sys\nfrom pathlib import Path\nsys.path.insert(0, str(Path(__file__).parent))\n"
                                          'extensions = ["myst_parser", "outside"]\n', encoding="ascii")
            (Path(folder) / "there.py").touch()
            for target, code in (("there.py", 0), ("absent.py", 1)):
                (docs / "index.md").write_text(f"# Page\n\nSee [this](../{target}).\n", encoding="ascii")
                done = subprocess.run([sys.executable, "-m", "sphinx", "-q", "-W", "-b", "html", docs, Path(folder, "out")],
                                      capture_output=True, text=True)
                self.assertEqual(done.returncode == 0, code == 0, done.stderr)
                if code:
                    self.assertIn("there is no ../absent.py", done.stderr)
                else:
                    page = Path(folder, "out", "index.html").read_text(encoding="utf-8")
                    self.assertIn('<span class="pre">there.py</span>', page)
                    self.assertNotIn('href="../there.py"', page)


if __name__ == "__main__":
    unittest.main()
