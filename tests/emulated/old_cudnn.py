#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The backend compiles with the headers of cuDNN 9.0, the oldest that the build accepts: those of a newer version, without
what later versions added.

    tests/emulated/old_cudnn.py COMPILER CUDNN_INCLUDE CUDA_INCLUDE
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

# Enumerators that the backend uses and their first versions.
LATER = ["CUDNN_NUMERICAL_NOTE_STRICT_NAN_PROP", "CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR", "CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION",
         "CUDNN_ATTR_ENGINEHEUR_DEVICEPROP", "CUDNN_ATTR_EXECUTION_PLAN_DEVICEPROP"]


def main() -> int:
    compiler, cudnn, cuda = sys.argv[1:]
    root = Path(__file__).resolve().parents[2]
    with tempfile.TemporaryDirectory() as folder:
        for header in Path(cudnn).glob("cudnn*.h"):
            text = header.read_text(encoding="utf-8", errors="replace")
            for name in LATER:
                text = re.sub(rf"^\s*{name}\b.*$", "", text, flags=re.M)
            text = re.sub(r"^(#define CUDNN_\w*MINOR) .*$", r"\1 0", text, flags=re.M)
            (Path(folder) / header.name).write_text(text, encoding="utf-8")
        command = [compiler, "-std=gnu11", "-fsyntax-only", "-Werror", "-Wall", "-DDSLT_CUDNN=1", "-DDSLT_CUDA=1", "-I" + folder,
                   *(f"-I{root / part}" for part in ("host", "include", "kernels")), "-isystem", cuda,
                   str(root / "host/backend/cuda/cudnn_conv.c")]
        return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
