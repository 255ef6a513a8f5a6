"""Tests of the step that reads switches: what it asks over which connection, what it returns, and what it refuses."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.errors import AnsibleActionFail
from ansible.module_utils.connection import ConnectionError as NoConnection
from ansible_collections.netops.layer2.plugins.module_utils._packed import unpacked
from ansible_collections.netops.layer2.plugins.plugin_utils._gathered import Now, reading
from ansible_collections.netops.layer2.plugins.plugin_utils._switches import _cli, _templates
from ansible_collections.netops.layer2.plugins.plugin_utils._switches._cli import Answer
from ansible_collections.netops.layer2.plugins.plugin_utils._switches._platforms import PLATFORMS, commands_of

from tests.unit.plugins.action.steps import step, take

TWIN = "52:54:00:0c:1d:f5"
EMPTY = Answer("{}")


def dump(port: str) -> Answer:
    return Answer(json.dumps({f"FDB_TABLE|Vlan10:{TWIN}": {"value": {"port": port, "type": "dynamic"}}}))


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The commands that a switch with SONiC was asked, whose twin changes its port from reading to reading."""
    commands: list[str] = []

    def ask(_self: Any, command: str) -> Answer:
        commands.append(command)
        return dump(f"Ethernet{commands.count(command)}") if "FDB_TABLE" in command else EMPTY

    monkeypatch.setattr(step("switch_facts"), "_ask", ask)
    monkeypatch.setattr(_cli.time, "sleep", lambda seconds: commands.append(f"sleep {seconds:g}"))
    return commands


def read(**arguments: Any) -> dict[str, Any]:
    return take("switch_facts", {"platform": "sonic", **arguments}, hostvars={"sw1": {}})


def test_a_switch_becomes_a_fact_as_a_host_does(asked: list[str]) -> None:
    result = read()
    assert asked == ["sleep 0", *commands_of(PLATFORMS["sonic"])]
    document = json.loads(result["ansible_facts"]["layer2_snapshot"])
    assert (document["host"], document["source"], document["schema"]) == ("sw1", "cli", "netops.layer2/snapshot")
    assert document["collected_at"] > 1e9 and document["duration"] >= 0
    assert result["changed"] is False and result["summary"]["addresses"] == 1
    assert any("not one entry" in gap for gap in result["summary"]["gaps"])
    received = result["ansible_facts"]["layer2_snapshot_received"]
    variables = {"ansible_facts": result["ansible_facts"], "switch_snapshot_result": result}
    assert (
        reading({"sw1": variables}, ["sw1"], Now(received.split(" ")[1], float(received.split(" ")[0]))).missing == {}
    )


def test_what_went_wrong_with_a_switch_is_why_it_is_missing() -> None:
    failed = {"failed": True, "msg": "switch_facts: sw1 answered no command"}
    told = reading({"sw1": {"switch_snapshot_result": failed}}, ["sw1"], Now("run", 1.0)).missing
    assert "answered no command" in told["sw1"]


def test_several_readings_tell_what_moved(asked: list[str]) -> None:
    document = json.loads(unpacked(read(readings=3, pause=5, compact=True)["ansible_facts"]["layer2_snapshot"]))
    assert [word for word in asked if word.startswith("sleep")] == ["sleep 0", "sleep 5", "sleep 5"]
    assert document["moves"]["rows"] == [
        f"switch 10 {TWIN} Ethernet1 Ethernet2 1 -",
        f"switch 10 {TWIN} Ethernet2 Ethernet3 1 -",
    ]
    assert document["bridges"][0]["readings"] == 3


def test_nobody_has_it_read_for_ever(asked: list[str]) -> None:
    read(readings=1000, pause=-1)
    assert len([word for word in asked if word == "sleep 0"]) == 10


@pytest.mark.parametrize(
    ("platform", "words"),
    [("acme", "to one of ios"), ("", "not told"), ("cumulus", "read it as a host"), ("os10", "by SNMP")],
)
def test_what_cannot_be_read_like_this_is_said_before_anything_is_asked(
    asked: list[str], platform: str, words: str
) -> None:
    with pytest.raises(AnsibleActionFail, match=words):
        read(platform=platform)
    assert asked == []


def test_the_package_that_is_missing_is_named(asked: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_templates, "parse_output", None)
    with pytest.raises(AnsibleActionFail, match="pip install ntc-templates"):
        read(platform="eos")
    assert asked == []
    read()  # databases need no parser


def test_a_switch_that_answers_nothing_was_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(step("switch_facts"), "_ask", lambda _self, _command: Answer(trouble="no \x1b[2J route"))
    with pytest.raises(AnsibleActionFail, match=r"sw1 answered no command: no \\x1b\[2J route"):
        read()


LATE = Answer(trouble="command timeout triggered, timeout value is 30 secs.", lost=True)
FDB, *REST = sorted(commands_of(PLATFORMS["sonic"]), key=lambda command: "FDB_TABLE" not in command)


def losing(monkeypatch: pytest.MonkeyPatch, lost: str, number: int) -> list[str]:
    """The commands that a switch was asked whose answer to LOST does not come for the NUMBERth time."""
    commands: list[str] = []

    def ask(_self: Any, command: str) -> Answer:
        commands.append(command)
        if command == lost and commands.count(command) == number:
            return LATE
        return dump(f"Ethernet{commands.count(command)}") if "FDB_TABLE" in command else EMPTY

    monkeypatch.setattr(step("switch_facts"), "_ask", ask)
    monkeypatch.setattr(_cli.time, "sleep", lambda _seconds: None)
    return commands


@pytest.mark.parametrize("place", range(1, len(commands_of(PLATFORMS["sonic"]))))
def test_after_a_lost_answer_nothing_more_is_asked(monkeypatch: pytest.MonkeyPatch, place: int) -> None:
    order = commands_of(PLATFORMS["sonic"])
    asked = losing(monkeypatch, order[place], 1)
    document = json.loads(read(readings=3)["ansible_facts"]["layer2_snapshot"])
    assert asked == order[: place + 1]
    told = {gap["reason"]: gap.get("hint", "") for gap in document["gaps"]}
    late = f"not asked, since the answer to `{order[place]}` may still come, and would be taken for its own"
    for reason in (f"`{order[place]}`: {LATE.trouble}", *(f"`{command}`: {late}" for command in order[place + 1 :])):
        assert "ansible_command_timeout" in told[reason]
    assert "lldp" not in document["observed"] and "moves" not in document


def test_a_switch_that_loses_its_first_answer_was_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    first = commands_of(PLATFORMS["sonic"])[0]
    asked = losing(monkeypatch, first, 1)
    with pytest.raises(AnsibleActionFail, match=r"sw1 answered no command: command timeout triggered"):
        read(readings=3)
    assert asked == [first]


def test_readings_before_a_lost_answer_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    order = commands_of(PLATFORMS["sonic"])
    asked = losing(monkeypatch, REST[-1], 3)
    document = json.loads(read(readings=5)["ansible_facts"]["layer2_snapshot"])
    assert asked == [*order, *order, *order[: order.index(REST[-1]) + 1]]
    assert document["fdb"]["rows"] and "lldp" in document["observed"]
    assert document["moves"]["rows"] == [f"switch 10 {TWIN} Ethernet1 Ethernet2 1 -"]
    (gap,) = [gap for gap in document["gaps"] if gap["subset"] == "moves"]
    assert gap["reason"] == f"reading 3 of 5 was given up: `{REST[-1]}`: {LATE.trouble}"
    assert "ansible_command_timeout" in gap["hint"]


def test_readings_before_a_connection_that_broke_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [*(EMPTY if command != FDB else dump("Ethernet1") for command in commands_of(PLATFORMS["sonic"]))]
    told = iter(answers)
    monkeypatch.setattr(step("switch_facts"), "_ask", lambda _self, _command: next(told, Answer(trouble="it is gone")))
    monkeypatch.setattr(_cli.time, "sleep", lambda _seconds: None)
    document = json.loads(read(readings=2)["ansible_facts"]["layer2_snapshot"])
    assert document["fdb"]["rows"]
    (reason,) = [gap["reason"] for gap in document["gaps"] if gap["subset"] == "moves"]
    assert reason.startswith("reading 2 of 2 was given up: ") and reason.endswith("it is gone")


def test_settings_among_its_own_facts_are_refused(asked: list[str]) -> None:
    planted = {"sw1": {"ansible_facts": {"switch_snapshot_platform": "ios"}}}
    with pytest.raises(AnsibleActionFail, match="switch_snapshot_platform"):
        take("switch_facts", {"platform": "sonic"}, hostvars=planted)
    assert asked == []


LOST = {
    "late": "command timeout triggered, timeout value is 30 secs.\nSee the timeout setting options.",
    "later": "timeout value 30 seconds reached while trying to send command: show arp",
    "gone": "socket path /s does not exist or cannot be found.",
    "closed": "Unable to connect to socket '/s'.",
}


class Persistent:
    """A connection that the controller keeps open, by the socket that leads to it."""

    def __init__(self, socket: str) -> None:
        self.socket = socket

    def get(self, command: str) -> str:
        if command == "refused":
            raise NoConnection("b'refused\\r\\n% Invalid input\\r\\nsw1>'")
        if command in LOST:
            raise NoConnection(LOST[command])
        return f"{self.socket}: {command}"


def test_commands_go_over_the_persistent_connection_else_to_the_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(step("switch_facts")._ask.__globals__, "Connection", Persistent)
    made = step("switch_facts")(SimpleNamespace(), SimpleNamespace(socket_path="/s"), None, None, None, None)
    assert made._ask("show version") == Answer("/s: show version")
    assert made._ask("refused") == Answer(trouble="% Invalid input")
    for command, words in LOST.items():
        assert made._ask(command) == Answer(trouble=" ".join(words.split()), lost=True)
    made._connection = SimpleNamespace(socket_path=None)
    said = {"ok": {"rc": 0, "stdout": "{}"}, "bad": {"rc": 127, "stdout": "", "stderr": "not found"}}
    monkeypatch.setattr(made, "_low_level_execute_command", said.__getitem__)
    assert made._ask("ok") == Answer("{}")
    assert made._ask("bad") == Answer("", "not found")


def test_a_module_does_not_run_on_the_controller_in_place_of_a_switch() -> None:
    task = SimpleNamespace(action="netops.layer2.layer2_facts", args={}, async_val=0, delegate_to=None, check_mode=0)
    connection = SimpleNamespace(force_persistence=True, _shell=SimpleNamespace(tmpdir="/nowhere"))
    made = step("layer2_facts")(task, connection, SimpleNamespace(), None, None, None)
    result = made.run(task_vars={"inventory_hostname": "sw1"})
    assert result["failed"] and "sw1 is reached by its command line" in result["msg"]
    assert "detect_switches" in result["msg"]
