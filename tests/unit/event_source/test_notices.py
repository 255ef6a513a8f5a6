"""Lines of `ip` and `bridge`, whole tables and monitors: what they say, and that none of them breaks the reader."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.netops.layer2.plugins.module_utils._table import Damaged
from ansible_collections.netops.layer2.plugins.plugin_utils._neighbor_watch._notices import (
    FDB,
    NEIGHBOR,
    Notice,
    Place,
    read,
)
from hypothesis import given
from hypothesis import strategies as st

GOLDEN = Path(__file__).parent / "golden"
ONE, TWO, NINE = "52:54:00:00:00:07", "52:54:00:00:00:08", "52:54:00:00:00:09"


def told(table: str, name: str) -> list[Notice]:
    """What a recorded monitor says."""
    return [notice for line in (GOLDEN / name).read_text().splitlines() if (notice := read(table, line)) is not None]


def test_a_monitor_of_neighbours_is_read():
    """An entry without a MAC says nothing, nor do group addresses and entries of bridges, which `ip` shows too."""
    assert told(NEIGHBOR, "ip_monitor_neigh.txt") == [
        Notice(Place(NEIGHBOR, "v1", None, "192.0.2.7"), ONE, ONE, True),
        Notice(Place(NEIGHBOR, "v1", None, "192.0.2.7"), TWO, TWO, True),
        Notice(Place(NEIGHBOR, "v1", None, "2001:db8::7"), TWO, TWO, True),
    ]


def test_a_monitor_of_a_bridge_is_read():
    """What is deleted, permanent or programmed by a control plane is no proof; far ends of tunnels are places, too."""
    assert told(FDB, "bridge_monitor_fdb.txt") == [
        Notice(Place(FDB, "br0", None, "ca:68:63:af:6f:28"), "p2", "ca:68:63:af:6f:28", False),
        Notice(Place(FDB, "br0", None, "8a:e4:6a:59:23:a0"), "p2", "8a:e4:6a:59:23:a0", False),
        Notice(Place(FDB, "br0", 5, ONE), "p1", ONE, True),
        Notice(Place(FDB, "br0", 5, ONE), "p2", ONE, True),
        Notice(Place(FDB, "vxlan9", None, NINE), "vxlan9 203.0.113.9", NINE, True),
        Notice(Place(FDB, "vxlan9", None, NINE), "vxlan9 203.0.113.9", NINE, False),
    ]


@pytest.mark.parametrize("state", ["PERMANENT", "NOARP", "FAILED", "extern_learn REACHABLE"])
def test_what_was_programmed_or_failed_proves_nothing(state):
    notice = read(NEIGHBOR, f"192.0.2.7 dev v1 lladdr {ONE} {state}")
    assert notice is not None and not notice.learnt


@pytest.mark.parametrize(
    ("table", "line"),
    [
        (NEIGHBOR, "netlink receive error No buffer space available (105)"),
        (NEIGHBOR, f"192.0.2.7 dev aVeryLongInterfaceName lladdr {ONE} STALE"),
        (FDB, "52:54:00:00:00:0x dev p1 master br0"),
        (FDB, f"{ONE} dev p1 vlan many master br0"),
    ],
)
def test_a_damaged_line_is_told_from_an_empty_one(table, line):
    with pytest.raises(Damaged):
        read(table, line)


def test_a_name_that_steers_a_terminal_or_a_template_is_escaped():
    notice = read(FDB, f"{ONE} dev {{{{7*7}}}} master \x1b[2J")
    assert notice is not None
    assert notice.at == "%7B%7B7*7%7D%7D".replace("*", "%2A") and set("{}\x1b[") & set(notice.place.interface) == set()


WORDS = st.sampled_from(
    [ONE, *"192.0.2.7 fe80::1 dev lladdr v1 master br0 vlan 5 dst self Deleted [x] STALE \x1b {{".split()]
)


@given(st.sampled_from([NEIGHBOR, FDB]), st.one_of(st.text(max_size=80), st.lists(WORDS, max_size=9).map(" ".join)))
def test_any_line_is_a_notice_nothing_or_damaged(table, line):
    try:
        notice = read(table, line)
    except Damaged:
        return
    if notice is not None:
        texts = f"{notice.place.interface}{notice.place.address}{notice.at}"
        assert texts.isascii() and texts.isprintable() and not set("{}'\"$`") & set(texts)
