# SPDX-License-Identifier: Apache-2.0
"""Draw one or more sweeps of `dslt bench --sweep ... --output json`: milliseconds a frame over the swept value.

    python3 bench/plot_sweep.py SWEEP.json [SWEEP.json ...] PICTURE.png|.svg|.pdf

Each sweep gets a panel: the mean of a frame with the spread over repetitions, the 95th percentile, and for
targets the straight line on which each further one costs as much as the first. Exit code 90: no matplotlib.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

try:
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: F401  (a canvas that needs no display)
    from matplotlib.figure import Figure
except ImportError:
    sys.exit(90)

NAMES = {
    "targets": "targets in the same frames",
    "memory": "stored samples T",
    "levels": "levels of the scale pyramid",
    "size": "frame size, pixels",
}


def read_sweep(path: str) -> dict:
    data = json.loads(Path(path).read_text())
    if not data.get("sweep") or not data.get("points"):
        raise ValueError(f"{path}: no sweep in it; make one with dslt bench --sweep ... --output json")
    return data


def series(data: dict, figure: str, part: str = "median") -> list[float]:
    return [point["figures"][figure][part] for point in data["points"]]


def draw(axes, data: dict) -> None:
    kind = data["sweep"]
    if kind == "size":
        x = [point["width"] * point["height"] for point in data["points"]]
        axes.set_xticks(x, [f"{point['width']} x {point['height']}" for point in data["points"]])
        axes.tick_params(axis="x", labelrotation=20)
    else:
        x = [point["value"] for point in data["points"]]
        axes.set_xticks(x)
    mean = series(data, "ms_mean")
    axes.plot(x, mean, "o-", color="#1b6ca8", label="mean")
    axes.fill_between(x, series(data, "ms_mean", "low"), series(data, "ms_mean", "high"), color="#1b6ca8", alpha=0.2,
                      linewidth=0)
    axes.plot(x, series(data, "ms_p95"), "s--", color="#c0561f", markersize=4, label="95 % of frames keep")
    if kind == "targets":
        axes.plot(x, [mean[0] * value / x[0] for value in x], ":", color="#666666", label="as much as the first, each")
    axes.set_xlabel(NAMES.get(kind, kind))
    axes.set_ylabel("ms a frame")
    axes.set_ylim(bottom=0)
    axes.grid(True, color="#dddddd", linewidth=0.6)
    axes.legend(frameon=False, fontsize=8)
    tracker = data["tracker"]
    axes.set_title(f"{tracker['preset']}, {Path(tracker['weights']).name}, {tracker['precision']}, {tracker['threads']} threads",
                   fontsize=9)


def main(arguments: list[str]) -> int:
    if len(arguments) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    *sources, target = arguments
    try:
        sweeps = [read_sweep(source) for source in sources]
    except (OSError, ValueError) as error:
        print(f"plot_sweep.py: {error}", file=sys.stderr)
        return 1
    matplotlib.rcdefaults()  # the user's own settings would change the picture
    matplotlib.rcParams["svg.hashsalt"] = "dslt"
    figure = Figure(figsize=(5.2 * len(sweeps), 3.8), layout="constrained")
    for index, data in enumerate(sweeps):
        draw(figure.add_subplot(1, len(sweeps), index + 1), data)
    kind = Path(target).suffix
    temporary = f"{target}.part{kind}"  # the name appears only with the whole picture
    metadata = {".png": {"Software": None}, ".svg": {"Date": None}, ".pdf": {"CreationDate": None}}
    try:
        figure.savefig(temporary, dpi=150, metadata=metadata.get(kind))
        os.replace(temporary, target)
    except (OSError, ValueError) as error:
        print(f"plot_sweep.py: {target}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
