"""Build the collection's artifact into .build/dist and check it the way Galaxy does when it is uploaded.

Usage: .venv/test/bin/python tools/import_artifact.py [--build-only | --release]
--release: build it twice, and write its digest and a bill of materials (CycloneDX) of what it runs with beside it.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import place

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / ".build"
PLACE = BUILD / "ansible_collections" / "netops" / "layer2"
BIN = Path(sys.executable).parent
# The importer turns on both of flake8's opposite opinions on where to break a line at an operator.
EITHER_WAY = re.compile(r": W50[34] ")


def tracked_copy(folder: Path) -> Path:
    """A copy of what git tracks of the placed files in FOLDER: an inventory or report that somebody keeps in the
    checkout stays out of the artifact.
    """
    shutil.rmtree(folder, ignore_errors=True)
    for name in place.source_files(tracked_only=True):
        source, copy = PLACE / name, folder / name
        if source.is_file():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, copy, follow_symlinks=False)
    return folder


def build(folder: Path) -> Path:
    """Build the artifact of what is tracked into FOLDER."""
    shutil.rmtree(folder, ignore_errors=True)
    sources = tracked_copy(BUILD / "artifact" / "netops" / "layer2")
    command = [str(BIN / "ansible-galaxy"), "collection", "build", "--output-path", str(folder), str(sources)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    artifact = next(folder.glob("*.tar.gz"))
    make_reproducible(artifact)
    return artifact


def make_reproducible(artifact: Path) -> None:
    """Write ARTIFACT anew without times, owners and chance: the same sources give the same bytes, so that anybody can
    build what was signed.
    """
    with tarfile.open(artifact) as packed:
        members = [(member, packed.extractfile(member)) for member in packed.getmembers()]
        contents = in_order({member.name: file.read() if file else None for member, file in members})
    fresh = artifact.with_suffix(".new")
    with (
        fresh.open("wb") as raw,
        gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w") as packed,
    ):
        for member in sorted((member for member, _file in members), key=lambda member: member.name):
            content = contents[member.name]
            member.mtime = member.uid = member.gid = 0
            member.uname = member.gname = ""
            member.pax_headers = {}
            member.size = len(content or b"")
            packed.addfile(member, None if content is None else io.BytesIO(content))
    fresh.replace(artifact)


def in_order(contents: dict[str, bytes | None]) -> dict[str, bytes | None]:
    """CONTENTS with the list of files sorted, whose order is that of a folder on the disk, and its digest in the
    manifest.
    """
    listed, manifest = contents.get("FILES.json"), contents.get("MANIFEST.json")
    if listed is None or manifest is None:
        return contents
    files, told = json.loads(listed), json.loads(manifest)
    files["files"].sort(key=lambda file: str(file["name"]))
    ordered = json.dumps(files, indent=True).encode()
    told["file_manifest_file"]["chksum_sha256"] = hashlib.sha256(ordered).hexdigest()
    return {**contents, "FILES.json": ordered, "MANIFEST.json": json.dumps(told, indent=True).encode()}


def check(artifact: Path) -> int:
    """Run galaxy-importer on the artifact; any ERROR or WARNING that it logs counts as a failure."""
    environment = dict(os.environ, GALAXY_IMPORTER_CONFIG=str(ROOT / "tools" / "galaxy-importer.cfg"))
    environment["PATH"] = os.pathsep.join([str(BIN), environment.get("PATH", os.defpath)])
    done = subprocess.run(
        [sys.executable, "-m", "galaxy_importer.main", str(artifact)],
        cwd=artifact.parent,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    print(done.stdout)
    complaints = [
        line
        for line in done.stdout.splitlines()
        if line.startswith(("ERROR", "WARNING")) and not EITHER_WAY.search(line)
    ]
    print(f"galaxy-importer: exit {done.returncode}, {len(complaints)} complaint(s)")
    return 1 if done.returncode or complaints else 0


def release(artifact: Path) -> int:
    """Build once more and compare; write the digest, and what the run environment holds, beside ARTIFACT."""
    digest = hashlib.sha256(artifact.read_bytes()).hexdigest()
    again = build(BUILD / "dist-again")
    if hashlib.sha256(again.read_bytes()).hexdigest() != digest:
        print(f"two builds of one source differ: {artifact.relative_to(ROOT)}, {again.relative_to(ROOT)}")
        return 1
    artifact.with_name(artifact.name + ".sha256").write_text(f"{digest}  {artifact.name}\n")
    bill = artifact.with_name(artifact.name.replace(".tar.gz", ".cdx.json"))
    maker = [
        str(ROOT / ".venv" / "release" / "bin" / "cyclonedx-py"),
        "environment",
        "--output-reproducible",
        "--output-file",
        str(bill),
        str(ROOT / ".venv" / "run"),
    ]
    subprocess.run(maker, check=True, stdin=subprocess.DEVNULL)
    print(f"{digest}  {artifact.relative_to(ROOT)}\nbill of materials: {bill.relative_to(ROOT)}")
    return 0


def main(arguments: list[str]) -> int:
    """Build, and check unless told otherwise."""
    artifact = build(BUILD / "dist")
    print(f"built {artifact.relative_to(ROOT)}", flush=True)
    if "--release" in arguments:
        return release(artifact)
    return 0 if "--build-only" in arguments else check(artifact)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
