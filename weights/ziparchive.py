# SPDX-License-Identifier: Apache-2.0
"""Open a zip file so that damage in it reads as one sentence."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vgg16 import ConvertError

MAX_MEMBER = 1 << 30  # bytes unpacked: above a whole VGG-16 in one storage, below a zip bomb


@contextmanager
def open_zip(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise ConvertError(f"The zip file is damaged, encrypted or truncated ({type(error).__name__}).") from error


def member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, limit: int = MAX_MEMBER) -> bytes:
    """What a member holds. No more than its stated size is unpacked, and that is checked first."""
    if info.file_size > limit:
        raise ConvertError(f"{info.filename} claims {info.file_size} bytes, too many for a VGG-16: it was refused.")
    with archive.open(info) as stream:
        return stream.read(info.file_size)
