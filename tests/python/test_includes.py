# SPDX-License-Identifier: Apache-2.0
"""Which room includes which: every include in host/ and kernels/ points down the table of docs/architecture.md."""

from __future__ import annotations

import re
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

LIBRARY = {"trackers", "tracker", "nn", "backend", "math", "base"}
BELOW = LIBRARY | {"dataset", "media"}
# A room and the rooms that it may include besides itself and the public header.
ROOMS = {
    "base": set(),
    "math": {"base"},
    "media": {"base"},
    "dataset": {"base"},
    "kernels": {"math", "base"},
    "backend": {"math", "base"},
    "backend/cpu": {"backend", "math", "base"},
    "backend/cuda": {"backend", "kernels", "math", "base"},
    "nn": {"backend", "math", "base"},
    "tracker": {"nn", "backend", "math", "base"},
    "trackers": {"tracker", "nn", "backend", "math", "base"},
    "eval": BELOW,
    "experiment": BELOW | {"eval"},
    "bench": BELOW | {"experiment", "eval"},
    "report": BELOW | {"bench", "experiment", "eval"},
    "trax": {"dataset", "media", "base"},
    "live": {"dataset", "media", "base"},
    "cli": {"report", "trax", "live", "bench", "experiment", "eval", "dataset", "media", "base"},
}
# Vendor headers and the only files that may include them.
VENDORS = {
    r"(dnnl|oneapi/)": r"host/backend/cpu/",
    r"(cuda|cudnn|cublas)": r"(host/backend/cuda/|kernels/)",
    r"opencv": r"host/media/opencv\.cpp$",
    r"lib(av|sw)\w+/": r"host/media/ffmpeg\w*\.[ch]$",
    r"civetweb\.h": r"host/live/server\.c$",
    r"(onnx|google/protobuf)": r"host/nn/onnx\w*\.cpp$",
}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)


def room_of(path: str) -> str | None:
    """The room of a file given relative to the root, or of a header given relative to host/."""
    parts = path.removeprefix("host/").split("/")
    if len(parts) > 2 and "/".join(parts[:2]) in ROOMS:
        return "/".join(parts[:2])
    return parts[0] if parts[0] in ROOMS else None


def sources():
    for folder in ("host", "kernels"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in (".c", ".h", ".cpp", ".cu"):
                yield path


def resolve(path: Path, name: str) -> str | None:
    """An include in quotes as a path relative to the root: beside the file first, then from the include roots."""
    for base in (path.parent, ROOT / "host", ROOT / "kernels"):
        if (base / name).is_file():
            return (base / name).resolve().relative_to(ROOT).as_posix()
    return None


def wrong_include(path: Path, bracket: str, name: str) -> str | None:
    """What is wrong with an include, or None."""
    own = path.relative_to(ROOT).as_posix()
    for vendor, home in VENDORS.items():
        if re.match(vendor, name) and resolve(path, name) is None:
            return None if re.match(home, own) else f"{own} includes the vendor header {name}; only {home} may"
    if bracket == "<" or name.startswith("dslt/"):
        return None
    target = resolve(path, name)
    if target is None:
        return f"{own} includes {name}, which is not there"
    mine, other = room_of(own), room_of(target)
    if other == mine or other in ROOMS.get(mine, ()):
        return None
    return f"{own} (room {mine}) includes {target} (room {other})"


class Includes(unittest.TestCase):
    def test_every_file_is_in_a_room(self):
        self.assertEqual([], [str(p.relative_to(ROOT)) for p in sources() if room_of(p.relative_to(ROOT).as_posix()) is None])

    def test_includes_point_down(self):
        wrong = []
        for path in sources():
            for bracket, name in INCLUDE.findall(path.read_text(encoding="utf-8")):
                problem = wrong_include(path, bracket, name)
                if problem:
                    wrong.append(problem)
        self.assertEqual([], wrong, "\n" + "\n".join(wrong))

    def test_an_include_that_points_up_is_found(self):
        path = ROOT / "host" / "base" / "error.c"
        self.assertIn("room cli", wrong_include(path, '"', "cli/exit_codes.h") or "")
        self.assertIn("vendor", wrong_include(path, "<", "cuda_runtime.h") or "")
        self.assertIn("not there", wrong_include(path, '"', "base/nowhere.h") or "")
        self.assertIsNone(wrong_include(path, '"', "base/error.h"))

    def test_rooms_have_no_cycle(self):
        done, path = set(), []

        def visit(room):
            self.assertNotIn(room, path, f"a cycle: {path + [room]}")
            if room in done:
                return
            path.append(room)
            for below in sorted(ROOMS[room]):
                visit(below)
            done.add(path.pop())

        for room in ROOMS:
            visit(room)


if __name__ == "__main__":
    unittest.main()
