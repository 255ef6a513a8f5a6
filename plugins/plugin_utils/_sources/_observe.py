"""The one way from sources to a model of the fleet, its segments, and who saw which MAC where."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from collections.abc import Iterable

from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._hosts import Hosts
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._model import Model, add_host, merge_owners, model_of
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._observation import Comparison, Statement, Table
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._placing import Placing
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._sightings import Sightings, walk
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._switching import (
    Switching,
    join_switches,
    switching_of,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._rules._contest import Contest
from ansible_collections.netops.layer2.plugins.plugin_utils._rules._mac._list import legitimate
from ansible_collections.netops.layer2.plugins.plugin_utils._sources import _snapshot


class Observed(t.NamedTuple):
    """A fleet as all sources together show it; its segments are joined.

    ``compared``: what is known of addresses behind one MAC, by MAC. ``switching``: what switches prove.
    """

    model: Model
    sightings: Sightings
    compared: dict[str, list[Comparison]]
    switching: Switching


def observe(hosts: Hosts, *sources: Iterable[Statement]) -> Observed:
    """Read HOSTS and what further SOURCES tell of them, one after another; what cannot be used is quarantined. Nothing
    read is kept.
    """
    model = model_of(hosts)
    for reader in hosts:
        add_host(model, reader)
        for told in _snapshot.tell(reader):
            if isinstance(told, Table):
                model.tables.take(told, reader.reject)
    placing = Placing(model)
    for source in sources:
        placing.enter(source)
    placing.close()
    model.tables.forget_rows()
    merge_owners(model)
    ways = join_switches(model)
    sightings = walk(model, _shared_gateways(model))
    return Observed(model, sightings, placing.compared, switching_of(model, ways))


def _shared_gateways(model: Model) -> set[str]:
    """MACs that several routers share by design; known before the tables are walked, which must not take them for
    strong proof.
    """
    found = set()
    for mac, claims in model.contested().items():
        if len({claim.owner for claim in claims}) < 2:
            continue  # one machine's own stack, as nearly all are
        sharing = legitimate(Contest(mac, tuple(claims), model))
        if sharing is not None and sharing.gateway:
            found.add(mac)
    return found
