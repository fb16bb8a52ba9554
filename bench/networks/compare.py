#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Networks beside onnxruntime: the same outputs, and how fast.

    python3 -m venv venv && venv/bin/pip install onnx onnxruntime numpy
    ninja -C build dslt_network_run
    venv/bin/python bench/networks/compare.py --build build --shared ../shared/data/weights

Each network runs on several input sizes, in float32 and, where the processor has it, bfloat16. The error of a tap is the
largest difference over the largest value, and that of a row the largest of its taps and of --inputs random pictures.

Speed: both sides stay loaded, and take turns of a few runs for --seconds. The least of all runs counts on both sides,
because what else the machine does only adds to it: by the clock, and with one thread also the processor's work for the
process, which others cannot lengthen (they still share caches and clock rate). The ratio of a pair of turns says how
steady that is: its median stands in the last column. Exit code 1 where an error is above 1e-4 (float32) or 2e-2 (bfloat16).
"""
import argparse
import os
import subprocess
import sys
import tempfile
import time

import numpy
import onnxruntime

import models


def networks(folder, shared):
    """Name: file, taps, sizes."""
    found = {}
    for name, build in models.ALL.items():
        path = os.path.join(folder, name + ".onnx")
        found[name] = (path, build(path), [(224, 224), (160, 288), (255, 193)])
    if shared and os.path.exists(os.path.join(shared, "googlenet_bvlc.npz")):
        sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "weights"))
        import googlenet
        import onnx
        path = os.path.join(folder, "googlenet.onnx")
        model = googlenet.build(numpy.load(os.path.join(shared, "googlenet_bvlc.npz")))
        taps = ["inception_3b", "inception_4e"]
        del model.graph.output[:]
        for tap in taps:
            model.graph.output.append(onnx.helper.make_tensor_value_info(tap, onnx.TensorProto.FLOAT, None))
        onnx.save(model, path)
        found["googlenet"] = (path, taps, [(224, 224), (160, 288), (320, 320)])
    for version in "123":
        path = os.path.join(shared or "", "nanotrack", "v%s_backbone.onnx" % version)
        if shared and os.path.exists(path):
            found["nanotrack v" + version] = (path, ["output"], [(255, 255)])
    return found


def session(path, threads):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


class Ours:
    """dslt_network_run with a network planned: outputs, and the least milliseconds of some runs."""

    def __init__(self, program, path, size, precision, threads, x, taps, shapes, folder):
        source, result = os.path.join(folder, "x"), os.path.join(folder, "y")
        numpy.ascontiguousarray(x[0].transpose(1, 2, 0)).tofile(source)
        command = [program, path, str(size[0]), str(size[1]), precision, str(threads), source, result] + taps
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        text=True, env=dict(os.environ, OMP_NUM_THREADS=str(threads)))
        self.failure, self.outputs = None, []
        try:
            self.time(1)
        except (ValueError, BrokenPipeError):
            self.failure = self.process.stderr.read().strip()
            return
        values, at = numpy.fromfile(result, numpy.float32), 0
        for shape in shapes:
            count = int(numpy.prod(shape))
            self.outputs.append(values[at:at + count].reshape(shape[2], shape[3], shape[1]).transpose(2, 0, 1)[None])
            at += count

    def time(self, runs):
        """Least milliseconds by the clock, and of the processor's work."""
        self.process.stdin.write("%d\n" % runs)
        self.process.stdin.flush()
        wall, work = map(float, self.process.stdout.readline().split())
        return wall, work

    def close(self):
        self.process.communicate()


def theirs(run, feed, runs):
    wall = work = float("inf")
    for _ in range(runs):
        before, worked = time.perf_counter(), time.process_time()
        run.run(None, feed)
        wall = min(wall, 1e3 * (time.perf_counter() - before))
        work = min(work, 1e3 * (time.process_time() - worked))
    return wall, work


def race(mine, run, feed, seconds, runs):
    """Least (clock, work) of both, and the median ratio of the pairs of turns by the clock."""
    pairs, end = [], time.perf_counter() + seconds
    theirs(run, feed, runs)
    mine.time(runs)
    while len(pairs) < 5 or time.perf_counter() < end:
        pairs.append(mine.time(runs) + theirs(run, feed, runs))
    a_wall, a_work, b_wall, b_work = (min(column) for column in zip(*pairs))
    ratios = sorted(pair[2] / pair[0] for pair in pairs)
    return a_wall, a_work, b_wall, b_work, ratios[len(ratios) // 2]


def largest_error(got, want):
    return max(float(numpy.abs(g - w).max() / numpy.abs(w).max()) if numpy.isfinite(g).all() else float("inf")
               for g, w in zip(got, want))


def main():
    parser = argparse.ArgumentParser(description="Networks beside onnxruntime.")
    parser.add_argument("--build", default="build")
    parser.add_argument("--shared", default="../shared/data/weights")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=2, help="of each network and size")
    parser.add_argument("--runs", type=int, default=3, help="of one turn")
    parser.add_argument("--inputs", type=int, default=3, help="random pictures for the errors")
    parser.add_argument("--only", help="a network's name")
    parser.add_argument("--no-bf16", action="store_true")
    arguments = parser.parse_args()
    program, bad = os.path.join(arguments.build, "dslt_network_run"), 0
    cpu = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    print("%s, %d threads, onnxruntime %s" % (cpu, arguments.threads, onnxruntime.__version__))
    print("| network | size | error | error in bf16 | dslt ms | onnxruntime ms | times as fast%s | median pair |"
          % (" | the same, processor time" if arguments.threads == 1 else ""))
    print("| --- " * (9 if arguments.threads == 1 else 8) + "|")
    with tempfile.TemporaryDirectory() as folder:
        for name, (path, taps, sizes) in networks(folder, arguments.shared).items():
            if arguments.only and arguments.only not in name:
                continue
            run = session(path, arguments.threads)
            for size in sizes:
                bad |= compare(arguments, program, name, path, taps, size, run, folder)
    return int(bad)


def picture(name, size, seed):
    x = numpy.random.RandomState(seed).standard_normal((1, 3) + size).astype(numpy.float32)
    return 50 * x if name == "googlenet" or name.startswith("nano") else x  # these are fed 0..255


def compare(arguments, program, name, path, taps, size, run, folder):
    """One row; whether an error is too large."""
    errors = {"f32": [], "bf16": [float("nan")] if arguments.no_bf16 else []}
    label, mine = "%dx%d" % (size[1], size[0]), None
    for seed in range(7, 7 + arguments.inputs):
        x = picture(name, size, seed)
        feed = {run.get_inputs()[0].name: x}
        want = run.run(None, feed)
        for precision in ["f32"] + ["bf16"] * (not arguments.no_bf16):
            some = Ours(program, path, size, precision, arguments.threads, x, taps, [w.shape for w in want], folder)
            if some.failure is not None:
                print("| %s | %s | %s |" % (name, label, some.failure))
                return True
            errors[precision].append(largest_error(some.outputs, want))
            if precision == "f32" and mine is None:
                mine, mine_feed = some, feed
            else:
                some.close()
    a, a_work, b, b_work, median = race(mine, run, mine_feed, arguments.seconds, arguments.runs)
    mine.close()
    error, low = max(errors["f32"]), max(errors["bf16"])
    work = " %.2f |" % (b_work / a_work) if arguments.threads == 1 else ""
    print("| %s | %s | %.2g | %.2g | %.3f | %.3f | %.2f |%s %.2f |" % (name, label, error, low, a, b, b / a, work, median))
    sys.stdout.flush()
    return not error < 1e-4 or low >= 2e-2


if __name__ == "__main__":
    sys.exit(main())
