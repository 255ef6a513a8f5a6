"""Tests of the pace: never faster than asked, and as many rounds as it takes to miss nobody."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import random

import pytest
from ansible_collections.netops.layer2.plugins.module_utils._scan import _pace
from hypothesis import given
from hypothesis import strategies as st


@given(st.floats(0.5, 5000), st.lists(st.floats(0, 0.5), min_size=1, max_size=60))
def test_no_stretch_of_time_has_more_questions_than_the_rate_and_a_burst(rate, pauses):
    now, sent = 100.0, []
    pacer = _pace.Pacer(rate, now)
    for pause in pauses:
        now += pause + pacer.wait(now + pause)
        pacer.sent(now)
        sent.append(now)
    for first in range(len(sent)):
        for last in range(first + 1, len(sent)):
            assert last - first <= (sent[last] - sent[first]) * rate + pacer.burst + 1e-6


def test_without_loss_two_rounds_are_enough_for_many_and_three_for_few():
    assert _pace.another_round([], 10) and _pace.another_round([40], 10)
    assert not _pace.another_round([40, 0], 10)
    assert _pace.another_round([4, 0], 10) and _pace.another_round([0, 0], 10)
    assert not _pace.another_round([4, 0, 0], 10)
    assert not _pace.another_round([0, 0, 0], 10)
    assert _pace.repeats([40, 0, 0], 10) == 0


def test_the_limit_is_kept_whatever_is_lost():
    assert not _pace.another_round([1, 1, 1, 1], 4)
    assert _pace.repeats([1] * 4, 4) <= 3


def test_loss_of_an_earlier_part_counts_where_nobody_answers():
    assert _pace.another_round([0, 0, 0], 10, [40, 8, 2])
    assert not _pace.another_round([0] * 6, 10, [40, 8, 2])


# Two rounds, as arp-scan has them, would miss 100 at a loss of 5 %, and 1,600 at 20 %.
@pytest.mark.parametrize(("lost", "most"), [(0.0, 0), (0.05, 25), (0.2, 10), (0.3, 10)])
def test_of_forty_thousand_machines_hardly_any_is_missed(lost, most):
    chance = random.Random(7)
    missed = 0
    for _scan in range(1000):
        silent, rounds = 40, []
        while silent and _pace.another_round(rounds, 10):
            answered = sum(chance.random() >= lost for _machine in range(silent))
            rounds.append(answered)
            silent -= answered
        missed += silent
    assert missed <= most


def test_losses_that_keep_to_some_machines_are_not_diluted_by_the_others():
    assert not _pace.another_round([140, 0], 10)
    chance = random.Random(7)
    missed = 0
    for _scan in range(1000):
        silent, rounds = 40, []
        while silent and _pace.another_round(rounds, 10):
            answered = sum(chance.random() >= 0.2 for _machine in range(silent))
            rounds.append(answered + (60 if not rounds else 0))  # sixty more that never lose an answer
            silent -= answered
        missed += silent
    assert missed <= 10


def test_a_second_machine_behind_an_address_gets_as_many_chances():
    assert _pace.repeats([32, 6, 2, 0], 10) >= 3
