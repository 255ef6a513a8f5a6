"""Cutting a version: its number, and that the upgrade notes name what breaks."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import importlib
import re
import shutil
import subprocess
from pathlib import Path
from types import ModuleType

import pytest
import yaml

TOOLS = Path(__file__).resolve().parents[2] / "tools"
if not TOOLS.is_dir():
    pytest.skip("the artifact holds no tools/", allow_module_level=True)


@pytest.fixture
def changelog(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(TOOLS))
    return importlib.import_module("changelog")


def test_a_version_is_set_once(changelog: ModuleType) -> None:
    galaxy = "name: layer2\nversion: 0.1.0\nauthors: []\n"
    assert changelog.with_version(galaxy, "0.2.0") == galaxy.replace("0.1.0", "0.2.0")


def test_each_collector_says_the_version(changelog: ModuleType) -> None:
    for path in changelog.COLLECTORS:
        source = path.read_text(encoding="utf-8")
        assert 'COLLECTOR = "9.8.7"  #' in changelog.with_collector(source, "9.8.7")
    with pytest.raises(changelog.VersionError, match="COLLECTOR"):
        changelog.with_collector("collector = 1\n", "9.8.7")


@pytest.mark.parametrize("version", ["", "v0.2.0", "0.2", "0.2.0\nname: x", "next"])
def test_what_is_no_version_is_refused(changelog: ModuleType, version: str) -> None:
    with pytest.raises(changelog.VersionError, match="write it as"):
        changelog.with_version("version: 0.1.0\n", version)


def test_what_breaks_is_named_in_the_upgrade_notes(changelog: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text(
        "---\nbreaking_changes:\n  - old_filter, other_filter - are gone; use new_step.\nminor_changes:\n  - new_step -"
        " new.\n"
    )
    (tmp_path / "b.yml").write_text(
        "---\nremoved_features:\n  - playbooks - some words.\nbugfixes:\n  - bad_one - mended.\n"
    )
    assert changelog.unexplained("`old_filter` is `new_step` now", tmp_path) == ["other_filter (a.yml)"]
    assert changelog.unexplained("`old_filter` and `other_filter` are gone", tmp_path) == []


@pytest.mark.skipif(shutil.which("git") is None, reason="antsibull-changelog asks git what belongs to the collection")
def test_fragments_are_folded_by_the_programs_of_the_environment(
    changelog: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "changelogs" / "fragments").mkdir(parents=True)
    (tmp_path / "plugins" / "filter").mkdir(parents=True)
    shutil.copy(TOOLS.parent / "changelogs" / "config.yaml", tmp_path / "changelogs")
    (tmp_path / "galaxy.yml").write_text("namespace: a\nname: b\nversion: 0.1.0\nreadme: README.md\nauthors: [c]\n")
    (tmp_path / "changelogs" / "fragments" / "new.yml").write_text("---\nbugfixes:\n  - some_name - mended.\n")
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    monkeypatch.setenv("PATH", "/usr/bin:/bin")  # as make runs it: no ansible-doc there
    changelog.fold(tmp_path)
    assert "some\\_name \\- mended\\." in (tmp_path / "CHANGELOG.md").read_text(encoding="utf-8")
    assert not list((tmp_path / "changelogs" / "fragments").iterdir())


def test_the_next_version_can_be_cut_now(changelog: ModuleType) -> None:
    notes = (TOOLS.parent / "docs" / "upgrade.md").read_text(encoding="utf-8")
    assert changelog.unexplained(notes) == []


def test_what_users_will_read_has_no_markup_of_documentation() -> None:
    told = {path.name: path.read_text(encoding="utf-8") for path in (TOOLS.parent / "changelogs").rglob("*.yml")}
    assert [name for name, text in told.items() if re.search(r"\b[CO]\(", text)] == []


def test_what_is_new_is_listed_with_its_version() -> None:
    changes = (TOOLS.parent / "changelogs" / "changelog.yaml").read_text(encoding="utf-8")
    released = yaml.safe_load(changes)["releases"]
    newest = max(released, key=lambda version: tuple(map(int, version.split("."))))
    listed = {
        new["name"]
        for release in released.values()
        for kinds in (release.get("plugins", {}), {"module": release.get("modules", [])})
        for kind in kinds.values()
        for new in kind
    }
    late = [
        path.name
        for folder in ("callback", "filter", "lookup", "modules")
        for path in sorted((TOOLS.parent / "plugins" / folder).glob("[a-z]*.py"))
        if path.stem not in listed and f"\nversion_added: {newest}\n" in path.read_text(encoding="utf-8")
    ]
    assert late == []   # antsibull-changelog would never list them
