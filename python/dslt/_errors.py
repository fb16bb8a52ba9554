# SPDX-License-Identifier: Apache-2.0
"""The exceptions: one class for each error code of the C interface."""

from __future__ import annotations

from . import _dslt

_TABLE = {name: (code, text) for code, name, text in _dslt.errors()}


class Error(Exception):
    """What every failure of dslt raises. Its subclasses belong to one error code each."""

    code: int = 0
    """The C interface's number, for example -9."""
    name: str = ""
    """Its name, for example "DSLT_ESTATE"."""

    @property
    def message(self) -> str:
        """A sentence that says what to do."""
        return str(self.args[0]) if self.args else ""

    def __str__(self) -> str:
        return self.message

    def __init_subclass__(cls, error: str = "", **arguments: object) -> None:
        super().__init_subclass__(**arguments)
        if error:
            cls.name = f"DSLT_E{error}"
            cls.code = _TABLE[cls.name][0]
            _CLASSES[cls.code] = cls


_CLASSES: dict[int, type[Error]] = {}


class ArgumentError(Error, ValueError, error="ARGUMENT"):
    """An index or a count outside its range."""


class OptionError(Error, ValueError, error="OPTION"):
    """No such preset or option, a value outside its range, or options that do not fit together."""


class HostMemoryError(Error, MemoryError, error="MEMORY"):
    """The host is out of memory."""


class FileError(Error, OSError, error="IO"):
    """A file cannot be opened or read; the message names it."""


class FormatError(Error, ValueError, error="FORMAT"):
    """A file does not follow its format."""


class WeightsError(Error, ValueError, error="WEIGHTS"):
    """The weights cannot be used, or training with them diverges."""


class FrameError(Error, ValueError, error="FRAME"):
    """A frame has a type, shape or size that cannot be tracked."""


class BoxError(Error, ValueError, error="BOX"):
    """The first box is not finite, too small, far too large or outside the frame."""


class StateError(Error, RuntimeError, error="STATE"):
    """A call before init(), or in a child of fork()."""


class BackendError(Error, RuntimeError, error="BACKEND"):
    """This build or machine does not have the backend that was asked for."""


class DeviceError(Error, RuntimeError, error="DEVICE"):
    """The GPU failed."""


class DeviceMemoryError(Error, MemoryError, error="DEVICE_MEMORY"):
    """The GPU is out of memory."""


class DisplayError(Error, RuntimeError, error="DISPLAY"):
    """No window can be opened."""


class UnsupportedError(Error, NotImplementedError, error="UNSUPPORTED"):
    """The build, the device or an optional package lacks what was asked for."""


class InternalError(Error, RuntimeError, error="INTERNAL"):
    """A defect of dslt; please report it with the message."""


def from_code(code: int, message: str) -> Error:
    """The exception for a code of the C interface."""
    made = _CLASSES.get(code, Error)(message)
    if type(made) is Error:
        made.code = code
    return made
