# SPDX-License-Identifier: Apache-2.0
"""Draw the report. `dslt report` runs this with what it evaluated; see README.md beside this file."""

import sys

NO_PACKAGE = 90  # `dslt report` tries another interpreter then, and names the package to install

if __name__ == "__main__":
    if sys.version_info < (3, 9):
        sys.exit(NO_PACKAGE)
    try:
        import jinja2
        import matplotlib
        import numpy
        import PIL
    except ImportError:
        sys.exit(NO_PACKAGE)
    from dslt_report.command import main

    sys.exit(main())
