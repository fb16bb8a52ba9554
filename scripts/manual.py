#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The man page dslt(1) and completions for bash, zsh and fish, from the program's own tables of options.

    scripts/manual.py PROGRAM FOLDER     write FOLDER/dslt.1, dslt.bash, _dslt and dslt.fish

Every verb prints its table with --help; this asks for lines that are not broken and reads them.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

UNBROKEN = "no-dup-args-note,rmargin=8000,opt-doc-col=60"
OPTION = re.compile(r"^ {2,6}(?:-(?P<short>\S)(?:, )?)?(?:--(?P<long>[a-z][\w-]*))?(?P<optional>\[)?"
                    r"(?:[= ]?(?P<value>[A-Z][^\s\]]*))?\]?(?: {2,}(?P<help>\S.*))?$")
VALUES = {"backend": "auto cpu cuda", "precision": "auto f32 bf16 tf32"}
NUMBER = re.compile(r"^(N|X,Y,W,H|I/N|TEXT|KEY=VALUE)$")


@dataclass
class Option:
    short: str
    long: str
    value: str
    optional: bool
    help: str
    group: str

    def shown(self) -> str:
        names = ", ".join(name for name in (self.short and "-" + self.short, self.long and "--" + self.long) if name)
        value = f"[={self.value}]" if self.optional else f"={self.value}" if self.value else ""
        return names + (value if self.long else " " + self.value if self.value else "")

    def takes_file(self) -> bool:
        return bool(self.value) and self.long not in VALUES and self.long != "preset" and not NUMBER.match(self.value)


@dataclass
class Verb:
    words: tuple[str, ...]
    summary: str
    usage: list[str] = field(default_factory=list)
    about: str = ""
    options: list[Option] = field(default_factory=list)
    more: str = ""
    parts: list["Verb"] = field(default_factory=list)


def run(program: str, *words: str) -> str:
    environment = dict(os.environ, ARGP_HELP_FMT=UNBROKEN, LC_ALL="C", GOMP_SPINCOUNT="300")
    return subprocess.run([program, *words], env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout


def read_verb(program: str, words: tuple[str, ...], summary: str) -> Verb:
    verb = Verb(words, summary)
    group, rest = "", []
    for line in run(program, *words, "--help").splitlines():
        match = OPTION.match(line) if line.startswith("  ") else None
        if line.startswith(("Usage: ", "  or:  ")):
            verb.usage.append(line[7:])
        elif not verb.options and not verb.about and line.strip():
            verb.about = line
        elif match and (match["short"] or match["long"]) and match["help"]:
            verb.options.append(Option(match["short"] or "", match["long"] or "", match["value"] or "",
                                       bool(match["optional"]), match["help"], group))
        elif re.match(r"^ [A-Z].*:$", line):
            group = line.strip()
        elif verb.options or rest:
            rest.append(line)
        elif line.strip():
            verb.about += "\n" + line
    verb.more = "\n".join(rest).strip("\n")
    for line in rest:  # verbs with verbs of their own list them behind their options
        part = re.match(r"^  ([a-z]+)(?: [A-Z\[]\S*)?  +(\S.*)$", line)
        if part and len(words) == 1 and any(f" {part[1]}" in usage for usage in verb.usage):
            verb.parts.append(read_verb(program, (*words, part[1]), part[2]))
    return verb


def read_program(program: str) -> tuple[list[Verb], str, list[str]]:
    """Verbs, version, names of presets."""
    found = re.findall(r"^  ([a-z]+) +(\S.*)$", run(program, "--help").split("\n\n")[1], re.M)
    verbs = [read_verb(program, (name,), summary) for name, summary in found]
    presets = re.findall(r"^preset (\S+) ", run(program, "info"), re.M)
    return verbs, run(program, "--version").split()[1], presets


def everyone(verbs: list[Verb]):
    for verb in verbs:
        yield verb
        yield from verb.parts


# ---- dslt(1) -------------------------------------------------------------------------------------------------------

def roff(text: str) -> str:
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq")
    return "\n".join("\\&" + line if line.startswith((".", "\\(aq")) else line for line in text.split("\n"))


def paragraphs(text: str) -> list[str]:
    """Prose as paragraphs, indented lines as they are."""
    out = []
    for block in re.split(r"\n\s*\n", text):
        lines = [line for line in block.split("\n") if line.strip()]
        if any(line.startswith("  ") for line in lines):
            head = [line for line in lines if not line.startswith("  ")]
            out += [".PP", *map(roff, head), ".nf", *(roff(line) for line in lines if line.startswith("  ")), ".fi"]
        elif lines:
            out += [".PP", *map(roff, lines)]
    return out


def page(verbs: list[Verb], version: str) -> str:
    out = [f'.TH DSLT 1 "" "dslt {version}" "User Commands"', ".SH NAME", "dslt \\- follow objects through videos",
           ".SH SYNOPSIS"]
    for verb in verbs:
        out += [".B dslt " + verb.words[0], "[OPTION...] ...", ".br"]
    out += [".SH DESCRIPTION", "Each verb explains itself with \\-\\-help. They are:"]
    for verb in verbs:
        out += [".TP", ".B " + verb.words[0], roff(verb.summary)]
    for verb in everyone(verbs):
        out += [f'.SH "{" ".join(("dslt", *verb.words)).upper()}"']
        for usage in verb.usage:
            out += [roff(usage), ".br"]
        out += paragraphs(verb.about)
        group = ""
        for option in verb.options:
            if option.group != group:
                group = option.group
                out += [".SS " + roff(group.rstrip(":"))]
            out += [".TP", "\\fB" + roff(option.shown()) + "\\fR", roff(option.help)]
        out += paragraphs(verb.more)
    return "\n".join(out) + "\n"


# ---- completions ---------------------------------------------------------------------------------------------------

def names(options: list[Option]) -> str:
    return " ".join(name for o in options for name in (o.long and "--" + o.long, o.short and "-" + o.short) if name)


def with_value(verbs: list[Verb], chosen) -> str:
    return "|".join(sorted({name for verb in everyone(verbs) for o in verb.options if o.value and not o.optional and chosen(o)
                            for name in (o.long and "--" + o.long, o.short and "-" + o.short) if name}))


def bash(verbs: list[Verb], presets: list[str]) -> str:
    cases = [f"    {' '.join(verb.words)!r}) options='{names(verb.options)}' ;;".replace('"', "'") for verb in everyone(verbs)]
    parts = [f"    {verb.words[0]}) parts='{' '.join(part.words[1] for part in verb.parts)}' ;;" for verb in verbs if verb.parts]
    values = [f"    --{name}) COMPREPLY=($(compgen -W '{words}' -- \"$word\")); return ;;"
              for name, words in {**VALUES, "preset": " ".join(presets)}.items()]
    return "\n".join([
        "# bash completion for dslt, written by scripts/manual.py", "_dslt() {",
        "  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} options= parts= verb=${COMP_WORDS[1]}",
        f"  local verbs='{' '.join(verb.words[0] for verb in verbs)}'", "  COMPREPLY=()",
        "  if [ \"$COMP_CWORD\" = 1 ]; then", "    COMPREPLY=($(compgen -W \"$verbs help --help --version\" -- \"$word\"))",
        "    return", "  fi", "  case $verb in", *parts, "  esac",
        "  if [ -n \"$parts\" ] && [ \"$COMP_CWORD\" = 2 ]; then", "    COMPREPLY=($(compgen -W \"$parts --help\" -- \"$word\"))",
        "    return", "  fi", "  [ -z \"$parts\" ] || verb=\"$verb ${COMP_WORDS[2]}\"", "  case $before in", *values,
        f"    {with_value(verbs, lambda o: not o.takes_file() and o.long not in VALUES and o.long != 'preset')}) return ;;",
        f"    {with_value(verbs, Option.takes_file)}) COMPREPLY=($(compgen -f -- \"$word\")); compopt -o filenames; return ;;",
        "  esac", "  case $verb in", *cases, "  esac", "  case $word in",
        "    -*) COMPREPLY=($(compgen -W \"$options\" -- \"$word\")) ;;",
        "    *) COMPREPLY=($(compgen -f -- \"$word\")); compopt -o filenames 2>/dev/null ;;", "  esac", "}",
        "complete -F _dslt dslt", ""])


def zsh_option(option: Option, presets: list[str]) -> list[str]:
    text = re.sub(r"([\[\]:\\])", r"\\\1", option.help).replace("'", "'\\''")
    action = ""
    if option.value:
        words = " ".join(presets) if option.long == "preset" else VALUES.get(option.long, "")
        done = f"({words})" if words else "_files" if option.takes_file() else " "
        label = re.sub(r"[:\\']", "", option.value)
        action = f"{'::' if option.optional else ':'}{label}:{done}"
    out = []
    if option.long:
        out.append(f"'*--{option.long}{'=-' if option.optional else '=' if option.value else ''}[{text}]{action}'")
    if option.short:
        out.append(f"'*-{option.short}{'+' if option.value else ''}[{text}]{action}'")
    return out


def zsh(verbs: list[Verb], presets: list[str]) -> str:
    out = ["#compdef dslt", "# zsh completion for dslt, written by scripts/manual.py", "_dslt() {", "  local -a verbs parts",
           "  if (( CURRENT == 2 )); then", "    verbs=("]
    out += ["      '" + f"{verb.words[0]}:{verb.summary}".replace("'", "'\\''") + "'" for verb in verbs]
    out += ["    )", "    _describe verb verbs", "    return", "  fi", "  case $words[2] in"]
    for verb in verbs:
        out.append(f"    {verb.words[0]})")
        if verb.parts:
            out += ["      if (( CURRENT == 3 )); then", "        parts=("]
            out += ["          '" + f"{part.words[1]}:{part.summary}".replace("'", "'\\''") + "'" for part in verb.parts]
            out += ["        )", "        _describe verb parts", "        return", "      fi", "      case $words[3] in"]
            for part in verb.parts:
                specs = [spec for option in part.options for spec in zsh_option(option, presets)]
                out += [f"        {part.words[1]}) _arguments -S \\", *(f"          {spec} \\" for spec in specs), "          '*:file:_files' ;;"]
            out += ["      esac ;;"]
            continue
        specs = [spec for option in verb.options for spec in zsh_option(option, presets)]
        out += ["      _arguments -S \\", *(f"        {spec} \\" for spec in specs), "        '*:file:_files' ;;"]
    return "\n".join([*out, "  esac", "}", '_dslt "$@"', ""])


def fish(verbs: list[Verb], presets: list[str]) -> str:
    def quoted(text: str) -> str:
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"

    out = ["# fish completion for dslt, written by scripts/manual.py"]
    for verb in verbs:
        out.append(f"complete -c dslt -n __fish_use_subcommand -f -a {verb.words[0]} -d {quoted(verb.summary)}")
        for part in verb.parts:
            out.append(f"complete -c dslt -n '__fish_seen_subcommand_from {verb.words[0]}' -f -a {part.words[1]} "
                       f"-d {quoted(part.summary)}")
    for verb in everyone(verbs):
        seen = "; and ".join(f"__fish_seen_subcommand_from {word}" for word in verb.words)
        for option in verb.options:
            line = f"complete -c dslt -n '{seen}'"
            line += f" -l {option.long}" if option.long else ""
            line += f" -s {quoted(option.short)}" if option.short else ""
            words = " ".join(presets) if option.long == "preset" else VALUES.get(option.long, "")
            line += f" -x -a {quoted(words)}" if words else "" if not option.value or option.optional else \
                " -r" if option.takes_file() else " -x"
            out.append(line + f" -d {quoted(option.help)}")
    return "\n".join(out) + "\n"


def main() -> int:
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    verbs, version, presets = read_program(sys.argv[1])
    folder = Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in (("dslt.1", page(verbs, version)), ("dslt.bash", bash(verbs, presets)), ("_dslt", zsh(verbs, presets)),
                       ("dslt.fish", fish(verbs, presets))):
        (folder / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
