# SPDX-License-Identifier: Apache-2.0
"""Run a command and write the largest resident memory of its processes, in KiB, to a file; exit as the command does.

    python3 bench/peak_memory.py FILE COMMAND [ARGUMENT...]
"""

import resource
import subprocess
import sys

if len(sys.argv) < 3:
    sys.exit(__doc__)
code = subprocess.call(sys.argv[2:])
with open(sys.argv[1], "w", encoding="ascii") as out:
    out.write(f"{resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss}\n")
sys.exit(code)
