# SPDX-License-Identifier: Apache-2.0
"""dslt as a tracker of the GOT-10k toolkit (pip install got10k).

    from got10k.experiments import ExperimentGOT10k
    import dslt.got10k

    ExperimentGOT10k("data/GOT-10k", subset="val").run(dslt.got10k.Tracker())

The toolkit hands boxes over as the annotations have them. Where those count pixels from 1 (OTB, TColor-128), make the tracker
with first_pixel=1, so that it sees 0-based boxes.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _tracker
from ._frames import frames

try:
    from got10k.trackers import Tracker as _Base  # type: ignore[import-not-found]
except ImportError as error:
    raise ImportError(f"dslt.got10k needs the GOT-10k toolkit (pip install got10k): {error}") from error

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from typing_extensions import Unpack

    from ._option_types import Options


class Tracker(_Base):  # type: ignore[misc]
    """name: of the folder of results. first_pixel: the annotations' coordinate of the top left pixel, 0 or 1. The other
    arguments are those of dslt.Tracker."""

    def __init__(self, name: str = "dslt", preset: str | None = None, weights: _tracker.WeightsLike = None, *,
                 first_pixel: float = 0, **options: Unpack[Options]) -> None:
        self._tracker = _tracker.Tracker(preset, weights, channel_order="rgb", **options)
        super().__init__(name, is_deterministic=self._tracker.options["deterministic"] == "1")
        self._shift = np.array([first_pixel, first_pixel, 0, 0], dtype=float)

    def init(self, image: Any, box: Sequence[float] | NDArray[Any]) -> None:
        self._tracker.init(image, np.asarray(box, dtype=float) - self._shift)

    def update(self, image: Any) -> NDArray[np.float64]:
        box: NDArray[np.float64] = np.add(self._tracker.update(image).box, self._shift)
        return box

    def track(self, img_files: Sequence[str | os.PathLike[str]], box: Sequence[float] | NDArray[Any],
              visualize: bool = False) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Boxes and seconds of each frame; the seconds leave out the reading of files."""
        if visualize:
            return super().track(img_files, box, visualize=True)  # type: ignore[no-any-return]
        boxes, times = np.empty((len(img_files), 4)), np.empty(len(img_files))
        boxes[0] = box
        for index, frame in enumerate(frames(img_files, "rgb")):
            begin = time.perf_counter()
            if index == 0:
                self.init(frame, box)
            else:
                boxes[index] = self.update(frame)
            times[index] = time.perf_counter() - begin
        return boxes, times
