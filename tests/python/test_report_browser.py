# SPDX-License-Identifier: Apache-2.0
"""dslt report in headless Chromium: light and dark, wide and narrow; that nothing sticks out, and that tables sort."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from report_case import ReportCase, fixtures  # skips without matplotlib

# isort: split
from PIL import Image

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
WIDE, NARROW = 1280, 390


@unittest.skipIf(CHROMIUM is None, "no Chromium")
class Browser(ReportCase):
    def setUp(self) -> None:
        super().setUp()
        names = [*fixtures.NAMES[:4], "A_tracker_whose_name_is_longer_than_any_column_has_room_for_in_a_table"]
        scores, frames = fixtures.evaluation(self.folder, names, sequences=4, pictures=True, longest=120)
        fixtures.result_folders(self.folder)
        vot = fixtures.vot_scores(self.folder / "vot.json", names)
        ablation = fixtures.ablation(self.folder / "ablation.json")
        self.page = self.drawn("--eval", scores, "--frames", frames, "--vot", vot, "--ablation", ablation,
                               "--player-megabytes", 3)

    def chromium(self, *options: str) -> str:
        """What it writes."""
        line = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                "--force-device-scale-factor=1", f"--user-data-dir={self.folder / 'profile'}", *options]
        done = subprocess.run(line, capture_output=True, text=True, timeout=300)
        self.assertEqual(done.returncode, 0, done.stderr[-2000:])
        return done.stdout

    def measured(self, width: int, script: str) -> object:
        """The value that `script` returns inside the page."""
        probe = ("<script>document.body.dataset.probe = JSON.stringify((() => {" + script + "})());</script></body>")
        file = self.folder / "probe.html"
        file.write_text(self.page.replace("</body>", probe), encoding="utf-8")
        dump = self.chromium(f"--window-size={width},900", "--dump-dom", file.as_uri())
        found = re.search(r'data-probe="([^"]*)"', dump)
        self.assertIsNotNone(found, f"the script did not run to its end; the page: {dump[:500]}")
        return json.loads(html.unescape(found.group(1)))

    def shot(self, width: int, dark: bool) -> Image.Image:
        file = self.folder / "shot.png"
        scheme = ["--blink-settings=preferredColorScheme=0"] if dark else []
        self.chromium(*scheme, f"--window-size={width},2400", f"--screenshot={file}", self.out.as_uri())
        return Image.open(file).convert("RGB")

    def test_screenshots_show_a_page_in_its_theme(self) -> None:
        for width in (WIDE, NARROW):
            corner = {}
            for dark in (False, True):
                picture = self.shot(width, dark)
                self.assertEqual(picture.size, (width, 2400))
                corner[dark] = sum(picture.getpixel((2, 2)))
                colours = sorted(picture.getcolors(1 << 22), reverse=True)
                ground = colours[0][0] / (width * 2400)
                self.assertGreater(len(colours), 300, "not blank")
                self.assertTrue(0.3 < ground < 0.97, f"{ground:.2f} of the picture is background")
                for part in range(4):  # nothing large is missing
                    strip = picture.crop((0, 600 * part, width, 600 * part + 600))
                    self.assertGreater(len(strip.getcolors(1 << 22)), 30)
            self.assertGreater(corner[False], 3 * 240)
            self.assertLess(corner[True], 3 * 40)

    def test_nothing_sticks_out_at_the_side(self) -> None:
        script = """
          document.querySelectorAll("details").forEach(d => d.open = true);
          const page = document.documentElement, edge = page.clientWidth, out = [];
          for (const e of document.querySelectorAll("body *")) {
            if (e.closest(".box") !== e && e.closest(".box, nav, svg, pre")) continue;
            const r = e.getBoundingClientRect();
            if (r.width && (r.right > edge + 0.5 || r.left < -0.5)) out.push(e.tagName + "." + e.className);
          }
          return {scroll: page.scrollWidth, edge, out};"""
        for width in (WIDE, NARROW, 320):
            found = self.measured(width, script)
            self.assertEqual((found["scroll"], found["out"]), (found["edge"], []), f"{width} wide")

    def test_tables_sort_filter_and_change_their_measure(self) -> None:
        found = self.measured(WIDE, """
          const table = document.getElementById("sequence-table"), heads = table.tHead.rows[0].cells;
          const column = i => [...table.tBodies[0].rows].map(r => r.cells[i].textContent);
          const press = i => { heads[i].querySelector("button").click(); return column(i); };
          const out = {names: column(0), down: press(2), up: press(2), back: press(0), order: heads[0].ariaSort};
          const measure = document.getElementById("measure");
          measure.value = "3";
          measure.dispatchEvent(new Event("change"));
          out.op50 = column(2);
          out.data = [...table.tBodies[0].rows].map(r => r.cells[2].dataset.v.split(" ")[3]);
          const find = document.getElementById("find");
          find.value = "002";
          find.dispatchEvent(new Event("input"));
          out.left = [...table.tBodies[0].rows].filter(r => !r.hidden).map(r => r.cells[0].textContent);
          return out;""")
        self.assertEqual(found["down"], sorted(found["down"], key=float, reverse=True))
        self.assertEqual(found["up"], sorted(found["down"], key=float))
        self.assertEqual(found["back"], sorted(found["names"]))
        self.assertEqual(found["order"], "ascending")
        self.assertEqual(found["op50"], found["data"])
        self.assertEqual(found["left"], ["Sequence002"])

    def test_pointing_at_a_legend_brings_its_curves_forward(self) -> None:
        found = self.measured(WIDE, """
          const group = document.querySelector(".figures"), line = group.querySelector(".legend li");
          line.dispatchEvent(new MouseEvent("mouseover", {bubbles: true}));
          const on = [...group.querySelectorAll(".series.on")].map(e => e.dataset.s);
          group.dispatchEvent(new MouseEvent("mouseleave"));
          return {wanted: line.dataset.s, on, after: group.querySelectorAll(".series.on").length};""")
        self.assertEqual(found["on"], [found["wanted"]] * 3)
        self.assertEqual(found["after"], 0)

    def test_the_player_steps_and_goes_where_it_is_sent(self) -> None:
        found = self.measured(WIDE, """
          const at = (id) => document.getElementById("play-" + id), out = {};
          const state = () => ({frame: at("frame").textContent, value: Number(at("place").value),
            image: document.querySelector("#play-screens img").src, box: rects()[0]});
          const rects = () => [...document.querySelectorAll("#play-screens rect:not(.casing)")].map(r => Number(r.getAttribute("x")));
          const key = (name, more) => at("screens").dispatchEvent(
            new KeyboardEvent("keydown", {key: name, bubbles: true, cancelable: true, ...more}));
          const texts = [...document.querySelectorAll("script.clip")].map(t => JSON.parse(t.textContent));
          out.hidden = document.getElementById("play").hidden;
          out.clip = {step: texts[0].step, shown: texts[0].pictures.length, frames: texts[0].frames};
          out.boxes = [1, 2, 3, 4, 5].map(t => texts[0].boxes[t][0][0] / 10).reverse().concat(texts[0].boxes[0][0][0] / 10);
          out.drawn = rects();
          out.start = state();
          at("forward").click(); out.forward = state();
          key("ArrowRight", {shiftKey: true}); out.ten = state();
          key("ArrowLeft"); out.left = state();
          key("End"); out.end = state();
          key("Home"); out.home = state();
          at("place").value = 7; at("place").dispatchEvent(new Event("input")); out.slid = state();
          const chart = at("chart").getBoundingClientRect();
          at("chart").dispatchEvent(new PointerEvent("pointermove", {buttons: 1, clientX: chart.left + chart.width / 2}));
          out.middle = state();
          const link = document.querySelectorAll("a[data-clip='2']")[1];
          link.click();
          out.sent = {frame: at("frame").textContent, clip: at("clip").value, wanted: link.dataset.frame, step: texts[2].step};
          out.curves = document.querySelectorAll("#play-chart .curve").length;
          document.querySelector("#play-cast button").click();
          out.off = [document.querySelectorAll("#play-chart .curve").length, rects().length];
          at("apart").click();
          out.apart = [...document.querySelectorAll("#play-screens figure")].map(f => f.querySelectorAll(".box").length);
          key(" "); out.running = at("run").getAttribute("aria-pressed");
          key(" "); out.paused = at("run").getAttribute("aria-pressed");
          return out;""")
        clip = found["clip"]
        last = clip["shown"] - 1
        self.assertFalse(found["hidden"])
        self.assertEqual(found["drawn"], found["boxes"])
        for name, place in (("start", 0), ("forward", 1), ("ten", 11), ("left", 10), ("end", last), ("home", 0), ("slid", 7)):
            self.assertEqual(found[name]["value"], place, name)
            self.assertEqual(found[name]["frame"], f"{place * clip['step']} / {clip['frames'] - 1}", name)
        self.assertTrue(found["start"]["image"].startswith("data:image/jpeg;base64,"))
        self.assertAlmostEqual(found["middle"]["value"], last / 2, delta=1)
        sent = found["sent"]
        self.assertEqual(sent["clip"], "2")
        self.assertAlmostEqual(int(sent["frame"].split(" ")[0]), int(sent["wanted"]), delta=sent["step"] / 2)
        self.assertEqual((found["curves"], found["off"], found["apart"]), (5, [4, 5], [1] * 4))
        self.assertEqual((found["running"], found["paused"]), ("true", "false"))

    def test_the_player_plays(self) -> None:
        """In (virtual) time, to the end of the sequence, where it stops."""
        probe = """<script>
          const clip = JSON.parse(document.querySelector("script.clip").textContent);
          document.getElementById("play-speed").value = "4";
          document.getElementById("play-run").click();
          const seen = new Set(), state = () => document.getElementById("play-run").getAttribute("aria-pressed");
          const watch = setInterval(() => {
            seen.add(document.getElementById("play-place").value);
            document.body.dataset.probe = JSON.stringify({state: state(), seen: seen.size, last: clip.pictures.length - 1,
              at: Number(document.getElementById("play-place").value)});
          }, 20);
        </script></body>"""
        file = self.folder / "probe.html"
        file.write_text(self.page.replace("</body>", probe), encoding="utf-8")
        dump = self.chromium("--virtual-time-budget=30000", "--dump-dom", file.as_uri())
        found = json.loads(html.unescape(re.search(r'data-probe="([^"]*)"', dump).group(1)))
        self.assertEqual((found["state"], found["at"]), ("false", found["last"]))
        self.assertGreater(found["seen"], 5)


if __name__ == "__main__":
    unittest.main()
