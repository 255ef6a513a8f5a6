"""Names that strangers choose: what stays, what is escaped, how long they get, and that two of them stay two."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import re

import pytest
from ansible_collections.netops.layer2.plugins.module_utils import _shown_name as names
from hypothesis import given
from hypothesis import strategies as st

ALPHABETS = [names.SSH_TYPE, names.UNIT, names.CONTAINER, names.FILE]
# What hosts say may hold any code point, lone surrogates too.
ANYTHING = st.text(st.characters() | st.characters(categories=["Cs"]) | st.sampled_from("%~u.{}aA0"), max_size=90)


@pytest.mark.parametrize(("name", "alphabet", "shown"), [
    ("ssh-rsa-sha256@ssh.com", names.SSH_TYPE, "ssh-rsa-sha256@ssh.com"),
    ("gss-group1-sha1-toWM5Slw5Ew8Mqkay+al2g==", names.SSH_TYPE, "gss-group1-sha1-toWM5Slw5Ew8Mqkay+al2g=="),
    (r"dev-disk-by\x2duuid.device", names.UNIT, r"dev-disk-by\x2duuid.device"),
    ("getty@tty1.service", names.UNIT, "getty@tty1.service"),
    ("a%41", names.CONTAINER, "a%2541"),
    ("\udcff\ud800\xe9", names.CONTAINER, "%FF%uD800%C3%A9"),
    ("{{ x }}", names.FILE, "%7B%7B%20x%20%7D%7D"),
    ("{% x %}{# y #}", names.UNIT, "%7B%25%20x%20%25%7D%7B%23%20y%20%23%7D"),
])
def test_the_alphabet_of_its_source_stays_and_all_else_is_escaped(name, alphabet, shown):
    assert names.shown(name, alphabet) == shown


@pytest.mark.parametrize("alphabet", ALPHABETS)
def test_the_longest_stays_and_one_more_is_cut_with_a_digest(alphabet):
    longest = "x" * alphabet.longest
    assert names.shown(longest, alphabet) == longest
    assert re.fullmatch("x+%~[0-9a-f]{24}", names.shown(longest + "x", alphabet))
    assert names.shown(longest + "x", alphabet) != names.shown(longest + "xx", alphabet)


@given(ANYTHING, ANYTHING, st.sampled_from(ALPHABETS))
def test_two_names_stay_two_and_show_nothing_else(one, other, alphabet):
    shown = [names.shown(name, alphabet) for name in (one, other)]
    assert (shown[0] == shown[1]) == (one == other)
    assert all(re.fullmatch("[%%~%s]*" % alphabet.plain, name) and len(name) <= alphabet.longest for name in shown)
