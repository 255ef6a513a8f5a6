"""A host's interfaces as the records of a snapshot: how they are named, which lead out of the host, what is stacked on
which. Pure.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from typing import List, Sequence, Set, Tuple

from ansible_collections.netops.layer2.plugins.module_utils._links import is_inward_port
from ansible_collections.netops.layer2.plugins.module_utils._table import Record

_NICS = (None, "dsa")  # kinds of real NICs: none at all, or a port of a switch chip
_STACKED_ON = ("vlan", "macvlan", "macvtap", "ipvlan", "ipvtap", "macsec")
_BUNDLES = ("bond", "team")

Key = Tuple[str, str]  # network namespace ("" the host's own), name


class ChoiceError(ValueError):
    """An interface that was asked for is not there; the message names the field and the way out."""


def label(record: Record) -> str:
    """How an interface is named here and in ``interfaces``: with its container before it where it is not the host's
    own.
    """
    return "/".join(part for part in key_of(record) if part)


def found(interfaces: Sequence[Record], name: str, field: str) -> Record:
    """The interface called NAME, its other names included. ChoiceError, which names the FIELD that NAME stands in."""
    for record in interfaces:
        prefix = record["netns"] + "/" if record.get("netns") else ""
        if name in [label(record)] + [prefix + other for other in record.get("altnames", [])]:
            return record
    here = ", ".join(sorted(label(record) for record in interfaces if not record.get("netns"))[:12])
    raise ChoiceError("%s: there is no %s here. This host has %s" % (field, name, here))


def chosen(interfaces: Sequence[Record], wanted: Sequence[str]) -> List[Record]:
    """The interfaces that WANTED names (``!name`` leaves one out); by default those that are up and lead out of the
    host.

    Raises ChoiceError.
    """
    named = [found(interfaces, name, "interfaces") for name in wanted if not name.startswith("!")]
    without = [found(interfaces, name[1:], "interfaces") for name in wanted if name.startswith("!")]
    if not named:
        named = [record for record in interfaces if _leads_out(record)]
    return [record for at, record in enumerate(named) if record not in without and record not in named[:at]]


def _leads_out(record: Record) -> bool:
    """Whether it is up, the host's own, and frames from outside come in here."""
    return bool(record.get("up") and not record.get("netns") and is_uplink(record))


def key_of(record: Record) -> Key:
    """Where an interface is."""
    return str(record.get("netns", "")), str(record["name"])


def is_uplink(record: Record) -> bool:
    """Whether frames from outside the host come in here: a NIC, or the cable of a container whose other end is not this
    host's.
    """
    if record.get("link_type") != "ether":
        return False
    if record.get("kind") == "veth":
        return record.get("link_netns") is None and not is_inward_port(str(record["name"]), record.get("master"))
    return record.get("kind") in _NICS and record.get("mode") not in ("tap", "tun")


def above(start: Key, interfaces: Sequence[Record]) -> Set[Key]:
    """START and what is stacked on it: VLANs, bonds, macvlans; a bridge is where it ends."""
    stacked = {start}
    for _round in range(8):  # deeper stacks are nobody's
        grown = stacked | {key_of(record) for record in interfaces if _lower(record) in stacked}
        grown |= {(key_of(record)[0], record["master"]) for record in interfaces
                  if key_of(record) in stacked and record.get("master_kind") in _BUNDLES}
        if grown == stacked:
            break
        stacked = grown
    return stacked


def _lower(record: Record) -> Key:
    if record.get("kind") not in _STACKED_ON:
        return ("", "")
    return str(record.get("link_netns", record.get("netns", ""))), str(record.get("link", ""))
