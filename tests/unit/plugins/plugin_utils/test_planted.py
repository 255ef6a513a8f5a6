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
from ansible import constants
from ansible.plugins.loader import become_loader, connection_loader, shell_loader
from ansible.vars.clean import clean_facts, namespace_facts
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


def reaching():
    """The variables of ansible-core's plugins that say how a host is reached, and that it takes from facts, too."""
    kinds = {"connection": connection_loader, "become": become_loader, "shell": shell_loader}
    found = set()
    for kind, loader in kinds.items():
        for path in loader.all(path_only=True):
            options = constants.config.get_configuration_definitions(kind, Path(path).stem)
            if not options:  # read with the plugin
                loader.get(Path(path).stem, class_only=True)
                options = constants.config.get_configuration_definitions(kind, Path(path).stem)
            found.update(entry["name"] for option in options.values() for entry in option.get("vars") or ())
    named = {name for name in found if name.startswith("ansible_")}
    return sorted(clean_facts(dict.fromkeys(named, "x")))


def test_how_a_host_is_reached_is_no_fact():
    found = reaching()
    assert {"ansible_sftp_executable", "ansible_control_path", "ansible_sudo_exe"} <= set(found)
    assert _planted.planted_names(namespace_facts(dict.fromkeys(found, "x"))["ansible_facts"]) == [
        name.removeprefix("ansible_") for name in found
    ]
    # Only with other connections, or with older releases of ansible-core.
    for name in ("paramiko_proxy_command", "libssh_proxy_command", "scp_if_ssh"):
        assert _planted.planted_names({name: "x"}) == [name]


def test_facts_are_left_alone():
    others = {
        "local": {},
        "ssh_host_key_rsa_public": "x",
        "user_id": "root",
        "system": "Linux",
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
