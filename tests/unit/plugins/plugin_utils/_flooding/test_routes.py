"""Which policy routes a host is to be given, and what is refused before anything is touched."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding._routes import Asked, Host, RouteError, look

WEB = Host("web1", is_local=False, known={"web1", "client1"})
ROUTE: dict[str, Any] = {"vip": "198.51.100.10", "interface": "eth0.7", "gateway": "192.0.2.1"}


def test_a_host_takes_its_own_routes_and_those_of_everybody_in_order() -> None:
    routes = [
        {**ROUTE, "host": "web1"},
        {**ROUTE, "host": "web2"},
        {"vips": ["2001:db8::1", "2001:db8::2"], "vip": "2001:db8::3", "host": None},
    ]
    first, second = look(Asked(routes, clients=("192.0.2.77",)), WEB)["todo"]
    assert (first["vips"], first["interface"], first["gateway"], first["id"]) == (
        ["198.51.100.10"],
        "eth0.7",
        "192.0.2.1",
        "policy-route-eth0-7",
    )
    assert (second["vips"], second["id"]) == (["2001:db8::1", "2001:db8::2", "2001:db8::3"], "policy-route-none")
    assert "gateway" not in second and "arrives_on" not in second and second["clients"] == ["192.0.2.77"]


def test_what_was_given_is_handed_on_and_clients_are_added() -> None:
    given = {"table": 20001, "priority": 20002, "arrives_on": ["tunl0"]}
    (step,) = look(Asked([{**ROUTE, **given, "clients": ["192.0.2.9"], "findings": ["a"]}], ("192.0.2.77",)), WEB)[
        "todo"
    ]
    assert (
        {name: step[name] for name in given} == given
        and step["clients"] == ["192.0.2.9", "192.0.2.77"]
        and "findings" not in step
    )


def test_nobody_probes_itself() -> None:
    assert look(Asked([ROUTE], probe_from=("web1", "client1")), WEB)["peers"] == ["client1"]


@pytest.mark.parametrize(
    ("asked", "host", "says"),
    [
        (Asked([{"interface": "eth0"}]), WEB, "names no address: give it vip or vips"),
        (Asked([{**ROUTE, "vip": "", "vips": []}]), WEB, "names no address"),
        (
            Asked([ROUTE], probe_from=("elsewhere",)),
            WEB,
            "policy_route_probe_from: elsewhere not in the inventory, so nothing was changed",
        ),
        (
            Asked([ROUTE]),
            Host("web1", True, {"web1"}),
            "web1 is reached without any network.* in policy_route_probe_from",
        ),
        (Asked([ROUTE], probe_from=("web1",)), Host("web1", True, {"web1"}), "without any network"),
    ],
)
def test_what_could_not_be_kept_is_refused(asked: Asked, host: Host, says: str) -> None:
    with pytest.raises(RouteError, match=says):
        look(asked, host)


def test_a_host_without_routes_needs_nobody() -> None:
    asked = Asked([{**ROUTE, "host": "web2"}], probe_from=("elsewhere",))
    assert look(asked, Host("web1", True, set())) == {"todo": [], "peers": ["elsewhere"]}
