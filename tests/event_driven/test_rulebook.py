"""The delivered rulebook end to end: what is harmless starts nothing, and twins that fight are named."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import re
import subprocess
import time
from pathlib import Path

import pytest

from tests.event_driven.conftest import BIN, ROOT, TWIN, VIRTUAL, Network, Rulebook, Server, environment, lacking
from tests.lab.system import slowness

START = 60  # seconds that ansible-rulebook and its Java may take on a quiet machine
NAMED = 15  # from the first change to the verdict, the same
BACK = re.compile(r"^layer2: .* listened to again", re.MULTILINE)  # the rule's words, not the event that is shown too
HEARD = "2 of 2 tables of hv1 are listened to"


def test_what_is_harmless_starts_nothing_and_twins_are_named(
    network: Network, server: Server, rulebook: Rulebook
) -> None:
    assert rulebook.until(lambda said: HEARD in said, START), rulebook.said()[-3000:]
    _fail_over(network)
    assert rulebook.until(lambda said: "192.0.2.30 moved" in said, NAMED), rulebook.said()[-3000:]
    server.stop()  # a reboot of the source
    assert rulebook.until(lambda said: "no longer listened to" in said, NAMED), rulebook.said()[-3000:]
    server.start()
    assert rulebook.until(lambda said: len(BACK.findall(said)) == 2, START), rulebook.said()[-3000:]
    assert "judging" not in rulebook.said() and VIRTUAL not in rulebook.said()

    named = _fight_until(network, rulebook, f"CONFLICT  {TWIN}")
    assert named, rulebook.said()[-6000:]
    assert rulebook.until(lambda said: "layer2: 1 conflict, " in said, NAMED), rulebook.said()[-6000:]
    said = rulebook.said()
    assert f"layer2: {TWIN} keeps changing" in said and "web1 and web2 are up in one segment" in said
    assert said.count("PLAY [") == 1, "the rulebook judges once, and runs nothing else"


def _fail_over(network: Network) -> None:
    """A virtual router's MAC goes from port to port and back, and an address without one moves once."""
    for name in ("router1", "router2", "router1", "router2"):
        network.speak(name, "-I", "vrrp")
    for name, verb in (("router1", "add"), ("router1", "del"), ("router2", "add")):
        network.inside(name, "ip", "address", verb, "192.0.2.30/24", "dev", "eth0")
        if verb == "add":
            network.speak(name, "-I", "192.0.2.30")


def _fight_until(network: Network, rulebook: Rulebook, text: str) -> bool:
    """Both twins speak in turn until the rulebook says TEXT; whether it did in time."""
    began = time.monotonic()
    while text not in rulebook.said():
        if time.monotonic() > began + NAMED * max(2.0, slowness()):
            return False
        for name in ("web1", "web2"):
            network.speak(name)
    return True


def test_a_log_line_becomes_an_event_in_the_engine(tmp_path: Path) -> None:
    """The filter behind a source of others, and every delivered rulebook is one by ansible-rulebook's own schema."""
    if reasons := lacking():
        pytest.skip("; ".join(reasons))
    line = f"br0: received packet on vnet1 with own address as source address (addr:{TWIN}, vlan:5)"
    actions = [{"debug": {"msg": "told: {{ event.message }}"}}, {"shutdown": {"delay": 1}}]
    rules = [{"name": "Told", "condition": 'event.kind == "duplicate"', "actions": actions}]
    payload = [{"journald": {"message": line, "_hostname": "hv1"}}]
    source = {"eda.builtin.generic": {"payload": payload}, "filters": [{"netops.layer2.duplicate_in_log": {}}]}
    (tmp_path / "logs.yml").write_text(
        json.dumps([{"name": "Logs", "hosts": "all", "sources": [source], "rules": rules}])
    )
    done = subprocess.run(
        [BIN / "ansible-rulebook", "-r", "logs.yml"],
        cwd=tmp_path,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=START * max(2.0, slowness()),
        check=False,
    )
    assert f"told: {TWIN} is there twice: so says a bridge of the kernel, br0 on hv1" in done.stdout, (
        done.stdout + done.stderr
    )
    check = (
        "import json, sys, yaml, jsonschema, ansible_rulebook as a\n"
        "schema = json.load(open(a.__path__[0] + '/schema/ruleset_schema.json'))\n"
        "[jsonschema.validate(yaml.safe_load(open(path)), schema) for path in sys.argv[1:]]"
    )
    rulebooks = sorted((ROOT / "extensions" / "eda" / "rulebooks").glob("*.yml"))
    subprocess.run([BIN / "python", "-c", check, *rulebooks], check=True)
