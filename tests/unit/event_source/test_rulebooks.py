"""The delivered rulebooks: all that they name is there, their kinds are those of events, and none of them cures."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
from pathlib import Path

import ansible_collections.netops.layer2 as collection
import pytest
import yaml
from ansible_collections.netops.layer2.plugins.plugin_utils._neighbor_watch._events import KINDS
from ansible_collections.netops.layer2.plugins.plugin_utils._neighbor_watch._settings import ARGUMENTS

ROOT = Path(next(iter(collection.__path__)))
EDA = ROOT / "extensions" / "eda"
READ_ONLY = {"netops.layer2.detect_dup_mac"}
RULEBOOKS = sorted((EDA / "rulebooks").glob("*.yml"))


def test_there_are_rulebooks():
    assert len(RULEBOOKS) == 3


@pytest.mark.parametrize("path", RULEBOOKS, ids=[path.stem for path in RULEBOOKS])
def test_a_rulebook_names_what_there_is_and_changes_nothing(path):
    (ruleset,) = yaml.safe_load(path.read_text())
    (source,) = ruleset["sources"]
    if "netops.layer2.neighbor_watch" in source:
        assert source["netops.layer2.neighbor_watch"].keys() <= ARGUMENTS
    for row in source.get("filters", []):
        assert (EDA / "plugins" / "event_filter" / f"{next(iter(row)).rpartition('.')[2]}.py").exists()
    for rule in ruleset["rules"]:
        for action in rule["actions"]:
            ((kind, arguments),) = action.items()
            assert kind in ("debug", "run_playbook", "run_job_template")
            if kind == "run_playbook":
                assert arguments["name"] in READ_ONLY
                assert (ROOT / "playbooks" / f"{arguments['name'].rpartition('.')[2]}.yml").exists()
        if any("debug" not in action for action in rule["actions"]):
            assert rule["throttle"]["group_by_attributes"] == ["event.limit"], (
                "a fight that goes on starts no job a second"
            )


@pytest.mark.parametrize("path", RULEBOOKS, ids=[path.stem for path in RULEBOOKS])
def test_conditions_ask_for_kinds_that_there_are(path):
    asked = re.findall(r'"(\w+)"', " ".join(rule["condition"] for rule in yaml.safe_load(path.read_text())[0]["rules"]))
    assert asked and set(asked) <= set(KINDS)


def test_galaxy_is_told_of_both_kinds_of_plugins():
    listed = [
        row["args"]["ext_dir"] for row in yaml.safe_load((ROOT / "meta" / "extensions.yml").read_text())["extensions"]
    ]
    assert listed == ["eda/plugins/event_source", "eda/plugins/event_filter"] and all(
        (EDA.parent / folder).is_dir() for folder in listed
    )
