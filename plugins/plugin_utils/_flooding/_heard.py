"""What each sampled interface tells, and what was heard where it cannot tell a flood from a copy: evidence and
coverage, never a flood.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from collections.abc import Iterable, Iterator
from ipaddress import ip_network

from ansible_collections.netops.layer2.plugins.module_utils._capture._rates import bit_rate
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding._case import Case, Network
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding._causes._return_path import (
    asymmetric_return,
    asymmetric_router,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding._return_path import address
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding._samples import (
    CANNOT_TELL,
    FLOOD,
    Flood,
    Receiver,
    Sampled,
    floods,
)

Row = dict[str, t.Any]
MIRROR = "mirror"
_PAIRS_MOST = 10
_PAIRS_NAMED = 3
_WAY_ROUND = (
    asymmetric_return,
    asymmetric_router,
)  # by routes that were read: without a flood, looks alone prove nothing


class SampleVerdict(t.NamedTuple):
    """A sampled interface, and what it tells now that the fleet is known: its own verdict, or ``mirror``."""

    sampled: Sampled
    verdict: str


def told(network: Network, sampled: Sampled) -> SampleVerdict:
    """What SAMPLED tells: both ways of a conversation are a flood only where a bridge of its segment is known to
    remember nothing.
    """
    if sampled.verdict in (FLOOD, CANNOT_TELL) and sampled.is_mirror():
        unknown = MIRROR if sampled.verdict == FLOOD else CANNOT_TELL
        return SampleVerdict(sampled, FLOOD if _is_hub(network, sampled) else unknown)
    return SampleVerdict(sampled, sampled.verdict)


def _is_hub(network: Network, sampled: Sampled) -> bool:
    topology = network.model.topologies.get(sampled.host)
    point = topology.point((sampled.netns, sampled.interface)) if topology else None
    return any(switch.ageing == 0 for switch in network.segmented.bridges_at(point))


def is_unsure(each: SampleVerdict) -> bool:
    """Whether frames heard there may be flooded, or may be copies made on purpose."""
    return each.verdict in (CANNOT_TELL, MIRROR)


# --- evidence -------------------------------------------------------------------------------------------------------

def attach(network: Network, cases: list[Case], unsure: Iterable[Sampled], least: float) -> list[Case]:
    """Add what UNSURE interfaces heard to the CASES that it is about; return those that only it points at, whose reply
    goes on-link.
    """
    more: list[Case] = []
    for flood in floods(unsure, least)[0]:
        receivers = tuple(_others(network, flood))
        # What goes to a router's MAC takes the way that it should: a mirror hears that as well.
        if not receivers or network.is_router(flood.destination):
            continue
        fitting = [case for case in cases if _is_about(case, flood)]
        for case in fitting:
            case.heard += receivers
        if not fitting:
            more.extend(_new_case(network, flood, receivers))
    return more


def _others(network: Network, flood: Flood) -> Iterator[Receiver]:
    """The receivers that do not just hear themselves, as in a loop."""
    return (each for each in flood.receivers if network.samples.owners.get(flood.source) != each.sampled.host)


def _is_about(case: Case, flood: Flood) -> bool:
    """Whether FLOOD is what CASE judges, or one of the replies that a latent one waits for."""
    if case.source.ip != flood.source_ip:
        return False
    if case.flood is not None:
        return (case.flood.source, case.flood.destination, case.flood.destination_ip) == (
            flood.source,
            flood.destination,
            flood.destination_ip,
        )
    ip = address(flood.destination_ip)
    return (case.clients is not None and ip is not None and ip in ip_network(case.clients)
            and case.network.party(flood.source, flood.source_ip).host == case.source.host)


def _new_case(network: Network, flood: Flood, receivers: tuple[Receiver, ...]) -> Iterator[Case]:
    source, destination = (
        network.party(flood.source, flood.source_ip),
        network.party(flood.destination, flood.destination_ip),
    )
    case = Case(network, source, destination, heard=receivers)
    if any(rule(case) for rule in _WAY_ROUND):
        yield case


# --- coverage -------------------------------------------------------------------------------------------------------

def listened(every: Iterable[SampleVerdict]) -> list[Row]:
    """One row a sampled interface: what it tells, and where it cannot tell, why, and who was heard."""
    rows = [_row(each) for each in every]
    return sorted(rows, key=lambda row: (row["host"], row["interface"]))


def _row(each: SampleVerdict) -> Row:
    sampled = each.sampled
    row: Row = {"host": sampled.host, "interface": sampled.name, "verdict": each.verdict}
    if is_unsure(each):
        pairs = _pairs(sampled)
        row.update(
            reason=_reason(each),
            pairs=[_pair(flood) for flood in pairs[:_PAIRS_MOST]],
            more_pairs=max(0, len(pairs) - _PAIRS_MOST),
        )
    return row


def _pairs(sampled: Sampled) -> list[Flood]:
    return floods([sampled], 0)[0]


def _pair(flood: Flood) -> Row:
    got = flood.receivers[0]
    return {
        "source": flood.source,
        "destination": flood.destination,
        "source_ip": flood.source_ip,
        "destination_ip": flood.destination_ip,
        "packets_per_second": round(got.packets_per_second, 1),
        "bits_per_second": round(got.bits_per_second, 1),
    }


def _reason(each: SampleVerdict) -> str:
    if each.verdict == MIRROR:
        return (
            "sees most conversations both ways, so it is a mirror (SPAN) port or behind a hub, and no flood is judged"
            " by it"
        )
    return f"cannot tell whether it is flooded: {each.sampled.reason or 'the sample does not say why'}"


def not_told(every: Iterable[SampleVerdict]) -> Iterator[dict[str, str]]:
    """Gaps, in words: interfaces that cannot tell and who was heard there, and samples that lost frames."""
    for each in every:
        sampled = each.sampled
        row = {"host": sampled.host, "subset": "flood_sample", "item": sampled.name}
        if is_unsure(each):
            yield {**row, "reason": _reason(each)}
            if sampled.talkers:
                yield {**row, "reason": _named(sampled)}
        elif sampled.dropped:
            yield {
                **row,
                "reason": (
                    f"the kernel dropped {sampled.dropped} frames of the sample; totals are exact, talkers may be"
                    " incomplete"
                ),
            }


def _named(sampled: Sampled) -> str:
    pairs = _pairs(sampled)
    names = [
        f"{flood.source_ip or flood.source} -> {flood.destination_ip or flood.destination}"
        f" ({bit_rate(flood.receivers[0].bits_per_second)})"
        for flood in pairs[:_PAIRS_NAMED]
    ]
    more = f" and {len(pairs) - _PAIRS_NAMED} more pairs" if len(pairs) > _PAIRS_NAMED else ""
    return f"heard all the same, flooded there or not: {', '.join(names)}{more}"
