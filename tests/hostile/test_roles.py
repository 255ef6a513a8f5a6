"""Hosts that lie to the roles against floods: they choose no setting and no module, run no template, and hold nobody by
keeping silent.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import time

import pytest

from .conftest import extra

AS_WE_ARE = extra(ageing_timers_become=False)  # an ordinary user may have no sudo
# What a host could gain by: where lines are written, what takes them, consent, and the role's own notes.
TIMERS = {
    "ageing_timers_platform": "eos",
    "ageing_timers_push": True,
    "ageing_timers_directory": "/tmp/chosen",
    "ageing_timers_become": True,
    "ageing_timers_made": {"push": "ansible.builtin.command"},
    "ageing_timers_block": {"lines": ["id"]},
    "ageing_timers_timeout": 0,
}
# What keeps a route, and for how long it may be wrong.
ROUTES = {
    "policy_route_routes": [],
    "policy_route_force": True,
    "policy_route_become": True,
    "policy_route_probe_from": ["first"],
    "policy_route_revert_timeout": 86400,
    "policy_route_timeout": 0,
    "policy_route_state": "absent",
    "policy_route_look": {"todo": []},
    "policy_route_change": {"revert": {}},
    "policy_route_undone": {"state": "reverted"},
    "policy_route_item": {"token": "x" * 32},
}
ROUTE = {"vip": "198.51.100.10", "interface": "eth0", "gateway": "192.0.2.1"}
HONEST = {
    "policy_route": {"changed": False, "routes": []},
    "prove_return_path": {"changed": False, "ways": [], "problems": []},
}
# Never answers, whatever it is asked for.
SILENT_FOR = 200  # seconds; whoever waits for such a host waits for all of them
SILENT = f"#!/bin/sh\nexec sleep {SILENT_FOR}\n"
# The module of a vendor's collection, as far as the role knows it.
VENDOR = """
import json
from ansible.module_utils.basic import AnsibleModule
module = AnsibleModule(argument_spec={{"lines": {{"type": "list"}}, "parents": {{"type": "list"}}}})
with open({told!r}, "a") as file:
    file.write(json.dumps([module.params["parents"], module.params["lines"]]) + "\\n")
module.exit_json(changed=True)
"""


def playbook(folder, role, *tasks):
    """A playbook that gathers facts, as many do, and runs ROLE."""
    path = folder / "role.yml"
    steps = [{"ansible.builtin.setup": {}}, *tasks, {"ansible.builtin.include_role": {"name": f"netops.layer2.{role}"}}]
    path.write_text(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": steps}]))
    return path


def alone(folder, role):
    """A playbook of one role."""
    path = folder / "role.yml"
    path.write_text(json.dumps([{"hosts": "all", "gather_facts": False, "roles": [f"netops.layer2.{role}"]}]))
    return path


def gathered(**facts):
    """The answer of setup."""
    return {"changed": False, "ansible_facts": facts}


def names(position):
    """Two hosts, of which the one called POSITION is where its name says."""
    return ["a", position] if position == "later" else [position, "z"]


@pytest.fixture
def silent(tmp_path):
    """The interpreter of a host that never answers."""
    path = tmp_path / "silent"
    path.write_text(SILENT)
    path.chmod(0o755)
    return {"ansible_python_interpreter": str(path)}


@pytest.fixture
def vendor(tmp_path):
    """Arista's module beside the playbook; a function that returns what it was told, as (parents, lines) by turn."""
    told = tmp_path / "told"
    module = (
        tmp_path / "collections" / "ansible_collections" / "arista" / "eos" / "plugins" / "modules" / "eos_config.py"
    )
    module.parent.mkdir(parents=True)
    module.write_text("#!/usr/bin/python\nDOCUMENTATION = '{}'\n" + VENDOR.format(told=str(told)))
    return lambda: [json.loads(line) for line in told.read_text().splitlines()] if told.exists() else []


@pytest.mark.parametrize("position", ["first", "later"])
def test_no_host_chooses_how_timers_are_set(hostile, run, vendor, tmp_path, position):
    hosts = {
        name: hostile(
            name,
            {
                "setup": gathered(**(TIMERS if name == position else {})),
                "layer2_timers": {"changed": False, "msg": "touched " + name},
                "command": {"changed": True, "msg": "commanded"},
            },
        )
        for name in names(position)
    }
    status, output = run(playbook(tmp_path, "ageing_timers"), "-v", *AS_WE_ARE, hosts=hosts)
    said = " ".join(output.split())
    assert status == 2 and f"the facts of host {position} hold" in said and all(name in said for name in TIMERS), output
    assert f"touched {position}" not in said and "commanded" not in said and not vendor(), output
    assert said.count("touched ") == 1, "another host's lie is no trouble of the others"
    assert not (tmp_path / "chosen").exists() and not (tmp_path / "layer2-timers").exists()


def test_a_platform_names_no_module(hostile, run, vendor, tmp_path):
    """Also where the operator has a host say what it is."""
    commanded = {"command": {"changed": True, "msg": "commanded"}}
    hosts = {
        "liar": hostile("liar", {"setup": gathered(ansible_system_of_it="ansible.builtin.command"), **commanded}),
        "switch": hostile("switch", {"setup": gathered(ansible_system_of_it="arista.eos.eos"), **commanded}),
    }
    settings = extra(
        ageing_timers_platform="{{ ansible_facts.system_of_it }}",
        ageing_timers_push=True,
        ageing_timers_gateways=["Vlan10"],
    )
    status, output = run(playbook(tmp_path, "ageing_timers"), *settings, hosts=hosts)
    said = " ".join(output.split())
    assert (
        status == 2 and "platform: 'ansible.builtin.command' is not known here" in said and "commanded" not in said
    ), output
    assert vendor() == [
        [None, ["mac address-table aging-time 1800", "arp aging timeout default 1200"]],
        [["interface Vlan10"], ["arp aging timeout 1200"]],
    ]
    assert [path.name for path in (tmp_path / "layer2-timers").iterdir()] == ["switch.cfg"]


@pytest.mark.parametrize("name", ["../escaped", ".hidden"])
def test_a_name_in_the_inventory_leads_nowhere_else(hostile, run, tmp_path, name):
    hosts = {name: hostile("any", {"setup": gathered()})}
    status, output = run(playbook(tmp_path, "ageing_timers"), *extra(ageing_timers_platform="eos"), hosts=hosts)
    assert status == 2 and "names no file: rename the host in the inventory" in " ".join(output.split()), output
    assert not list(tmp_path.parent.glob("escaped*")) and not (tmp_path / "layer2-timers").exists()


def test_a_link_in_the_place_of_the_lines_is_neither_shown_nor_followed(hostile, run, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("precious")
    (tmp_path / "layer2-timers").mkdir()
    (tmp_path / "layer2-timers" / "switch.cfg").symlink_to(secret)
    settings = extra(ageing_timers_platform="eos")
    status, output = run(
        playbook(tmp_path, "ageing_timers"),
        "--diff",
        *settings,
        hosts={"switch": hostile("switch", {"setup": gathered()})},
    )
    assert status == 2 and "it is a link" in output and "precious" not in output and secret.read_text() == "precious", (
        output
    )


def test_what_a_host_says_of_its_timers_is_text(hostile, run, marker, tmp_path):
    path, template = marker
    answer = {"failed": True, "msg": template, "bridges": [{"name": template}]}
    status, output = run(
        playbook(tmp_path, "ageing_timers"),
        *AS_WE_ARE,
        hosts={"host": hostile("host", {"setup": gathered(), "layer2_timers": answer})},
    )
    assert status == 2 and not path.exists() and "lookup('ansible.builtin.pipe'" in output, output


def away(host):
    """HOST as if it were reached over a network."""
    return {**host, "ansible_connection": "faraway"}


@pytest.mark.parametrize("position", ["first", "later"])
def test_no_host_chooses_how_routes_are_made(hostile, run, tmp_path, position):
    hosts = {
        name: away(
            hostile(
                name,
                {
                    "setup": gathered(**(ROUTES if name == position else {})),
                    "policy_route": {"failed": True, "msg": "touched"},
                    "confirmed_change": {"failed": True, "msg": "touched"},
                },
            )
        )
        for name in names(position)
    }
    path = playbook(tmp_path, "policy_route", {"ansible.builtin.set_fact": {"policy_route_routes": [ROUTE]}})
    status, output = run(path, hosts=hosts)
    said = " ".join(output.split())
    assert status == 2 and f"the facts of host {position} hold" in said and all(name in said for name in ROUTES), output
    assert "touched" not in said, "of a run that one host would steer nothing is changed anywhere"


def test_what_a_host_says_of_its_routes_is_text_and_its_words_are_no_proof(hostile, run, marker, tmp_path):
    path, template = marker
    evil = {"id": template, "token": template, "deadline": template}
    undone = {
        "changed": True,
        "state": template,
        "id": template,
        "failures": [{"what": template}],
        "ansible_facts": ROUTES,
    }
    hosts = {
        "refuses": away(
            hostile(
                "refuses", {"policy_route": {"failed": True, "msg": template, "interface": template, "unchanged": True}}
            )
        ),
        "breaks": away(
            hostile("breaks", {"policy_route": {"failed": True, "msg": template}, "confirmed_change": undone})
        ),
        "proves": away(
            hostile(
                "proves",
                {
                    "policy_route": {
                        "changed": True,
                        "interface": template,
                        "routes": [template],
                        "revert": evil,
                        "ansible_facts": ROUTES,
                    },
                    "prove_return_path": {"failed": True, "msg": template, "problems": [template]},
                    "confirmed_change": {"changed": True, "state": "reverted", "id": template},
                },
            )
        ),
    }
    play = alone(tmp_path, "policy_route")
    status, output = run(play, *extra(policy_route_routes=[ROUTE], policy_route_become=False), hosts=hosts)
    said = " ".join(output.split())
    assert status == 2 and not path.exists() and "lookup('ansible.builtin.pipe'" in said, output
    last = {
        name: said.rsplit(f"fatal: [{name}]", maxsplit=1)[-1].split("PLAY RECAP")[0].split("fatal:")[0]
        for name in hosts
    }
    assert "(the host has taken it back)" in last["proves"], output
    assert "(what the host has changed it takes back by itself, within 120 s)" in last["breaks"], output
    # Where the module came to its end and armed nothing, nothing waits.
    assert '"}' in last["refuses"].split("198.51.100.10: ")[1] and "the host" not in last["refuses"].split('"}')[0], (
        output
    )


@pytest.mark.parametrize("position", ["first", "later"])
def test_a_host_that_never_answers_holds_nobody(hostile, run, silent, tmp_path, position):
    hosts = {name: away(hostile(name, HONEST)) for name in names(position)}
    hosts[position].update(silent)
    other = next(name for name in hosts if name != position)
    play = alone(tmp_path, "policy_route")
    # Room for the other one, which answers on a busy machine.
    short = extra(
        policy_route_routes=[ROUTE], policy_route_become=False, policy_route_revert_timeout=5, policy_route_timeout=25
    )
    began = time.monotonic()
    status, output = run(play, *short, hosts=hosts)
    said = " ".join(output.split())
    assert status == 2 and time.monotonic() - began < SILENT_FOR, output
    assert (
        f"{position}]: FAILED!" in said and "198.51.100.10: " in said and "takes back by itself, within 5 s)" in said
    ), output
    assert f"fatal: [{other}]" not in said and "failed=0" in said.split(f"{other} :")[1], output


def test_timers_of_a_host_that_never_answers_hold_nobody(hostile, run, silent, tmp_path):
    hosts = {name: hostile(name, {"layer2_timers": {"changed": False}}) for name in ("first", "later")}
    hosts["first"].update(silent)
    play = alone(tmp_path, "ageing_timers")
    began = time.monotonic()
    status, output = run(play, *extra(ageing_timers_become=False, ageing_timers_timeout=30), hosts=hosts)
    assert status == 2 and time.monotonic() - began < SILENT_FOR, output
    assert "fatal: [first]" in output and "fatal: [later]" not in output, output
