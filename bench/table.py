# SPDX-License-Identifier: Apache-2.0
"""Write the tables of bench/README.md from the results of `dslt bench --output json`, so that no number in them was
typed by hand.

    python3 bench/table.py                     every bench/results/*.json, into bench/README.md; a short table into README.md
    python3 bench/table.py --check             change nothing; exit code 1 when the README is not what it would be
    python3 bench/table.py --print FILE...     the tables of these files on standard output

What stands between the two marker lines is replaced; files that are no result of dslt bench are passed over.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
FRONT = "<!-- begin: speeds, written by bench/table.py from bench/results/*.json -->"
BEGIN = "<!-- begin: written by bench/table.py from bench/results/*.json -->"
TORCH = "torch_dslt"
END = "<!-- end: written by bench/table.py -->"


def number(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:,.{digits}f}".replace(",", " ")


def spread(figure: dict, digits: int) -> str:
    """The median, and the range behind it where several repetitions differ in the digits shown."""
    text = number(figure["median"], digits)
    low, high = number(figure["low"], digits), number(figure["high"], digits)
    return text if low == high else f"{text} ({low} .. {high})"


def rows(header: list[str], body: list[list[str]]) -> list[str]:
    lines = ["| " + " | ".join(header) + " |", "|" + " --- |" * len(header)]
    return lines + ["| " + " | ".join(row) + " |" for row in body]


def tracker_words(result: dict) -> str:
    tracker = result["tracker"]
    return (f"{tracker['preset']}, {Path(tracker['weights']).name}, {tracker['precision']}, {tracker['backend']}, "
            f"{tracker['threads']} threads")


def input_words(result: dict) -> str:
    targets = result["targets"]
    frames = sum(target["frames"] for target in targets)
    name = targets[0]["name"] if len(targets) == 1 else f"{len(targets)} targets"
    return f"{name}, {frames} frames"


def warning(result: dict) -> str:
    others = result.get("other_work")
    return f" (other work: {100 * others:.0f} % of the cores)" if others is not None and others > 0.05 else ""


def summary(results: list[tuple[str, dict]]) -> list[str]:
    body = []
    for name, result in results:
        figures = result["figures"]
        body.append([
            f"`{name}`" + warning(result), tracker_words(result), input_words(result), spread(figures["fps"], 1),
            spread(figures["fps_with_all"], 1), spread(figures["ms_p95"], 1), spread(figures["init_ms"], 0),
            spread(figures["memory_peak_mib"], 0)
        ])
    header = ["result", "tracker", "frames of", "frames/s", "with training and decoding", "p95, ms", "first frame, ms",
              "memory, MiB"]
    return ["### All results", ""] + rows(header, body) + [""]


def stage_table(name: str, result: dict) -> list[str]:
    body = []
    for stage in result["stages"]:
        reached = stage["reached"]
        rate = (f"{number(stage['gflop_per_s'], 1)} GFLOP/s" if stage["bound"] == "arithmetic" else
                f"{number(stage['gb_per_s'], 1)} GB/s")
        body.append([
            stage["name"], number(stage["floor_ms"], 3), spread(stage["ms"], 3), f"{100 * (stage['share'] or 0):.1f} %",
            rate, "-" if reached is None else f"{100 * reached:.0f} %", stage["bound"] or "-"
        ])
    lines = [f"### Stages: {name}", "", f"{tracker_words(result)}; {input_words(result)}; {result['tracker']['device']}; "
             f"{result['tracker']['library']}.", ""]
    lines += rows(["stage", "floor, ms", "measured, ms", "share", "rate", "floor / measured", "bound by"], body) + [""]
    ceiling = result["ceiling"]
    if ceiling.get("gflop_per_s_f32") is not None:
        bf16 = ceiling.get("gflop_per_s_bf16")
        lines += [f"Ceiling: {number(ceiling['gflop_per_s_f32'], 0)} GFLOP/s in float32"
                  + (f", {number(bf16, 0)} in bfloat16" if bf16 else "")
                  + f" ({ceiling['how']}), {number(ceiling['gb_per_s'], 1)} GB/s from memory.", ""]
    for item in result.get("backbone", []):
        lines += [f"Backbone alone, {item['batch']} x {item['width']} x {item['height']}: {number(item['run_ms'], 2)} ms; "
                  f"oneDNN's fastest convolutions of the same shapes: {number(item['best_ms'], 2)} ms, "
                  f"so it is at {100 * item['share_of_best']:.0f} % of them.", ""]
    if "paper" in result:
        ratio = result["paper"]["fps_with_init"]
        lines += [f"Beside the paper's {result['paper']['paper_fps']} frames per second: {number(ratio['ratio'], 2)} times "
                  f"({ratio['includes']}).", ""]
    return lines


def sweep_table(name: str, result: dict) -> list[str]:
    kind, points = result["sweep"], result["points"]
    header = [kind, "frame", "ms a frame", "p95, ms", "frames/s", "first frame, ms", "MiB"]
    if kind == "targets":
        header += ["each further, ms", "each further, MiB"]
    body, first = [], points[0]
    for point in points:
        figures = point["figures"]
        row = [f"{point['value']:g}", f"{point['width']} x {point['height']}", spread(figures["ms_mean"], 2),
               spread(figures["ms_p95"], 2), number(figures["fps"]["median"], 1), spread(figures["init_ms"], 0),
               number(figures["memory_first_mib"]["median"], 0)]
        if kind == "targets":
            more = point["value"] - first["value"]
            extra = figures["ms_mean"]["median"] - first["figures"]["ms_mean"]["median"]
            row += [number(extra / more if more else None, 2), number(figures["memory_further_mib"]["median"], 0)]
        body.append(row)
    return [f"### Sweep of {kind}: {name}{warning(result)}", "", tracker_words(result) + ".", ""] + rows(header, body) + [""]


def peer_table(results: list[tuple[str, dict]]) -> list[str]:
    """bench/peers/torch_dslt.py: the first of its results is dslt on the same frames."""
    body = []
    for name, result in results:
        ours, *others = result["results"]
        for other in others:
            body.append([f"`{name}`", f"{result['frames']} frames of {Path(result['frames_from']).name}", result["precision"],
                         number(ours["fps"], 2), number(max(other["fps"], other["fps_warm"]), 2), other["mode"],
                         number(other["dslt_faster"], 2), f"{other['from_dslt_px'][0]:.4f}"])
    machine = results[0][1]["machine"]
    header = ["result", "frames", "precision", "dslt, frames/s", "PyTorch, frames/s", "mode", "dslt / PyTorch",
              "boxes apart, px"]
    return [f"### Beside PyTorch {machine['torch']}", "", "The same algorithm (preset `paper`, full width) on the same frames "
            f"in one run, {machine['torch_threads']} threads; the faster of PyTorch's two memory layouts.", ""] \
        + rows(header, body) + [""]


def commands(results: list[tuple[str, dict]]) -> list[str]:
    lines = ["### Commands", "", "```"]
    for name, result in results:
        lines.append(f"{shlex.join(result['command'])}    # {name}, {result.get('date') or result['machine']['date']}")
    return lines + ["```", ""]


def tables(results: list[tuple[str, dict]]) -> list[str]:
    plain = [(name, result) for name, result in results if "figures" in result]
    sweeps = [(name, result) for name, result in results if "sweep" in result]
    if not results:
        return ["No result is recorded yet.", ""]
    lines = summary(plain) if plain else []
    for name, result in plain:
        lines += stage_table(name, result)
    for name, result in sweeps:
        lines += sweep_table(name, result)
    peers = [(name, result) for name, result in results if result["program"] == TORCH]
    if peers:
        lines += peer_table(peers)
    return lines + commands(results)


def read(paths: list[Path]) -> list[tuple[str, dict]]:
    results = []
    for path in sorted(paths):
        try:
            result = json.loads(path.read_text())
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from None
        if isinstance(result, dict) and result.get("program") in ("dslt bench", TORCH):
            results.append((path.name, result))
    return results


def replaced(text: str, lines: list[str], begin: str = BEGIN) -> str:
    if text.count(begin) != 1 or text.count(END) != 1 or text.index(begin) > text.index(END):
        raise ValueError(f"the README needs these two lines once each, in this order:\n{begin}\n{END}")
    before, rest = text.split(begin)
    return before + begin + "\n\n" + "\n".join(lines).rstrip() + "\n\n" + END + rest.split(END)[1]


def speeds(results: list[tuple[str, dict]]) -> list[str]:
    """The front page's table: what `dslt bench` recorded of whole runs, in few columns."""
    body = []
    for name, result in results:
        if "figures" not in result:
            continue
        tracker, figures = result["tracker"], result["figures"]
        body.append([f"`{tracker['preset']}`, {Path(tracker['weights']).name}, {tracker['precision']}",
                     number(figures["fps"]["median"], 1), number(figures["ms_p95"]["median"], 1),
                     number(figures["init_ms"]["median"], 0), number(figures["memory_peak_mib"]["median"], 0),
                     f"[{name}](bench/results/{name})"])
    return rows(["preset, backbone, precision", "frames/s, median target", "p95, ms", "first frame, ms", "memory, MiB",
                 "record"], body)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--print", nargs="+", metavar="FILE", type=Path)
    parser.add_argument("--readme", type=Path, default=HERE / "README.md", help=argparse.SUPPRESS)
    parser.add_argument("--front", type=Path, default=HERE.parent / "README.md", help=argparse.SUPPRESS)
    parser.add_argument("--results", type=Path, default=HERE / "results", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    try:
        if options.print:
            print("\n".join(tables(read(options.print))).rstrip())
            return 0
        results = read(list(options.results.glob("*.json")))
        pages = [(options.readme, BEGIN, tables(results)), (options.front, FRONT, speeds(results))]
        changed = []
        for page, begin, lines in pages:
            old = page.read_text()
            new = replaced(old, lines, begin)
            if old != new:
                changed.append((page, new))
    except (OSError, ValueError) as error:
        print(f"table.py: {error}", file=sys.stderr)
        return 2
    for page, new in changed:
        if options.check:
            print(f"table.py: {page} is not what bench/results gives: run python3 bench/table.py", file=sys.stderr)
        else:
            part = page.with_suffix(".part")
            part.write_text(new)
            os.replace(part, page)
    return int(options.check and bool(changed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
