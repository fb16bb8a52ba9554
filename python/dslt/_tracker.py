# SPDX-License-Identifier: Apache-2.0
"""Tracker, Group and track()."""

from __future__ import annotations

import inspect
import os
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Optional, Union

from . import _dslt
from ._errors import ArgumentError, BoxError, FrameError, StateError, UnsupportedError
from ._frames import checked_order, frames, pixels
from ._options import loaded_settings, options_help, settings

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from typing_extensions import Unpack

    from ._option_types import Options

    Source = Union[str, os.PathLike[str], Iterable[Any]]
    WeightsLike = Union[str, os.PathLike[str], _dslt.Weights, None]

STAGES = ("crop", "backbone", "head", "locate", "store", "update")


class Box(NamedTuple):
    """A rectangle in pixels of the frame, 0-based: it covers [x, x + width) and [y, y + height)."""

    x: float
    y: float
    width: float
    height: float


class Result(NamedTuple):
    """What a tracker says about a frame."""

    box: Box
    """The target; it may reach beyond the frame's edges."""
    score: float
    """Height of the response's peak; about 1 for a target that is well seen, 0 where nothing is found."""
    lost: bool
    """Whether the target cannot be seen."""
    found: bool
    """Whether it was found again in this frame, after it was lost in the one before."""
    scale_level: int
    """Chosen level of the scale pyramid; 0: the same size."""
    steps: int
    """Training steps in this frame."""
    loss: float
    """Loss of the last of them; 0 without a step."""
    stage_ms: dict[str, float]
    """Milliseconds of each stage: crop, backbone, head, locate, store and update."""

    @property
    def peak(self) -> float:
        """The C interface's name of score."""
        return self.score


def _result(row: tuple[Any, ...]) -> Result:
    box, score, lost, found, scale_level, steps, loss, times = row
    return Result(Box(*box), score, lost, found, scale_level, steps, loss, dict(zip(STAGES, times)))


def _box(box: Any) -> Box:
    try:
        numbers = [float(number) for number in box]
    except (TypeError, ValueError):
        numbers = []
    if len(numbers) != 4:
        raise BoxError(f"A box is four numbers, x, y, width and height; this one is {box!r}.")
    return Box(*numbers)


class _Settings:
    """What Tracker and Group share: how they were made."""

    _core: Any

    def __init__(self, preset: str | None, weights: WeightsLike, channel_order: str, options: Any) -> None:
        self._order = checked_order(channel_order)
        self._options, self._weights = settings(preset, weights, options)

    @property
    def options(self) -> dict[str, str]:
        """Every option's value, as text."""
        return {row[0]: row[1] for row in self._options.describe()}

    @property
    def preset(self) -> str:
        """Name of the preset."""
        return self._options.preset

    @property
    def backend(self) -> str:
        """"cpu" or "cuda"."""
        return str(self._core.backend)

    @property
    def precision(self) -> str:
        """Arithmetic of the backbone: "f32", "bf16" or "tf32"."""
        return str(self._core.precision)

    @property
    def note(self) -> str:
        """Why no GPU is used although this build supports one; else ""."""
        return str(self._core.note)


class Tracker(_Settings):
    """Follow one target.

        tracker = dslt.Tracker()
        tracker.init(first_frame, (x, y, width, height))
        result = tracker.update(next_frame)

    preset: one of dslt.presets(); left out, what suits the weights, usually "default".
    weights: "siamese", "slim", "trackloss" or "adacfnet", which are inside the library, a file, or a dslt.Weights that several trackers
        share; left out, what suits the preset.
    channel_order: "bgr" (OpenCV's) or "rgb", of frames with three or four channels.
    Other keywords are options, by their names in the tables below.

    Frames are arrays of height x width (grey), height x width x 3 or height x width x 4 (alpha is ignored), uint8 or uint16
    (0..65535), read in place where each row holds whole pixels side by side, and copied otherwise; pictures of Pillow, too.
    Other Python threads run while a call works, and calls of several threads on one tracker wait for one another. Not for
    use in a child of fork(): start processes with multiprocessing's "spawn".
    """

    def __init__(self, preset: str | None = None, weights: WeightsLike = None, *, channel_order: str = "bgr",
                 **options: Unpack[Options]) -> None:
        super().__init__(preset, weights, channel_order, options)
        self._core = _dslt.Tracker(self._options, self._weights)
        self._last: Optional[Result] = None

    def init(self, frame: Any, box: Sequence[float] | NDArray[Any]) -> Result:
        """Learn the target in `box` (x, y, width, height) of `frame`; may be called again to start over.

        The result's `lost` says that there is nothing to learn: the box and its surroundings have one colour."""
        self._last = _result(self._core.init(*pixels(frame, self._order), _box(box)))
        return self._last

    def update(self, frame: Any) -> Result:
        """Find the target in the next frame, which has the first one's size, and learn from it."""
        self._last = _result(self._core.update(*pixels(frame, self._order)))
        return self._last

    def save(self) -> bytes:
        """All that the tracker knows of its target, as bytes for load(): some hundred kB to some ten MB. The tracker is not
        changed. It can also be pickled, or copied by copy.copy(), to the same effect."""
        state: bytes = self._core.save()
        return state

    @classmethod
    def load(cls, state: bytes, weights: WeightsLike = None, *, channel_order: str = "bgr", **options: Unpack[Options]) -> Tracker:
        """A tracker that goes on where the saved one was, to the same results; go on with update().

        weights: those that it was saved with; left out, what suits its preset. Of the options only backend, precision, threads
        and deterministic may differ from the saved tracker's."""
        if not isinstance(state, (bytes, bytearray, memoryview)):
            raise ArgumentError(f"A saved tracker is bytes, from Tracker.save(), not {type(state).__name__}.")
        self = cls.__new__(cls)
        self._order = checked_order(channel_order)
        state = bytes(state)
        self._options, self._weights = loaded_settings(state, weights, options)
        self._core = _dslt.Tracker.load(state, self._options, self._weights)
        self._last = _result(self._core.result())
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        state = self._core.save() if self._last else None
        return _restored, (type(self), self.preset, self._weights.name, self._order, self.options, state)

    @property
    def result(self) -> Result:
        """Of the last init() or update()."""
        if self._last is None:
            raise StateError("The tracker has no target yet: call init() with a frame and a box.")
        return self._last

    @property
    def box(self) -> Box:
        """The target's last box."""
        return self.result.box

    @property
    def score(self) -> float:
        """The last result's score."""
        return self.result.score

    @property
    def lost(self) -> bool:
        """Whether the target could not be seen in the last frame."""
        return self.result.lost

    @property
    def found(self) -> bool:
        """Whether it was found again in the last frame."""
        return self.result.found

    @property
    def response(self) -> NDArray[np.float32]:
        """The response map of the last update, height x width, as an array of its own. See window."""
        response: NDArray[np.float32] = self._core.response()[0]
        return response

    @property
    def window(self) -> Box:
        """Where the response map lies in the frame: its cells tile this box."""
        return Box(*self._core.response()[1])

    @property
    def init_losses(self) -> list[float]:
        """The loss of each training step of init()."""
        return list(self._core.init_losses())

    def __repr__(self) -> str:
        state = f"at {tuple(round(side, 1) for side in self._last.box)}" if self._last else "without a target"
        return f"<dslt.Tracker {self.preset} on {self.backend}, {state}>"


def _restored(cls: type[Tracker], preset: str, weights: str, order: str, options: Any, state: bytes | None) -> Tracker:
    """A pickled tracker, with a target or without."""
    if state is None:
        return cls(preset, weights, channel_order=order, **options)
    return cls.load(state, weights, channel_order=order)


class Group(_Settings):
    """Follow several targets in one video. They share the frame, the weights and, on a GPU, batches; each gets the box that a
    Tracker of its own would give.

        group = dslt.Group()
        group.init(first_frame, [(x, y, width, height), ...])
        for result in group.update(next_frame): ...

    Targets join by add() and leave by remove(). The arguments are those of Tracker."""

    def __init__(self, preset: str | None = None, weights: WeightsLike = None, *, channel_order: str = "bgr",
                 **options: Unpack[Options]) -> None:
        super().__init__(preset, weights, channel_order, options)
        self._core = _dslt.Group(self._options, self._weights)
        self._last: list[Result] = []

    def init(self, frame: Any, boxes: Iterable[Sequence[float]] | NDArray[Any]) -> list[Result]:
        """Learn the targets in `boxes` of `frame`, at most dslt.GROUP_TARGETS; may be called again to start over."""
        try:
            targets = [_box(box) for box in boxes]
        except TypeError:
            raise BoxError(f"A group takes a list of boxes, not {boxes!r}.") from None
        self._last = [_result(row) for row in self._core.init(*pixels(frame, self._order), targets)]
        return list(self._last)

    def update(self, frame: Any) -> list[Result]:
        """Find all targets in the next frame: a result for each, in the order of their boxes."""
        self._last = [_result(row) for row in self._core.update(*pixels(frame, self._order))]
        return list(self._last)

    def add(self, frame: Any, box: Sequence[float] | NDArray[Any]) -> Result:
        """Learn one more target in `box` of `frame`, usually the frame tracked last. Its number is len(group) - 1; the others are
        not touched."""
        result = _result(self._core.add(*pixels(frame, self._order), _box(box)))
        self._last.append(result)
        return result

    def remove(self, target: int) -> None:
        """Track this target no further. The numbers of those behind it become one smaller."""
        target = self._index(target)
        self._core.remove(target)
        del self._last[target : target + 1]

    @property
    def results(self) -> list[Result]:
        """Of the last init() or update()."""
        if not self._last:
            raise StateError("The group has no targets yet: call init() with a frame and boxes.")
        return list(self._last)

    @property
    def boxes(self) -> list[Box]:
        """The last boxes."""
        return [result.box for result in self.results]

    @property
    def lost(self) -> list[bool]:
        """Which targets could not be seen in the last frame."""
        return [result.lost for result in self.results]

    @property
    def found(self) -> list[bool]:
        """Which were found again in the last frame."""
        return [result.found for result in self.results]

    def response(self, target: int) -> NDArray[np.float32]:
        """The response map of one target's last update, as an array of its own."""
        response: NDArray[np.float32] = self._core.response(self._index(target))[0]
        return response

    def window(self, target: int) -> Box:
        """Where that map lies in the frame."""
        return Box(*self._core.response(self._index(target))[1])

    def _index(self, target: int) -> int:
        if not 0 <= target < len(self):
            raise ArgumentError(f"There is no target {target}: the group has {len(self)}, counted from 0.")
        return target

    def __reduce__(self) -> tuple[Any, ...]:
        raise UnsupportedError("A group cannot be saved; follow targets that are to be saved by a Tracker each.")

    def __len__(self) -> int:
        return int(self._core.count())

    def __bool__(self) -> bool:
        return True  # a group without targets is a group

    def __repr__(self) -> str:
        return f"<dslt.Group {self.preset} on {self.backend}, {len(self)} targets>"


def _first(source: Source, order: str) -> tuple[Any, Iterator[Any]]:
    each = frames(source, order)
    try:
        return next(each), each
    except StopIteration:
        raise FrameError("There is no frame to begin with.") from None


def track(video_or_frames: Source, box: Sequence[float] | NDArray[Any], preset: str | None = None, weights: WeightsLike = None,
          *, channel_order: str = "bgr", **options: Unpack[Options]) -> Iterator[Result]:
    """Follow the target in `box` of the first frame; gives a result for each frame, the first included.

    video_or_frames: a video file, a folder of pictures, or an iterable of arrays or picture files (see dslt.frames()).
    The other arguments are those of Tracker."""
    tracker = Tracker(preset, weights, channel_order=channel_order, **options)
    first, rest = _first(video_or_frames, channel_order)
    begun = tracker.init(first, box)

    def each() -> Iterator[Result]:
        yield begun
        for frame in rest:
            yield tracker.update(frame)

    return each()


def track_group(video_or_frames: Source, boxes: Iterable[Sequence[float]] | NDArray[Any], preset: str | None = None,
                weights: WeightsLike = None, *, channel_order: str = "bgr", **options: Unpack[Options]) -> Iterator[list[Result]]:
    """As track(), for several targets: gives a list of results for each frame."""
    group = Group(preset, weights, channel_order=channel_order, **options)
    first, rest = _first(video_or_frames, channel_order)
    begun = group.init(first, boxes)

    def each() -> Iterator[list[Result]]:
        yield begun
        for frame in rest:
            yield group.update(frame)

    return each()


if Tracker.__doc__:  # none under python -OO
    Tracker.__doc__ = f"{inspect.cleandoc(Tracker.__doc__)}\n{options_help()}\n"
