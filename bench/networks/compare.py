#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Networks beside onnxruntime: the same outputs, and how fast.

    python3 -m venv venv && venv/bin/pip install onnx onnxruntime numpy
    ninja -C build dslt_network_run
    venv/bin/python bench/networks/compare.py --build build --shared ../shared/data/weights

Each network runs on several input sizes, in float32 and, where the processor has it, bfloat16. The error of a tap is the
largest difference over the largest value. Speeds are taken in turns, and the least of all runs counts on both sides: what
else the machine does only adds; with --threads 1 it is the time that the processor worked for the process. Exit code 1 where an error is above 1e-4 (float32) or 2e-2 (bfloat16).
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


def ours(program, path, size, precision, threads, seconds, x, taps, shapes, folder):
    source, result = os.path.join(folder, "x"), os.path.join(folder, "y")
    numpy.ascontiguousarray(x[0].transpose(1, 2, 0)).tofile(source)
    command = [program, path, str(size[0]), str(size[1]), precision, str(threads), str(seconds), source, result] + taps
    done = subprocess.run(command, capture_output=True, text=True, env=dict(os.environ, OMP_NUM_THREADS=str(threads)))
    if done.returncode:
        return done.stderr.strip(), None
    values, outputs, at = numpy.fromfile(result, numpy.float32), [], 0
    for shape in shapes:
        count = int(numpy.prod(shape))
        outputs.append(values[at:at + count].reshape(shape[2], shape[3], shape[1]).transpose(2, 0, 1)[None])
        at += count
    return float(done.stdout.split()[1]), outputs


def theirs(run, x, seconds, threads):
    clock = time.process_time if threads == 1 else time.perf_counter
    times, end = [], time.perf_counter() + seconds
    while len(times) < 3 or time.perf_counter() < end:
        before = clock()
        outputs = run.run(None, {run.get_inputs()[0].name: x})
        times.append(1e3 * (clock() - before))
    return min(times), outputs


def largest_error(got, want):
    return max(float(numpy.abs(g - w).max() / numpy.abs(w).max()) if numpy.isfinite(g).all() else float("inf")
               for g, w in zip(got, want))


def main():
    parser = argparse.ArgumentParser(description="Networks beside onnxruntime.")
    parser.add_argument("--build", default="build")
    parser.add_argument("--shared", default="../shared/data/weights")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=0.5, help="of each turn")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--only", help="a network's name")
    parser.add_argument("--no-bf16", action="store_true")
    arguments = parser.parse_args()
    program, bad = os.path.join(arguments.build, "dslt_network_run"), 0
    cpu = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    print("%s, %d threads, onnxruntime %s" % (cpu, arguments.threads, onnxruntime.__version__))
    print("%-14s %-9s %10s %10s %9s %9s %7s" % ("network", "size", "error", "bf16", "dslt ms", "ort ms", "times"))
    with tempfile.TemporaryDirectory() as folder:
        for name, (path, taps, sizes) in networks(folder, arguments.shared).items():
            if arguments.only and arguments.only != name:
                continue
            run = session(path, arguments.threads)
            for size in sizes:
                x = numpy.random.RandomState(7).standard_normal((1, 3) + size).astype(numpy.float32)
                if name == "googlenet" or name.startswith("nano"):
                    x *= 50
                want = run.run(None, {run.get_inputs()[0].name: x})
                shapes, mine, other = [w.shape for w in want], [], []
                for _ in range(arguments.turns):
                    ms, got = ours(program, path, size, "f32", arguments.threads, arguments.seconds, x, taps, shapes, folder)
                    if got is None:
                        break
                    mine.append(ms)
                    other.append(theirs(run, x, arguments.seconds, arguments.threads)[0])
                label = "%dx%d" % (size[1], size[0])
                if not mine:
                    print("%-14s %-9s %s" % (name, label, ms))
                    bad = 1
                    continue
                error, low = largest_error(got, want), float("nan")
                if not arguments.no_bf16:
                    got = ours(program, path, size, "bf16", arguments.threads, 0, x, taps, shapes, folder)[1]
                    low = largest_error(got, want) if got else float("nan")
                a, b = min(mine), min(other)
                print("%-14s %-9s %10.2g %10.2g %9.3f %9.3f %7.2f" % (name, label, error, low, a, b, b / a))
                sys.stdout.flush()
                bad |= not error < 1e-4 or low >= 2e-2
    return int(bad)


if __name__ == "__main__":
    sys.exit(main())
