# SPDX-License-Identifier: Apache-2.0
"""The teachers: NanoTrack v2 (backbone and head, through onnxruntime), NanoTrack v3's backbone, GoogLeNet (from weights/distill), and
earlier runs of our own, whose answers are averaged with NanoTrack's."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnx
import onnxruntime
import torch
import torch.nn.functional as F
from net import trained
from torch import Tensor

HERE = Path(__file__).resolve().parent


class Answer(NamedTuple):
    template: Tensor  # N x 48 x 8 x 8
    search: Tensor  # N x 48 x 16 x 16
    middle: Tensor  # N x 24 x 32 x 32, of the search area
    score: Tensor  # N x 16 x 16, probability
    distances: Tensor  # N x 4 x 16 x 16, left, top, right, bottom in pixels
    third: Tensor  # N x 96 x 16 x 16, NanoTrack v3's map of the search area; N x 0 where it was not asked


def session(model: onnx.ModelProto) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(model.SerializeToString(), options)


def resized(model: onnx.ModelProto, side: int, cells: int) -> onnx.ModelProto:
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    del copy.graph.value_info[:]
    for value, size in ((copy.graph.input[0], side), (copy.graph.output[0], cells)):
        for d in value.type.tensor_type.shape.dim[2:]:
            d.dim_value = size
    return copy


MIDDLE = "/features/features.3/Add_output_0"  # NanoTrack's last map of stride 8


class NanoTrack:
    def __init__(self, folder: Path, third: bool = False) -> None:
        backbone = onnx.load(str(folder / "v2_backbone.onnx"))
        self.template = session(resized(backbone, 127, 8))
        backbone.graph.output.append(onnx.helper.make_tensor_value_info(MIDDLE, onnx.TensorProto.FLOAT, None))
        self.search = session(backbone)
        self.head = session(onnx.load(str(folder / "v2_head.onnx")))
        self.third = session(onnx.load(str(folder / "v3_backbone.onnx"))) if third else None

    def __call__(self, template: np.ndarray, search: np.ndarray) -> Answer:
        """Of N x 3 x 127 x 127 and N x 3 x 255 x 255, BGR 0..255."""
        rows = []
        for z, x in zip(template, search):
            fz = self.template.run(None, {"input": z[None]})[0]
            fx, middle = self.search.run(None, {"input": x[None]})
            score, box = self.head.run(None, {"input1": fz, "input2": fx})
            third = self.third.run(None, {"input": x[None]})[0][0] if self.third else np.zeros(0, np.float32)
            rows.append((fz[0], fx[0], middle[0], 1 / (1 + np.exp(score[0, 0] - score[0, 1])), box[0], third))
        return Answer(*(torch.from_numpy(np.stack(part)) for part in zip(*rows)))


class Peers:
    """Earlier runs. What they answer and NanoTrack's answer count alike: the mean of the scores, and the geometric mean of
    the distances weighted by the scores."""

    def __init__(self, runs: list[Path]) -> None:
        self.nets = [trained(run).to(memory_format=torch.channels_last) for run in runs]

    @torch.no_grad()
    def __call__(self, answer: Answer, template: Tensor, search: Tensor, size: Tensor) -> Answer:
        scores, distances = [answer.score], [answer.distances]
        for net in self.nets:
            with torch.autocast("cpu", dtype=torch.bfloat16):
                _, _, logit, distance = net(template, search, size)
            scores.append(logit.sigmoid())
            distances.append(distance)
        return answer._replace(score=torch.stack(scores).mean(0), distances=mean_distances(scores, distances))


def mean_distances(scores: list[Tensor], distances: list[Tensor]) -> Tensor:
    """Geometric mean of N x 4 x H x W, weighted by N x H x W."""
    weights = torch.stack(scores)[:, :, None] + 1e-6
    logs = torch.stack(distances).clamp(min=1e-3).log()
    return ((weights * logs).sum(0) / weights.sum(0)).exp()


def fast_response_norm(self: torch.nn.Module, x: Tensor) -> Tensor:
    """x (1 + sum)^-0.75 by square roots, which are several times faster than a power."""
    root = torch.rsqrt(1 + F.conv2d(x * x, self.band))
    return x * root * torch.sqrt(root)


def semantic_teacher(path: Path) -> torch.nn.Module:
    """GoogLeNet as in weights/distill. Its cells lie 6 and 14 pixels further right and down than ours (strides 8 and
    16); a shift of its input by 8 makes up for most of it."""
    spec = importlib.util.spec_from_file_location("distill_teacher", HERE.parent / "distill" / "teacher.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.SHIFT, module.LocalResponseNorm.forward = 8, fast_response_norm
    return module.GoogLeNet(path).to(memory_format=torch.channels_last).eval()
