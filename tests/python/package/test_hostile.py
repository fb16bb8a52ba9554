# SPDX-License-Identifier: Apache-2.0
"""Bad input of every kind raises the right exception and leaves a tracker as it was; nothing crashes."""

from __future__ import annotations

import os
import tempfile
import unittest
import warnings
from pathlib import Path

import dslt
import numpy as np
import scene

NAN, INF = float("nan"), float("inf")


class Odd:
    """Pretends to be an array and fails."""

    def __array__(self, *_: object, **__: object) -> np.ndarray:
        raise RuntimeError("this array cannot be had")


def bad_frames() -> list:
    good = scene.clip(1)[0][0]
    return [
        None, 3, "frame.png", Path("frame.png"), b"", [], [[1, 2], [3]], object(), {"a": 1},
        good.astype(float), good.astype(np.int8), good.astype(np.int32), good.astype(bool), good.astype(np.uint32),
        good.astype(np.complex64), good.astype(object), good.astype("S1"), np.zeros((120, 160, 3), "datetime64[s]"),
        np.zeros((120, 160), [("r", np.uint8), ("g", np.uint8)]),
        good[0, 0], good[0, 0, 0], good[np.newaxis], good[:, :, :2], np.zeros((120, 160, 5), np.uint8), good.reshape(-1),
        np.zeros((0, 160, 3), np.uint8), np.zeros((120, 0, 3), np.uint8), np.zeros((120, 160, 0), np.uint8),
        np.zeros((0, 0), np.uint8), np.zeros((1, 20000, 3), np.uint8), np.zeros((20000, 1), np.uint8),
    ]


def bad_boxes() -> list:
    return [
        None, 5, "1,2,3,4", "1234x", (), (1, 2, 3), (1, 2, 3, 4, 5), (1, 2, "a", 4), (1, 2, None, 4), (1, 2, 3j, 4),
        (NAN, 40, 28, 28), (50, INF, 28, 28), (50, 40, -INF, 28), (50, 40, 28, NAN), (50, 40, 0, 28), (50, 40, -5, 28),
        (50, 40, 0.5, 28), (1e300, 40, 28, 28), (50, 40, 1e9, 1e9), (200, 40, 28, 28), (50, -100, 28, 28),
        np.zeros((2, 4)), np.full(4, NAN), [[50, 40, 28, 28]], {1: 2},
    ]


class BadInput(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.frames, cls.truth = scene.clip(4)

    def fresh(self) -> dslt.Tracker:
        tracker = dslt.Tracker(**scene.FAST)
        tracker.init(self.frames[0], self.truth[0])
        return tracker

    def test_frames(self) -> None:
        tracker, group = self.fresh(), dslt.Group(**scene.FAST)
        group.init(self.frames[0], self.truth[:1])
        for frame in bad_frames():
            what = f"{type(frame).__name__} {getattr(frame, 'dtype', '')} {getattr(frame, 'shape', '')}"
            for call in (tracker.update, group.update, lambda f: tracker.init(f, self.truth[0]),
                         lambda f: group.init(f, self.truth[:1])):
                with self.subTest(what), self.assertRaises((dslt.FrameError, ValueError)) as caught:
                    call(frame)
                self.assertTrue(str(caught.exception))
        with self.assertRaises(RuntimeError):
            tracker.update(Odd())
        wanted = self.fresh()
        for frame in self.frames[1:]:  # the tracker goes on as if nothing had been
            expected = wanted.update(frame).box
            self.assertEqual(tracker.update(frame).box, expected)
            self.assertEqual(group.update(frame)[0].box, expected)

    def test_boxes(self) -> None:
        tracker, group = self.fresh(), dslt.Group(**scene.FAST)
        for box in bad_boxes():
            with self.subTest(f"{box!r}"):
                with self.assertRaises(dslt.BoxError) as caught:
                    tracker.init(self.frames[0], box)
                self.assertTrue(caught.exception.message)
                with self.assertRaises(dslt.BoxError):
                    group.init(self.frames[0], [self.truth[0], box])
                with self.assertRaises(dslt.BoxError):
                    dslt.track(self.frames, box)
        self.assertEqual(tracker.update(self.frames[1]).box, self.fresh().update(self.frames[1]).box)
        for boxes in (None, 5, (50, 40, 28, 28)):
            with self.assertRaises(dslt.BoxError):
                group.init(self.frames[0], boxes)
        for boxes in ([], np.repeat(self.truth[:1], dslt.GROUP_TARGETS + 1, axis=0)):
            with self.assertRaises(dslt.ArgumentError):
                group.init(self.frames[0], boxes)

    def test_another_size(self) -> None:
        tracker = self.fresh()
        for frame in (self.frames[1][:-1], self.frames[1][:, :-1], np.zeros((240, 320, 3), np.uint8)):
            with self.assertRaisesRegex(dslt.FrameError, "160"):
                tracker.update(frame)

    def test_before_init(self) -> None:
        tracker, group = dslt.Tracker(**scene.FAST), dslt.Group(**scene.FAST)
        for call in (lambda: tracker.update(self.frames[0]), lambda: tracker.lost, lambda: tracker.found, lambda: tracker.box,
                     lambda: tracker.score, lambda: tracker.response, lambda: tracker.window, lambda: tracker.init_losses,
                     lambda: tracker.result, lambda: group.update(self.frames[0]), lambda: group.results, lambda: group.lost):
            with self.assertRaises(dslt.StateError) as caught:
                call()
            self.assertEqual(caught.exception.name, "DSLT_ESTATE")
        with self.assertRaises(dslt.StateError):
            self.fresh().response  # of an update

    def test_options(self) -> None:
        for options in ({"preset": ""}, {"preset": 3}, {"preset": "DEFAULT!"}, {"channel_order": "gbr"}, {"channel_order": None},
                        {"seed": "x"}, {"seed": NAN}, {"seed": None}, {"seed": object()}, {"shrink_a": INF}, {"threads": -1},
                        {"threads": 1.5}, {"backend": "tpu"}, {"init_steps": 1 << 80}, {"nothing": 1}, {"seed": "1\0"},
                        {"blend": [0.1, 0.2]}, {"seed": b"1"}):
            with self.subTest(options), self.assertRaises(dslt.OptionError) as caught:
                dslt.Tracker(**options)
            self.assertTrue(caught.exception.message)
        with self.assertRaises(dslt.OptionError):
            dslt.options("none")

    def test_weights(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "w.safetensors")
            for content, error in ((b"", dslt.FormatError), (b"\xff" * 64, dslt.FormatError), (os.urandom(1000), dslt.FormatError)):
                file.write_bytes(content)
                with self.assertRaises(error) as caught:
                    dslt.Tracker(weights=file)
                self.assertIn("w.safetensors", caught.exception.message)
            with self.assertRaises(dslt.FileError):
                dslt.Tracker(weights=folder)
            model = Path(folder, "model.onnx")
            model.write_bytes(b"a model")
            with self.assertRaises(dslt.UnsupportedError):
                dslt.Tracker(weights=model)
        with self.assertRaises(dslt.OptionError):
            dslt.Tracker(weights="random:nothing")
        for weights in (3, object(), [1]):
            with self.assertRaises(TypeError):
                dslt.Tracker(weights=weights)
        with self.assertRaises(dslt.Error):
            dslt.Tracker(preset="default", weights="slim", **scene.FAST)  # no matching head

    def test_random_arrays_and_boxes(self) -> None:
        """Any type, shape, strides and box: an exception of ours, or a result that is finite."""
        random = np.random.default_rng(7)
        memory = random.integers(0, 256, 1 << 20, dtype=np.uint8)
        tracker, accepted = dslt.Tracker(**{**scene.FAST, "init_steps": 1}), 0
        for _ in range(800):
            dtype = np.dtype(random.choice(["u1", "u1", "u1", "<u2", ">u2", "i1", "f4", "u4", "?"]))
            shape = [int(random.integers(1, 90)) for _ in range(random.integers(1, 5))]
            if len(shape) > 2:
                shape[2:] = [int(random.choice([1, 2, 3, 3, 4]))] * (len(shape) - 2)
            strides = [int(random.integers(-1200, 1200)) for _ in shape]
            if random.uniform() < 0.6:  # whole pixels, rows apart by any distance
                strides = [int(np.prod(shape[1:])) * dtype.itemsize + int(random.integers(-3, 40))]
                strides += [int(np.prod(shape[i + 1 :])) * dtype.itemsize for i in range(1, len(shape))]
            array = np.ndarray(shape, dtype, memory, offset=1 << 19, strides=strides)
            box = random.choice([NAN, INF, -1, 0, 0.5, 2, 5, 5, 20, 20, 40, 40, 60, 80], 4)
            try:
                results = [tracker.init(array, box), tracker.update(array)]
            except dslt.Error as error:
                self.assertIn(type(error), (dslt.FrameError, dslt.BoxError))
                continue
            accepted += 1
            for result in results:
                self.assertTrue(np.isfinite([*result.box, result.score, result.loss]).all())
        self.assertGreater(accepted, 30)

    def test_the_extension_module_checks_for_itself(self) -> None:
        core, frame = self.fresh()._core, self.frames[1]
        before = frame.copy()
        for array, format in ((frame, 99), (frame, -1), (frame, 2), (frame, 3), (frame, 6), (frame[::-1], 0), (frame[:, ::-1], 0),
                              (frame[:, :, ::-1], 0), (frame.astype(np.int8), 0), (frame.astype(">u2"), 6), (frame[0], 0),
                              (frame[:0], 0), (frame[:, :0], 0), (np.zeros((2, 2, 3, 1), np.uint8), 0), (b"bytes", 0),
                              (np.lib.stride_tricks.as_strided(frame, (120, 160, 3), (0, 3, 1)), 0)):
            with self.assertRaises(dslt.FrameError):
                core.update(array, format)
        for wrong in (lambda: core.update(None, 0), lambda: core.update(frame, "x"), lambda: core.init(frame, 0, None),
                      lambda: core.update(), lambda: core.init(frame, 0, "abcd"), lambda: dslt._dslt.Tracker(1, 2),
                      lambda: dslt._dslt.Tracker.__new__(dslt._dslt.Tracker).update(frame, 0)):
            with self.assertRaises((TypeError, RuntimeError, dslt.BoxError)), warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of nanobind, on an object without its __init__()
                wrong()
        np.testing.assert_array_equal(frame, before)


if __name__ == "__main__":
    unittest.main()
