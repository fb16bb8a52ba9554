# SPDX-License-Identifier: Apache-2.0
"""Why a Python test is skipped: only for want of what is really absent, in one wording (as in tests/skip.h)."""

from __future__ import annotations

import importlib.util
import unittest


def missing(*modules: str) -> str:
    """The reason to skip, or "". A module that is installed and broken is no reason: its test fails."""
    return ", ".join(f"no Python with {name}" for name in modules if importlib.util.find_spec(name) is None)


def need(*modules: str) -> None:
    """Skip the file, or the test, that calls this."""
    reason = missing(*modules)
    if reason:
        raise unittest.SkipTest(reason)


def needs(*modules: str):
    """Skip the test or the class that is decorated with this."""
    return unittest.skipIf(missing(*modules), missing(*modules))


def shared(*paths) -> None:
    """Skip unless all these parts of ../shared exist."""
    for path in paths:
        if not path.exists():
            raise unittest.SkipTest(f"../shared is absent: {path}")
