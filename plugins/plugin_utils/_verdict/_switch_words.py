"""Words for what switches show: a MAC on two ports, a fight between ports, a loop."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._switching import Apart, Fight, Loop, Spot
from ansible_collections.netops.layer2.plugins.plugin_utils._messages import shortened

_SHOWN = 8
_LONGEST = 80  # characters of a port's name that are shown: strangers choose it


def spot(place: Spot) -> str:
    """A port of a switch, as people say it."""
    vlan = f" (VLAN {place.vlan})" if place.vlan not in ("-", "0") else ""
    return f"port {shortened(place.port, _LONGEST)} of {place.host}{vlan}"


def spots(places: Iterable[Spot]) -> str:
    """Several ports, each once, in the order of switches and ports."""
    words = [spot(place) for place in sorted(set(places))]
    shown = " and ".join(words) if len(words) < 3 else ", ".join(words[:_SHOWN])
    return shown if len(words) <= _SHOWN else f"{shown} and {len(words) - _SHOWN} more"


def all_spots(fights: list[Fight], apart: list[Apart]) -> list[Spot]:
    """Every port that FIGHTS and pairs APART name."""
    return sorted(
        {
            *(place for fight in fights for place in fight.spots),
            *(place for pair in apart for place in (pair.here, pair.there)),
        }
    )


def places(fights: list[Fight], apart: list[Apart]) -> str:
    """Every port that FIGHTS and pairs APART name, as a list."""
    return spots(all_spots(fights, apart))


def evidence(fights: list[Fight], apart: list[Apart]) -> Iterator[str]:
    """One sentence an observation, the witness first."""
    for fight in fights[:_SHOWN]:
        yield (
            f"{fight.spots[0].host}: it moved {fight.times} times between {spots(fight.spots)} while the table was read"
        )
    for pair in apart[:_SHOWN]:
        often = "in both readings" if pair.again else "in one reading"
        yield (
            f"{pair.here.host}: has it on {spot(pair.here)}, while {pair.there.host} has it on {spot(pair.there)},"
            f" {often}; neither port leads to the other switch"
        )


def fix(places_seen: list[Spot], rule: str) -> str:
    """The step that ends a fight of which only the ports are known."""
    where = spots(places_seen)
    if rule == "bond_on_ports":
        return (
            f"make {where} one link aggregation (LACP) on the switch, or set the bond to active-backup; then look again"
        )
    return (
        f"find the machines behind {where}, and give the copy a new MAC where it is defined; gather them (or their"
        " hypervisors) to have them judged by name"
    )


def loop_reason(loop: Loop) -> str:
    """The sentence of a loop."""
    return f"{len(loop.macs)} addresses flap between {spots(loop.spots)}: a loop, not so many twins"


def loop_evidence(loop: Loop) -> list[str]:
    """Which addresses flapped."""
    more = f" and {len(loop.macs) - _SHOWN} more" if len(loop.macs) > _SHOWN else ""
    return [f"{loop.spots[0].host}: {', '.join(loop.macs[:_SHOWN])}{more} went back and forth while the table was read"]


def loop_fix(loop: Loop) -> str:
    """What ends a loop."""
    return (
        f"take one of {spots(loop.spots)} down, find the cable or bridge that joins what is behind them, and turn on"
        " spanning tree or loop protection there"
    )
