#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Let the published vot-toolkit run `dslt trax` on real sequences, and compare its scores with `dslt eval`'s.

    bench/peers/vot_sessions.py --program build/dslt [--sequences DIR] [--frames N] [--venvs DIR]

Two virtual environments are made below DIR (default build/vot): 0.7.4, which has the experiments of VOT2013 to VOT2022, runs
supervised, realtime, unsupervised and multistart; 0.9.0 runs unsupervised by messages and by protocol "folder". `vot test`
speaks TraX 1, 3 and 4 and, in version 4 and by files, three objects. The scores that the toolkit computes from its own
results are compared with those of `dslt eval` on the same files, and the unsupervised boxes with those of `dslt run`.

Each toolkit speaks through its command `vot`. Exit code 0: all as it should be; 1: not; 77: a toolkit cannot be installed.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import shutil
import subprocess
import sys
import warnings

SKIPPED = 77
VERSIONS = ("0.7.4", "0.9.0")
TOLERANCE = 1e-6  # vot-toolkit adds up its EAO curve in single precision
BOXES = 0.01      # px; regions reach a TraX tracker in single precision
HERE = os.path.dirname(os.path.abspath(__file__))


# ---- environments --------------------------------------------------------------------------------------------------

def make_environment(folder, version):
    """A Python with that toolkit, or None and what pip said."""
    python = os.path.join(folder, version, "bin", "python")
    for command in ([sys.executable, "-m", "venv", os.path.join(folder, version)],
                    [python, "-m", "pip", "install", "--quiet", f"vot-toolkit=={version}", "attributee<0.1.10"]):
        if os.path.exists(python) and subprocess.run([python, "-c", "import vot.workspace"], check=False,
                                                     capture_output=True).returncode == 0:
            break
        result = subprocess.run(command, check=False, capture_output=True, text=True)
        if result.returncode != 0:
            return None, (result.stdout + result.stderr).strip().splitlines()[-1:]
    return python, None


def vot(python, workspace, *arguments):
    """Run the toolkit's command line; its output, both streams."""
    command = [python, "-c", "from vot.utilities.cli import main; main()", *arguments]
    environment = dict(os.environ, VOT_RESULTS_BINARY="0")  # text, which dslt eval reads
    result = subprocess.run(command, check=False, cwd=workspace, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                            errors="replace", timeout=1500, env=environment)
    return result.stdout


# ---- the workspace -------------------------------------------------------------------------------------------------

def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as stream:
        stream.write(text)


EXPERIMENTS = {
    "0.7.4": """
    baseline:
      type: supervised
      repetitions: 1
      skip_initialize: 5
      analyses:
        - {type: supervised_average_ar, sensitivity: 30}
        - {type: supervised_eao_score, low: 108, high: 371}
        - {type: supervised_eao_curve}
    realtime: {type: supervised, realtime: {grace: 3}, repetitions: 1, skip_initialize: 5}
    unsupervised: {type: unsupervised, repetitions: 1, analyses: [{type: average_accuracy}]}
    multistart: {type: multistart, analyses: [{type: multistart_average_ar}]}
""",
    "0.9.0": """
    unsupervised: {type: unsupervised, repetitions: 1, analyses: [{type: average_accuracy}]}
"""}


def make_workspace(root, version, options):
    """The sequences, cut to so many frames, as links; trackers.ini as the program prints it."""
    shutil.rmtree(root, ignore_errors=True)
    names = sorted(name for name in os.listdir(options.sequences) if os.path.isdir(os.path.join(options.sequences, name)))
    for name in names:
        source, target = os.path.join(options.sequences, name), os.path.join(root, "sequences", name)
        with open(os.path.join(source, "groundtruth.txt"), encoding="ascii") as stream:
            rows = stream.read().splitlines()[:options.frames]
        write(os.path.join(target, "groundtruth.txt"), "\n".join(rows) + "\n")
        os.mkdir(os.path.join(target, "color"))
        for frame in range(1, len(rows) + 1):
            os.symlink(os.path.abspath(os.path.join(source, f"{frame:08d}.jpg")),
                       os.path.join(target, "color", f"{frame:08d}.jpg"))
        anchors = ["0"] * len(rows)  # where multistart begins: forwards from the first third, backwards from the last frame
        anchors[len(rows) // 3], anchors[-1] = "1", "-1"
        write(os.path.join(target, "anchor.value"), "\n".join(anchors) + "\n")
        write(os.path.join(target, "sequence"), f"channels.color=color/%08d.jpg\nfps=30\nformat=default\nname={name}\n")
    write(os.path.join(root, "sequences", "list.txt"), "\n".join(names) + "\n")
    write(os.path.join(root, "config.yaml"),
          f"registry: [./trackers.ini]\nstack:\n  title: sessions\n  experiments:{EXPERIMENTS[version]}")
    ini = subprocess.run([options.program, "trax", "--print-ini", "--threads", "2", *options.tracker], check=True,
                         stdout=subprocess.PIPE, text=True).stdout
    extra = ""
    for protocol in ("1", "3"):
        section = ini.split("[dslt-folder]")[0].split("\n# The same")[0].replace("[dslt]", f"[dslt-{protocol}]")
        extra += "\n" + section.rstrip() + f" --protocol={protocol}\n"
    write(os.path.join(root, "trackers.ini"), ini + extra)
    return names


# ---- checks --------------------------------------------------------------------------------------------------------

class Report:
    """What was found, a line each; `bad` counts what is not as it should be."""

    def __init__(self):
        self.bad = 0

    def note(self, good, text, details=""):
        self.bad += not good
        print(("  " if good else "FAILED ") + text, flush=True)
        if not good and details:
            print("\n".join("    " + line for line in details.strip().splitlines()[-25:]), flush=True)


def check_test(report, python, root, tracker):
    output = vot(python, root, "test", tracker)
    # Of a batch the toolkit says nothing but what went wrong.
    good = "Test concluded successfuly" in output or (tracker.endswith("folder") and "rror" not in output)
    report.note(good, f"vot test {tracker}", output)


def files_of(folder):
    return sum(name.endswith((".txt", ".bin")) for _, _, names in os.walk(folder) for name in names)


def check_evaluate(report, python, root, tracker, experiments):
    for experiment in experiments:
        output = vot(python, root, "evaluate", "--workspace", root, "--experiments", experiment, tracker)
        results = files_of(os.path.join(root, "results", tracker, experiment))
        report.note(results > 0 and "xception" not in output and "rror" not in output,
                    f"vot evaluate {tracker}, {experiment}: {results} files of results", output)


def compare(report, theirs, ours, what):
    worst, count = 0.0, 0
    for name, value in theirs.items():
        other = ours.get(name)
        if value is None and other is None:
            continue
        difference = math.inf if value is None or other is None else abs(value - other)
        worst, count = max(worst, difference), count + 1
        print(f"    {what} {name:20} {value if value is None else format(value, '.8f'):>12} "
              f"{other if other is None else format(other, '.8f'):>12}")
    report.note(count > 0 and worst <= TOLERANCE, f"{what}: {count} scores, largest difference {worst:.1e}")


def rows_of(path):
    with open(path, encoding="ascii") as stream:
        return [[float(value) for value in line.split(",")] for line in stream.read().split()]


def check_boxes(report, root, tracker, names, options):
    """The toolkit's unsupervised boxes are those of `dslt run`."""
    out = os.path.join(root, "run")
    subprocess.run([options.program, "run", "--dataset", "vot", "--root", os.path.join(root, "sequences"), "--protocol",
                    "vot-unsupervised", "-o", out, "-q", "--threads", "2", *options.tracker], check=True)
    worst = 0.0
    for name in names:
        theirs = rows_of(os.path.join(root, "results", tracker, "unsupervised", name, f"{name}_001.txt"))
        ours = rows_of(os.path.join(out, "unsupervised", name, f"{name}_001.txt"))
        if len(theirs) != len(ours):
            worst = math.inf
        for a, b in zip(theirs[1:], ours[1:]):
            worst = max([worst, *(abs(x - y) for x, y in zip(a, b))])
    report.note(worst <= BOXES, f"boxes of {tracker}, unsupervised, and of dslt run: largest difference {worst:.4f} px")


def measured(python, root, mode, tracker):
    output = subprocess.run([python, os.path.abspath(__file__), "--measure", mode, root, tracker], check=True,
                            stdout=subprocess.PIPE, text=True).stdout
    return json.loads(output.splitlines()[-1])


def check_version(report, version, python, options):
    root = os.path.abspath(os.path.join(options.venvs, "workspace-" + version))
    names = make_workspace(root, version, options)
    print(f"vot-toolkit {version}: {', '.join(names)}, {options.frames} frames each", flush=True)
    for tracker in ("dslt", "dslt-1", "dslt-3") + (("dslt-folder",) if version == "0.9.0" else ()):
        check_test(report, python, root, tracker)
    if version == "0.7.4":
        check_evaluate(report, python, root, "dslt", ("baseline", "realtime", "unsupervised", "multistart"))
        theirs = measured(python, root, "supervised", "dslt")
    else:
        check_evaluate(report, python, root, "dslt", ("unsupervised",))
        check_evaluate(report, python, root, "dslt-folder", ("unsupervised",))
        theirs = measured(python, root, "unsupervised", "dslt")
        compare(report, measured(python, root, "unsupervised", "dslt-folder")["overall"],
                eval_of(options, root, "dslt-folder"), "dslt-folder")
    ours = eval_of(options, root, "dslt")
    compare(report, theirs["overall"], ours, "dslt")
    for name, scores in theirs["sequences"].items():
        compare(report, scores, ours["sequences"][name], f"dslt on {name}")
    check_boxes(report, root, "dslt", names, options)


def eval_of(options, root, tracker):
    sys.path.insert(0, HERE)
    from vot_toolkit_check import measure_with_dslt
    return measure_with_dslt(options.program, root, (tracker,))[tracker]


# ---- inside an environment -----------------------------------------------------------------------------------------

def measure(mode, root, tracker):
    """Print the toolkit's own scores of its results as one line of JSON."""
    sys.path.insert(0, HERE)
    warnings.simplefilter("ignore")
    if mode == "supervised":
        from vot_toolkit_check import measure_with_toolkit
        scores = measure_with_toolkit(root, (tracker,))[tracker]
    else:
        from vot.analysis.accuracy import AverageAccuracy, SequenceAccuracy
        from vot.analysis.processor import AnalysisProcessor
        from vot.workspace import Workspace
        workspace = Workspace.load(root)
        trackers = workspace.registry.resolve(tracker, storage=workspace.storage.substorage("results"))
        sequences, experiment = list(workspace.dataset), workspace.stack.experiments["unsupervised"]

        def grid(analysis):
            return AnalysisProcessor.run_default(analysis, experiment, trackers, sequences)

        single = grid(SequenceAccuracy())
        scores = {"overall": {"no_reset_overlap": float(grid(AverageAccuracy())[0, 0][0])},
                  "sequences": {one.name: {"no_reset_overlap": float(single[0, s][0])} for s, one in enumerate(sequences)}}
    scores.pop("curve", None)
    print("\n" + json.dumps(scores))
    return 0


def main():
    if sys.argv[1:2] == ["--measure"]:
        return measure(*sys.argv[2:5])
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default="build/dslt")
    parser.add_argument("--sequences", default="../shared/data/sequences/vot", help="a folder of VOT sequences")
    parser.add_argument("--frames", type=int, default=60, help="of each sequence (default 60)")
    parser.add_argument("--venvs", default="build/vot", help="where the environments are kept (default build/vot)")
    parser.add_argument("--toolkit", action="append", choices=VERSIONS, help="only this version; repeatable")
    parser.add_argument("tracker", nargs="*", help="options of the tracker, after --")
    options = parser.parse_args()
    options.program = os.path.abspath(options.program)
    if not os.path.isdir(options.sequences):
        print(f"skipped: ../shared is absent: {options.sequences}")
        return SKIPPED
    report = Report()
    for version in options.toolkit or VERSIONS:
        python, reason = make_environment(os.path.abspath(options.venvs), version)
        if not python:
            print(f"skipped: no vot-toolkit: {version} cannot be installed: {' '.join(reason)}")
            return SKIPPED
        check_version(report, version, python, options)
    print(f"{report.bad} of the above failed" if report.bad else "all as it should be")
    return 1 if report.bad else 0


if __name__ == "__main__":
    sys.exit(main())
