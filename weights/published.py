# SPDX-License-Identifier: Apache-2.0
"""The official VGG-16 files, and CFNet's: names, digests as their publishers or several independent users state them, licences."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import NamedTuple

OXFORD_LICENSE = "CC BY 4.0 (Visual Geometry Group, University of Oxford)"
TORCHVISION_LICENSE = "BSD-3-Clause (torchvision; terms of the training data may apply)"
CFNET_LICENSE = "MIT (CFNet by J. Valmadre, L. Bertinetto and others; terms of the training data may apply)"
UNKNOWN_LICENSE = "unknown"


class Published(NamedTuple):
    name: str
    algorithm: str
    digest: str
    license: str


FILES = (
    Published("VGG_ILSVRC_16_layers.caffemodel", "sha1", "9363e1f6d65f7dba68c4f27a1e62105cdf6c4e24", OXFORD_LICENSE),
    Published(
        "vgg16-397923af.pth",
        "sha256",
        "397923af8e79cdbb6a7127f12361acd7a2f83e06b05044ddf496e83de57a5bf0",
        TORCHVISION_LICENSE,
    ),
    Published(
        "timm/vgg16.tv_in1k/model.safetensors",
        "sha256",
        "57b026918159a6bf9faf8405c3a551903768e7138989d9c6224a14227203fad8",
        TORCHVISION_LICENSE,
    ),
    Published("vgg16_weights_tf_dim_ordering_tf_kernels.h5", "md5", "64373286793e3c8b2b4e3219cbf3544b", OXFORD_LICENSE),
    Published(
        "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5", "md5", "6d6bbae143d832006294945121d1f1fc", OXFORD_LICENSE
    ),
    Published(
        "cfnet-conv2_e80.mat", "sha256", "72e9bf0911a5d2008cfc12d983b71cd80de2b33ea3b942be5f76849273515b51", CFNET_LICENSE
    ),
    Published(
        "cfnet-conv2_gray_e40.mat", "sha256", "e61093b35a122ec79a797f39f4c62cb5f70fa522f4a28aa14aff0873e5f75d24", CFNET_LICENSE
    ),
    Published("imagenet-vgg-verydeep-16.mat", "md5", "f72d927587ca4c97fbd165ec9cb9997f", OXFORD_LICENSE),
)


def digests(path: Path) -> dict[str, str]:
    """The file's digests by algorithm, in one pass. They catch bad downloads, not attackers."""
    hashes = {name: hashlib.new(name, usedforsecurity=False) for name in ("sha256", "sha1", "md5")}
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            for one in hashes.values():
                one.update(block)
    return {name: one.hexdigest() for name, one in hashes.items()}


def recognise(found: dict[str, str]) -> Published | None:
    return next((file for file in FILES if found[file.algorithm] == file.digest), None)


def misnamed(name: str) -> Published | None:
    """The official file of this name, for a file whose digest was not recognised."""
    return next((file for file in FILES if file.name == name), None)
