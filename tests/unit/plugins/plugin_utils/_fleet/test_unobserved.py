"""What a snapshot neither holds nor names as a gap is shown as not observed: nothing unknown reads as clean."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.netops.layer2.plugins.module_utils._snapshot import SUBSETS
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._unobserved import TABLES
from ansible_collections.netops.layer2.plugins.plugin_utils._text_snapshot import snapshot_from_text
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._verdicts import mac_collisions

from ..builders import server

BARE = {"schema": "netops.layer2/snapshot", "version": 1, "host": "a"}
WHOLE = server("a", "02:00:00:00:00:01", "192.0.2.1/24")


def coverage(document: dict[str, Any]) -> tuple[dict[str, str], list[str]]:
    """Gaps by subset, and the fields that were quarantined."""
    found = mac_collisions([document])["coverage"]
    return {gap.get("subset", ""): gap.get("reason", "") for gap in found["gaps"]}, [
        row["field"] for row in found["quarantined"]
    ]


def test_what_is_neither_there_nor_a_gap_is_shown() -> None:
    gaps, _quarantined = coverage(BARE)
    assert set(gaps) == set(TABLES) <= set(SUBSETS) and all(
        reason.startswith("not observed: ") for reason in gaps.values()
    )
    assert mac_collisions([BARE])["summary"]["gaps"] == len(TABLES)
    assert coverage(WHOLE) == ({}, []), "an older snapshot without `observed` is as good as what it holds"


@pytest.mark.parametrize("table", TABLES)
def test_each_table_is_looked_for(table: str) -> None:
    without = {key: value for key, value in WHOLE.items() if key != table}
    assert coverage(without)[0] == {table: "not observed: the snapshot does not hold it, and does not say why"}
    assert "calls it read" in coverage({**without, "observed": list(TABLES)})[0][table]
    assert coverage({**without, table: None})[0].keys() == {table}
    told = {"subset": table, "reason": "no such program"}
    assert coverage({**without, "gaps": [told]})[0] == {table: "no such program"}
    # What is said of one container or item says nothing of the host.
    assert set(mac_collisions([{**without, "gaps": [{**told, "netns": "lxc-a"}]}])["coverage"]["gaps"][-1]) >= {"hint"}


@pytest.mark.parametrize(
    ("fields", "gaps", "quarantined"),
    [
        ({"observed": "all"}, set(), ["observed"]),
        ({"observed": {"fdb": True}}, set(), ["observed"]),
        ({"observed": [1, None]}, set(), []),
        ({"observed": []}, set(), []),
        ({"gaps": "none"}, set(), ["gaps"]),
        ({"gaps": [7]}, set(), ["gaps[0]"]),
        ({"gaps": {"subset": "fdb"}, "fdb": None}, {"fdb"}, ["gaps"]),
        ({"gaps": [{"subset": ["fdb"]}], "fdb": None}, {"fdb"}, ["gaps[0].subset"]),
        ({"interfaces": []}, {"interfaces"}, []),
        ({"identity": []}, {"identity"}, []),
        ({"interfaces": "eth0"}, set(), ["interfaces"]),
        ({"guests": 5}, set(), ["guests"]),
        ({"containers": {}}, set(), ["containers"]),
        ({"neighbors": {}}, set(), ["neighbors.rows"]),
        ({"fdb": []}, set(), ["fdb.rows"]),
        ({"bridges": "br0"}, set(), ["bridges"]),
    ],
)
def test_siblings_of_it_are_shown_too(fields: dict[str, Any], gaps: set[str], quarantined: list[str]) -> None:
    found, bad = coverage({**WHOLE, **fields})
    assert (gaps <= set(found), bad) == (True, quarantined) and len(
        [why for why in found.values() if why.startswith("not observed")]
    ) == len(gaps)


def test_a_snapshot_from_texts_names_its_own_gaps_once() -> None:
    document = snapshot_from_text(
        {"host": "a", "ip neigh show": "192.0.2.1 dev eth0 lladdr 02:00:00:00:00:01 REACHABLE"}
    )
    found = mac_collisions([document])["coverage"]["gaps"]
    assert len({gap["subset"] for gap in found}) == len(found) and not any(
        "does not hold it" in gap["reason"] for gap in found
    )
