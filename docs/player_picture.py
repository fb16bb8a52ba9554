#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""docs/_static/player.jpg: the player of a report on two rendered clips, in headless Chromium.

    docs/player_picture.py BUILD        a minute or two; needs dslt_scene_frames in BUILD, Pillow and Chromium
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

HERE = Path(__file__).resolve().parent
SIZE = 1180, 720
# The player alone, at the frame where the trackers differ most.
STYLE = "header,nav,footer,main>section:not(#player),#player>h2,#player>p,#play-keys{display:none!important}main{padding-top:1rem}"
SCRIPT = 'for (let i = 0; i < 62; i++) document.getElementById("play-forward").click();'


def main(build: Path) -> None:
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    with tempfile.TemporaryDirectory() as folder:
        at = Path(folder)
        run = lambda *words: subprocess.run(list(map(str, words)), check=True, stderr=subprocess.DEVNULL)  # noqa: E731
        for seed in (1, 4):
            place = at / "set" / f"Scene{seed}"
            place.mkdir(parents=True)
            run(build / "dslt_scene_frames", f"scene:{seed}:480x360", 90, place)
        presets = ("default", "dslt", "crt-hog")
        for preset in presets:
            run(build / "dslt", "run", "--dataset", "folder", "--root", at / "set", "--preset", preset, "--out", at / preset)
        run(build / "dslt", "report", *(at / preset for preset in presets), "--dataset", "folder", "--root", at / "set",
            "--focus", "crt-hog", "-o", at / "report.html")
        page = (at / "report.html").read_text(encoding="utf-8")
        page = page.replace("</style>", STYLE + "</style>", 1).replace("</body>", f"<script>{SCRIPT}</script></body>")
        (at / "report.html").write_text(page, encoding="utf-8")
        run(chromium, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={at / 'profile'}",
            f"--window-size={SIZE[0]},{SIZE[1]}", f"--screenshot={at / 'shot.png'}", (at / "report.html").as_uri())
        Image.open(at / "shot.png").convert("RGB").save(HERE / "_static" / "player.jpg", quality=80, optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
