# SPDX-License-Identifier: Apache-2.0
"""The Python package: trackers, groups, track(), options, threads."""

from __future__ import annotations

import inspect
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path

import dslt
import numpy as np
import scene

PROGRAM = os.environ.get("DSLT_PROGRAM", "")


def boxes_of(results) -> np.ndarray:
    return np.array([result.box for result in results])


class Tracking(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.frames, cls.truth = scene.clip(10)
        cls.results = list(dslt.track(cls.frames, cls.truth[0], **scene.FAST))

    def test_it_follows_the_target(self) -> None:
        self.assertEqual(len(self.results), len(self.frames))
        self.assertEqual(self.results[0].box, tuple(self.truth[0]))
        for result, true in zip(self.results, self.truth):
            self.assertGreater(scene.overlap(result.box, true), 0.6)
            self.assertFalse(result.lost)
            self.assertTrue(0 < result.score <= 2)

    def test_the_results_say_what_the_c_interface_says(self) -> None:
        first, later = self.results[0], self.results[1]
        self.assertEqual(first.steps, 10)
        self.assertGreater(first.loss, 0)
        self.assertEqual(list(later.stage_ms), ["crop", "backbone", "head", "locate", "store", "update"])
        self.assertGreater(later.stage_ms["backbone"], 0)
        self.assertEqual(later.peak, later.score)
        self.assertIs(type(later.lost), bool)
        self.assertIs(type(later.found), bool)
        self.assertIs(type(later.box.width), float)

    def test_properties_follow_the_last_result(self) -> None:
        tracker = dslt.Tracker(**scene.FAST)
        self.assertIn("without a target", repr(tracker))
        begun = tracker.init(self.frames[0], self.truth[0])
        self.assertEqual(tracker.result, begun)
        self.assertEqual(len(tracker.init_losses), 10)
        self.assertAlmostEqual(tracker.init_losses[-1], begun.loss, places=5)
        result = tracker.update(self.frames[1])
        self.assertEqual((tracker.box, tracker.score, tracker.lost, tracker.found),
                         (result.box, result.score, result.lost, result.found))
        self.assertEqual((tracker.preset, tracker.backend, tracker.precision, tracker.note), ("default", "cpu", "f32", ""))
        self.assertEqual(tracker.options["init_steps"], "10")
        self.assertIn("dslt.Tracker default on cpu, at (", repr(tracker))

    def test_the_response_is_high_at_the_target(self) -> None:
        tracker = dslt.Tracker(preset="dslt", **scene.FAST)
        tracker.init(self.frames[0], self.truth[0])
        tracker.update(self.frames[1])
        response, window = tracker.response, tracker.window
        self.assertEqual((response.ndim, response.dtype), (2, np.float32))
        self.assertTrue(np.isfinite(response).all())
        row, column = np.unravel_index(response.argmax(), response.shape)
        x = window.x + (column + 0.5) * window.width / response.shape[1]
        y = window.y + (row + 0.5) * window.height / response.shape[0]
        self.assertLess(abs(x - (self.truth[1][0] + scene.SIDE / 2)), 12)
        self.assertLess(abs(y - (self.truth[1][1] + scene.SIDE / 2)), 12)
        before = response.copy()
        tracker.update(self.frames[2])  # the array is the caller's
        np.testing.assert_array_equal(response, before)
        self.assertFalse(np.array_equal(tracker.response, before))

    def test_a_uniform_target_is_lost_from_the_start(self) -> None:
        tracker = dslt.Tracker(**scene.FAST)
        grey = np.full((120, 160, 3), 128, np.uint8)
        self.assertTrue(tracker.init(grey, (50, 40, 28, 28)).lost)
        self.assertTrue(tracker.update(grey).lost)
        self.assertEqual(tracker.box, (50, 40, 28, 28))

    def test_a_target_that_goes_is_lost_and_found_when_it_is_back(self) -> None:
        tracker = dslt.Tracker(**scene.FAST)
        tracker.init(self.frames[0], self.truth[0])
        tracker.update(self.frames[0])
        for _ in range(3):
            tracker.update(np.full_like(self.frames[0], 90))
        self.assertTrue(tracker.lost)
        found = [tracker.update(self.frames[0]).found for _ in range(3)]
        self.assertFalse(tracker.lost)
        self.assertEqual(sum(found), 1)

    @unittest.skipUnless(PROGRAM, "no program dslt: DSLT_PROGRAM names none")
    def test_the_boxes_are_the_programs(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            for i, frame in enumerate(self.frames):
                Path(folder, f"{i:03}.ppm").write_bytes(b"P6 160 120 255\n" + frame[:, :, ::-1].tobytes())
            out = subprocess.run([PROGRAM, "track", folder, "--box", ",".join(map(str, self.truth[0])), "--format", "jsonl", "-o",
                                  "-", "-q", "--backend", "cpu", *(f"--set={k}={v}" for k, v in scene.FAST.items())],
                                 capture_output=True, text=True, check=True).stdout
        rows = [json.loads(line) for line in out.splitlines()]
        theirs = np.array([[row[side] for side in ("x", "y", "width", "height")] for row in rows])
        # To the last digit where both were compiled alike; the tests may run with a program that was not.
        np.testing.assert_allclose(boxes_of(self.results), theirs, atol=1e-3)
        np.testing.assert_allclose([result.score for result in self.results], [row["peak"] for row in rows], atol=1e-4)
        self.assertEqual([result.lost for result in self.results], [row["lost"] for row in rows])

    def test_starting_over_and_other_presets(self) -> None:
        tracker = dslt.Tracker(**scene.FAST)
        for _ in range(2):
            tracker.init(self.frames[0], self.truth[0])
            again = [tracker.update(frame) for frame in self.frames[1:4]]
        np.testing.assert_array_equal(boxes_of(again), boxes_of(self.results[1:4]))
        for preset in ("dslt", "paper"):
            results = list(dslt.track(self.frames[:3], self.truth[0], preset, **scene.FAST))
            self.assertGreater(scene.overlap(results[-1].box, self.truth[2]), 0.6, preset)

    def test_weights_may_be_shared_and_choose_the_preset(self) -> None:
        weights = dslt.Weights("random:vgg16/16:3")
        self.assertEqual(weights.preset, "dslt")
        trackers = [dslt.Tracker(weights=weights, **scene.FAST) for _ in range(2)]
        self.assertEqual([tracker.preset for tracker in trackers], ["dslt", "dslt"])
        del weights  # the trackers keep them
        for tracker in trackers:
            tracker.init(self.frames[0], self.truth[0])
        results = [tracker.update(self.frames[1]).box for tracker in trackers]
        self.assertEqual(results[0], results[1])

    def test_a_tracker_keeps_no_frame(self) -> None:
        frame = self.frames[0].copy()
        count = sys.getrefcount(frame)
        tracker = dslt.Tracker(**scene.FAST)
        tracker.init(frame, self.truth[0])
        tracker.update(frame)
        with self.assertRaises(dslt.BoxError):
            tracker.init(frame, (0, 0, 0, 0))
        self.assertEqual(sys.getrefcount(frame), count)
        frame.resize((60, 160, 3), refcheck=False)  # numpy refuses while somebody holds the memory


class Groups(unittest.TestCase):
    def test_each_target_gets_the_box_of_a_tracker_of_its_own(self) -> None:
        frames, truth = scene.clip(5)
        boxes = [tuple(truth[0]), (10, 70, 30, 24)]
        each = list(dslt.track_group(frames, boxes, **scene.FAST))
        for target, box in enumerate(boxes):
            alone = list(dslt.track(frames, box, **scene.FAST))
            self.assertEqual([results[target].box for results in each], [result.box for result in alone])
            self.assertEqual([results[target].score for results in each], [result.score for result in alone])

    def test_targets_join_and_leave(self) -> None:
        frames, truth = scene.clip(6)
        boxes = [tuple(truth[0]), (10, 70, 30, 24), (90, 10, 24, 30)]
        group = dslt.Group(**scene.FAST)
        group.add(frames[0], boxes[0])
        group.update(frames[1])
        self.assertEqual(group.add(frames[1], boxes[1]).box, boxes[1])
        self.assertEqual(group.add(frames[1], boxes[2]).box, boxes[2])
        self.assertEqual((len(group), group.boxes[1:]), (3, boxes[1:]))
        three = group.update(frames[2])
        group.remove(1)
        self.assertEqual(group.results, [three[0], three[2]])
        two = group.update(frames[3])
        late = list(dslt.track(frames[1:], boxes[2], **scene.FAST))
        self.assertEqual([three[2].box, two[1].box], [late[1].box, late[2].box])
        self.assertEqual([two[0].box], [list(dslt.track(frames[:4], boxes[0], **scene.FAST))[3].box])
        for target in (-1, 2):
            with self.assertRaises(dslt.ArgumentError):
                group.remove(target)
        with self.assertRaises(dslt.BoxError):
            group.add(frames[3], (500, 0, 10, 10))
        with self.assertRaises(dslt.FrameError):
            group.add(frames[3][:-1], boxes[0])
        group.remove(0)
        group.remove(0)
        self.assertEqual(len(group), 0)
        with self.assertRaises(dslt.StateError):
            group.update(frames[4])
        group.init(frames[4], [truth[4]])
        self.assertGreater(scene.overlap(group.update(frames[5])[0].box, truth[5]), 0.6)

    def test_a_group_knows_its_targets(self) -> None:
        frames, truth = scene.clip(3)
        group = dslt.Group(preset="dslt", **scene.FAST)
        self.assertEqual(len(group), 0)
        self.assertTrue(group)
        group.init(frames[0], np.stack([truth[0], truth[0] + [20, 10, 0, 0]]))
        results = group.update(frames[1])
        self.assertEqual(len(group), 2)
        self.assertEqual(group.results, results)
        self.assertEqual(group.boxes, [result.box for result in results])
        self.assertEqual(group.lost, [result.lost for result in results])
        self.assertEqual(group.found, [False, False])
        self.assertEqual(group.response(1).ndim, 2)
        self.assertGreater(group.window(1).width, 28)
        self.assertFalse(np.array_equal(group.response(0), group.response(1)))
        self.assertIn("2 targets", repr(group))
        for target in (-1, 2):
            with self.assertRaises(dslt.ArgumentError):
                group.response(target)


class Options(unittest.TestCase):
    def test_the_help_holds_the_tables(self) -> None:
        text = " ".join(inspect.getdoc(dslt.Tracker).split())
        rows = {row.key: row for preset in dslt.presets() for row in dslt.options(preset.name)}
        self.assertGreater(len(rows), 50)
        for row in rows.values():
            self.assertIn(f" {row.key}=", text)
            self.assertIn(f"{' '.join(row.help.split())} ({row.values})", text)

    def test_every_value_can_be_given_back(self) -> None:
        for preset in ("default", "dslt", "crt-hog", "cfnet"):
            given = {row.key: row.value for row in dslt.options(preset)}
            self.assertGreater(len(given), 15)
            settings = dslt._dslt.Options(preset)
            for key, value in given.items():
                settings.set(key, value)
            self.assertEqual({row[0]: row[1] for row in settings.describe()}, given)

    def test_numbers_text_and_lists_become_options(self) -> None:
        tracker = dslt.Tracker(preset="dslt", seed=7, shrink_a=12.5, deterministic=True, loss="l2", fuse=[1, 0.5],
                               init_steps=np.int64(9))
        expected = {"seed": "7", "shrink_a": "12.5", "deterministic": "1", "loss": "l2", "fuse": "1,0.5", "init_steps": "9"}
        self.assertEqual({key: tracker.options[key] for key in expected}, expected)

    def test_presets_and_backends(self) -> None:
        names = {preset.name: preset for preset in dslt.presets()}
        self.assertEqual(names["default"].tracker, "siamese")
        self.assertIn("paper", names)
        cpu, cuda = dslt.backends()
        self.assertEqual((cpu.name, cpu.compiled, cpu.available, cuda.name), ("cpu", True, True, "cuda"))
        self.assertRegex(dslt.__version__, r"^\d+\.\d+\.\d+$")

    def test_the_signature_shows_the_keywords(self) -> None:
        self.assertEqual(list(inspect.signature(dslt.Tracker).parameters), ["preset", "weights", "channel_order", "options"])


class Errors(unittest.TestCase):
    def test_every_code_has_its_class(self) -> None:
        table = dslt._dslt.errors()
        self.assertGreaterEqual(len(table), 15)
        for code, name, _ in table:
            error = dslt._errors.from_code(code, "A sentence.")
            self.assertIsNot(type(error), dslt.Error, name)
            self.assertIsInstance(error, dslt.Error)
            self.assertIn(type(error).__name__, dslt.__all__)
            self.assertEqual((error.code, error.name, error.message, str(error)), (code, name, "A sentence.", "A sentence."))
        self.assertEqual(dslt._errors.from_code(-999, "?").code, -999)

    def test_they_are_what_python_programs_expect(self) -> None:
        with self.assertRaises(OSError) as caught:
            dslt.Weights("/nowhere/weights.safetensors")
        self.assertIn("/nowhere/weights.safetensors", str(caught.exception))
        self.assertEqual(caught.exception.name, "DSLT_EIO")
        for call in (lambda: dslt.Tracker(preset="none"), lambda: dslt.Tracker(shrink_a=-1), lambda: dslt.Tracker(sede=1)):
            with self.assertRaises(ValueError) as caught:
                call()
            self.assertEqual(caught.exception.name, "DSLT_EOPTION")
        self.assertIn("seed", caught.exception.message)  # the nearest one
        with self.assertRaises(RuntimeError):
            dslt.Tracker().update(np.zeros((120, 160, 3), np.uint8))


class Processes(unittest.TestCase):
    def test_a_forked_child_is_told_so(self) -> None:
        frames, truth = scene.clip(2)
        tracker = dslt.Tracker(precision="f32", threads=2, init_steps=10)
        tracker.init(frames[0], truth[0])
        child = os.fork()
        if not child:
            code = 1
            try:
                tracker.update(frames[1])
            except dslt.StateError as error:
                code = 0 if "fork" in error.message else 2
            finally:
                os._exit(code)
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 0)
        self.assertGreater(scene.overlap(tracker.update(frames[1]).box, truth[1]), 0.6)

    def test_spawned_processes_track(self) -> None:
        script = ("import concurrent.futures as f, multiprocessing as m, dslt, scene\n"
                  "def work(seed):\n"
                  "    frames, truth = scene.clip(4, seed)\n"
                  "    return [result.box for result in dslt.track(frames, truth[0], **scene.FAST)]\n"
                  "if __name__ == '__main__':\n"
                  "    with f.ProcessPoolExecutor(2, m.get_context('spawn')) as pool:\n"
                  "        print(list(pool.map(work, (1, 2))) == list(map(work, (1, 2))))\n")
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "pool.py")
            file.write_text(script)
            done = subprocess.run([sys.executable, file], capture_output=True, text=True,
                                  env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)})
        self.assertEqual((done.stdout, done.stderr), ("True\n", ""))


class Threads(unittest.TestCase):
    def test_other_threads_run_while_a_call_works(self) -> None:
        frames, truth = scene.clip(1)
        tracker = dslt.Tracker(preset="dslt", threads=1, precision="f32", init_steps=400)
        stop, ticks = threading.Event(), []

        def tick() -> None:
            while not stop.is_set():
                ticks.append(time.monotonic())
                time.sleep(0.001)

        thread = threading.Thread(target=tick)
        thread.start()
        while not ticks:
            time.sleep(0.001)
        begin = time.monotonic()
        tracker.init(frames[0], truth[0])
        end = time.monotonic()
        stop.set()
        thread.join()
        during = sum(begin < tick < end for tick in ticks)
        self.assertGreater(end - begin, 0.03)
        self.assertGreater(during, 5)

    def test_threads_may_share_a_tracker(self) -> None:
        frames, truth = scene.clip(1)
        tracker = dslt.Tracker(**scene.FAST)
        tracker.init(frames[0], truth[0])
        results, errors = [], []

        def work() -> None:
            try:
                for _ in range(15):
                    results.append(tracker.update(frames[0]))
                    tracker.init(frames[0], truth[0])
                    repr(tracker)
            except Exception as error:  # shown by the main thread
                errors.append(error)

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(errors, [])
        self.assertEqual(len(results), 60)
        for result in results:
            self.assertGreater(scene.overlap(result.box, truth[0]), 0.8)

    def test_trackers_in_threads_of_their_own_give_the_same(self) -> None:
        frames, truth = scene.clip(6)
        alone = boxes_of(dslt.track(frames, truth[0], **scene.FAST))
        found = [None] * 3

        def work(index: int) -> None:
            found[index] = boxes_of(dslt.track(frames, truth[0], **scene.FAST))

        threads = [threading.Thread(target=work, args=(index,)) for index in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for boxes in found:
            np.testing.assert_array_equal(boxes, alone)


if __name__ == "__main__":
    unittest.main()
