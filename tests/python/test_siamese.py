# SPDX-License-Identifier: Apache-2.0
"""weights/siamese: an exported file computes what the trained network computes, and its cells lie where the tracker has them."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "weights" / "siamese"))

sys.path.insert(0, str(Path(__file__).resolve().parent))
import skips  # noqa: E402

skips.need("numpy", "torch")

import numpy as np  # noqa: E402
import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402

import unfold  # noqa: E402
from net import Conv, Net, boxes_of, cell_centres, coverage  # noqa: E402

SETTINGS = {"widths": [4, 5, 6, 8], "blocks": 2, "neck": 6, "tower": 1, "mean": [103.939, 116.779, 123.68],
            "deviation": [58, 57, 56], "template": 31, "search": 63, "around": 0.3}
TARGET = torch.tensor([[20.0, 9.0]])


def trained() -> Net:
    """Random weights, with statistics of batch normalisation that are not neutral and residuals that do something."""
    torch.manual_seed(4)
    net = Net(SETTINGS)
    for module in net.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            torch.nn.init.uniform_(module.bias, -0.3, 0.3)
            module.running_mean.uniform_(-0.5, 0.5)
            module.running_var.uniform_(0.5, 2.0)
    torch.nn.init.normal_(net.head.score.weight, std=0.5)
    torch.nn.init.normal_(net.head.box.weight, std=0.2)
    return net.eval()


def export(net: Net, folder: Path, name: str) -> Path:
    torch.save({"settings": SETTINGS, "average": net.state_dict(), "step": 12}, folder / "checkpoint.pt")
    subprocess.run([sys.executable, str(ROOT / "weights" / "siamese" / "export.py"), "--run", str(folder), "-o",
                    str(folder / name), "--dtype", "f32"], check=True, capture_output=True)
    return folder / name


def run(graph: str, tensors: dict[str, torch.Tensor], picture: torch.Tensor) -> dict[str, torch.Tensor]:
    """The maps of every layer, from the file alone."""
    maps: list[torch.Tensor] = []
    layers = json.loads(graph)
    for layer in layers:
        inputs = [maps[i] for i in layer.get("inputs", [])]
        if layer["kind"] == "input":
            out = picture
            assert picture.shape[1] == layer["channels"]
        elif layer["kind"] == "conv":
            pad = layer.get("pad", [0] * 4)
            weight = tensors[layer["name"] + ".weight"]
            assert list(weight.shape[2:]) == layer.get("kernel", [1, 1])
            out = F.conv2d(inputs[0], weight, tensors.get(layer["name"] + ".bias"), layer.get("stride", [1, 1]), pad[:2])
        elif layer["kind"] == "sum":
            out = inputs[0] + inputs[1]
        elif layer["kind"] == "concat":
            out = torch.cat(inputs, 1)
        else:
            raise AssertionError(layer)
        maps.append(F.relu(out) if layer.get("activation") == "relu" else out)
    return {layer["name"]: found for layer, found in zip(layers, maps)}


class Export(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.folder = tempfile.TemporaryDirectory()
        cls.net = trained()
        cls.path = export(cls.net, Path(cls.folder.name), "a.safetensors")
        cls.metadata, cls.tensors = unfold.read(cls.path)

    @classmethod
    def tearDownClass(cls) -> None:
        cls.folder.cleanup()

    def near(self, mine: torch.Tensor, exact: torch.Tensor) -> None:
        self.assertEqual(mine.shape, exact.shape)
        self.assertLess(float((mine - exact).abs().max()), 1e-5 * float(exact.abs().max()))

    @torch.no_grad()
    def backbone(self, picture: torch.Tensor) -> dict[str, torch.Tensor]:
        numbers = [torch.tensor([float(v) for v in self.metadata[key].split(",")]).view(1, 3, 1, 1)
                   for key in ("dslt.mean", "dslt.deviation")]
        return run(self.metadata["dslt.graph"], self.tensors, (picture - numbers[0]) / numbers[1])

    @torch.no_grad()
    def test_backbone_and_head_give_the_networks_maps(self) -> None:
        torch.manual_seed(9)
        template, search = torch.rand(1, 3, 31, 31) * 255, torch.rand(1, 3, 63, 63) * 255
        z, x, score, box = self.net(template, search, TARGET)
        taps = [*self.metadata["dslt.taps"].split(","), self.metadata["dslt.matching_tap"]]
        here, there = self.backbone(template), self.backbone(search)
        for name, of_template, of_search in zip(taps, z[1:], x[1:]):
            self.near(here[name], of_template)
            self.near(there[name], of_search)
        # as the tracker does: the template's cells, row by row, are the weights of the match; those around the target
        # count less
        around = float(self.metadata["dslt.matching_around"])
        self.assertEqual(around, 0.3)
        neck = here[taps[2]] * (around + (1 - around) * coverage(TARGET, 2))
        match = self.tensors["head.match.weight"]
        self.assertEqual(float(match.abs().max()), 0)
        kernel = neck[0].flatten(1).T.reshape(match.shape) / neck.shape[1] ** 0.5
        head = run(self.metadata["dslt.matching"], {**self.tensors, "head.match.weight": kernel}, there[taps[2]])
        self.near(head["head.score"][:, 0], score)
        self.near(torch.exp(head["head.box"].clamp(-4, 3)) * 32, box)

    def test_metadata_tell_sides_and_order(self) -> None:
        self.assertEqual(self.metadata["dslt.matching_sides"], "31,63")
        self.assertEqual(self.metadata["dslt.channel_order"], "bgr")

    def test_the_same_checkpoint_gives_the_same_bytes(self) -> None:
        again = export(self.net, Path(self.folder.name), "b.safetensors")
        self.assertEqual(self.path.read_bytes(), again.read_bytes())


    @torch.no_grad()
    def test_an_unfolded_file_computes_the_same_and_its_normalisations_fit(self) -> None:
        exported = unfold.read(self.path)
        settings = unfold.settings_of(exported, {"batch": 7})
        self.assertEqual(settings, {**SETTINGS, "batch": 7})
        net = Net(settings).eval()
        unfold.take(net, exported.tensors)
        torch.manual_seed(11)
        pairs = [(torch.rand(2, 3, 31, 31) * 255, torch.rand(2, 3, 63, 63) * 255, TARGET.expand(2, 2)) for _ in range(3)]
        wanted = [self.net(*pair)[2:] for pair in pairs]
        for step in (lambda: None, lambda: unfold.normalise(net, pairs)):
            step()
            for pair, (score, box) in zip(pairs, wanted):
                got = net(*pair)[2:]
                self.near(got[0], score)
                self.near(got[1], box)
        seen: list[torch.Tensor] = []
        first = next(m for m in net.modules() if isinstance(m, Conv))
        hook = first.norm.register_forward_hook(lambda _, given, __: seen.append(given[0]))
        for template, search, _ in pairs:
            net.backbone(template), net.backbone(search)
        hook.remove()
        values = torch.cat([s.transpose(0, 1).flatten(1) for s in seen], 1)
        self.near(first.norm.running_mean, values.mean(1))
        self.near(first.norm.running_var, values.var(1, unbiased=False))

    def test_only_exported_files_are_unfolded(self) -> None:
        wrong = Path(self.folder.name) / "wrong.safetensors"
        header = json.dumps({"__metadata__": {}}).encode()
        wrong.write_bytes(struct.pack("<Q", len(header)) + header)
        with self.assertRaisesRegex(SystemExit, "wrong.safetensors: has no matching head"):
            unfold.read(wrong)
        wrong.write_bytes(self.path.read_bytes()[:-1])
        with self.assertRaisesRegex(SystemExit, "wrong.safetensors: .*truncated"):
            unfold.read(wrong)
        with self.assertRaisesRegex(SystemExit, "none.safetensors"):
            unfold.read(wrong.with_name("none.safetensors"))

    def test_projections_are_the_best(self) -> None:
        torch.manual_seed(3)
        maps, project, found = torch.randn(2, 6, 5, 5), torch.nn.Conv2d(6, 4, 1), torch.nn.Conv2d(6, 4, 1)
        unfold.fit(found, maps, project(maps).detach())
        for mine, exact in zip(found.parameters(), project.parameters()):
            self.assertLess(float((mine - exact).detach().abs().max()), 1e-3)


class Alone(unittest.TestCase):
    @torch.no_grad()
    def test_scores_depend_on_responses_alone(self) -> None:
        torch.manual_seed(4)
        net = Net({**SETTINGS, "alone": 4}).eval()
        net.head.separate()
        template, search = torch.randn(1, 6, 2, 2), torch.randn(1, 6, 4, 4)
        # a direction that the template does not see leaves the responses as they are
        basis = torch.linalg.svd(template[0].flatten(1).T)[2]
        hidden = search + 3 * basis[-1].view(1, 6, 1, 1)
        score, box = net.head(template, search, TARGET)
        other, moved = net.head(template, hidden, TARGET)
        self.assertLess(float((score - other).abs().max()), 1e-5)
        self.assertGreater(float((box - moved).abs().max()), 1e-3)


class Cells(unittest.TestCase):
    def test_coverage_is_the_share_of_a_cell_in_the_target(self) -> None:
        # cells of 16 x 16 around (-16, 0) x (-16, 0); the target reaches from (-10, -4.5) to (10, 4.5)
        found = coverage(TARGET, 2)
        wide, high = torch.tensor([2 / 16, 1.0]), torch.tensor([0.0, 9 / 16])
        self.assertEqual(found.tolist(), (high[:, None] * wide[None])[None].tolist())

    def test_boxes_are_distances_around_their_cells(self) -> None:
        self.assertEqual(cell_centres(4).tolist(), [-32, -16, 0, 16])
        distances = torch.zeros(1, 4, 4, 4)
        distances[0, :, 1, 3] = torch.tensor([1.0, 2.0, 3.0, 4.0])
        self.assertEqual(boxes_of(distances)[0, :, 1, 3].tolist(), [16 - 1, -16 - 2, 16 + 3, -16 + 4])


if __name__ == "__main__":
    unittest.main()
