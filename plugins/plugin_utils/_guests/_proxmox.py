"""Proxmox VE: one line a NIC in the guest's configuration, changed by qm or pct on its node."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# MACs: mac_prefix of datacenter.cfg(5), BC:24:11 since Proxmox VE 8.1. Commands: qm(1), pct(1): --net[n] replaces the
# whole line, so all that stands in it goes along. With `hotplug` of networks, the default, qm plugs a running NIC anew
# at once.

from __future__ import annotations

import re
import typing as t
from collections.abc import Mapping

from ansible_collections.netops.layer2.plugins.plugin_utils._guests._hypervisor import (
    Change,
    Executor,
    Hypervisor,
    KnownBy,
    word,
)

_ID = re.compile(r"[1-9][0-9]{2,8}\Z", re.ASCII)
_NIC = re.compile(r"net[0-9]{1,2}\Z", re.ASCII)
_KIND = re.compile(r"(?:vm|container)\Z")
_CLUSTER = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,127}\Z", re.ASCII)  # as layer2_facts tells it


def _commands(change: Change) -> list[str]:
    tool = "pct" if change.kind == "container" else "qm"
    number = change.id if _ID.match(change.id) else "VMID"
    nic = change.nic if _NIC.match(change.nic) else "netN"
    shape = "name=NAME,hwaddr={},bridge=BRIDGE" if tool == "pct" else "MODEL={},bridge=BRIDGE"
    new = change.new.upper()
    line = re.sub(re.escape(change.old), lambda _found: new, change.definition, count=1, flags=re.IGNORECASE)
    return [f"{tool} set {number} --{nic} {word(line if new in line else '', shape.format(new))}"]


def _asks(step: Mapping[str, t.Any], _uri: str) -> dict[str, t.Any]:
    nic = (step.get("nic") or {}).get("alias")
    return {"vmid": step["id"], "kind": step["guest_kind"], **({"nic": nic} if nic else {})}


# A VMID is one guest's in its cluster, until that is gone and another one gets it.
_EXECUTOR = Executor(
    "proxmox_nic_mac",
    (KnownBy("id", "id", _ID), KnownBy("guest_kind", "kind", _KIND), KnownBy("manager", "manager", _CLUSTER)),
    _asks,
    same_by=(("product_uuid", "product_uuid"), ("guest", "name")),
    at_once=True,
    keeps_port=True,
)

PROXMOX = Hypervisor(
    "proxmox", "Proxmox VE",
    "qm set VMID --netN MODEL,bridge=BRIDGE (a new MAC is made), or VM, Hardware, Network Device",
    "the firewall's MAC filter drops a MAC that is changed inside only", "bc:24:11", _commands,
    power="then shut {} down and start it again where networks are not hot-plugged "
          "(a reboot inside keeps the old address)",
    executor=_EXECUTOR, runs="qm status {}", prefixes=("bc:24:11",),
)
