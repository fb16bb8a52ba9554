# SPDX-License-Identifier: Apache-2.0
"""Frames of every type, order and layout give the same boxes; files are read, or a sentence says what is missing."""

from __future__ import annotations

import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import dslt
import numpy as np
import scene
from dslt._frames import _natural as natural
from dslt._frames import pixels

try:
    from PIL import Image
except ImportError:
    Image = None
try:
    import cv2
except ImportError:
    cv2 = None


def boxes(frames, box, **options) -> np.ndarray:
    return np.array([result.box for result in dslt.track(frames, box, **options, **scene.FAST)])


def opened(frame: np.ndarray, rows: int = 1, columns: int = 1) -> np.ndarray:
    """The same pixels with a larger array's strides."""
    height, width = frame.shape[:2]
    large = np.zeros((height * rows, (width + 3) * columns, *frame.shape[2:]), frame.dtype)
    view = large[::rows, : width * columns : columns]
    view[...] = frame
    return view


class Layouts(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.frames, truth = scene.clip(4)
        cls.box = truth[0]
        cls.wanted = boxes(cls.frames, cls.box)

    def same(self, change, message: str, wanted: np.ndarray | None = None, **options) -> None:
        found = boxes([change(frame) for frame in self.frames], self.box, **options)
        np.testing.assert_array_equal(found, self.wanted if wanted is None else wanted, message)

    def test_colour(self) -> None:
        def alpha(frame):
            return np.concatenate([frame, np.full_like(frame[:, :, :1], 7)], axis=2)

        self.same(lambda f: np.ascontiguousarray(f[:, :, ::-1]), "RGB", channel_order="rgb")
        self.same(alpha, "BGRA")
        self.same(lambda f: alpha(np.ascontiguousarray(f[:, :, ::-1])), "RGBA", channel_order="rgb")
        self.same(lambda f: f.astype(np.uint16) << 8, "16 bits")
        self.same(lambda f: (f[:, :, ::-1].astype(np.uint16) << 8) + 255, "16 bits, RGB", channel_order="rgb")
        self.same(lambda f: alpha(f).astype(np.uint16) << 8, "16 bits with alpha")
        self.same(lambda f: (f.astype(np.uint16) << 8).astype(">u2"), "16 bits, the other byte order")
        swapped = boxes([np.ascontiguousarray(f[:, :, ::-1]) for f in self.frames], self.box)
        self.assertFalse(np.array_equal(swapped, self.wanted), "the order must matter")

    def test_grey(self) -> None:
        grey = boxes([np.repeat(f[:, :, :1], 3, axis=2) for f in self.frames], self.box)
        for order in ("bgr", "rgb"):
            self.same(lambda f: f[:, :, 0], "two axes, not contiguous", grey, channel_order=order)
            self.same(lambda f: f[:, :, 0].copy(), "two axes", grey, channel_order=order)
            self.same(lambda f: f[:, :, :1], "one channel", grey, channel_order=order)
            self.same(lambda f: f[:, :, 0].astype(np.uint16) << 8, "16 bits", grey, channel_order=order)

    def test_strides(self) -> None:
        self.same(opened, "rows apart")
        self.same(lambda f: opened(f, rows=3), "every third row")
        self.same(lambda f: opened(f, columns=2), "every second column")
        self.same(lambda f: f[::-1].copy()[::-1], "upside down in memory")
        self.same(lambda f: f[:, ::-1].copy()[:, ::-1], "left and right exchanged in memory")
        self.same(lambda f: f[:, :, ::-1].copy()[:, :, ::-1], "channels exchanged in memory")
        self.same(lambda f: np.asfortranarray(f), "columns first")
        self.same(lambda f: np.ascontiguousarray(f.transpose(2, 0, 1)).transpose(1, 2, 0), "planes")
        self.same(lambda f: memoryview(f), "a memoryview")

        def locked(frame):
            frame = frame.copy()
            frame.flags.writeable = False
            return frame

        self.same(locked, "read only")

    def test_no_copy_where_the_layout_allows_it(self) -> None:
        frame = self.frames[0]
        sixteen, alpha = frame.astype(np.uint16), np.zeros((20, 30, 4), np.uint8)
        for array in (frame, opened(frame), opened(frame, rows=2), frame[5:50, 7:80], frame[:, :, 0].copy(), sixteen, alpha,
                      frame[:1], frame[:1, ::-1][:, :1], sixteen[:, :, 1].copy()):
            self.assertIs(pixels(array, "bgr")[0], array)
        for array in (frame[::-1], frame[:, ::2], frame[:, :, ::-1], frame[:, :, 0]):
            self.assertFalse(np.shares_memory(pixels(array, "bgr")[0], array))

    @unittest.skipIf(Image is None, "no Python with PIL")
    def test_pictures_of_pillow_know_their_order(self) -> None:
        self.same(lambda f: Image.fromarray(np.ascontiguousarray(f[:, :, ::-1])), "RGB")
        self.same(lambda f: Image.fromarray(np.ascontiguousarray(f[:, :, ::-1])).convert("RGBA"), "RGBA")
        grey = boxes([f[:, :, 0] for f in self.frames], self.box)
        self.same(lambda f: Image.fromarray(f[:, :, 0].copy()), "grey", grey)
        palette = [Image.fromarray(f).convert("P") for f in self.frames]
        self.assertEqual(boxes(palette, self.box).shape, self.wanted.shape)


class Files(unittest.TestCase):
    def setUp(self) -> None:
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = Path(holder.name)
        self.frames, truth = scene.clip(12)
        self.box = truth[0]

    def pictures(self) -> list[Path]:
        files = []
        for i, frame in enumerate(self.frames):
            files.append(self.folder / f"frame{i}.ppm")  # natural order: 9 before 10
            files[-1].write_bytes(b"P6 160 120 255\n" + frame[:, :, ::-1].tobytes())
        return files

    @unittest.skipIf(cv2 is None and Image is None, "no Python with cv2 or PIL")
    def test_a_folder_and_a_list_of_pictures(self) -> None:
        wanted, files = boxes(self.frames, self.box), self.pictures()
        (self.folder / "readme.txt").write_text("no picture")
        (self.folder / "._frame0.ppm").write_bytes(b"what macOS leaves behind on other file systems")
        for order in ("bgr", "rgb"):
            np.testing.assert_array_equal(boxes(self.folder, self.box, channel_order=order), wanted)
            np.testing.assert_array_equal(boxes(map(str, files), self.box, channel_order=order), wanted)
        if Image is not None:
            with mock.patch.dict(sys.modules, {"cv2": None}):
                np.testing.assert_array_equal(boxes(str(self.folder), self.box), wanted)

    def test_names_with_digits_of_any_kind_have_an_order(self) -> None:
        names = ["a10.png", "a9.png", "²1.png", "a٣.png"]  # superscript two is a digit, but no number
        self.assertEqual([p.name for p in sorted(map(Path, names), key=natural)], ["a٣.png", "a9.png", "a10.png", "²1.png"])

    @unittest.skipIf(cv2 is None, "no Python with cv2")
    def test_a_video(self) -> None:
        file = str(self.folder / "clip.avi")
        writer = cv2.VideoWriter(file, cv2.VideoWriter_fourcc(*"MJPG"), 25, (scene.WIDTH, scene.HEIGHT))
        for frame in self.frames:
            writer.write(frame)
        writer.release()
        read = list(dslt.frames(file))
        self.assertEqual(len(read), len(self.frames))
        np.testing.assert_array_equal(boxes(file, self.box), boxes(read, self.box))
        np.testing.assert_array_equal(next(dslt.frames(file, "rgb")), read[0][:, :, ::-1])

    def test_what_cannot_be_read_is_named(self) -> None:
        video = self.folder / "clip.mp4"
        video.write_bytes(b"no video at all")
        with mock.patch.dict(sys.modules, {"cv2": None, "imageio": None, "imageio.v3": None}):
            with self.assertRaisesRegex(dslt.UnsupportedError, "clip.mp4.*pip install opencv-python-headless.*NumPy arrays"):
                dslt.track(video, self.box)
        with mock.patch.dict(sys.modules, {"cv2": None, "PIL": None, "PIL.Image": None}):
            with self.assertRaisesRegex(dslt.UnsupportedError, "frame0.ppm.*OpenCV"):
                dslt.track(self.pictures(), self.box)
        with self.assertRaisesRegex(dslt.FileError, "There is no file .*none.mp4"):
            dslt.track(self.folder / "none.mp4", self.box)
        with self.assertRaisesRegex(dslt.FileError, "There is no file .*none.png"):
            dslt.track([self.folder / "none.png"], self.box)
        (self.folder / "empty").mkdir()
        with self.assertRaisesRegex(dslt.FileError, "no pictures in .*empty"):
            dslt.track(self.folder / "empty", self.box)
        with self.assertRaisesRegex(dslt.FrameError, "no frame to begin with"):
            dslt.track([], self.box)
        with self.assertRaisesRegex(dslt.FrameError, "not from int"):
            dslt.track(3, self.box)
        if cv2 is not None:
            with self.assertRaisesRegex(dslt.FileError, "clip.mp4 is no video"):
                dslt.track(video, self.box)
            (self.folder / "bad.png").write_bytes(b"no picture")
            with self.assertRaisesRegex(dslt.FileError, "bad.png is no picture"):
                dslt.track(self.folder / "bad.png", self.box)


if __name__ == "__main__":
    unittest.main()
