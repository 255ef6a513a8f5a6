"""The table: nothing goes unsaid, nothing steers the terminal, everything fits."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import unicodedata

import pytest
from ansible_collections.netops.layer2.plugins.plugin_utils._report._compare import compare
from ansible_collections.netops.layer2.plugins.plugin_utils._report._formats import render
from ansible_collections.netops.layer2.plugins.plugin_utils._report._model import parse
from ansible_collections.netops.layer2.plugins.plugin_utils._report._table import COLUMNS
from hypothesis import given, settings

from .sample_reports import TWINS, document, finding, hostile_documents, owner


def table(*arguments, **keywords):
    return render(document(*arguments, **keywords), "table")


def test_incident_1_as_the_operator_reads_it():
    assert table(missing=[{"host": "hv9", "reason": "unreachable: timed out"}]).splitlines() == [
        "CONFLICT  52:54:00:0c:1d:f5  segment 192.168.100.0/23  [certain]",
        "  Two running guests use this MAC on one segment.",
        "    HOST  GUEST  NIC    STATE  ADDRESSES",
        "    hv1   web30  vnet0  up     192.168.100.30",
        "    hv2   web25  vnet3  up     192.168.100.25",
        "  cause      One definition was copied from the other.",
        "  evidence   client: 192.168.100.30 and 192.168.100.25 at one MAC",
        "  seen with  192.168.100.30",
        "  fix        ansible-playbook netops.layer2.fix_dup_mac -e guest=web25",
        "",
        "  missing    hv9: unreachable: timed out",
        "",
        (
            "1 conflict, 0 latent, 0 suspected (0 legitimately shared). 3 of 4 hosts judged (2 guests, 9 MACs); 1 host"
            " MISSING."
        ),
    ]


@pytest.mark.parametrize(
    ("coverage", "said"),
    [
        ({"missing": [{"host": "hv9", "reason": "unreachable: no route"}]}, "hv9: unreachable: no route"),
        (
            {"gaps": [{"host": "hv2", "subset": "guests", "reason": "denied", "hint": "use root"}]},
            "hv2 guests: denied -> use root",
        ),
        ({"quarantined": [{"host": "hv1", "field": "mac", "problem": "no MAC"}]}, "hv1 mac: no MAC"),
        ({"about": {"not_asked": ["db1"]}}, "db1 (left out by --limit)"),
        ({"about": {"notes": {"hv3": "read without root: no sudo"}}}, "hv3: read without root: no sudo"),
    ],
)
def test_what_was_not_judged_is_said(coverage, said):
    assert said in table([], **coverage)
    assert "MISSING" in table([], **coverage) or "missing" not in coverage


def test_the_same_trouble_on_many_hosts_takes_one_line():
    shown = table(
        [],
        missing=[{"host": f"h{number}", "reason": f"unreachable: ssh to h{number} refused"} for number in range(300)],
    )
    assert "300 hosts MISSING" in shown
    assert "and 290 more" in shown
    assert len(shown.splitlines()) < 8


def test_the_hint_is_not_cut_off_behind_a_long_reason():
    hint = "install Python 3.6 or newer there, or name it: ansible_python_interpreter"
    shown = table([], missing=[{"host": "hv9", "reason": f"failed: {'not found. ' * 40}-> {hint}"}])
    assert hint in " ".join(shown.split()) and len(shown.splitlines()) < 9, shown


def test_no_host_judged_is_never_a_clean_verdict():
    shown = table([], judged=[], missing=[{"host": "a", "reason": "unreachable"}])
    assert shown.splitlines()[-1].startswith("NO VERDICT: the one host could not be judged")
    assert "0 conflicts" not in shown


def test_hundreds_of_findings_stay_readable_and_are_counted():
    shown = table([finding(f"mac-{number}", "latent") for number in range(300)])
    assert shown.count("LATENT") == 20
    assert "... and 220 more findings" in shown
    assert "300 latent" in shown
    assert len(shown.splitlines()) < 300


def test_conflicts_come_first_and_excepted_ones_are_only_counted():
    shown = table([
        finding("mac-1", "latent"), finding("mac-2", "conflict"),
        finding("mac-3", "conflict", mac="52:54:00:00:00:99", exception={"reason": "known", "expires": "2027-01-01"}),
    ])
    assert shown.index("CONFLICT") < shown.index("LATENT")
    assert "52:54:00:00:00:99" not in shown
    assert "1 conflict, 1 latent, 0 suspected (0 legitimately shared, 1 excepted)" in shown


def test_changes_since_the_earlier_report_are_marked():
    earlier = parse(document([finding("mac-1", "latent"), finding("mac-8", mac="52:54:00:00:00:08"),
                              finding("mac-9", mac="52:54:00:00:00:09", owners=[owner("lost")])]))
    now = document([finding("mac-1", "conflict"), finding("mac-2", "latent")])
    shown = render({**now, "comparison": compare(parse(now), earlier, "old.json")}, "table")
    assert "[certain, was latent]" in shown
    assert "[certain, new]" in shown
    assert "  gone       conflict 52:54:00:00:00:08" in shown
    assert (
        "  unknown    conflict 52:54:00:00:00:09 on segment 192.168.100.0/23: lost - not judged this time: lost"
        in shown
    )
    assert "1 new, 1 still there, 1 gone, 1 not checked again" in shown


@settings(max_examples=60, deadline=None)
@given(hostile_documents())
def test_no_control_character_reaches_the_terminal(hostile):
    shown = render(hostile, "table")
    assert {unicodedata.category(char) for char in shown.replace("\n", "")} & {"Cc", "Cf", "Cs", "Zl", "Zp"} == set()


@settings(max_examples=40, deadline=None)
@given(hostile_documents())
def test_lines_fit_and_long_names_are_cut(hostile):
    for line in render(hostile, "table").splitlines():
        is_command_or_table = line.startswith(("    ", "  fix"))
        assert len(line) <= (420 if is_command_or_table else 2 * COLUMNS + 60)


def test_a_guest_with_an_escape_sequence_shows_as_text():
    shown = table([finding(owners=[owner("hv1", guest="\x1b[2Jevil")])])
    assert "\\x1b[2Jevil" in shown
    assert TWINS in shown


def test_hosts_that_only_differ_in_name_and_address_share_a_line():
    shown = table([], missing=[
        {"host": "a", "reason": "unreachable: connect to host 10.0.0.1 port 22: refused"},
        {"host": "b", "reason": "unreachable: connect to host 10.0.0.2 port 22: refused"},
        {"host": "c", "reason": "unreachable: connect to c: a timeout"},
    ])
    assert "a, b: unreachable: connect to host ADDRESS port 22: refused" in shown
    assert "c: unreachable: connect to c: a timeout" in shown
