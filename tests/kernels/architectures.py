#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Which GPUs an object file, library or program holds kernels for, read from its fat binaries without cuobjdump.

    tests/kernels/architectures.py FILE...                       one line a file: machine code for ..., PTX for ...
    tests/kernels/architectures.py --sass 75,80,90 --ptx 90 FILE...
                                                                 exit 1 where a fat binary holds anything else

Each .cu file makes one fat binary in the section .nv_fatbin; a library holds as many as files went into it. --count N wants
N of them in each FILE.
"""

from __future__ import annotations

import argparse
import struct
import sys
from pathlib import Path

MAGIC = 0xBA55ED50
PTX, SASS = 1, 2


def section(data: bytes, wanted: str) -> bytes:
    """The named section of a 64-bit little-endian ELF file, b"" where it has none."""
    if data[:6] != b"\x7fELF\x02\x01":
        raise ValueError("no 64-bit ELF file")
    table, = struct.unpack_from("<Q", data, 40)
    size, count, names = struct.unpack_from("<HHH", data, 58)
    heads = [struct.unpack_from("<IIQQQQ", data, table + i * size) for i in range(count)]
    for name, _, _, _, offset, length in heads:
        start = heads[names][4] + name
        if data[start:data.index(b"\0", start)].decode() == wanted:
            return data[offset:offset + length]
    return b""


def fat_binaries(data: bytes) -> list[tuple[list[int], list[int]]]:
    """For each fat binary: the architectures of its machine code and of its PTX."""
    out, at = [], 0
    while at + 16 <= len(data):
        magic, _, header, length = struct.unpack_from("<IHHQ", data, at)
        if magic != MAGIC:  # padding between two of them
            at += 8
            continue
        sass, ptx, entry, end = [], [], at + header, at + header + length
        while entry + 32 <= end:
            kind, _, head, payload = struct.unpack_from("<HHIQ", data, entry)
            architecture, = struct.unpack_from("<I", data, entry + 28)
            if kind == SASS:
                sass.append(architecture)
            elif kind == PTX:
                ptx.append(architecture)
            entry += head + payload
        out.append((sorted(sass), sorted(ptx)))
        at = end
    return out


def words(numbers: list[int]) -> str:
    return ",".join(map(str, numbers)) or "none"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sass", help="architectures that must have machine code: 75,80,90")
    parser.add_argument("--ptx", help="architectures that must have PTX")
    parser.add_argument("--count", type=int, help="fat binaries in each file")
    parser.add_argument("files", nargs="+", type=Path)
    options = parser.parse_args()
    wrong = 0
    for path in options.files:
        found = fat_binaries(section(path.read_bytes(), ".nv_fatbin"))
        kinds = sorted(set((words(sass), words(ptx)) for sass, ptx in found))
        told = "; ".join(f"machine code for {sass}, PTX for {ptx}" for sass, ptx in kinds) or "no kernels"
        good = bool(found)
        for sass, ptx in kinds:
            good &= options.sass is None or sass == words(sorted(map(int, options.sass.split(","))))
            good &= options.ptx is None or ptx == words(sorted(map(int, options.ptx.split(","))))
        good &= options.count is None or len(found) == options.count
        wrong += not good
        print(f"{path.name}: {len(found)} fat binaries, {told}{'' if good else '  WRONG'}")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
