# SPDX-License-Identifier: Apache-2.0
"""What can be set: the tables of the C interface, and keyword arguments turned into its text."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Mapping
from typing import Any, NamedTuple

from . import _dslt
from ._errors import OptionError


class Option(NamedTuple):
    """A row of options()."""

    key: str
    """The keyword of Tracker and Group, "shrink_a"."""
    value: str
    """Its value in the preset."""
    symbol: str
    """The paper's symbol, "a"; "" where it has none."""
    values: str
    """What it takes: "0..1" or "shrinkage|l2|l3"."""
    help: str
    """One line, with the unit where there is one."""
    tracker: str
    """The tracker that it belongs to; "": all have it."""


class Preset(NamedTuple):
    """A row of presets()."""

    name: str
    tracker: str
    summary: str


class Backend(NamedTuple):
    """A row of backends()."""

    name: str
    """For option backend: "cpu" or "cuda"."""
    compiled: bool
    """Whether this build contains it."""
    available: bool
    """Whether it can run here and now."""
    bf16: bool
    """Whether a bfloat16 backbone runs natively."""
    device: str
    """The device in words, or why there is none."""
    library: str
    """Vendor libraries and their versions."""


def options(preset: str = "default") -> list[Option]:
    """The options of a preset's tracker, with the preset's values."""
    return [Option(*row) for row in _dslt.Options(preset).describe()]


def presets() -> list[Preset]:
    """The presets of all trackers."""
    return [Preset(*row) for row in _dslt.presets()]


def backends() -> list[Backend]:
    """The backends, and what they can do on this machine."""
    return [Backend(*row) for row in _dslt.backends()]


def _text(key: str, value: Any) -> str:
    if isinstance(value, str) and "\0" not in value:
        return value
    if isinstance(value, (list, tuple)):
        return ",".join(_text(key, part) for part in value)
    try:
        if isinstance(value, (str, bytes)):
            raise TypeError
        return str(int(value)) if float(value).is_integer() else repr(float(value))
    except (TypeError, ValueError, OverflowError):
        raise OptionError(f"Option {key} takes a number, text or a list of numbers, not {value!r}.") from None


def loaded_settings(state: bytes, weights: str | os.PathLike[str] | _dslt.Weights | None,
                    values: Mapping[str, Any]) -> tuple[_dslt.Options, _dslt.Weights]:
    """Options and weights for a saved tracker."""
    made = _dslt.Options.load(state)
    for key, value in values.items():
        made.set(key, _text(key, value))
    if not isinstance(weights, _dslt.Weights):
        weights = _dslt.Weights(made.weights if weights is None else os.fsdecode(weights))
    return made, weights


def settings(preset: str | None, weights: str | os.PathLike[str] | _dslt.Weights | None,
             values: Mapping[str, Any]) -> tuple[_dslt.Options, _dslt.Weights]:
    """Options and weights that fit each other: what is left out follows from the other."""
    if preset is not None and not isinstance(preset, str):
        raise OptionError(f"preset is a name, not {preset!r}; dslt.presets() lists them.")
    if weights is not None and not isinstance(weights, _dslt.Weights):
        weights = _dslt.Weights(os.fsdecode(weights))
    if preset is None:
        preset = "default" if weights is None else weights.preset
    made = _dslt.Options(preset)
    for key, value in values.items():
        made.set(key, _text(key, value))
    made.check()
    return made, weights if weights is not None else _dslt.Weights(made.weights)


def options_help() -> str:
    """Every tracker's options with their help, for docstrings."""
    tables = {"": [row for row in options() if not row.tracker]}
    heads = {"": "Options of every tracker:"}
    for preset in presets():
        if preset.tracker not in tables:
            tables[preset.tracker] = [row for row in options(preset.name) if row.tracker]
            heads[preset.tracker] = f"Options of tracker {preset.tracker}, with the values of preset {preset.name}:"
    out = []
    for tracker, rows in tables.items():
        out += ["", heads[tracker]]
        for row in rows:
            text = f"{row.key}={row.value}: {row.help} ({row.values})"
            out.append(textwrap.fill(text, 100, initial_indent="  ", subsequent_indent="      "))
    return "\n".join(out)
