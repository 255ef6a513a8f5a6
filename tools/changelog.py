"""Cut a version: its number into galaxy.yml and the collectors, the fragments folded into CHANGELOG, and the reference
rendered with the number.

Usage: .venv/test/bin/python tools/changelog.py VERSION      without VERSION that of galaxy.yml is folded again
Refuses a version for which docs/upgrade.md does not name what breaks.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
FRAGMENTS = ROOT / "changelogs" / "fragments"
BREAKING = ("breaking_changes", "removed_features")
VERSION = re.compile(r"^version: (\S+)$", re.MULTILINE)
# Modules carry the number with them: on a target there is no galaxy.yml to ask.
COLLECTORS = tuple(ROOT / "plugins" / "module_utils" / name for name in ("_snapshot.py", "_scan/_document.py"))
COLLECTOR = re.compile(r'^COLLECTOR = "[^"]+"', re.MULTILINE)
NUMBER = re.compile(r"\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?")
# What stands before the dash of an entry: names of plugins, roles and playbooks.
NAMES = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)+")


class VersionError(ValueError):
    """The version cannot be cut; the text says why."""


def broken_names(fragments: Path = FRAGMENTS) -> Iterator[tuple[str, str]]:
    """(fragment, name) of everything that the FRAGMENTS call broken or removed."""
    for path in sorted(fragments.glob("*.y*ml")):
        told = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        for entry in (entry for section in BREAKING for entry in told.get(section) or ()):
            yield from ((path.name, name) for name in NAMES.findall(str(entry).partition(" - ")[0]))


def unexplained(notes: str, fragments: Path = FRAGMENTS) -> list[str]:
    """What is broken or removed, and not named in the upgrade NOTES."""
    return [f"{name} ({fragment})" for fragment, name in broken_names(fragments) if name not in notes]


def with_version(galaxy: str, version: str) -> str:
    """The text of galaxy.yml with another VERSION; VersionError if that is none."""
    if not NUMBER.fullmatch(version):
        raise VersionError(f"VERSION={version}: write it as 0.2.0")
    return VERSION.sub(f"version: {version}", galaxy, count=1)


def with_collector(source: str, version: str) -> str:
    """The SOURCE of a collector that writes another VERSION into its documents; VersionError if it names none."""
    fresh, count = COLLECTOR.subn(f'COLLECTOR = "{version}"', source)
    if count != 1:
        raise VersionError("a collector does not say its version as COLLECTOR")
    return fresh


def fold(root: Path = ROOT) -> None:
    """Move the fragments of the collection at ROOT into its CHANGELOG, under the number in its galaxy.yml."""
    programs = Path(sys.executable).parent
    # It asks ansible-doc for the plugins that are new, and finds that on PATH only.
    path = os.pathsep.join([str(programs), os.environ.get("PATH", os.defpath)])
    subprocess.run(
        [str(programs / "antsibull-changelog"), "release", "--update-existing"],
        cwd=root,
        env={**os.environ, "PATH": path},
        check=True,
        stdin=subprocess.DEVNULL,
    )


def main(arguments: list[str]) -> int:
    """Cut it."""
    galaxy = ROOT / "galaxy.yml"
    text = galaxy.read_text(encoding="utf-8")
    fresh = with_version(text, arguments[0]) if arguments else text
    if missing := unexplained((ROOT / "docs" / "upgrade.md").read_text(encoding="utf-8")):
        raise VersionError(f"docs/upgrade.md does not say what to do about {', '.join(missing)}")
    version = yaml.safe_load(fresh)["version"]
    collectors = {path: with_collector(path.read_text(encoding="utf-8"), version) for path in COLLECTORS}
    for path, written in {galaxy: fresh, **collectors}.items():
        path.write_text(written, encoding="utf-8")
    fold()
    for script in ("place.py", "render_docs.py"):  # the pages name the version
        subprocess.run([sys.executable, str(ROOT / "tools" / script)], check=True, stdin=subprocess.DEVNULL)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except VersionError as error:
        sys.exit(str(error))
