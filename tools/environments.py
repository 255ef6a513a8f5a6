"""Make a virtual environment under .venv from the newest suitable Python (bench: the distribution's), and keep it in
step with its requirements.

Usage: python3 tools/environments.py run|test|bench|fuzz|docs|release

Runs under any Python 3.6 or newer, since it looks for a better one first. `LAYER2_PYTHON=/path/to/python3`
chooses the interpreter. On Debian and Ubuntu, which ship Python without `venv`, root gets it installed.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import fcntl
import glob
import hashlib
import os
import re
import shutil
import subprocess
import sys
from functools import lru_cache
from typing import Dict, Iterator, List, NamedTuple, Optional, Tuple

import packages

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LAST_PIP_FOR_36 = "pip==21.3.1"
NEWEST, OLDEST = (3, 14), (3, 10)  # what the supported ansible-core releases run on
PROBE = "import sys, ssl; print('%d.%d' % sys.version_info[:2]); import venv, ensurepip"

Interpreter = NamedTuple("Interpreter", [("path", str), ("version", Tuple[int, int]), ("complete", bool)])


class SetupError(Exception):
    """The environment cannot be made; the text says the way out."""


def candidates(version: Tuple[int, int]) -> Iterator[str]:
    """Yield paths that may be a Python of this version: on PATH, then pyenv's. Those in our own environments would be
    deleted under our feet.
    """
    name = "python%d.%d" % version
    own = os.path.join(os.path.realpath(os.path.join(ROOT, ".venv")), "")
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        if os.path.realpath(folder).startswith(own):
            continue
        for program in (name, "python3"):
            path = os.path.join(folder, program)
            if os.access(path, os.X_OK):
                yield path
    pyenv = os.environ.get("PYENV_ROOT", os.path.expanduser("~/.pyenv"))
    yield from sorted(glob.glob(os.path.join(pyenv, "versions", "%d.%d.*" % version, "bin", name)), reverse=True)


@lru_cache(maxsize=None)
def probe(path: str) -> Optional[Interpreter]:
    """Ask a Python for its version and whether it can make environments; None if it does not even start (pyenv's
    shims).
    """
    try:
        done = subprocess.run(
            [path, "-c", PROBE], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    version = re.match(r"(\d+)\.(\d+)", done.stdout.decode())
    if version is None:
        return None
    return Interpreter(path, (int(version.group(1)), int(version.group(2))), done.returncode == 0)


def find_all(newest: Tuple[int, int] = NEWEST, oldest: Tuple[int, int] = OLDEST) -> List[Interpreter]:
    """Every Python from `newest` down to `oldest` that starts here: one a version, complete ones preferred."""
    found: Dict[Tuple[int, int], Interpreter] = {}
    for minor in range(newest[1], oldest[1] - 1, -1):
        for path in candidates((3, minor)):
            python = probe(path)
            if python is None or not oldest <= python.version <= newest:
                continue
            known = found.get(python.version)
            if known is None or (python.complete and not known.complete):
                found[python.version] = python
            if python.complete and python.version == (3, minor):
                break
    return [found[version] for version in sorted(found, reverse=True)]


def add_venv_support(pythons: List[Interpreter]) -> None:
    """Install Debian's package that holds `venv`, or say which one is missing."""
    package = "python%d.%d-venv" % pythons[0].version
    if not packages.can_install():
        raise SetupError(
            "%s cannot make virtual environments: install the package %s (Debian, Ubuntu: sudo apt-get install %s)"
            % (pythons[0].path, package, package)
        )
    packages.install([package])
    probe.cache_clear()


def of_distribution() -> List[Interpreter]:
    """The system's own Python, if it is suitable."""
    python = probe("/usr/bin/python3")
    return [python] if python and python.complete and OLDEST <= python.version <= NEWEST else []


def choose(name: str = "") -> str:
    """Return the path of the interpreter to build the environment NAME from."""
    wanted = os.environ.get("LAYER2_PYTHON")
    if wanted:
        python = probe(wanted)
        if python is None or not python.complete:
            raise SetupError("PYTHON=%s does not start or has no venv module: name another one" % wanted)
        return python.path
    for attempt in (1, 2):
        # Distributions build theirs with profile-guided optimisation; one built without it measures its compiler.
        pythons = (of_distribution() if name == "bench" else []) or find_all()
        complete = [python for python in pythons if python.complete]
        if complete:
            return complete[0].path
        if not pythons:
            raise SetupError(
                "no Python %d.%d to %d.%d found: install one (Debian 12, Ubuntu 22.04 and newer bring it as python3)"
                % (OLDEST + NEWEST)
            )
        if attempt == 1:
            add_venv_support(pythons)
    raise SetupError(
        "%s still cannot make virtual environments: 'import venv, ensurepip' fails in it" % pythons[0].path
    )


def requirement_files(path: str) -> List[str]:
    """A requirements file and all that it includes with -r."""
    files = [path]
    with open(path) as handle:
        for line in handle:
            if line.startswith("-r "):
                files += requirement_files(os.path.join(os.path.dirname(path), line[3:].strip()))
    return files


def fingerprint(python: str, requirements: str, folder: str) -> str:
    """Changes whenever the environment would be built differently; its programs name the folder that they are in."""
    digest = hashlib.sha256(repr((python, os.path.realpath(python), folder)).encode())
    for path in requirement_files(requirements):
        with open(path, "rb") as handle:
            digest.update(handle.read())
    return digest.hexdigest()


def logged(command: List[str], log: str) -> None:
    """Run a command with its output in a file, shown only when it fails."""
    os.makedirs(os.path.dirname(log), exist_ok=True)
    with open(log, "ab") as output:
        done = subprocess.run(command, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, check=False)
    if done.returncode != 0:
        with open(log, errors="replace") as handle:
            sys.stderr.write("".join(handle.readlines()[-15:]))
        raise SetupError("%s failed; the whole output is in %s" % (" ".join(command[:4]), log))


def build(name: str, requirements: str, python: Optional[str] = None) -> str:
    """Bring .venv/NAME up to date and return its folder; a half-made one is made anew."""
    folder = os.path.realpath(os.path.join(ROOT, ".venv", name))
    os.makedirs(folder, exist_ok=True)
    with open(folder + ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two make targets side by side must not build it twice
        stamp = os.path.join(folder, "stamp")
        python = python or choose(name)
        wanted = fingerprint(python, requirements, folder)
        if os.path.exists(stamp):
            with open(stamp) as handle:
                if handle.read() == wanted:
                    return folder
        log = os.path.join(ROOT, ".build", "logs", "venv-%s.log" % name.replace("/", "-"))
        print("setting up .venv/%s with %s" % (name, python), flush=True)
        shutil.rmtree(folder)
        logged([python, "-m", "venv", folder], log)
        pip = [os.path.join(folder, "bin", "python"), "-m", "pip", "install", "--disable-pip-version-check"]
        interpreter = probe(python)
        if interpreter and interpreter.version < (
            3,
            7,
        ):  # the pip that comes with it picks releases which need a newer Python
            logged([*pip, "--upgrade", LAST_PIP_FOR_36], log)
        # What is imported is compiled then, and kept; to compile all took 11 of the 34 s of CPU for .venv/test.
        logged([*pip, "--no-compile", "-r", requirements], log)
        with open(stamp, "w") as handle:
            handle.write(wanted)
    return folder


def main(arguments: List[str]) -> int:
    """Build the environments named on the command line."""
    try:
        for name in arguments:
            build(name, os.path.join(ROOT, "requirements-%s.txt" % name))
    except (SetupError, packages.PackageError) as error:
        sys.stderr.write("error: %s\n" % error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
