"""What became of the floods of an earlier report: which one a flood of now was, and whether one that is not heard any
more is gone.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import ip_address, ip_network
from typing import Any

from ansible_collections.netops.layer2.plugins.plugin_utils._report._flood_model import Flood, FloodReport

# What the way of a reply is judged by; where it was not read, a latent finding is not seen.
_NEEDED = ("rules", "routes", "interfaces", "addresses", "sysctls")


def earlier_self(flood: Flood, before: Mapping[str, Flood]) -> Flood | None:
    """The one of BEFORE that FLOOD is: the same, or what it was while it waited to happen, or was heard; None if it is
    new.
    """
    same = before.get(flood.id)
    return same or next(
        (other for other in before.values() if _is_same_flow(flood, other) or _is_same_case(flood, other)), None
    )


def _is_same_flow(one: Flood, other: Flood) -> bool:
    """Whether both go from one MAC and address to one MAC and address, and the sender was read for one of them alone:
    of one that was not, any of its addresses may be the one of another time.
    """
    is_flood = {one.status, other.status} == {"flooding"}
    return is_flood and bool(one.source.host) != bool(other.source.host) and _ends(one) == _ends(other)


def _ends(flood: Flood) -> tuple[str, ...]:
    return flood.source.mac, flood.source.ip, flood.destination.mac, flood.destination.ip


def _is_same_case(one: Flood, other: Flood) -> bool:
    """Whether one of them is a flood that the other waits for: from one host and VIP to a client in the subnet."""
    if {one.status, other.status} != {"flooding", "latent"} or (one.source.host, one.source.ip) != (
        other.source.host,
        other.source.ip,
    ):
        return False
    heard, waits = (one, other) if one.status == "flooding" else (other, one)
    try:
        return bool(waits.clients) and ip_address(heard.destination.ip) in ip_network(waits.clients)
    except ValueError:  # the file may have been edited
        return False


def still_there(flood: Flood, before: Flood) -> dict[str, Any]:
    """The entry of a flood that was there before: how it was then."""
    return {"id": flood.id, "status_before": before.status, "bits_per_second_before": before.bits_per_second}


def past_flood(flood: Flood, now: FloodReport) -> dict[str, Any]:
    """What is kept of an earlier flood, with the hosts without which NOW cannot say that it is gone."""
    return {
        "id": flood.id,
        "status": flood.status,
        "cause": flood.cause,
        "source": flood.source.name,
        "destination": flood.destination.name,
        "segment": flood.destination.segment,
        "bits_per_second": flood.bits_per_second,
        "unchecked_hosts": sorted(set(_unchecked(flood, now))),
    }


def _unchecked(flood: Flood, now: FloodReport) -> Iterator[str]:
    """A flood is gone if all who received it listened again; what waits to happen, if the sender's routes were read
    again.
    """
    if flood.status == "flooding":
        yield from (
            receiver.host for receiver in flood.receivers if (receiver.host, receiver.interface) not in now.listened
        )
        return
    host = flood.source.host
    unread = {remark.host for remark in now.gaps if remark.what in _NEEDED}
    if host and (host not in now.judged or host in unread):
        yield host
    if not flood.clients:  # only frames pointed at it, at interfaces that cannot tell whether they are over
        yield from flood.heard_by
