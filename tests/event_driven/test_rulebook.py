"""The delivered rulebook end to end: what is harmless starts nothing, and twins that fight are named by the playbook it runs."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import time

from tests.event_driven.conftest import TWIN, VIRTUAL, Network, Rulebook, Server
from tests.lab.system import slowness

START = 60   # seconds that ansible-rulebook and its Java may take on a quiet machine
NAMED = 15   # from the first change to the verdict, the same
HEARD = "2 of 2 tables of hv1 are listened to"


def test_what_is_harmless_starts_nothing_and_twins_are_named(network: Network, server: Server, rulebook: Rulebook) -> None:
    assert rulebook.until(lambda said: HEARD in said, START), rulebook.said()[-3000:]
    _fail_over(network)
    assert rulebook.until(lambda said: "192.0.2.30 moved" in said, NAMED), rulebook.said()[-3000:]
    server.stop()  # a reboot of the source
    assert rulebook.until(lambda said: "no longer listened to" in said, NAMED), rulebook.said()[-3000:]
    server.start()
    assert rulebook.until(lambda said: said.count("listened to again") == 2, START), rulebook.said()[-3000:]
    assert "judging" not in rulebook.said() and VIRTUAL not in rulebook.said()

    named = _fight_until(network, rulebook, f"CONFLICT  {TWIN}")
    assert named, rulebook.said()[-6000:]
    assert rulebook.until(lambda said: "layer2: 1 conflict(s)" in said, NAMED), rulebook.said()[-6000:]
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
