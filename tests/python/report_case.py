# SPDX-License-Identifier: Apache-2.0
"""What the tests of dslt report share: a folder, a way to draw, and a reader of pages that checks as it reads."""

from __future__ import annotations

import contextlib
import io
import json
import re
import sys
import tempfile
import unittest
from html.parser import HTMLParser
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MAIN = ROOT / "host" / "report" / "main.py"

sys.path[:0] = [str(MAIN.parent), str(Path(__file__).resolve().parent)]
import skips

skips.need("numpy", "matplotlib", "PIL", "jinja2")

# isort: split
import report_fixtures as fixtures
from dslt_report import command

VOID = {"meta", "img", "input", "br"}
# Elements of SVG that close themselves and hold nothing.
EMPTY = {"path", "use", "rect", "circle", "line"}


class Page(HTMLParser):
    """Elements in order; complains about tags that do not match."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: list[tuple[str, str]] = []  # path of open tags, text
        self.problems: list[str] = []
        self.feed(text)
        self.close()
        if self.open:
            self.problems.append(f"left open: {self.open}")

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attributes}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attributes}))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open[-1] != tag:
            self.problems.append(f"</{tag}> inside {self.open[-3:]}")
        else:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.append(("/".join(self.open), data))

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]

    def text_in(self, tag: str) -> list[str]:
        return [text for path, text in self.texts if path.split("/")[-1] == tag]


def legends(text: str) -> list[list[str]]:
    """The lines of each legend of a page."""
    return [re.findall(r"<span>(.*?)</span></li>", part) for part in re.findall(r'<ol class="legend.*?</ol>', text)]


def clips(text: str) -> list[dict]:
    """What plays in a page."""
    return [json.loads(part) for part in re.findall(r'<script type="application/json" class="clip">(.*?)</script>', text)]


class ReportCase(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.out = self.folder / "report.html"

    def run_report(self, *options: object) -> tuple[int, str]:
        """Exit code and what went to stderr."""
        errors = io.StringIO()
        with contextlib.redirect_stderr(errors):
            code = command.main([*map(str, options), "--output", str(self.out)])
        return code, errors.getvalue()

    def drawn(self, *options: object) -> str:
        """The page, which is checked for what holds of every page."""
        code, errors = self.run_report(*options)
        self.assertEqual((code, errors), (0, ""))
        text = self.out.read_text(encoding="utf-8")
        self.assert_sound(text)
        return text

    def assert_sound(self, text: str) -> None:
        page = Page(text)
        self.assertEqual(page.problems, [])
        found = [a["id"] for _, a in page.elements if "id" in a]
        self.assertEqual(len(found), len(set(found)), "identifiers are unique")
        self.assertEqual(set(re.findall(r'(?:href="|url\()#([^")]+)', text)) - set(found), set(), "dead references")
        for tag, attributes in page.elements:
            for name in ("src", "href", "xlink:href", "action", "data", "srcset"):
                if name in attributes:
                    self.assertRegex(attributes[name], r"^(#|data:image/(png|jpeg);base64,)", f"{tag} {name}")
            for name in attributes:
                self.assertFalse(name.startswith("on"), f"{tag} {name}")
        self.assertNotIn("@import", text)
        self.assertEqual(set(re.findall(r"https?://[^\s\"'<]+", text)) - {"http://www.w3.org/2000/svg",
                                                                       "http://www.w3.org/1999/xlink"}, set())
        for image in page.all("img"):
            self.assertTrue(image.get("alt"))
        for svg in page.all("svg"):
            self.assertTrue(svg.get("aria-label") or svg.get("aria-hidden") == "true")
        self.assertEqual(len([a for a in page.all("script") if a.get("type") != "application/json"]), 1)
        self.assertEqual(len(page.all("title")), 1)
        self.assertEqual(len(page.all("style")), 1)

    def assert_fails(self, code: int, *words: str, options: tuple[object, ...]) -> None:
        found, errors = self.run_report(*options)
        self.assertEqual(found, code, errors)
        self.assertEqual(errors.count("\n"), 1, errors)
        self.assertTrue(errors.startswith("dslt: ") and errors.endswith(".\n"), errors)
        for word in words:
            self.assertIn(word, errors)
