"""Settings of the collection among a host's facts: every public variable of roles and playbooks is recognised, and no
fact of ours is.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from ansible_collections.netops.layer2.plugins.plugin_utils import _planted

COLLECTION = Path(_planted.__file__).parents[2]


def settings():
    """The variables that roles document, and those that playbooks set."""
    for path in sorted((COLLECTION / "roles").glob("*/meta/argument_specs.yml")):
        for entry in yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"].values():
            yield from entry.get("options", {})
    for path in sorted((COLLECTION / "playbooks").glob("*.yml")):
        for play in yaml.safe_load(path.read_text(encoding="utf-8")):
            yield from play.get("vars", {})


OTHERS = ("target", "layer2_become", "detect_scan", "inventory_hostname", "inventory_hostname_short", "group_names")


@pytest.mark.parametrize("name", sorted({*settings(), *OTHERS}))
def test_every_setting_is_recognised(name):
    assert _planted.planted_names({name: "x"}) == [name]


def test_facts_are_left_alone():
    others = {
        "distribution": "Debian",
        "discovered_interpreter_python": "/usr/bin/python3",
        "target_os": "x",
        "gather_subset": ["all"],
        "module_setup": True,
    }
    facts = dict.fromkeys(_planted.OWN_FACTS, "{}") | others
    assert _planted.planted_names(facts) == []


def test_each_host_that_holds_one_is_named():
    hostvars = {
        "a": {"ansible_facts": {"report_directory": "/"}},
        "b": {"report_directory": "/srv"},
        "c": {"ansible_facts": None},
    }
    assert _planted.planted(hostvars, ["a", "b", "c", "absent"]) == {"a": ["report_directory"]}


def test_the_refusal_names_host_variable_and_hint():
    said = _planted.refusal("hv\n1", ["report_directory", "fix_apply"])
    assert "host hv\\x0a1 hold report_directory, fix_apply" in said
    assert "--limit '!hv\\x0a1'" in said
    assert _planted.refusal(None, ["inventory_hostname"]).startswith(
        "the facts of this host hold inventory_hostname: "
    ), "its name is no one's to tell"
