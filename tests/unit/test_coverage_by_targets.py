"""Every module, filter and role is run by a target of ansible-test, so that none of them is forgotten there."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
TARGETS = ROOT / "tests" / "integration" / "targets"
PLUGINS = sorted(path.stem for kind in ("modules", "filter") for path in (ROOT / "plugins" / kind).glob("*.py"))
ROLES = sorted(path.name for path in (ROOT / "roles").iterdir() if path.is_dir())


@cache
def code() -> str:
    """What the targets do, without comments: a name that is only talked about is not run."""
    files = sorted(path for path in TARGETS.rglob("*") if path.suffix in (".yml", ".sh"))
    return re.sub(r"(?m)^\s*#.*$", "", "\n".join(path.read_text(encoding="utf-8") for path in files))


@pytest.mark.parametrize("name", PLUGINS)
def test_a_target_runs_each_module_and_filter(name: str) -> None:
    assert re.search(rf"netops\.layer2\.{name}\b", code()), f"no target in tests/integration/targets runs {name}"


@pytest.mark.parametrize("name", ROLES)
def test_a_target_includes_each_role(name: str) -> None:
    assert re.search(rf"(?m)^\s+name: netops\.layer2\.{name}$", code()), (
        f"no target in tests/integration/targets includes the role {name}"
    )


@pytest.mark.parametrize(
    "target", sorted(path for path in TARGETS.iterdir() if path.is_dir()), ids=lambda path: path.name
)
def test_ansible_test_finds_what_a_target_holds(target: Path) -> None:
    assert (target / "tasks" / "main.yml").exists() or (target / "runme.sh").exists()
    assert target.name.startswith("setup_") or (target / "aliases").exists(), "aliases says what the target needs"


@pytest.mark.parametrize("tasks", sorted(TARGETS.glob("*/tasks/main.yml")), ids=lambda path: path.parents[1].name)
def test_who_makes_a_segment_takes_it_away_in_any_case(tasks: Path) -> None:
    text = tasks.read_text(encoding="utf-8")
    if "tasks_from: make.yml" not in text:
        return
    blocks = [task for task in yaml.safe_load(text) if "block" in task]
    assert any("remove.yml" in str(task.get("always")) for task in blocks if "make.yml" in str(task["block"]))
    assert "needs/root" in (tasks.parents[1] / "aliases").read_text(encoding="utf-8").split()
