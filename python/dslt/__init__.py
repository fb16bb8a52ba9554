# SPDX-License-Identifier: Apache-2.0
"""Follow objects through video.

    import dslt

    for result in dslt.track("clip.mp4", box=(120, 80, 64, 48)):
        print(*result.box, result.score, result.lost)

Tracker follows one target frame by frame, Group several at once. Frames are NumPy arrays; boxes are x, y, width and height
in pixels, 0-based. options() lists what can be set by keyword. Failures raise subclasses of Error.
"""

from ._dslt import GROUP_TARGETS, Weights
from ._dslt import version as _version
from ._errors import (
    ArgumentError,
    BackendError,
    BoxError,
    DeviceError,
    DeviceMemoryError,
    DisplayError,
    Error,
    FileError,
    FormatError,
    FrameError,
    HostMemoryError,
    InternalError,
    OptionError,
    StateError,
    UnsupportedError,
    WeightsError,
)
from ._frames import frames
from ._options import Backend, Option, Preset, backends, options, presets
from ._tracker import Box, Group, Result, Tracker, track, track_group

__version__ = _version()

__all__ = [
    "GROUP_TARGETS", "ArgumentError", "Backend", "BackendError", "Box", "BoxError", "DeviceError", "DeviceMemoryError",
    "DisplayError", "Error", "FileError", "FormatError", "FrameError", "Group", "HostMemoryError", "InternalError", "Option",
    "OptionError", "Preset", "Result", "StateError", "Tracker", "UnsupportedError", "Weights", "WeightsError", "__version__",
    "backends", "frames", "options", "presets", "track", "track_group",
]
