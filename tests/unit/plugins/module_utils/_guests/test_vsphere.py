"""What a vCenter's properties become: ids, addresses and their makers, networks only where they prove a broadcast
domain, and gaps.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import socket
from pathlib import Path
from types import SimpleNamespace as Object

import jsonschema
import pytest
from ansible_collections.netops.layer2.plugins.module_utils._guests import _vsphere

ROOT = Path(__file__).resolve().parents[5]
SCHEMA = json.loads((ROOT / "docs/schemas/snapshot-v1.json").read_text(encoding="utf-8"))
GUEST = jsonschema.Draft202012Validator(
    {
        **SCHEMA,
        "$ref": "#/$defs/guest",
        "type": "object",
        "properties": {},
        "required": [],
        "additionalProperties": True,
    }
)
MAC, UUID = "00:50:56:3f:00:01", "265104de-1472-547c-b873-6dc7883fb6cb"


def reference(known):
    """A managed object reference."""
    return Object(_GetMoId=lambda: known)


def card(backing, **more):
    plug = Object(connected=True, startConnected=False)
    return Object(
        **{
            "macAddress": MAC.upper(),
            "addressType": "manual",
            "unitNumber": 8,
            "connectable": plug,
            "backing": backing,
            **more,
        }
    )


def vm(*cards, **more):
    return {
        "name": "web",
        "config.instanceUuid": "i-1",
        "config.uuid": UUID.upper(),
        "config.template": False,
        "runtime.host": reference("host-1"),
        "runtime.powerState": "poweredOn",
        "config.hardware.device": [Object(key=1), *cards],
        **more,
    }


def port_group(name, vlan):
    return Object(spec=Object(name=name, vswitchName="vSwitch0", vlanId=vlan))


def read(one):
    hosts = {
        "host-1": {"name": "esx1", "config.network.portgroup": [port_group("LAN", 20), port_group("All", 4095)]},
        "host-2": {},
    }
    groups = {
        "dvportgroup-1": {
            "name": "DPG",
            "key": "dvportgroup-1",
            "config.distributedVirtualSwitch": reference("dvs-1"),
            "config.defaultPortConfig": Object(vlan=Object(vlanId=30)),
        },
        "dvportgroup-2": {
            "name": "Trunk",
            "key": "dvportgroup-2",
            "config.defaultPortConfig": Object(vlan=Object(vlanId=[Object(start=0, end=4094)])),
        },
        "dvportgroup-3": {
            "name": "Private",
            "key": "dvportgroup-3",
            "config.defaultPortConfig": Object(vlan=Object(pvlanId=31)),
        },
        "dvportgroup-4": {},
    }
    found, gaps = _vsphere.guests(_vsphere.Inventory("vc", {"vm-1": one}, hosts, groups, {"dvs-1": {"name": "DVS0"}}))
    for guest in found:
        GUEST.validate(guest)
    return found, gaps


def distributed(key):
    return Object(port=Object(portgroupKey=key))


def test_a_guest():
    found, gaps = read(vm(card(distributed("dvportgroup-1"))))
    assert (found, gaps) == (
        [
            {
                "name": "web",
                "hypervisor": "vmware",
                "id": "i-1",
                "manager": "vc",
                "kind": "vm",
                "state": "poweredOn",
                "product_uuid": UUID,
                "node": "esx1",
                "nics": [
                    {
                        "mac": MAC,
                        "alias": "ethernet-1",
                        "type": "network",
                        "link": "up",
                        "mac_source": "manual",
                        "network": {"id": "dvportgroup-1", "name": "DPG", "switch": "DVS0", "vlan": 30},
                    }
                ],
            }
        ],
        [],
    )


@pytest.mark.parametrize(
    "backing, network",
    [
        (Object(deviceName="LAN"), {"id": "host-1/LAN", "name": "LAN", "switch": "vSwitch0", "vlan": 20}),
        (Object(deviceName="All"), {"name": "All", "switch": "vSwitch0"}),
        (Object(deviceName="gone"), {"name": "gone"}),
        (None, None),
        (Object(), None),
        (Object(opaqueNetworkId="nsx-7"), {"id": "nsx-7"}),
        (distributed("dvportgroup-2"), {"name": "Trunk"}),
        (distributed("dvportgroup-3"), {"name": "Private"}),
        (distributed("dvportgroup-4"), {"id": "dvportgroup-4"}),
        (distributed(None), None),
    ],
)
def test_a_network_has_an_id_only_where_all_that_hang_on_it_hear_each_other(backing, network):
    found, _gaps = read(vm(card(backing)))
    assert found[0]["nics"][0].get("network") == network


@pytest.mark.parametrize(
    "state, plug, link",
    [
        ("poweredOn", Object(connected=False, startConnected=True), "down"),
        ("poweredOff", Object(connected=False, startConnected=True), "up"),
        ("poweredOn", None, "up"),
    ],
)
def test_a_card_that_is_not_plugged_in_is_down(state, plug, link):
    found, _gaps = read(vm(card(None, connectable=plug), **{"runtime.powerState": state}))
    assert (found[0]["state"], found[0]["nics"][0]["link"]) == (state, link)


def test_what_could_not_be_read_is_a_gap_and_what_is_strange_is_left_out():
    assert read({"name": "hidden"})[1][0]["reason"].startswith("VM hidden: its configuration could not be read")
    found, gaps = read(
        vm(
            card(None, macAddress="\x1b[31m"),
            card(None, macAddress=None),
            card(None, addressType="other", unitNumber=None),
            **{
                "config.instanceUuid": None,
                "config.uuid": "nonsense",
                "runtime.powerState": "new",
                "runtime.host": None,
            },
        )
    )
    assert len(gaps) == 1 and "\x1b" not in gaps[0]["reason"]
    assert found == [
        {
            "name": "web",
            "hypervisor": "vmware",
            "id": "vm-1",
            "manager": "vc",
            "kind": "vm",
            "state": "unknown",
            "nics": [{"mac": MAC, "alias": "ethernet", "type": "network", "link": "up"}],
        }
    ]


def test_a_manager_that_does_not_answer_is_named_with_its_port():
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        login = _vsphere.Login("127.0.0.1", nobody.getsockname()[1], "user", "secret-word", True, None, 0.3)
        with pytest.raises(_vsphere.VsphereError, match=r"127.0.0.1:\d+ cannot be asked") as caught:
            _vsphere.fetch(login)
    assert "secret-word" not in str(caught.value)
    assert socket.getdefaulttimeout() is None
