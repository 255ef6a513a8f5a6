"""Moves and fights: one story a row, told as notices with their seconds."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.netops.layer2.plugins.plugin_utils._neighbor_watch._known_macs import reason_to_move
from ansible_collections.netops.layer2.plugins.plugin_utils._neighbor_watch._moves import Move, Moves, Patience
from ansible_collections.netops.layer2.plugins.plugin_utils._neighbor_watch._notices import FDB, NEIGHBOR, Notice, Place
from hypothesis import given
from hypothesis import strategies as st

MACS = {"A": "52:54:00:00:00:0a", "B": "52:54:00:00:00:0b", "C": "52:54:00:00:00:0c", "V": "00:00:5e:00:01:07"}
ADDRESS = Place(NEIGHBOR, "eth0", None, "192.0.2.7")


def behind(letter: str, place: Place = ADDRESS, learnt: bool = True) -> Notice:
    """The address is behind the MAC of a letter."""
    return Notice(place, MACS[letter], MACS[letter], learnt)


def story(text: str, patience: Patience | None = None, until: float = 300.0) -> list[tuple[str, int]]:
    """(kind, changes) of all that is told of `SECOND LETTER` pairs, looked at twice a second."""
    moves, told = Moves(patience or Patience()), []
    steps = [(float(word[:-1]), word[-1]) for word in text.split()]
    moves.begin([behind(steps.pop(0)[1])], 0.0)
    now = 0.0
    while now <= until:
        while steps and steps[0][0] <= now:
            at, letter = steps.pop(0)
            told.append(moves.take(behind(letter), at))
        told += moves.due(now)
        now += 0.5
    return [(move.kind, move.count) for move in told if move is not None]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("0A 5A 9A", []),  # a reboot: the same again
        ("0A 5B", [("moved", 1)]),  # a failover
        ("0A 5B 6A", [("returned", 2)]),  # keepalived restarted
        ("0A 5B 40A", [("moved", 1), ("returned", 2)]),  # failover and failback
        ("0A 5B 100A", [("moved", 1), ("moved", 1)]),  # two stories
        ("0A 5B 5.5C", [("moved", 2)]),  # on its way to C
        ("0A 5B 6A 7B", [("flapping", 3)]),  # twins
        ("0A 5B 6A 7B 8A 9B 10A", [("flapping", 3)]),  # told once
        ("0A 5B 6A 7B 30A 50B 68A 70B", [("flapping", 3), ("flapping", 6)]),  # and again after a while
        ("0A 5V 6A 7V 8A", []),  # a virtual router's
        ("0A 1V 5B 6A 7B", [("flapping", 3)]),  # a frame with such a MAC silences nobody
    ],
)
def test_a_story(text, told):
    assert story(text) == told


def test_the_first_return_is_a_fight_where_that_is_asked_for():
    assert story("0A 5B 6A", Patience(returns=1)) == [("flapping", 2)]


def test_a_fight_names_both_and_its_times():
    moves = Moves(Patience())
    moves.begin([behind("A")], 0.0)
    told = [moves.take(behind(letter), at) for letter, at in (("B", 1.0), ("A", 2.0), ("B", 3.5))]
    assert told == [None, None, Move("flapping", ADDRESS, MACS["A"], MACS["B"], 3, 1.0, 3.5)]


def test_what_has_moved_while_nobody_listened_is_said_and_is_no_part_of_a_fight():
    moves = Moves(Patience())
    moves.begin([behind("A")], 0.0)
    moves.take(behind("B"), 1.0)
    moves.take(behind("A"), 2.0)
    assert moves.begin([behind("B")], 9.0) == [Move("moved", ADDRESS, MACS["A"], MACS["B"], 1, 9.0, 9.0, between=True)]
    assert moves.take(behind("A"), 10.0) is None and [move.kind for move in moves.due(13.0)] == ["moved"]


def test_a_table_that_lost_entries_is_no_news_and_they_are_remembered():
    moves = Moves(Patience())
    moves.begin([behind("A")], 0.0)
    assert moves.begin([], 5.0) == []
    assert moves.begin([behind("B")], 9.0)[0].old == MACS["A"]


def test_a_virtual_mac_may_change_its_port_for_ever_and_is_counted():
    moves = Moves(Patience())
    place = Place(FDB, "br0", None, MACS["V"])
    moves.begin([Notice(place, "p1", MACS["V"], True)], 0.0)
    assert [
        moves.take(Notice(place, port, MACS["V"], True), float(at)) for at, port in enumerate("p2 p1 p2 p1".split())
    ] == [None] * 4
    assert moves.due(99.0) == [] and moves.ignored == 5


def test_what_proves_nothing_moves_nothing():
    moves = Moves(Patience())
    moves.begin([behind("A")], 0.0)
    assert moves.take(behind("B", learnt=False), 1.0) is None and moves.due(9.0) == []


def test_the_longest_untouched_place_is_given_up_and_counted():
    moves = Moves(Patience(), most_places=2)
    places = [Place(NEIGHBOR, "eth0", None, f"192.0.2.{number}") for number in range(3)]
    moves.begin([behind("A", place) for place in places], 0.0)
    assert moves.forgotten == 1
    moves.take(behind("B", places[0]), 1.0)
    assert moves.due(9.0) == []  # it is as good as new
    assert len(moves.macs) <= 4


@pytest.mark.parametrize(
    ("mac", "made_to"),
    [
        ("00:00:5e:00:01:07", True),
        ("00:00:0c:07:ac:01", True),
        ("02:bf:c0:00:02:01", True),
        ("ee:ee:ee:ee:ee:ee", True),
        ("01:00:5e:00:00:01", True),
        ("12:34:56:78:9a:bc", True),
        (MACS["A"], False),
    ],
)
def test_addresses_that_are_made_to_move_are_known(mac, made_to):
    assert (reason_to_move(mac) is not None) is made_to


@given(st.lists(st.tuples(st.floats(0, 9), st.sampled_from("ABCV"), st.booleans()), max_size=60))
def test_whatever_happens_a_move_leads_somewhere_else_and_a_fight_has_come_back(steps):
    moves, now, told = Moves(Patience()), 0.0, []
    moves.begin([behind("A")], now)
    for wait, letter, learnt in steps:
        now += wait
        told += [moves.take(behind(letter, learnt=learnt), now), *moves.due(now)]
    for move in filter(None, told):
        assert move.old != move.new and move.first <= move.last <= now and MACS["V"] not in (move.old, move.new)
        assert move.count >= {"moved": 1, "returned": 2, "flapping": 3}[move.kind]
