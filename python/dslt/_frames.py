# SPDX-License-Identifier: Apache-2.0
"""Frames: arrays as the C interface takes them, and reading of videos and pictures by other packages."""

from __future__ import annotations

import importlib
import os
import queue
import re
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ._errors import FileError, FrameError, OptionError, UnsupportedError

if TYPE_CHECKING:
    from numpy.typing import NDArray

ORDERS = ("bgr", "rgb")
PICTURES = (".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp", ".ppm", ".pgm")
# dslt_pixel_format by bytes a channel, channels and order.
_FORMATS = {(1, 1, "bgr"): 2, (1, 3, "bgr"): 0, (1, 3, "rgb"): 1, (1, 4, "bgr"): 3, (1, 4, "rgb"): 4,
            (2, 1, "bgr"): 5, (2, 3, "bgr"): 6}


def checked_order(order: str) -> str:
    if order not in ORDERS:
        raise OptionError(f'channel_order is "bgr" or "rgb", not {order!r}.')
    return order


def _array(frame: Any, order: str) -> tuple[NDArray[Any], str]:
    """An array of what the caller has; pictures of Pillow know their order themselves."""
    if frame is None:
        raise FrameError("The frame is None: the picture or video could not be read.")
    if type(frame).__module__.startswith("PIL."):
        if frame.mode not in ("RGB", "RGBA", "L", "I;16"):
            frame = frame.convert("RGB")
        return np.asarray(frame), "rgb"
    if isinstance(frame, (str, bytes, os.PathLike)):
        raise FrameError(f"A frame is an array; dslt.frames() reads {os.fsdecode(frame)}.")
    return np.asarray(frame), order


def pixels(frame: Any, order: str) -> tuple[NDArray[Any], int]:
    """The array and its pixel format. The array is the caller's own where its layout allows that, else a copy."""
    array, order = _array(frame, order)
    if array.dtype.kind != "u" or array.dtype.itemsize > 2:
        raise FrameError(f"Frames are uint8 or uint16; this one is {array.dtype}.")
    channels = array.shape[2] if array.ndim == 3 else 1
    if array.ndim not in (2, 3) or channels not in (1, 3, 4):
        raise FrameError(f"Frames have the shape height x width, or height x width x 1, 3 or 4; this one is "
                         f"{' x '.join(map(str, array.shape)) or 'a single number'}.")
    if not array.size:
        raise FrameError(f"The frame is empty: {' x '.join(map(str, array.shape))}.")
    size = array.dtype.itemsize
    if not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="))
    if size == 2 and channels == 4:
        array, channels = array[:, :, :3], 3
    if size == 2 and channels == 3 and order == "rgb":
        array = array[:, :, ::-1]
    order = "bgr" if channels == 1 or size == 2 else order
    strides = array.strides
    whole = strides[1] == channels * size and strides[0] >= array.shape[1] * channels * size
    if not whole or (array.ndim == 3 and channels > 1 and strides[2] != size):
        array = np.ascontiguousarray(array)
    return array, _FORMATS[size, channels, order]


def _module(*names: str) -> Any:
    """The first of these modules that is installed."""
    for name in names:
        try:
            return importlib.import_module(name)
        except ImportError:
            continue
    return None


def _natural(path: Path) -> list[Any]:
    return [int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", path.name)]


def _picture(path: Path, order: str) -> NDArray[Any]:
    if not path.exists():
        raise FileError(f"There is no file {path}.")
    cv2 = _module("cv2")
    if cv2 is not None:
        read: NDArray[Any] | None = cv2.imread(str(path), cv2.IMREAD_COLOR)
        if read is None:
            raise FileError(f"{path} is no picture that OpenCV can read.")
        return read if order == "bgr" else read[:, :, ::-1]
    pil = _module("PIL.Image")
    if pil is None:
        raise UnsupportedError(f"Reading {path} needs OpenCV's Python or Pillow: pip install opencv-python-headless. Or give "
                               f"the frames as NumPy arrays.")
    try:
        with pil.open(path) as picture:
            array: NDArray[Any] = np.asarray(importlib.import_module("PIL.ImageOps").exif_transpose(picture).convert("RGB"))
    except OSError as error:
        raise FileError(f"{path} is no picture that Pillow can read: {error}.") from error
    return array if order == "rgb" else array[:, :, ::-1]


def _cv2_video(cv2: Any, path: Path, order: str) -> Iterator[NDArray[Any]]:
    video = cv2.VideoCapture(str(path))
    if not video.isOpened():
        video.release()
        raise FileError(f"{path} is no video that OpenCV can read.")

    def each() -> Iterator[NDArray[Any]]:
        try:
            while True:
                good, array = video.read()
                if not good:
                    return
                yield array if order == "bgr" else array[:, :, ::-1]
        finally:
            video.release()

    return each()


def _imageio_video(imageio: Any, path: Path, order: str) -> Iterator[NDArray[Any]]:
    try:
        reader = imageio.imopen(path, "r")
    except OSError as error:  # also where the plugin for videos is missing
        raise FileError(f"imageio cannot read {path}: {error}".rstrip(".\n") + ". Videos need pip install imageio[pyav].") from error

    def each() -> Iterator[NDArray[Any]]:
        with reader:
            for array in reader.iter():
                yield array if order == "rgb" or array.ndim == 2 else array[:, :, 2::-1]

    return each()


def _video(path: Path, order: str) -> Iterator[NDArray[Any]]:
    cv2 = _module("cv2")
    if cv2 is not None:
        return _cv2_video(cv2, path, order)
    imageio = _module("imageio.v3")
    if imageio is not None:
        return _imageio_video(imageio, path, order)
    raise UnsupportedError(f"Reading {path} needs OpenCV's Python (pip install opencv-python-headless) or imageio (pip install "
                           f"imageio[pyav]). Or give the frames as NumPy arrays.")


def _read_ahead(source: Iterator[Any], count: int) -> Iterator[Any]:
    """The same frames, of which a thread reads up to `count` before they are asked for."""
    ready: queue.Queue[tuple[bool, Any]] = queue.Queue(maxsize=count)
    stop = threading.Event()

    def hand_over(good: bool, what: Any) -> None:
        while not stop.is_set():
            try:
                return ready.put((good, what), timeout=0.1)
            except queue.Full:
                continue

    def read() -> None:
        try:
            for frame in source:
                hand_over(True, frame)
                if stop.is_set():
                    return
            hand_over(False, None)
        except BaseException as error:  # whoever asks for the frame is told
            hand_over(False, error)

    reader = threading.Thread(target=read, name="dslt.frames", daemon=True)
    reader.start()
    try:
        while True:
            good, what = ready.get()
            if good:
                yield what
            elif what is None:
                return
            else:
                raise what
    finally:
        stop.set()
        reader.join()


def frames(source: str | os.PathLike[str] | Iterable[Any], channel_order: str = "bgr", ahead: int = 0) -> Iterator[Any]:
    """The frames of a video file, of a folder of pictures (in natural order) or of an iterable of arrays and picture files.

    Files are read by OpenCV's Python where it is installed, otherwise pictures by Pillow and videos by imageio. They come as
    height x width x 3 in the order that was asked for; arrays pass as they are. With ahead=N a thread reads up to N frames
    while the ones before are tracked; `source` is then used in that thread."""
    checked_order(channel_order)
    if isinstance(ahead, bool) or not isinstance(ahead, int) or not 0 <= ahead <= 1000:
        raise OptionError(f"ahead is a number of frames, 0 to 1000, not {ahead!r}.")
    each = _frames(source, channel_order)
    return _read_ahead(each, ahead) if ahead else each


def _frames(source: str | os.PathLike[str] | Iterable[Any], channel_order: str) -> Iterator[Any]:
    if not isinstance(source, (str, bytes, os.PathLike)):
        if not isinstance(source, Iterable):
            raise FrameError(f"Frames come from a file, a folder or an iterable of arrays, not from {type(source).__name__}.")
        return (_picture(Path(os.fsdecode(one)), channel_order) if isinstance(one, (str, bytes, os.PathLike)) else one
                for one in source)
    path = Path(os.fsdecode(source))
    if path.is_dir():
        files = sorted((p for p in path.iterdir() if p.suffix.lower() in PICTURES and not p.name.startswith(".")), key=_natural)
        if not files:
            raise FileError(f"There are no pictures in {path}.")
        return (_picture(file, channel_order) for file in files)
    if not path.exists():
        raise FileError(f"There is no file {path}.")
    return iter([_picture(path, channel_order)]) if path.suffix.lower() in PICTURES else _video(path, channel_order)
