# SPDX-License-Identifier: Apache-2.0
"""weights/adacfnet: the filter's backward pass, the losses, and the exported network mean what they say."""

from __future__ import annotations

import math
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "weights" / "adacfnet"), str(ROOT / "weights"), str(Path(__file__).resolve().parent)]

import skips  # noqa: E402

skips.need("numpy", "torch", "PIL")

import numpy as np  # noqa: E402
import torch  # noqa: E402
from PIL import Image  # noqa: E402

import vgg_fixtures as fixtures  # noqa: E402
from clips import Tracks, area_side, batch, cut, cut_crop  # noqa: E402
from correlation_filter import CorrelationFilter, respond, target, template, window  # noqa: E402
from export import layers_of, write  # noqa: E402
from first_layer import FirstLayer, pooled  # noqa: E402
from losses import cell_weights, focal, labels, logistic, mean_loss  # noqa: E402
from net import Features, Siamese  # noqa: E402
from train import begin_with  # noqa: E402

SETTINGS = {"reduction": 16, "bn_rate": 0.05, "ridge": 10, "sigma": 2, "margin": 16}


class Filter(unittest.TestCase):
    def test_it_is_the_closed_form(self) -> None:
        rng = np.random.default_rng(1)
        x, n, ridge = rng.normal(size=(2, 3, 7, 7)), 49, 0.3
        y = target(7, 1.1).numpy()
        found = CorrelationFilter.apply(torch.from_numpy(x), torch.from_numpy(y), ridge).numpy()
        for i in range(2):
            spectrum = np.fft.fft2(x[i])
            k = (abs(spectrum) ** 2).sum(0) / n + ridge
            expected = np.fft.ifft2(np.conj(np.fft.fft2(y) / (n * k)) * spectrum).real
            np.testing.assert_allclose(found[i], expected, atol=1e-12)

    def test_backward_is_the_derivative(self) -> None:
        torch.manual_seed(2)
        for side in (5, 6):
            x = torch.randn(2, 3, side, side, dtype=torch.float64, requires_grad=True)
            y = target(side, 1.0)
            self.assertTrue(torch.autograd.gradcheck(lambda m: CorrelationFilter.apply(m, y, 0.5), (x,), atol=1e-7))

    def test_backward_by_central_differences(self) -> None:
        torch.manual_seed(3)
        x, y = torch.randn(1, 2, 5, 5, dtype=torch.float64), target(5, 1.0)
        weights = torch.randn(1, 2, 5, 5, dtype=torch.float64)
        value = lambda m: (CorrelationFilter.apply(m, y, 0.5) * weights).sum()  # noqa: E731
        at = x.clone().requires_grad_()
        value(at).backward()
        for index in ((0, 0, 0, 0), (0, 1, 2, 3), (0, 0, 4, 4)):
            up, down = x.clone(), x.clone()
            up[index] += 1e-5
            down[index] -= 1e-5
            self.assertAlmostEqual(at.grad[index].item(), (value(up) - value(down)).item() / 2e-5, places=7)

    def test_a_target_is_found_where_it_is(self) -> None:
        torch.manual_seed(4)
        maps = torch.rand(2, 6, 21, 21)
        scores = respond(maps, template(maps, 1.0, 1.5, 6))
        self.assertEqual(scores.shape, (2, 13, 13))
        self.assertEqual(scores.flatten(1).argmax(1).tolist(), [6 * 13 + 6] * 2)

    def test_a_response_is_a_correlation(self) -> None:
        torch.manual_seed(11)
        maps, templates = torch.randn(2, 3, 9, 8, dtype=torch.float64), torch.randn(2, 3, 4, 3, dtype=torch.float64)
        expected = torch.cat([torch.conv2d(maps[i : i + 1], templates[i : i + 1]) for i in range(2)])[:, 0]
        self.assertLess((respond(maps, templates) - expected).abs().max().item(), 1e-10)

    def test_the_window_is_zero_at_its_edges(self) -> None:
        self.assertEqual(window(9)[0].abs().max().item(), 0)
        self.assertAlmostEqual(window(9)[4, 4].item(), 1)


class Losses(unittest.TestCase):
    def test_labels_are_a_disc(self) -> None:
        label = labels(33, 2)
        self.assertEqual((label > 0).sum().item(), 13)
        self.assertEqual(label[16, 18].item(), 1)
        self.assertEqual(label[17, 18].item(), -1)

    def test_values_and_slopes(self) -> None:
        for y in (1.0, -1.0):
            for v in (-3.0, -0.2, 0.0, 1.5, 4.0):
                score = torch.tensor(v, dtype=torch.float64, requires_grad=True)
                u = y * v
                plain = math.log1p(math.exp(-u))
                self.assertAlmostEqual(logistic(score, torch.tensor(y)).item(), plain, places=12)
                loss = focal(score, torch.tensor(y), 2.0, 1.0)
                self.assertAlmostEqual(loss.item(), 2 / (1 + math.exp(u)) * plain, places=12)
                loss.backward()
                e = math.exp(u)
                slope = y * (-2 * e / (1 + e) ** 2 * plain - 2 / ((1 + e) * (1 + e)))
                self.assertAlmostEqual(score.grad.item(), slope, places=12)

    def test_weights_sum_to_one(self) -> None:
        label = labels(33, 2)
        for balanced in (False, True):
            self.assertAlmostEqual(cell_weights(label, balanced).sum().item(), 1, places=5)
        balanced = cell_weights(label, True)
        self.assertAlmostEqual(balanced[label > 0].sum().item(), 0.5, places=5)
        scores = torch.zeros(2, 33, 33)
        self.assertAlmostEqual(mean_loss(scores, label, balanced, "logistic").item(), math.log(2), places=5)
        self.assertAlmostEqual(mean_loss(scores, label, balanced, "focal").item(), math.log(2), places=5)


def made_up_values(seed: int) -> dict[str, np.ndarray]:
    """Parameters as CFNet's file has them."""
    rng = np.random.default_rng(seed)
    values = {}
    for i, shape in ((1, (11, 11, 3, 96)), (2, (5, 5, 48, 32))):
        values[f"br_conv{i}f"] = rng.normal(0, 0.02, shape)
        for name in ("conv{}b", "bn{}b"):
            values["br_" + name.format(i)] = rng.normal(0, 0.1, shape[3])
        values[f"br_bn{i}m"] = rng.uniform(0.5, 1.5, shape[3])
        values[f"br_bn{i}x"] = np.stack([rng.normal(0, 1, shape[3]), rng.uniform(5, 9, shape[3])], 1)
    return values


class Blocks(unittest.TestCase):
    def test_a_gate_behind_the_pooling_is_the_same(self) -> None:
        torch.manual_seed(8)
        features = Features(True).eval()
        x = torch.rand(2, 3, 67, 67) * 255
        with torch.no_grad():
            y = torch.relu(features.bn1(features.conv1(x)))
            gates = features.se1.gates(y.mean((2, 3), keepdim=True))
            y = torch.relu(features.bn2(features.conv2(torch.nn.functional.max_pool2d(y * gates, 3, 2))))
            y = y * features.se2.gates(y.mean((2, 3), keepdim=True))
            self.assertLess((features(x) - y).abs().max().item(), 1e-4 * y.abs().max().item())

    def test_the_network_with_blocks_begins_as_the_one_without(self) -> None:
        x = torch.rand(2, 3, 67, 67) * 255
        with_blocks, without = Features(True).eval(), Features(False).eval()
        for features in (with_blocks, without):
            begin_with(features, made_up_values(9))
        with torch.no_grad():
            expected = without(x)
            self.assertLess((with_blocks(x) - expected).abs().max().item(), 1e-4 * expected.abs().max().item())

    def test_no_unit_is_dead_from_the_start(self) -> None:
        for seed in range(5):
            torch.manual_seed(seed)
            features = Features(True)
            for block in (features.se1, features.se2):
                self.assertGreaterEqual(block.reduce.weight.sum(1).min().item(), 0)


class Export(unittest.TestCase):
    def run_graph(self, features: Features, x: torch.Tensor) -> torch.Tensor:
        """The exported layers, by PyTorch's functions."""
        graph, tensors = layers_of(features)
        values = {name: torch.from_numpy(array) for name, array in tensors}
        maps = [x]
        for layer in graph[1:]:
            y = maps[layer["inputs"][0]]
            if layer["kind"] == "conv":
                w, b = values[layer["name"] + ".weight"], values[layer["name"] + ".bias"]
                y = torch.conv2d(y, w, b, layer.get("stride", [1, 1]), groups=layer.get("groups", 1))
            elif layer["kind"] == "max_pool":
                y = torch.nn.functional.max_pool2d(y, layer["kernel"], layer["stride"])
            elif layer["kind"] == "global_average":
                y = y.mean((2, 3), keepdim=True)
            else:
                y = y * maps[layer["inputs"][1]]
            activation = layer.get("activation")
            maps.append(torch.relu(y) if activation == "relu" else torch.sigmoid(y) if activation == "sigmoid" else y)
        return maps[-1]

    def test_the_graph_is_the_network(self) -> None:
        torch.manual_seed(5)
        for attention in (False, True):
            features = Features(attention)
            x = torch.rand(2, 3, 67, 67) * 255
            with torch.no_grad():
                features(x)  # running means of their own
                features.eval()
                self.assertLess((self.run_graph(features, x) - features(x)).abs().max().item(), 1e-3)
            count = sum(p.numel() for p in features.parameters() if p.requires_grad)
            self.assertEqual(count, 34944 + 38432 + 2 * (96 + 32) + (1416 if attention else 0))

    def test_the_file_holds_it(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "x.safetensors"
            write(Features(True).eval(), path, "a test", "none")
            metadata, tensors, _ = fixtures.read_safetensors(path)
            self.assertEqual(metadata["dslt.taps"], "se2")
            self.assertEqual(tensors["se1_reduce.weight"][1].shape, (6, 96, 1, 1))


CLIPS = {"seed": 1, "batch": 2, "apart": 100, "colour": 0.1, "photo_share": 0.5, "photo_pairs": 1, "photo_zoom": 0.05,
         "photo_turn": 0.05}  # fmt: skip


def make_tracks(folder: Path) -> Tracks:
    """Two tracks of three crops."""
    rng = np.random.default_rng(6)
    rows = ["source\ttrack\tframe\tcrop\tx\ty\tw\th\tflag"]
    for track in range(2):
        for frame in range(3):
            crop = f"{track}_{frame}.png"
            Image.fromarray(rng.integers(0, 256, (64, 64, 3), dtype=np.uint8)).save(folder / crop)
            rows.append(f"a\t{track}\t{frame}\t{crop}\t24\t24\t16\t16\tvisible")
    (folder / "boxes.tsv").write_text("\n".join(rows) + "\n")
    return Tracks(folder, {"other": 1})


class FixedFirstLayer(unittest.TestCase):
    def test_pooling_is_pytorchs(self) -> None:
        for side in (9, 10, 11):
            z = torch.randn(2, side, side + 1)
            expected = torch.nn.functional.max_pool2d(z[None], 3, 2)[0]
            self.assertTrue(torch.equal(pooled(z), expected))

    def test_it_is_the_layer_with_the_colour_added(self) -> None:
        torch.manual_seed(10)
        features = Features(False).eval()
        begin_with(features, made_up_values(10))
        axes = np.diag([30.0, 20.0, 25.0])
        with tempfile.TemporaryDirectory() as name, torch.no_grad():
            tracks = make_tracks(Path(name))
            photos = sorted(Path(name).glob("*.png"))
            layer = FirstLayer(Path(name) / "kept", features, tracks, photos, axes, CLIPS)
            self.assertEqual(layer.maps.shape, (6 + 2, 96, 61, 61))
            draw = np.array([1.0, -0.7, 0.4], np.float32)
            maps, means = layer.of(4, layer.slopes @ draw)
            crop = cut_crop(layer.crops[4]) + CLIPS["colour"] * (axes @ draw).astype(np.float32)
            expected = torch.relu(features.first(torch.from_numpy(crop.transpose(2, 0, 1)[None].copy())))
            largest = expected.max().item()
            shrunk = torch.nn.functional.max_pool2d(expected, 3, 2)[0].numpy()
            np.testing.assert_allclose(maps, shrunk, atol=2e-3 * largest)
            np.testing.assert_allclose(means, expected[0].mean((1, 2)).numpy(), atol=2e-3 * largest)
            self.assertGreater(abs(layer.of(4, 0 * layer.unit)[0] - shrunk).max(), 0.01 * largest)
            once = layer.batch(3)
            again = FirstLayer(Path(name) / "kept", features, tracks, photos, axes, CLIPS).batch(3)
            for a, b in zip(once, again):
                np.testing.assert_array_equal(a, b)
            self.assertEqual(once[0].shape, (4, 96, 61, 61))
            features.conv1.weight[0, 0, 0, 0] += 1  # other filters: what is kept is made again
            moved = FirstLayer(Path(name) / "kept", features, tracks, photos, axes, CLIPS).batch(3)
            self.assertFalse(np.array_equal(moved[0], once[0]))


class Clips(unittest.TestCase):
    def test_pairs_depend_on_seed_and_step_alone(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            folder, settings = Path(name), CLIPS
            tracks = make_tracks(folder)
            photos = sorted(folder.glob("*.png"))
            once = batch(tracks, photos, np.eye(3), settings, 7)
            self.assertEqual(once.shape, (2, 2, 3, 255, 255))
            np.testing.assert_array_equal(batch(tracks, photos, np.eye(3), settings, 7), once)
            self.assertGreater(abs(batch(tracks, photos, np.eye(3), settings, 8) - once).max(), 1)

    def test_a_cut_has_its_centre_in_the_middle(self) -> None:
        image = Image.new("RGB", (100, 80))
        image.paste((255, 255, 255), (38, 28, 42, 32))
        pixels = cut(image, (40.0, 30.0), 51.0)
        ys, xs = np.nonzero(pixels[..., 0] > 128)
        self.assertAlmostEqual(float(ys.mean()), 127, delta=1)
        self.assertAlmostEqual(float(xs.mean()), 127, delta=1)
        self.assertAlmostEqual(area_side(10, 10), 20 * 255 / 127)


class Learning(unittest.TestCase):
    def test_a_step_lowers_the_loss(self) -> None:
        torch.manual_seed(7)
        model = Siamese(SETTINGS, True)
        crops = torch.nn.functional.interpolate(torch.rand(2, 3, 17, 17) * 255, size=255, mode="bicubic")
        label = labels(33, 2)
        optimiser = torch.optim.SGD(model.groups(5e-4), lr=0.01, momentum=0.9)
        values = []
        for _ in range(4):
            optimiser.zero_grad()
            loss = mean_loss(model(crops, crops), label, cell_weights(label, True), "focal")
            loss.backward()
            optimiser.step()
            values.append(loss.item())
        self.assertLess(values[-1], values[0])


if __name__ == "__main__":
    unittest.main()
