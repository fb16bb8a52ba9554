#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compare dslt's VOT measures with the published vot-toolkit on the same result files.

Makes a small VOT workspace from a seed (rotated ground truth, results of several trackers with random overlaps,
failures and restarts, some runs repeated 15 times), lets vot-toolkit measure it, lets `dslt eval` measure it, and
prints the largest differences.

    python3 -m venv /tmp/vot && /tmp/vot/bin/pip install vot-toolkit 'attributee<0.1.10'
    /tmp/vot/bin/python bench/peers/vot_toolkit_check.py --program build/dslt

attributee 0.1.10 cannot be imported under Python 3.11 and later (it takes typing.dataclass_transform for a
decorator without arguments), hence the older one. With --write DIR only the workspace is made, with vot-toolkit's
numbers in DIR/toolkit.json: the project's own test reads them there. Exit code 0: equal to 1e-6; 1: not; 77: the
package is missing.
"""

import argparse
import contextlib
import json
import math
import os
import subprocess
import sys
import tempfile
import warnings

SKIPPED = 77
TOLERANCE = 1e-6  # vot-toolkit adds up its EAO curve in single precision


def import_toolkit():
    """numpy, OpenCV and vot-toolkit, or the reason why not."""
    try:
        import cv2
        import numpy
        import vot.region
        import vot.region.shapes
        import vot.workspace
    except Exception as reason:  # a broken dependency shows as any kind of exception
        print(f"vot-toolkit cannot be imported: {reason}", file=sys.stderr)
        sys.exit(SKIPPED)
    return numpy, vot, cv2


# ---- the workspace -------------------------------------------------------------------------------------------------

SEQUENCES = (("short", 60, 320, 240), ("middle", 170, 400, 224), ("long", 420, 321, 241), ("longer", 300, 640, 360))
TRACKERS = (("good", 0.004, 1), ("fair", 0.02, 15), ("poor", 0.08, 3))  # name, chance of failing, repetitions
FORCED = ("middle", "longer")  # sequences with a failure at either end
SKIP = 5


def truth_of(numpy, random, frames, width, height):
    """A rotated box on a slow walk that stays mostly inside the image: [frames][8], four decimals."""
    centre = numpy.array([width * 0.5, height * 0.5])
    size = numpy.array([random.uniform(25, 60), random.uniform(20, 50)])
    angle, rows = random.uniform(0, 3), []
    for _ in range(frames):
        centre += random.normal(0, 3, 2)
        centre = numpy.clip(centre, [8, 8], [width - 8, height - 8])
        size = numpy.clip(size * numpy.exp(random.normal(0, 0.02, 2)), 12, 90)
        angle += random.normal(0, 0.05)
        turn = numpy.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
        corners = [turn @ (size / 2 * numpy.array(sign)) + centre for sign in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
        rows.append(numpy.round(numpy.concatenate(corners), 4))
    return rows


def region_near(numpy, random, polygon, as_polygon):
    """A region that overlaps the truth more or less: a shifted and scaled box, or the shifted polygon."""
    shift = random.normal(0, 4, 2)
    if as_polygon:
        return numpy.round(polygon + numpy.tile(shift, 4), 4)
    x, y = polygon[0::2], polygon[1::2]
    scale = math.exp(random.normal(0, 0.15))
    width, height = (x.max() - x.min()) * scale, (y.max() - y.min()) * scale
    return numpy.round([x.mean() + shift[0] - width / 2, y.mean() + shift[1] - height / 2, width, height], 4)


def line(values):
    return ",".join(f"{value:.4f}" for value in values)


def run_of(vot, draw, random, truth, size, chance, supervised=True, forced=()):
    """The lines of one result file. Failures are drawn, forced, or what vot-toolkit itself calls one. `draw`
    makes a region from the truth."""
    lines, frame = ["0"] * len(truth), 0
    while frame < len(truth):
        lines[frame] = "1"
        frame += 1
        while frame < len(truth):
            region = draw(truth[frame])
            lost = random.uniform() < chance or frame in forced
            if not lost:
                overlap = vot.region.calculate_overlap(shape(vot, region), shape(vot, truth[frame]), size)
                lost = overlap <= 0
            if supervised and lost:
                lines[frame] = "2"
                frame += SKIP
                break
            lines[frame] = line(region)
            frame += 1
    return lines


def shape(vot, values):
    if len(values) == 4:
        return vot.region.shapes.Rectangle(*values)
    return vot.region.shapes.Polygon(list(zip(values[0::2], values[1::2])))


def write_lines(path, lines):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="ascii") as stream:
        stream.write("\n".join(lines) + "\n")


def make_sequence(numpy, cv2, folder, truth, width, height):
    write_lines(os.path.join(folder, "groundtruth.txt"), [line(row) for row in truth])
    write_lines(os.path.join(folder, "sequence"),
                ["channels.color=%08d.jpg", "fps=30", "format=default", f"width={width}", f"height={height}"])
    black = cv2.imencode(".jpg", numpy.zeros((height, width, 3), numpy.uint8))[1].tobytes()
    for frame in range(1, len(truth) + 1):
        with open(os.path.join(folder, f"{frame:08d}.jpg"), "wb") as stream:
            stream.write(black)


def make_workspace(numpy, vot, cv2, root, seed):
    random = numpy.random.default_rng(seed)
    write_lines(os.path.join(root, "sequences", "list.txt"), [name for name, *_ in SEQUENCES])
    write_lines(os.path.join(root, "config.yaml"), ["stack: vot2016/rgb", "registry: [trackers.ini]"])
    write_lines(os.path.join(root, "trackers.ini"),
                [row for name, *_ in TRACKERS for row in (f"[{name}]", "protocol = trax", "command = none")])
    for name, frames, width, height in SEQUENCES:
        truth = truth_of(numpy, random, frames, width, height)
        make_sequence(numpy, cv2, os.path.join(root, "sequences", name), truth, width, height)
        for index, (tracker, chance, repetitions) in enumerate(TRACKERS):
            def draw(polygon, as_polygon=index == 1):
                return region_near(numpy, random, polygon, as_polygon)

            # A failure within the burn-in, and one so near the end that nothing starts again.
            forced = {6, frames - 3} if name in FORCED else set()
            size, base = (width, height), os.path.join(root, "results", tracker)
            for repetition in range(1, repetitions + 1):
                lines = run_of(vot, draw, random, truth, size, chance, forced=forced)
                write_lines(os.path.join(base, "baseline", name, f"{name}_{repetition:03d}.txt"), lines)
            lines = run_of(vot, draw, random, truth, size, chance, supervised=False)
            write_lines(os.path.join(base, "unsupervised", name, f"{name}_001.txt"), lines)


# ---- vot-toolkit ---------------------------------------------------------------------------------------------------

def measure_with_toolkit(root, names=tuple(name for name, *_ in TRACKERS)):
    """Through vot-toolkit's own workspace, its stack and its analyses: {tracker: {"overall", "sequences"}}. The stack has
    the experiments of vot2016."""
    from vot.analysis.accuracy import AverageAccuracy, SequenceAccuracy
    from vot.analysis.processor import AnalysisProcessor
    from vot.analysis.supervised import AccuracyRobustness, AverageAccuracyRobustness, EAOCurve, EAOScore
    from vot.workspace import Workspace

    workspace = Workspace.load(root)
    trackers = workspace.registry.resolve(*names, storage=workspace.storage.substorage("results"))
    sequences = list(workspace.dataset)
    baseline, unsupervised = (workspace.stack.experiments[name] for name in ("baseline", "unsupervised"))
    published = next(one for one in baseline.analyses if isinstance(one, EAOScore))

    def grid(analysis, experiment):
        return AnalysisProcessor.run_default(analysis, experiment, trackers, sequences)

    overall = grid(AverageAccuracyRobustness(), baseline)
    single = grid(AccuracyRobustness(), baseline)
    scores, curves = grid(published, baseline), grid(EAOCurve(), baseline)
    free, free_single = grid(AverageAccuracy(), unsupervised), grid(SequenceAccuracy(), unsupervised)
    out = {}
    for t, name in enumerate(names):
        accuracy, robustness, point, _ = overall[t, 0]
        out[name] = {
            "overall": {"eao": scores[t, 0][0], "accuracy": accuracy, "robustness": robustness,
                        "reliability": point[0], "no_reset_overlap": free[t, 0][0]},
            "curve": [float(value) for value in curves[t, 0][0]],
            "sequences": {sequence.name: {"accuracy": single[t, s][0], "failures": single[t, s][1],
                                          "reliability": single[t, s][2][0],
                                          "no_reset_overlap": free_single[t, s][0]}
                          for s, sequence in enumerate(sequences)}}
    return json.loads(json.dumps(out, default=float), parse_constant=lambda _: None)


def trax_overlap():
    """A function (a, b, bounds) -> overlap by the TraX library's own C code, the rasteriser of the MATLAB toolkit.
    bounds: (right, bottom), the last column and row that count, or None."""
    from ctypes import byref
    from trax import _ctypes as library

    def region(values):
        if len(values) == 4:
            return library.trax_region_create_rectangle(*map(float, values))
        out = library.trax_region_create_polygon(4)
        for i in range(4):
            library.trax_region_set_polygon_point(out, i, float(values[2 * i]), float(values[2 * i + 1]))
        return out

    def overlap(a, b, bounds):
        frame = library.trax_no_bounds
        if bounds:
            frame = library.trax_bounds(left=0, top=0, right=bounds[0], bottom=bounds[1])
        pair = [library.ctypes.c_void_p(region(a)), library.ctypes.c_void_p(region(b))]
        out = library.trax_region_overlap(pair[0], pair[1], frame)
        for one in pair:
            library.trax_region_release(byref(one))
        return out

    return overlap


def random_overlaps(numpy, vot, seed, count):
    """Overlaps of random pairs of regions, by vot-toolkit and by TraX: small and large, inside and beyond the
    frame, halves (where rounding is a choice), crossed polygons, with and without a frame."""
    from vot.region import calculate_overlaps
    random = numpy.random.default_rng(seed)
    size, rows, trax = (96, 64), [], trax_overlap()

    def region(kind):
        if kind == 0:  # any four corners
            values = random.uniform(-20, 110, 8)
        elif kind == 1:  # a rotated box
            return region_near(numpy, random, truth_of(numpy, random, 1, *size)[0], True)
        else:
            values = numpy.concatenate([random.uniform(-20, 80, 2), random.uniform(0.2, 70, 2)])
        return numpy.round(values, 4) if random.uniform() < 0.5 else numpy.round(values * 2) / 2

    for _ in range(count):
        a, b = region(random.integers(3)), region(random.integers(3))
        framed = bool(random.uniform() < 0.7)
        if not framed:  # vot-toolkit 0.9 cuts rectangles short when a region reaches below 0 and no frame is given
            a, b = (numpy.concatenate([one[:2] + 200, one[2:]]) if len(one) == 4 else one + 200 for one in (a, b))
        overlap = calculate_overlaps([shape(vot, a)], [shape(vot, b)], size if framed else None)[0]
        rows.append({"a": list(map(float, a)), "b": list(map(float, b)), "size": size if framed else None,
                     "overlap": overlap, "trax": trax(a, b, (size[0] - 1, size[1] - 1) if framed else None)})
    return rows


# ---- comparison ----------------------------------------------------------------------------------------------------

def measure_with_dslt(program, root, names=tuple(name for name, *_ in TRACKERS)):
    target = os.path.join(root, "dslt.json")
    folders = [os.path.join(root, "results", name) for name in names]
    subprocess.run([program, "eval", *folders, "--dataset", "vot", "--root", os.path.join(root, "sequences"),
                    "--protocol", "vot", "--convention", "python", "--json", target], check=True,
                   stdout=subprocess.DEVNULL)
    with open(target, encoding="utf-8") as stream:
        return json.load(stream)["trackers"]


def largest_differences(theirs, ours):
    """{measure: largest difference}, over trackers and sequences. Length 1 of the curve is left out: it is 1 by
    definition in dslt and 0 in vot-toolkit, and EAO does not use it."""
    worst = {}

    def note(name, a, b):
        difference = abs(a - b) if a is not None and b is not None else 0.0 if a is b else math.inf
        difference = math.inf if math.isnan(difference) else difference  # max() may pass over NaN
        worst[name] = max(worst.get(name, 0.0), difference)

    for tracker, expected in theirs.items():
        got = ours[tracker]
        for name, value in expected["overall"].items():
            note(name, value, got[name])
        if len(expected["curve"]) != len(got["eao_curve"]):
            note("curve length", len(expected["curve"]), len(got["eao_curve"]))
        for a, b in zip(expected["curve"][1:], got["eao_curve"][1:]):
            note("curve", a, b)
        for sequence, values in expected["sequences"].items():
            for name, value in values.items():
                note("per sequence " + name, value, got["sequences"][sequence][name])
    return worst


def text(value):
    return "undefined" if value is None else f"{value:.8f}"


def compare(program, root, theirs):
    ours = measure_with_dslt(program, root)
    print(f"{'tracker':10}{'measure':20}{'vot-toolkit':>14}{'dslt':>14}")
    for tracker, expected in theirs.items():
        for name, value in expected["overall"].items():
            print(f"{tracker:10}{name:20}{text(value):>14}{text(ours[tracker][name]):>14}")
    worst = largest_differences(theirs, ours)
    print("\nlargest differences")
    for name, value in worst.items():
        print(f"{name:32}{value:12.2e}")
    return 0 if max(worst.values()) <= TOLERANCE else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default="build/dslt", help="the program to compare with (default build/dslt)")
    parser.add_argument("--seed", type=int, default=2016)
    parser.add_argument("--overlaps", type=int, default=2000, help="random pairs of regions (default 2000)")
    parser.add_argument("--write", metavar="DIR", help="make the workspace and toolkit.json in DIR and stop")
    options = parser.parse_args()
    numpy, vot, cv2 = import_toolkit()
    with tempfile.TemporaryDirectory() as scratch:
        root = os.path.abspath(options.write or scratch)
        make_workspace(numpy, vot, cv2, root, options.seed)
        with open(os.devnull, "w", encoding="utf-8") as nowhere, contextlib.redirect_stdout(nowhere), \
                numpy.errstate(invalid="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a mean of nothing: a curve that ends before EAO's interval
            theirs = measure_with_toolkit(root)
        if not options.write:
            return compare(options.program, root, theirs)
        with open(os.path.join(root, "toolkit.json"), "w", encoding="utf-8") as stream:
            json.dump({"trackers": theirs,
                       "sequences": [dict(zip(("name", "frames", "width", "height"), row)) for row in SEQUENCES],
                       "overlaps": random_overlaps(numpy, vot, options.seed, options.overlaps)}, stream)
    return 0


if __name__ == "__main__":
    sys.exit(main())
