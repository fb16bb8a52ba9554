#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Seeds for fuzz_picture: small pictures of each kind, with and without an EXIF orientation."""

import struct
import sys
import zlib
from pathlib import Path


def exif(order: str, orientation: int) -> bytes:
    head = b"II*\0" if order == "<" else b"MM\0*"
    tag = struct.pack(order + "HHIHH", 274, 3, 1, orientation, 0)
    return head + struct.pack(order + "IH", 8, 1) + tag + bytes(4)


def png(extra: bytes) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    parts = [chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 2, 8, 0, 0, 0, 0))]
    if extra:
        parts.append(chunk(b"eXIf", extra))
    parts += [chunk(b"IDAT", zlib.compress(b"\0ab\0cd")), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def jpeg(extra: bytes) -> bytes:
    app = b"Exif\0\0" + extra
    return (b"\xff\xd8\xff\xe1" + struct.pack(">H", len(app) + 2) + app
            + b"\xff\xc0" + struct.pack(">HBHHB", 11, 8, 2, 2, 1) + b"\1\x11\0"
            + b"\xff\xda" + struct.pack(">HB", 8, 1) + b"\1\0\0?\0" + b"\0\0\xff\xd9")


def webp(extra: bytes) -> bytes:
    body = b"WEBPVP8X" + struct.pack("<I", 10) + b"\x08\0\0\0\1\0\0\1\0\0"
    body += b"VP8L" + struct.pack("<I", 6) + b"\x2f\1\x40\0\0\0"
    body += b"EXIF" + struct.pack("<I", len(extra)) + extra
    return b"RIFF" + struct.pack("<I", len(body)) + body


def main() -> None:
    folder = Path(sys.argv[1])
    for order in "<>":
        block = exif(order, 6)
        name = "little" if order == "<" else "big"
        for kind, data in (("tiff", block), ("png", png(block)), ("jpeg", jpeg(block)), ("webp", webp(block))):
            (folder / f"{kind}-{name}").write_bytes(data)
    (folder / "plain-png").write_bytes(png(b""))
    (folder / "pgm").write_bytes(b"P5\n3 2\n255\nabcdef")
    (folder / "ppm16").write_bytes(b"P6 1 2 999\n" + bytes(12))
    (folder / "bmp").write_bytes(b"BM" + struct.pack("<IIIIiiHHIIIIII", 70, 0, 54, 40, 2, 2, 1, 24, 0, 16, 0, 0, 0, 0))
    (folder / "text-pnm").write_bytes(b"P2 # comment\n2 2 255 1 2 3 4")


main()
