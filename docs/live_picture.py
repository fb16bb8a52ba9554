#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Take docs/live.png, the picture of docs/live.md, in headless Chromium. Needs Pillow.

    python3 docs/live_picture.py [PROGRAM]
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "python"))
from browser import Browser  # noqa: E402
from PIL import Image  # noqa: E402


def main() -> None:
    program = sys.argv[1] if len(sys.argv) > 1 else str(ROOT / "build" / "dslt")
    with tempfile.TemporaryDirectory() as name:
        server = subprocess.Popen([program, "live", "scene:1", "--port", "0", "--box", "297,181,64,80", "--box", "16,68,54,60"],
                                  stdout=subprocess.PIPE, text=True)
        browser = Browser(Path(name) / "profile")
        try:
            browser.size(1180, 860)
            browser.open(server.stdout.readline().strip())
            browser.wait("state && bitmap && state.frame >= 60 && document.querySelectorAll('.option').length > 10")
            browser.run("command({do: 'pause'})")
            browser.wait("state.paused")
            browser.run("new Promise(done => setTimeout(done, 300))")
            browser.screenshot(Path(name) / "page.png")
        finally:
            browser.close()
            server.terminate()
            server.wait()
        page = Image.open(Path(name) / "page.png").convert("RGB")
        page = page.crop((0, 0, page.width, min(page.height, 960))).resize((885, 885 * min(page.height, 960) // page.width), Image.LANCZOS)
        page.quantize(96, dither=Image.Dither.NONE).save(ROOT / "docs" / "live.png", optimize=True)
        print((ROOT / "docs" / "live.png").stat().st_size, "bytes")


if __name__ == "__main__":
    main()
