# SPDX-License-Identifier: Apache-2.0
"""dslt live in headless Chromium: a box is drawn by mouse, finger and keys and followed; the controls work; nothing sticks out."""

from __future__ import annotations

import csv
import io
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request
import zlib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from browser import CHROMIUM, Browser

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("DSLT_PROGRAM", str(ROOT / "build" / "dslt"))
BOX = (297.0786, 180.7468, 64, 80)  # the object of scene:1 in its first frame
SHOTS = os.environ.get("DSLT_SHOTS")  # a folder that keeps the screenshots


def can_serve() -> bool:
    done = subprocess.run([PROGRAM, "info"], capture_output=True, text=True, check=False)
    return "page: civetweb" in done.stdout


def overlap(a, b) -> float:
    width = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    height = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    both = max(0, width) * max(0, height)
    return both / (a[2] * a[3] + b[2] * b[3] - both)


def corner(png: bytes) -> tuple[int, ...]:
    """The top left pixel, whose row is stored as it is: filters 0 to 4 leave a row's first pixel."""
    at, data = 8, b""
    while at < len(png):
        size, kind = struct.unpack(">I4s", png[at:at + 8])
        if kind == b"IDAT":
            data += png[at + 8:at + 8 + size]
        at += 12 + size
    return tuple(zlib.decompressobj().decompress(data, 4)[1:4])


@unittest.skipIf(CHROMIUM is None, "no Chromium")
@unittest.skipUnless(Path(PROGRAM).exists(), f"no program: {PROGRAM}")
class Live(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        if not can_serve():
            raise unittest.SkipTest("built without civetweb")
        cls.folder = Path(tempfile.mkdtemp(prefix="dslt-live-"))
        cls.browser = Browser(cls.folder / "profile")

    @classmethod
    def tearDownClass(cls) -> None:
        cls.browser.close()
        shutil.rmtree(cls.folder, ignore_errors=True)

    def setUp(self) -> None:
        environment = {**os.environ, "OMP_WAIT_POLICY": "passive"}
        self.words = open(self.folder / "words", "w+", encoding="utf-8")
        self.server = subprocess.Popen([PROGRAM, "live", "scene:1", "--port", "0", "--threads", "1", "--fast", "--set", "init_steps=5"],
                                       stdout=subprocess.PIPE, stderr=self.words, text=True, env=environment)
        self.url = self.server.stdout.readline().strip()
        self.assertTrue(self.url.startswith("http://127.0.0.1:"), self.url)
        self.browser.size(1280, 900)
        self.browser.events.clear()
        self.browser.open(self.url)
        self.browser.wait("state && bitmap && document.querySelectorAll('.option').length > 10")

    def tearDown(self) -> None:
        complaints = self.browser.complaints()
        self.browser.send("Page.navigate", url="about:blank")
        self.server.terminate()
        code = self.server.wait(timeout=60)
        self.server.stdout.close()
        self.words.seek(0)
        words = self.words.read()
        self.words.close()
        self.assertEqual(complaints, [])
        self.assertIn(code, (0, 143), words)

    # ---- helpers ----

    def at(self, x: float, y: float) -> tuple[float, float]:
        """A place of the frame in the window."""
        left, top, scale = self.browser.run("""(() => {
          const r = document.getElementById("view").getBoundingClientRect(), s = Math.min(r.width / state.width, r.height / state.height);
          return [r.left + (r.width - state.width * s) / 2, r.top + (r.height - state.height * s) / 2, s]; })()""")
        return left + x * scale, top + y * scale

    def corners(self, box) -> list[tuple[float, float]]:
        x, y, w, h = box
        return [self.at(x, y), self.at(x + w / 2, y + h / 3), self.at(x + w, y + h)]

    def truth(self, frame: int) -> list[float]:
        """The object's place in a later frame, as the renderer has it: the first box of a track from there."""
        done = subprocess.run([PROGRAM, "track", "scene:1", "--start", str(frame), "--frames", "1", "-q", "-o", "-", "--format", "csv"],
                              capture_output=True, text=True, check=True)
        row = next(csv.DictReader(io.StringIO(done.stdout)))
        return [float(row[name]) for name in ("x", "y", "width", "height")]

    def shown(self, number: int = 1) -> list[float]:
        return self.browser.run(f"state.targets.find(t => t.number === {number}).box")

    def follow_until(self, frame: int) -> None:
        self.browser.key(" ")
        self.browser.wait(f"state.frame >= {frame}")
        self.browser.key(" ")
        self.browser.wait("state.paused")

    # ---- tests ----

    def test_a_box_that_is_drawn_is_followed(self) -> None:
        b = self.browser
        self.assertIn("Draw a box", b.run("document.getElementById('hint').textContent"))
        b.drag(*self.corners(BOX))
        b.wait("state.targets.length === 1")
        self.assertGreater(overlap(self.shown(), BOX), 0.95)
        self.follow_until(20)
        frame = b.run("state.frame")
        self.assertGreater(overlap(self.shown(), self.truth(frame)), 0.6)
        self.assertEqual(b.run("document.querySelectorAll('#targets li').length"), 1)
        self.assertGreaterEqual(b.run("points.length"), 10)
        self.assertGreater(b.run("maps.length"), 100)
        self.assertGreater(b.run("parseFloat(document.getElementById('total').textContent)"), 0)
        rows = list(csv.DictReader(io.StringIO(urllib.request.urlopen(self.url + "boxes.csv").read().decode())))
        self.assertEqual(len(rows), frame + 1)
        self.assertEqual(b.run("document.getElementById('csv').href"), self.url + "boxes.csv")
        # step, one frame
        b.run("document.getElementById('step').click()")
        b.wait(f"state.frame === {frame + 1} && state.paused")
        # an option
        b.run("""(() => { const e = document.getElementById("option-window"); e.value = "0.2"; e.dispatchEvent(new Event("change")); })()""")
        b.wait("document.getElementById('option-window').dataset.value === '0.2'")
        b.run("""(() => { const e = document.getElementById("option-window"); e.value = "seven"; e.dispatchEvent(new Event("change")); })()""")
        b.wait("!document.getElementById('toast').hidden")
        self.assertIn("window", b.run("document.getElementById('toast').textContent"))
        self.assertEqual(b.run("document.getElementById('option-window').value"), "0.2")
        b.events[:] = [e for e in b.events if "422" not in str(e)]  # the refusal, which the console notes
        # drawn anew, removed, from the start
        b.run("document.querySelector('#targets button').click()")
        b.drag(*self.corners((30, 40, 50, 60)))
        b.wait("Math.abs(state.targets[0].box[0] - 30) < 2 && state.targets[0].number === 1")
        b.run("document.querySelectorAll('#targets button')[1].click()")
        b.wait("state.targets.length === 0")
        b.run("document.getElementById('restart').click()")
        b.wait("state.frame === 0 && points.length === 0")

    def test_finger_and_keys_draw_too(self) -> None:
        b = self.browser
        b.send("Emulation.setTouchEmulationEnabled", enabled=True)
        b.touch(*self.corners(BOX))
        b.send("Emulation.setTouchEmulationEnabled", enabled=False)
        b.wait("state.targets.length === 1")
        self.assertGreater(overlap(self.shown(), BOX), 0.95)
        b.key("b")
        for key, modifiers in (("ArrowLeft", 0), ("ArrowDown", 0), ("ArrowRight", 8), ("ArrowUp", 2), ("Enter", 0)):
            b.key(key, modifiers)
        b.wait("state.targets.length === 2")
        self.assertEqual(self.shown(2), [195 - 8, 135 + 8 - 1, 90 + 8, 90])
        b.key("b")
        b.key("Escape")
        b.run("document.getElementById('clear').click()")
        b.wait("state.targets.length === 0")

    def test_wide_and_narrow_light_and_dark(self) -> None:
        b = self.browser
        b.drag(*self.corners(BOX))
        b.wait("state.targets.length === 1")
        self.follow_until(5)
        grounds = {}
        for width, height in ((1280, 900), (390, 844)):
            for dark in (False, True):
                b.size(width, height, dark)
                b.wait(f"document.documentElement.clientWidth === {width}")
                file = Path(SHOTS or self.folder) / f"live-{width}-{'dark' if dark else 'light'}.png"
                b.screenshot(file)
                grounds[width, dark] = sum(corner(file.read_bytes()))
                out = b.run("""(() => { const edge = document.documentElement.clientWidth, out = [];
                  for (const e of document.querySelectorAll("body *")) {
                    const r = e.getBoundingClientRect();
                    if (r.width && !e.closest("svg") && (r.right > edge + 0.5 || r.left < -0.5)) out.push(e.tagName + "#" + e.id + "." + e.className);
                  }
                  return [document.documentElement.scrollWidth - edge, out]; })()""")
                self.assertEqual(out, [0, []], f"{width} wide")
                small = b.run("""[...document.querySelectorAll("button, a.button, select")].filter(e => e.offsetHeight && e.offsetHeight < 28).map(e => e.textContent)""")
                self.assertEqual(small, [], "large enough for a finger")
            self.assertGreater(grounds[width, False], 3 * 230)
            self.assertLess(grounds[width, True], 3 * 60)

    def test_everything_can_be_reached_and_has_a_name(self) -> None:
        b = self.browser
        nameless = b.run("""[...document.querySelectorAll("button, a, input, select, canvas")].filter(e =>
          !(e.textContent.trim() || e.ariaLabel || e.title || (e.labels && e.labels.length))).map(e => e.outerHTML)""")
        self.assertEqual(nameless, [])
        self.assertEqual(b.run("""[...document.querySelectorAll("[tabindex]")].filter(e => e.tabIndex > 0).length"""), 0)
        # whoever ends the program is told so
        b.run("command({do: 'quit'})")
        b.wait("document.getElementById('pill').textContent === 'ended' || document.getElementById('pill').textContent === 'no connection'", 20)
        time.sleep(0.1)
        b.events.clear()  # refused connections


if __name__ == "__main__":
    unittest.main()
