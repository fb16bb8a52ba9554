#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Write the tables of published benchmarks (otb.c, tc128.c, uav.c, vot.c) from a folder of facts.

    python3 host/dataset/facts/generate.py FACTS [FOLDER]

FACTS holds the tab-separated tables that facts.h speaks of (otb100_sequences.tsv ...); FOLDER, by default this script's
own, receives the C files. Run it by hand when a fact changes and commit what it wrote. A test runs it again and compares.
Python's standard library is enough.
"""

import csv
import pathlib
import sys

# The tables name attributes in short; the benchmarks' papers spell them out. OTB's come with the facts.
UAV_ATTRIBUTES = {
    "SV": "Scale Variation", "ARC": "Aspect Ratio Change", "LR": "Low Resolution", "FM": "Fast Motion",
    "FOC": "Full Occlusion", "POC": "Partial Occlusion", "OV": "Out-of-View", "BC": "Background Clutter",
    "IV": "Illumination Variation", "VC": "Viewpoint Change", "CM": "Camera Motion", "SOB": "Similar Object",
}


def rows(facts, name):
    with open(facts / name, encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, delimiter="\t"))


def plain(name):
    """For comparing names across tables: case and separators differ between them."""
    return name.lower().replace("-", "").replace("_", "").replace(".", "")


def mask(text, names):
    bits = 0
    for name in filter(None, text.split(",")):
        bits |= 1 << names.index(name)
    return f"0x{bits:03x}"


def fact(name, folder, first, last, digits=6, truth=None, omit=0, nan_rows=-1, attributes="0", toolkit=None, member=0):
    quoted = f'"{truth}"' if truth else "NULL"
    return (f'    {{"{name}", "{folder}", {quoted}, {first}, {last}, {digits}, {omit}, {nan_rows}, {attributes}, '
            f"{toolkit or attributes}, {member}}},")


def table(kind, name, lines):
    return [f"const {kind} {name}[] = {{", *lines, "};", f"const int {name}_count = {len(lines)};", ""]


def attribute_table(name, attributes):
    return table("dslt_attribute", name, [f'    {{"{short}", "{words}"}},' for short, words in attributes.items()])


def otb(facts):
    attributes = {row["short"]: row["long"] for row in rows(facts, "otb_attributes.tsv")}
    short = list(attributes)
    members = [{plain(row["name"]) for row in rows(facts, file)}
               for file in ("otb2013_names.tsv", "otb50_tb50_names.tsv")]
    lines, spelling = [], {}
    for row in rows(facts, "otb100_sequences.tsv"):
        name = row["name"].replace("_", "-")  # the benchmark's own spelling of its targets: Jogging-1
        spelling[plain(name)] = name
        folder, truth = row["anno_file"].split("/")
        assert row["image_dir"] == folder + "/img"
        member = sum(1 << bit for bit, names in enumerate(members) if plain(name) in names)
        assert member == int(row["in_otb2013"]) + 2 * int(row["in_otb50_tb50"]), name
        lines.append(fact(name, folder, row["start_frame"], row["end_frame"], row["name_digits"], truth,
                          row["init_omit"], 0, mask(row["attributes_site"], short),
                          mask(row["attributes_toolkit_tb100"], short), member))
    ranges = {}
    for row in rows(facts, "otb_init_omit_ranges.tsv"):
        ranges.setdefault(spelling[plain(row["sequence"])], []).append((int(row["first_frame"]), int(row["last_frame"])))
    text, omitted = [], []
    for name in sorted(ranges):
        array = "omitted_" + plain(name)
        pairs = ", ".join(f"{{{first}, {last}}}" for first, last in sorted(ranges[name]))
        text.append(f"static const dslt_frame_range {array}[] = {{{pairs}}};")
        omitted.append(f'    {{"{name}", {array}, {len(ranges[name])}}},')
    return (attribute_table("dslt_facts_otb_attributes", attributes) + table("dslt_fact", "dslt_facts_otb100", lines)
            + text + [""] + table("dslt_fact_omitted", "dslt_facts_otb_omitted", omitted))


def tc128(facts):
    return table("dslt_fact", "dslt_facts_tc128",
                 [fact(row["name"], row["folder"], row["start_frame"], row["end_frame"], row["name_digits"], nan_rows=0)
                  for row in rows(facts, "tc128_sequences.tsv")])


def uav(facts):
    short = list(UAV_ATTRIBUTES)
    known = {row["name"]: row for row in rows(facts, "uav123_sequences.tsv")}
    text = attribute_table("dslt_facts_uav_attributes", UAV_ATTRIBUTES)
    for name, file in (("uav123", "uav123_sequences.tsv"), ("uav20l", "uav20l_sequences.tsv"),
                       ("uav123_10fps", "uav123_10fps_sequences.tsv")):
        # The 10 fps videos are UAV123's, so its attributes hold; the long ones of UAV20L are others.
        shared = name != "uav20l"
        text += table("dslt_fact", "dslt_facts_" + name,
                      [fact(row["name"], row["folder"], row["start_frame"], row["end_frame"],
                            nan_rows=row.get("gt_nan_frames", -1),
                            attributes=mask(known[row["name"]]["attributes"], short) if shared else "0")
                       for row in rows(facts, file)])
    return text


def vot(facts):
    return table("dslt_fact", "dslt_facts_vot2016",
                 [fact(row["name"], row["name"], 0, 0, 8) for row in rows(facts, "vot2015_vot2016_names.tsv")])


TABLES = {
    "otb.c": ("OTB-2013, OTB-50 and OTB-100", otb),
    "tc128.c": ("Temple-Color 128", tc128),
    "uav.c": ("UAV123, UAV20L and UAV123@10fps", uav),
    "vot.c": ("VOT-2016, whose sequences are VOT-2015's", vot),
}


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    facts = pathlib.Path(sys.argv[1])
    folder = pathlib.Path(sys.argv[2] if len(sys.argv) == 3 else __file__).resolve()
    folder = folder if len(sys.argv) == 3 else folder.parent
    for file, (title, make) in TABLES.items():
        head = ["/* SPDX-License-Identifier: Apache-2.0 */", f"/* {file}: {title}. Written by generate.py; columns as in facts.h. */", "#include <stddef.h>", "",
                '#include "dataset/facts/facts.h"', "", "/* clang-format off */"]
        (folder / file).write_text("\n".join(head + make(facts)).rstrip("\n") + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
