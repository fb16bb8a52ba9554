# SPDX-License-Identifier: Apache-2.0
"""Write the options of every tracker as a TypedDict, from the tables inside the built module.

    option_types.py FOLDER_OF_THE_MODULE OUT.pyi
"""

from __future__ import annotations

import sys
from pathlib import Path


def kind(values: str) -> str:
    """The type of an option that takes `values`."""
    if "|" in values:
        return "Literal[" + ", ".join(f'"{value}"' for value in values.split("|")) + "] | str"
    return "float | str | Sequence[float]" if ".." in values else "str | float"


def main(folder: str, out: str) -> None:
    sys.path.insert(0, folder)
    import _dslt

    rows: dict[str, str] = {}
    for name, _, _ in _dslt.presets():
        for key, _, _, values, text, _ in _dslt.Options(name).describe():
            rows.setdefault(key, f"    {key}: {kind(values)}\n" + f'    """{text} ({values})"""\n'.replace("\\", "\\\\"))
    head = ("# Made by python/option_types.py.\nfrom collections.abc import Sequence\nfrom typing import Literal, TypedDict\n\n"
            "class Options(TypedDict, total=False):\n")
    Path(out).write_text(head + "".join(rows.values()), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
