# SPDX-License-Identifier: Apache-2.0
"""Sphinx makes a site of these pages: make docs. Any warning is an error (scripts/docs.sh)."""

from __future__ import annotations

import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path.insert(0, str(HERE))

project = "dslt"
copyright = "the authors of dslt; Apache License 2.0"
header = (ROOT / "include" / "dslt" / "dslt.h").read_text(encoding="utf-8")
release = version = ".".join(re.search(rf"#define DSLT_VERSION_{part} (\d+)", header)[1] for part in ("MAJOR", "MINOR", "PATCH"))

extensions = ["myst_parser", "outside"]  # outside.py lies beside this file
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build"]
nitpicky = True
highlight_language = "none"

html_theme = "furo"
# The colours of the reports' pages. Debian's build of the theme has lost its own dark ones.
html_theme_options = {
    "light_css_variables": {
        "color-background-primary": "#fcfbf8", "color-background-secondary": "#f4f2ec", "color-background-hover": "#e9e6dd",
        "color-background-hover--transparent": "#e9e6dd00", "color-background-border": "#d9d6cd", "color-background-item": "#d9d6cd",
        "color-foreground-primary": "#1d2327", "color-foreground-secondary": "#5c656c", "color-foreground-muted": "#5c656c",
        "color-foreground-border": "#8a9298", "color-brand-primary": "#0b5c8f", "color-brand-content": "#0b5c8f",
        "color-inline-code-background": "#f4f2ec", "color-code-background": "#f4f2ec",
    },
    "dark_css_variables": {
        "color-background-primary": "#15181c", "color-background-secondary": "#1d2126", "color-background-hover": "#2a3037",
        "color-background-hover--transparent": "#2a303700", "color-background-border": "#353b42", "color-background-item": "#353b42",
        "color-foreground-primary": "#e7e5df", "color-foreground-secondary": "#a3abb2", "color-foreground-muted": "#a3abb2",
        "color-foreground-border": "#6b747c", "color-brand-primary": "#7fc0f0", "color-brand-content": "#7fc0f0",
        "color-inline-code-background": "#1d2126", "color-code-background": "#1d2126", "color-admonition-background": "#1d2126",
        "color-highlighted-background": "#083563", "color-guilabel-background": "#1d2126",
    },
}
pygments_style = "friendly"
pygments_dark_style = "monokai"
html_title = f"dslt {version}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sphinx = False
html_copy_source = False
html_show_sourcelink = False
html_last_updated_fmt = None
