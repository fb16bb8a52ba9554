# SPDX-License-Identifier: Apache-2.0
"""Saved, pickled and copied trackers; frames that are read ahead."""

from __future__ import annotations

import copy
import multiprocessing
import pickle
import threading
import unittest

import dslt
import numpy as np
import scene


def go_on(state: bytes, frames: list[np.ndarray]) -> list[tuple[float, ...]]:
    tracker = dslt.Tracker.load(state)
    return [tuple(tracker.update(frame).box) for frame in frames]


class Saving(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.frames, cls.truth = scene.clip(7)
        cls.tracker = dslt.Tracker(**scene.FAST)
        cls.tracker.init(cls.frames[0], cls.truth[0])
        for frame in cls.frames[1:4]:
            cls.tracker.update(frame)
        cls.state = cls.tracker.save()
        cls.before = cls.tracker.result
        cls.wanted = [tuple(cls.tracker.update(frame).box) for frame in cls.frames[4:]]

    def test_a_loaded_tracker_goes_on_to_the_same_boxes(self) -> None:
        for state in (self.state, bytearray(self.state), memoryview(self.state)):
            loaded = dslt.Tracker.load(state)
            self.assertEqual(loaded.box, self.before.box)
            self.assertEqual((loaded.score, loaded.lost), (self.before.score, self.before.lost))
            self.assertEqual(loaded.init_losses, self.tracker.init_losses)
            self.assertEqual(loaded.options, self.tracker.options)
            self.assertEqual(loaded.save(), self.state)
            self.assertEqual([tuple(loaded.update(frame).box) for frame in self.frames[4:]], self.wanted)

    def test_another_process_too(self) -> None:
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            self.assertEqual(pool.apply(go_on, (self.state, self.frames[4:])), self.wanted)

    def test_pickles_and_copies(self) -> None:
        loaded = dslt.Tracker.load(self.state, channel_order="rgb")
        for made in (pickle.loads(pickle.dumps(loaded)), copy.copy(loaded), copy.deepcopy(loaded)):
            self.assertEqual(repr(made), repr(loaded))
            self.assertEqual(made._order, "rgb")
            rgb = [frame[:, :, ::-1] for frame in self.frames[4:]]
            self.assertEqual([tuple(made.update(frame).box) for frame in rgb], self.wanted)
        self.assertEqual(loaded.save(), self.state)  # copies are trackers of their own

    def test_a_tracker_without_a_target_is_pickled_as_it_was_made(self) -> None:
        fresh = dslt.Tracker("dslt", weights="random:vgg16/16", threads=1, seed=7)
        made = pickle.loads(pickle.dumps(fresh))
        self.assertEqual((made.preset, made.options), (fresh.preset, fresh.options))
        with self.assertRaises(dslt.StateError):
            made.box  # noqa: B018
        with self.assertRaises(dslt.StateError):
            fresh.save()

    def test_weights_are_checked_and_found_by_name(self) -> None:
        tracker = dslt.Tracker("dslt", weights="random:vgg16/16", threads=1, init_steps=3)
        tracker.init(self.frames[0], self.truth[0])
        state = tracker.save()
        with self.assertRaisesRegex(dslt.WeightsError, "random vgg16/16 seed 1"):
            dslt.Tracker.load(state)
        self.assertEqual(dslt.Tracker.load(state, "random:vgg16/16").box, tracker.box)
        self.assertEqual(pickle.loads(pickle.dumps(tracker)).box, tracker.box)

    def test_what_cannot_be_loaded_says_why(self) -> None:
        for bad, words in ((b"", "no saved state"), (self.state[:-1], "cut short"), (self.state[:-9] + b"x" + self.state[-8:], "altered")):
            with self.assertRaisesRegex(dslt.FormatError, words):
                dslt.Tracker.load(bad)
        with self.assertRaisesRegex(dslt.ArgumentError, "not str"):
            dslt.Tracker.load("state")  # type: ignore[arg-type]
        with self.assertRaisesRegex(dslt.OptionError, "seed"):
            dslt.Tracker.load(self.state, seed=99)
        self.assertEqual(dslt.Tracker.load(self.state, threads=2).options["threads"], "2")
        group = dslt.Group(**scene.FAST)
        with self.assertRaisesRegex(dslt.UnsupportedError, "cannot be saved"):
            pickle.dumps(group)


class Ahead(unittest.TestCase):
    def test_the_frames_are_the_same_and_a_thread_reads_them(self) -> None:
        readers = set()

        def read():
            for i in range(50):
                readers.add(threading.current_thread())
                yield np.full((2, 2), i, np.uint8)

        found = list(dslt.frames(read(), ahead=4))
        self.assertEqual([int(frame[0, 0]) for frame in found], list(range(50)))
        self.assertNotIn(threading.current_thread(), readers)
        self.assertFalse(any(reader.is_alive() for reader in readers))

    def test_no_more_are_read_than_were_asked_for(self) -> None:
        count, enough = 0, threading.Event()

        def read():
            nonlocal count
            for i in range(50):
                count += 1
                if count == 4:
                    enough.set()
                yield np.full((2, 2), i, np.uint8)

        each = dslt.frames(read(), ahead=2)
        next(each)
        self.assertTrue(enough.wait(10))  # one given, two waiting, one in the thread's hand
        self.assertEqual(count, 4)
        each.close()
        self.assertLessEqual(count, 5)
        self.assertFalse([thread for thread in threading.enumerate() if thread.name == "dslt.frames"])

    def test_failures_reach_who_asks(self) -> None:
        def read():
            yield np.zeros((2, 2), np.uint8)
            raise OSError("the disk is gone")

        each = dslt.frames(read(), ahead=3)
        next(each)
        with self.assertRaisesRegex(OSError, "the disk is gone"):
            next(each)
        for bad in (-1, 1.5, True, "4"):
            with self.assertRaisesRegex(dslt.OptionError, "ahead"):
                dslt.frames([], ahead=bad)
        with self.assertRaisesRegex(dslt.FileError, "no file"):
            dslt.frames("none.mp4", ahead=2)


if __name__ == "__main__":
    unittest.main()
