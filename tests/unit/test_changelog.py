"""Cutting a version: its number, and that the upgrade notes name what breaks."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

import pytest

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


def test_the_next_version_can_be_cut_now(changelog: ModuleType) -> None:
    notes = (TOOLS.parent / "docs" / "upgrade.md").read_text(encoding="utf-8")
    assert changelog.unexplained(notes) == []
