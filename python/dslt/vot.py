# SPDX-License-Identifier: Apache-2.0
"""dslt for vot-toolkit 0.8.1 and later, by its protocol "python".

    python -m dslt.vot > trackers.ini        an entry for the workspace's registry; then: vot test dslt

dslt must be installed beside vot-toolkit. `arg_NAME = VALUE` in the entry becomes an argument of Tracker: arg_preset, or an
option such as arg_seed.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from . import _tracker
from ._frames import frames
from ._options import settings

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ._option_types import Options

    Status = tuple[tuple[float, float, float, float], dict[str, float]]

ENTRY = """\
[dslt]
label = dslt
protocol = python
command = dslt.vot:Tracker
convert = rectangle
"""


def _picture(frame: Any) -> Any:
    """An array, blue first. The toolkit hands over a file's name, or of several channels a dictionary of arrays."""
    if isinstance(frame, Mapping):
        frame = frame["color"] if "color" in frame else next(iter(frame.values()))
    if isinstance(frame, (str, os.PathLike)):
        try:
            return next(frames([frame]))
        except OSError as error:  # which the toolkit does not catch: it would wait for an answer until its time-out
            raise RuntimeError(str(error)) from error
    return frame[:, :, ::-1] if frame.ndim == 3 else frame


class Tracker:
    """A tracker of the toolkit. Each object has a dslt.Tracker of its own; they share the weights."""

    multiobject = True

    def __init__(self, preset: str | None = None, weights: str | None = None, **options: Unpack[Options]) -> None:
        made, self._weights = settings(preset, weights, options)
        self._preset, self._options = made.preset, options
        self._targets: list[_tracker.Tracker] = []

    def init(self, frame: Any, new: Sequence[Any]) -> list[Status]:
        """Forget all objects and learn the new ones."""
        self._targets = []
        return self.update(frame, new)

    def update(self, frame: Any, new: Sequence[Any]) -> list[Status]:
        """Track all objects into the frame, then learn those that are new in it."""
        picture = _picture(frame)
        results = [target.update(picture) for target in self._targets]
        for region, *_ in new:
            target = _tracker.Tracker(self._preset, self._weights, **self._options)
            results.append(target.init(picture, region))
            self._targets.append(target)
        return [((*result.box,), {"confidence": result.score}) for result in results]


if __name__ == "__main__":
    print(ENTRY, end="")
