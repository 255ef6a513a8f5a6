"""OpenStack's ports made into a document and judged, in the names of the API and of its library."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from ansible_collections.netops.layer2.plugins.plugin_utils._openstack_snapshot import (
    OpenstackError,
    snapshot_from_openstack,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._verdicts import mac_collisions

from .builders import guest, hypervisor

ROOT = Path(__file__).resolve().parents[4]
CHECKER = jsonschema.Draft202012Validator(
    json.loads((ROOT / "docs/schemas/snapshot-v1.json").read_text(encoding="utf-8"))
)
MAC = "fa:16:3e:0c:1d:f5"
SERVERS = [f"11111111-2222-3333-4444-55555555550{number}" for number in range(3)]
LIBRARY = {"binding_host_id": "compute1", "is_admin_state_up": True}
API = {"binding:host_id": "compute1", "admin_state_up": True}


def port(number, device, network="net-a", names=None, **more):
    return {
        "id": f"port-{number}",
        "mac_address": MAC,
        "network_id": network,
        "device_id": device,
        "device_owner": "compute:nova",
        "status": "ACTIVE",
        "fixed_ips": [{"ip_address": f"10.0.0.{number}", "subnet_id": "s"}],
        "name": "",
        "allowed_address_pairs": [],
        **(names or LIBRARY),
        **more,
    }


def servers(*states):
    return {
        "servers": [
            {"id": known, "name": f"vm{number}", "status": state}
            for number, (known, state) in enumerate(zip(SERVERS, states, strict=False))
        ]
    }


def judged(ports, hosts=(), **more):
    document = snapshot_from_openstack(ports, "ours", **more)
    CHECKER.validate(document)
    found = mac_collisions(list(hosts), scans=[document])
    return (
        [(one["status"], one["rule"], sorted(owner["guest"] for owner in one["owners"])) for one in found["findings"]],
        document,
        found,
    )


@pytest.mark.parametrize("names", [LIBRARY, API])
def test_a_server(names):
    networks = {
        "networks": [{"id": "net-a", "name": "LAN", "provider_network_type": "vlan", "provider_segmentation_id": 20}]
    }
    pairs = [
        {"ip_address": "10.0.0.9", "mac_address": "00:00:5E:00:01:07"},
        {"ip_address": "10.0.0.8", "mac_address": MAC},
    ]
    _rows, document, _found = judged(
        {"ports": [port(1, SERVERS[0], names=names, allowed_address_pairs=pairs)]},
        servers=servers("ACTIVE"),
        networks=networks,
    )
    assert document["guests"] == [
        {
            "name": "vm0",
            "hypervisor": "openstack",
            "id": SERVERS[0],
            "manager": "ours",
            "state": "ACTIVE",
            "node": "compute1",
            "product_uuid": SERVERS[0],
            "nics": [
                {
                    "mac": MAC,
                    "alias": "port-1",
                    "type": "network",
                    "addresses": ["10.0.0.1"],
                    "allowed_macs": ["00:00:5e:00:01:07"],
                    "network": {"id": "net-a", "name": "LAN", "vlan": 20},
                }
            ],
        }
    ]


@pytest.mark.parametrize(
    "states, network, expected",
    [
        (("ACTIVE", "ACTIVE"), "net-b", ("latent", "segment_not_proven")),
        (("ACTIVE", "SHUTOFF"), "net-b", ("latent", "one_is_off")),
        (("ACTIVE", "ACTIVE"), "net-a", ("conflict", "proven_twins")),
        ((), "net-a", ("latent", "state_unknown")),
    ],
)
def test_two_servers_with_one_mac(states, network, expected):
    rows, _document, found = judged(
        [port(1, SERVERS[0]), port(2, SERVERS[1], network)], servers=servers(*states) if states else None
    )
    assert [row[:2] for row in rows] == [expected]
    assert (
        "openstack port set --mac-address fa:16:3e:" in found["findings"][0]["fix"]
        and "virsh" not in found["findings"][0]["fix"]
    )


def test_a_server_that_its_compute_node_tells_of_is_one():
    node = hypervisor("compute1", 1, guest("instance-1", MAC, uuid=SERVERS[0]))
    assert judged([port(1, SERVERS[0])], [node], servers=servers("ACTIVE"))[0] == []
    assert [
        row[:2]
        for row in judged([port(1, SERVERS[0], binding_host_id="compute2")], [node], servers=servers("ACTIVE"))[0]
    ] == [("latent", "segment_not_proven")]


def trunk(*numbers):
    """What a trunk's parent tells of its subports."""
    subports = [{"port_id": f"port-{number}", "segmentation_type": "vlan", "segmentation_id": 7} for number in numbers]
    return {"trunk_id": "trunk-1", "sub_ports": subports}


@pytest.mark.parametrize("owner", ["", "trunk:subport"])
def test_a_subport_is_of_the_server_that_its_trunk_is_of(owner):
    other = "fa:16:3e:0c:1d:f6"
    ports = [
        port(3, "", "net-b", device_owner=owner, binding_host_id=""),
        port(4, "", "net-c", device_owner=owner, mac_address=other),
        port(1, SERVERS[0], trunk_details=trunk(3, 4)),
    ]
    rows, document, _found = judged(ports, servers=servers("ACTIVE"))
    (only,) = document["guests"]
    assert rows == [] and (only["id"], only["node"]) == (SERVERS[0], "compute1")
    assert [(nic["mac"], nic["network"]["id"]) for nic in only["nics"]] == [(MAC, "net-a"), (other, "net-c")]


def test_a_subport_whose_trunk_nobody_tells_is_in_use_and_a_gap():
    ports = [port(1, SERVERS[0]), port(3, "", "net-b", device_owner="trunk:subport")]
    rows, document, _found = judged(ports, servers=servers("ACTIVE"))
    assert [row[:2] for row in rows] == [("latent", "state_unknown")]
    (gap,) = document["gaps"]
    assert gap["reason"].startswith("whose 1 subports of trunks") and "trunk_details" in gap["hint"]


@pytest.mark.parametrize("details", [None, 5, {}, {"sub_ports": 5}, {"sub_ports": [None, {}, {"port_id": 7}]}])
def test_broken_trunks_name_no_subport(details):
    _rows, document, _found = judged([port(1, SERVERS[0], trunk_details=details)], servers=servers("ACTIVE"))
    assert len(document["guests"]) == 1 and document["gaps"] == []


def test_ports_that_are_no_servers_of_their_own():
    ports = [
        port(1, SERVERS[0]),
        port(4, "router", device_owner="network:router_interface_distributed"),
        port(5, "dhcp", device_owner="network:dhcp"),
    ]
    rows, document, _found = judged(ports, servers=servers("ACTIVE"))
    assert rows == [] and len(document["guests"]) == 1 and len(document["guests"][0]["nics"]) == 1
    assert document["gaps"][0]["reason"].startswith("2 ports of routers")
    assert [row[:2] for row in judged([port(1, SERVERS[0]), port(2, "")], servers=servers("ACTIVE"))[0]] == [
        ("latent", "one_is_off")
    ]


def test_ports_that_cannot_be_used_are_named():
    ports = [
        None,
        5,
        {},
        {"id": 5, "mac_address": MAC},
        port(1, SERVERS[0], mac_address="x"),
        port(2, 7, network=[], fixed_ips=5, binding_host_id=[]),
        port(3, SERVERS[1], allowed_address_pairs=[{"mac_address": "x"}, 5]),
    ]
    _rows, document, _found = judged(ports)
    assert [one["id"] for one in document["guests"]] == ["port-2", SERVERS[1]]
    assert len(document["gaps"]) == 6


@pytest.mark.parametrize(
    "ports, host, more, says",
    [
        ("x", "ours", {}, "needs a list of ports"),
        ({"x": 1}, "ours", {}, "needs a list of ports"),
        ([], "", {}, "host must be a name"),
        ([], "ours", {"servers": 5}, "needs a list of servers"),
        ([], "ours", {"collected_at": "now"}, "collected_at must be Unix time"),
    ],
)
def test_what_is_no_list_of_ports_is_refused(ports, host, more, says):
    with pytest.raises(OpenstackError, match=says):
        snapshot_from_openstack(ports, host, **more)
