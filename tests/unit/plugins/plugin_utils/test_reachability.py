"""The probe that a peer runs, really run here against listening and closed ports, and how its answers read."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest
from ansible_collections.netops.layer2.plugins.plugin_utils import _reachability as reach
from ansible_collections.netops.layer2.plugins.plugin_utils._reachability import Wanted


@pytest.fixture
def ports() -> Iterator[tuple[int, int]]:
    """A port of this machine that accepts, and one that does not."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        with socket.create_server(("127.0.0.1", 0)) as other:
            closed = other.getsockname()[1]
        yield server.getsockname()[1], closed


def probe(wanted: Wanted) -> reach.Probe:
    """What the probe finds when this machine is the peer; its command goes through a shell, as on a real one."""
    done = subprocess.run(
        reach.probe_command(sys.executable, wanted), shell=True, capture_output=True, text=True, check=False, timeout=60
    )
    return reach.read_probe("peer", wanted, done.returncode, "Welcome!\n" + done.stdout, done.stderr)


def test_ports_are_really_tried(ports: tuple[int, int]) -> None:
    is_open, closed = ports
    assert probe(Wanted("127.0.0.1", ping=False, ports=(is_open,))).problems == ()
    (problem,) = probe(Wanted("127.0.0.1", ping=False, ports=(is_open, closed))).problems
    assert problem.startswith(f"port {closed}: ") and "refused" in problem


@pytest.mark.parametrize("address", ["$(touch /tmp/never)", "a'b", "-f", "no.such.host.invalid"])
def test_an_odd_address_is_only_an_address(address: str) -> None:
    assert probe(Wanted(address, ping=False, ports=(9,))).problems


MAC, OTHER = "52:54:00:0c:1d:f5", "52:54:00:0c:1d:f6"


@pytest.mark.parametrize(("wanted", "answer", "problem"), [
    (Wanted("h"), {"ping": True}, None),
    (Wanted("h"), {"ping": False}, "no answer to a ping of h"),
    (Wanted("h"), {"problems": ["ping: no such program"]}, "ping: no such program"),
    (Wanted("h", mac=MAC), {"ping": True, "mac": MAC.upper()}, None),
    (Wanted("h", mac=MAC), {"ping": True, "mac": OTHER}, f"sees {OTHER} behind h, not {MAC}"),
    (Wanted("h", mac=MAC), {"ping": True}, f"sees no MAC behind h, not {MAC}"),
    (Wanted("h", ping=False, mac=MAC), {"ping": False, "mac": MAC}, None),
])
def test_what_an_answer_means(wanted: Wanted, answer: dict[str, object], problem: str | None) -> None:
    line = reach._MARK + json.dumps({"ping": None, "tcp": {}, "mac": None, "problems": [], **answer})
    assert reach.read_probe("peer", wanted, 0, line, "").problems == ((problem,) if problem else ())


def test_a_probe_that_did_not_run_proves_nothing() -> None:
    found = reach.read_probe("peer", Wanted("h"), 127, "", "sh: python3: not found\n")
    assert found.problems == ("the probe did not run (return code 127): sh: python3: not found",)
    assert found.as_result()["reached"] is False
    said = reach.read_probe("peer", Wanted("h"), 255, "", "\x1b[2J\x9b2J banner").problems
    assert said == (r"the probe did not run (return code 255): \x1b[2J\x9b2J banner",)


@pytest.mark.parametrize(
    ("deadline", "remaining", "expected"),
    [
        ("2026-03-01T12:00:00Z", 12.4, "in 12 s"),
        ("2026-03-01T12:00:00Z", None, "by 2026-03-01T12:00:00Z"),
        (None, None, "timeout that it was armed with"),
    ],
)
def test_the_message_says_what_was_tried_and_when_the_host_is_back(
    deadline: str | None, remaining: float | None, expected: str
) -> None:
    told = reach.not_proved("hv1", "new-mac", ["one", "one", "two"], reach.comes_back(deadline, remaining))
    assert (
        told.startswith(
            "hv1: change new-mac is not confirmed and stays armed: one; two; it undoes the change by itself"
        )
        and expected in told
    )


@pytest.mark.parametrize(
    "answer", ["x", "[]", "5", '{"problems": 1}', '{"problems": []}', '{"problems": [], "tcp": []}', "[" * 100_000]
)
def test_what_no_probe_says_proves_nothing(answer: str) -> None:
    (problem,) = reach.read_probe("peer", Wanted("h"), 0, reach._MARK + answer, "").problems
    assert problem.startswith("the probe gave an answer that it cannot give: ")


def test_what_a_peer_leaves_out_is_not_reached() -> None:
    line = reach._MARK + json.dumps({"problems": [], "tcp": {}, "mac": 5})
    assert reach.read_probe("peer", Wanted("h"), 0, line, "").problems == ("no answer to a ping of h",)
    assert reach.read_probe("peer", Wanted("h", ping=False, ports=(22,)), 0, line, "").problems == (
        "port 22 was not reached",
    )


def test_each_thing_that_failed_is_told() -> None:
    line = reach._MARK + json.dumps(
        {"problems": ["port 8080: timed out"], "tcp": {"8080": False}, "ping": False, "mac": None}
    )
    problems = reach.read_probe("peer", Wanted("h", True, (8080,)), 0, line, "").problems
    assert problems == ("port 8080: timed out", "no answer to a ping of h")


def test_a_ping_that_could_not_be_sent_is_told_once() -> None:
    line = reach._MARK + json.dumps({"problems": ["no ping program here"], "tcp": {}, "ping": None, "mac": None})
    assert reach.read_probe("peer", Wanted("h"), 0, line, "").problems == ("no ping program here",)
