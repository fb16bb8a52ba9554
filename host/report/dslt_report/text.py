# SPDX-License-Identifier: Apache-2.0
"""Text that is safe inside HTML, whatever folders and sequences are called, and numbers as text."""

from __future__ import annotations

import html
import math
import re

# Characters that neither HTML nor XML allows, lone surrogates, and marks that turn the text around them.
FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")


def clean(text: object) -> str:
    """`text` with forbidden characters and line ends shown as a replacement mark or a space."""
    return FORBIDDEN.sub("\ufffd", re.sub(r"[\t\r\n]", " ", str(text)))


def attribute(text: object) -> str:
    """For a double-quoted attribute outside of the templates, which escape by themselves."""
    return html.escape(clean(text), quote=True)


def number(value: object, digits: int = 3) -> str:
    """Fixed digits, or a dash for what is missing."""
    if not is_number(value):
        return "–"
    return f"{value:.{digits}f}"


def speed(value: object) -> str:
    """Frames per second with about three digits."""
    if not is_number(value):
        return "–"
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 1 else f"{value:.2f}"


def is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def plural(count: int, one: str, many: str = "") -> str:
    return f"{count:,} {one if count == 1 else many or one + 's'}"
