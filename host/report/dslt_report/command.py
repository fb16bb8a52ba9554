# SPDX-License-Identifier: Apache-2.0
"""The command line between the program and this package. Users type `dslt report`."""

from __future__ import annotations

import argparse
import os
import re
import sys
import tempfile
import warnings
from pathlib import Path

from . import model as reading
from .page import Page

EXIT_FAILED, EXIT_INPUT = 1, 3  # as in host/cli/exit_codes.h


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="dslt report", description="Draw a report from evaluated results.",
                                     allow_abbrev=False)
    parser.add_argument("--eval", type=Path, help="JSON of dslt eval")
    parser.add_argument("--frames", type=Path, help="frames.json of dslt report, with frames.f32 beside it")
    parser.add_argument("--vot", type=Path, action="append", default=[], help="JSON of VOT scores")
    parser.add_argument("--ablation", type=Path, action="append", default=[], help="ablation.json of dslt ablate")
    parser.add_argument("--summary", type=Path, action="append", default=[], help="JSON of dslt track --summary")
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--plots", type=Path, help="folder for SVG and PNG")
    parser.add_argument("--title")
    parser.add_argument("--focus", help="the tracker whose strips and worst frames are shown (default: the first)")
    parser.add_argument("--no-thumbnails", action="store_true")
    parser.add_argument("--player-megabytes", type=int, default=0, help="what sequences that play may take (default: none)")
    return parser.parse_args(arguments)


def descriptor_of(path: Path) -> int | None:
    """The descriptor that a name or a link to it means, as in host/base/atomic_file.c."""
    name = str(path)
    for _ in range(41):
        name = {"/dev/stdin": "/dev/fd/0", "/dev/stdout": "/dev/fd/1", "/dev/stderr": "/dev/fd/2"}.get(name, name)
        found = re.fullmatch(r"(?:/dev|/proc/self)/fd/([0-9]{1,6})", name)
        if found:
            return int(found[1])
        try:
            name = os.path.join(os.path.dirname(name), os.readlink(name))
        except OSError:
            break
    return None


def write(path: Path, data: bytes) -> None:
    """Whole or not at all: under a temporary name, then renamed. A device, a pipe or a descriptor is written directly."""
    number = descriptor_of(path)
    if number is not None:  # its copy keeps the position, and what a shell's >> found
        with os.fdopen(os.dup(number), "wb") as stream:
            stream.write(data)
        return
    if path.exists() and not path.is_file():  # by its own name: /proc/PID/fd/N of a pipe resolves to one that is not there
        path.write_bytes(data)
        return
    path = path.resolve()
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".dslt-", suffix=path.suffix)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(temporary, 0o666 & ~mask)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def check(options: argparse.Namespace) -> None:
    """No result may take the place of something that is read."""
    for source in [options.eval, options.frames, *options.vot, *options.ablation, *options.summary]:
        if source and source.resolve() == options.output.resolve():
            raise reading.InputError(f"{options.output} is an input: give another place for the page.")
    if options.output.is_dir():
        raise reading.InputError(f"{options.output} is a folder: give a file's name for the page.")


def build(options: argparse.Namespace) -> dict[Path, bytes]:
    """Every file to write, the page last."""
    if options.eval:
        model = reading.read_evaluation(options.eval, options.title, options.focus)
    else:
        model = reading.empty(options.title)
    if options.frames:
        reading.read_frames(model, options.frames)
    for tracker in model.trackers:
        reading.read_folder(tracker)
    for path in options.vot:
        reading.read_vot(model, path)
    for path in options.ablation:
        reading.read_ablation(model, path)
    for path in options.summary:
        reading.read_summary(model, path)
    files: dict[Path, bytes] = {}

    def keep(figure) -> None:
        files.update({options.plots / name: data for name, data in figure.files().items()})

    page = Page(model, not options.no_thumbnails, keep if options.plots else None, options.player_megabytes)
    files[options.output] = page.html().encode("utf-8", "replace")
    return files


def main(arguments: list[str] | None = None) -> int:
    options = parse(arguments)
    warnings.filterwarnings("ignore", message="Glyph .* missing")  # a name in a script that DejaVu lacks
    try:
        check(options)
        files = build(options)
    except reading.InputError as error:
        return fail(str(error), EXIT_INPUT)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        # The schema is checked where it is read; what slips through is still the input's fault, not a crash.
        if os.environ.get("DSLT_REPORT_TRACE"):
            raise
        return fail(f"The input cannot be drawn ({type(error).__name__}: {error}). "
                    "DSLT_REPORT_TRACE=1 shows where it failed.", EXIT_INPUT)
    try:
        if options.plots:
            options.plots.mkdir(parents=True, exist_ok=True)
        for path, data in files.items():
            write(path, data)
    except OSError as error:
        return fail(f"{path if options.plots is None else error.filename or path} cannot be written: "
                    f"{error.strerror}.", EXIT_FAILED)
    return 0


def fail(sentence: str, code: int) -> int:
    print(f"dslt: {sentence}", file=sys.stderr)
    return code
