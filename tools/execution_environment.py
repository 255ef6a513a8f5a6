"""Makes the execution environment with podman: the artifact of this checkout, its context, the image, a run in it.

Usage: .venv/ee/bin/python tools/execution_environment.py [--file FILE] [--tag TAG] [--base IMAGE|debian] [--mirror URL]
       [--context-only | --build-only]

`--base debian` makes the base here, with mmdebstrap, where no registry of images can be reached.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import argparse
import ast
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from containers import NETWORK, Podman, PodmanError, find

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".build" / "ee"
ARTIFACT = FOLDER / "netops-layer2.tar.gz"
CONTEXT = FOLDER / "context"
BIN = Path(sys.executable).parent
PLACE = ROOT / ".build" / "ansible_collections" / "netops" / "layer2"
RELEASE = "trixie"
BASE = f"localhost/netops-layer2-base:{RELEASE}"
PLAYBOOK = "netops.layer2.detect_dup_mac"
# The container reads itself, since it is there on every machine.
INVENTORY = "localhost ansible_connection=local ansible_python_interpreter=auto_silent\n"
JUDGED = re.compile(r"\d+ conflicts?, .* \d+ of \d+ hosts? judged[^;.]*")
# What pip is told on this machine, of which a container may need the same; the rest are paths of this machine.
PIP_SETTINGS = {"index-url", "extra-index-url", "trusted-host", "proxy", "timeout", "cert"}
PIP_FOLDER = "/etc/xdg/pip"  # where every pip looks


def artifact() -> Path:
    """The artifact of this checkout, where the definitions expect it."""
    ARTIFACT.parent.mkdir(parents=True, exist_ok=True)
    for old in ARTIFACT.parent.glob("netops-layer2*.tar.gz"):
        old.unlink()
    command: list[str | Path] = [
        BIN / "ansible-galaxy",
        "collection",
        "build",
        "--force",
        "--output-path",
        ARTIFACT.parent,
        PLACE,
    ]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    (made,) = ARTIFACT.parent.glob("netops-layer2-*.tar.gz")
    return made.rename(ARTIFACT)


def create(definition: Path, context: Path) -> Path:
    """The folder CONTEXT with the Containerfile of DEFINITION and all that it copies."""
    shutil.rmtree(context, ignore_errors=True)
    words = ["--output-filename", "Containerfile"]
    command: list[str | Path] = [BIN / "ansible-builder", "create", "-f", definition, "-c", context, *words]
    subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
    return context


def make_base(podman: Podman, mirror: str, folder: Path) -> str:
    """A base image of Debian from packages, as podman knows it; mmdebstrap chooses the mirror where none is named."""
    if shutil.which("mmdebstrap") is None:
        raise PodmanError("mmdebstrap is not installed (Debian: apt-get install mmdebstrap)")
    archive = folder / "base.tar"
    slim = ("--dpkgopt=path-exclude=/usr/share/doc/*", "--dpkgopt=path-exclude=/usr/share/man/*")
    podman.must(["mmdebstrap", "--quiet", "--variant=minbase", *slim, RELEASE, archive, *([mirror] if mirror else [])])
    podman.must(["podman", "import", "--quiet", archive, BASE])
    archive.unlink()
    return BASE


def pip_settings(shown: str, folder: Path) -> bool:
    """Write to FOLDER, for a container, what `pip config list` has SHOWN of this machine; whether that is anything."""
    told = dict(re.findall(r"^(?:global|install|:env:)\.([\w-]+)=(.+)$", shown, re.MULTILINE))
    settings = {name: str(ast.literal_eval(value)) for name, value in told.items() if name in PIP_SETTINGS}
    if "extra-index-url" in settings:
        remote = [url for url in settings["extra-index-url"].split() if not url.startswith("file:")]
        settings["extra-index-url"] = " ".join(remote)
    if "cert" in settings:
        shutil.copy(settings["cert"], folder / "certificates.pem")
        settings["cert"] = f"{PIP_FOLDER}/certificates.pem"
    lines = [f"{name} = {value}\n" for name, value in settings.items() if value]
    (folder / "pip.conf").write_text("".join(["[global]\n", *lines]), encoding="utf-8")
    return bool(lines)


def build(podman: Podman, context: Path, tag: str, base: str) -> None:
    """Build the image; pip is told where packages are while it is built, and the image keeps none of that."""
    bases = ["--build-arg", f"EE_BASE_IMAGE={base}"] if base else []
    with tempfile.TemporaryDirectory(dir=FOLDER) as name:
        asked = [sys.executable, "-m", "pip", "config", "list"]
        shown = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
        pip = ["--volume", f"{name}:{PIP_FOLDER}:ro,z"] if pip_settings(shown, Path(name)) else []
        podman.must(["podman", "build", *podman.building, *pip, *bases, "--tag", tag, context])


def by_runner(podman: Podman, tag: str, folder: Path, playbook: str = PLAYBOOK) -> subprocess.CompletedProcess[str]:
    """Run a PLAYBOOK in the image as AWX does, by ansible-runner with process isolation; FOLDER holds its inventory."""
    isolation = ("--process-isolation", "--process-isolation-executable", "podman", "--container-image", tag)
    options = ("--container-option=--user=root", f"--container-option={NETWORK}")
    return podman.run([BIN / "ansible-runner", "run", folder, "-p", playbook, *isolation, *options])


def by_navigator(podman: Podman, tag: str, folder: Path, playbook: str = PLAYBOOK) -> subprocess.CompletedProcess[str]:
    """Run a PLAYBOOK in the image as a person does, by ansible-navigator; FOLDER holds its inventory."""
    image = ("--container-engine", "podman", "--execution-environment-image", tag, "--pull-policy", "never")
    options = (f"--container-options={NETWORK}",)
    words = ("--mode", "stdout", "--playbook-artifact-enable", "false", "--log-file", str(folder / "navigator.log"))
    command = ("run", playbook, "-i", str(folder / "inventory"), *image, *options, *words)
    return podman.run([BIN / "ansible-navigator", *command], folder)


WAYS = {"ansible-runner": by_runner, "ansible-navigator": by_navigator}


def try_out(podman: Podman, tag: str) -> None:
    """Run the playbook in the image in every way, on the container itself; PodmanError where it gives no verdict."""
    for name, way in WAYS.items():
        with tempfile.TemporaryDirectory(dir=FOLDER) as made:
            folder = Path(made)
            (folder / "inventory").mkdir()
            (folder / "inventory" / "hosts").write_text(INVENTORY, encoding="utf-8")
            done = way(podman, tag, folder)
        verdict = JUDGED.search(done.stdout)
        if done.returncode != 0 or verdict is None:
            raise PodmanError(f"{PLAYBOOK} failed in {tag} by {name}:\n{done.stdout[-2000:]}")
        print(f"{PLAYBOOK} by {name}: {verdict.group()}")


def make(options: argparse.Namespace, context: Path) -> None:
    """The image from its CONTEXT, and a run in it."""
    with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
        podman = find(Path(folder))
        base = make_base(podman, options.mirror, Path(folder)) if options.base == "debian" else options.base
        build(podman, context, options.tag, base)
        print(f"image: {options.tag}")
        if not options.build_only:
            try_out(podman, options.tag)


def main(arguments: Sequence[str] | None = None) -> int:
    """Make what the command line asks for."""
    parser = argparse.ArgumentParser(description="Make the execution environment of this collection.")
    parser.add_argument("--file", type=Path, default=ROOT / "execution-environment.yml")
    parser.add_argument("--tag", default="localhost/netops-layer2-ee:latest")
    parser.add_argument("--base", default="", help="a base image in place of the file's; `debian` makes one here")
    parser.add_argument("--mirror", default="", help="where a base that is made here takes Debian's packages from")
    parser.add_argument("--context-only", action="store_true", help="make no image")
    parser.add_argument("--build-only", action="store_true", help="run nothing in the image")
    options = parser.parse_args(arguments)
    artifact()
    context = create(options.file.resolve(), CONTEXT)
    print(f"context: {context}", flush=True)
    if options.context_only:
        return 0
    try:
        make(options, context)
    except PodmanError as error:
        print(error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
