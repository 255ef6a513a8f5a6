"""Reports on floods compared: new, still there, gone, not listened again; waiting and heard are one case; in every
format.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy
import csv
import io
import json

import pytest
from ansible_collections.netops.layer2.plugins.plugin_utils._common._fields import plain
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding._flooding import flooding_causes
from ansible_collections.netops.layer2.plugins.plugin_utils._report import _formats
from ansible_collections.netops.layer2.plugins.plugin_utils._reporting import compared as compared_with_file
from hypothesis import given

from ..flood_builders import (
    GATEWAY_IP,
    VIP,
    client,
    incident2,
    incident2_samples,
    real_server,
    routes,
    rules,
    sample,
    sampled,
    talker,
)
from .sample_reports import compared_with, document, flood, flood_verdict, receiver, words, wrapped

CURED = real_server(
    rules=rules("0: from all lookup local", f"1001: from {VIP} lookup 1001", "32766: from all lookup main"),
    routes=routes(
        f"default via {GATEWAY_IP} dev eth0",
        "192.0.2.0/24 dev eth0",
        f"default via {GATEWAY_IP} dev eth0 table 1001",
        "unreachable default table 1001 metric 4278198272",
    ),
)
QUIET = [sample(f"bystander{number}", sampled("eth0")) for number in (1, 2)]
LATENT = {
    "destination": {"host": None, "mac": None, "ip": "192.0.2.9", "segment": "192.0.2.0/24", "clients": "192.0.2.0/24"}
}


def report(fleet, samples):
    return wrapped(plain(flooding_causes(fleet, samples)))


def compared(now, earlier):
    """The comparison of NOW with EARLIER, as it comes back from a file."""
    return compared_with(now, earlier)["comparison"]


def built(*found, **coverage):
    return wrapped(flood_verdict(list(found), **coverage))


# --- judged by the core ---------------------------------------------------------------------------------------------

def test_the_same_flood_is_still_there_whatever_was_read_this_time():
    earlier = report(incident2(), incident2_samples())
    for now in (
        report(incident2(), incident2_samples()),
        report([], incident2_samples()),
        report([client()], incident2_samples()[:1]),
    ):
        found = compared(now, earlier)
        assert (len(found["still"]), found["new"], found["gone"], found["unchecked"]) == (1, [], [], [])
        assert found["still"][0]["bits_per_second_before"] == 12_000_000


def test_a_flood_is_gone_where_everybody_listened_again_and_heard_nothing_and_nothing_waits():
    found = compared(report(incident2(server=CURED), QUIET), report(incident2(), incident2_samples()))
    (gone,) = found["gone"]
    assert (gone["source"], gone["destination"], gone["cause"], gone["status"]) == (
        "server1",
        "client1",
        "asymmetric_return",
        "flooding",
    )
    assert (found["new"], found["still"], found["unchecked"]) == ([], [], [])


@pytest.mark.parametrize("samples", [
    QUIET[:1], [], [QUIET[0], sample("bystander2", sampled("eth0", verdict="cannot_tell", reason="eth0 is down"))],
    [QUIET[0], sample("bystander2", sampled("eth7"))],
], ids=["one did not listen", "nobody did", "one cannot tell", "another interface"])
def test_what_nobody_listened_for_again_is_not_gone(samples):
    found = compared(report(incident2(server=CURED), samples), report(incident2(), incident2_samples()))
    assert found["gone"] == [] and "bystander2" in found["unchecked"][0]["unchecked_hosts"]


def test_a_flood_that_only_paused_waits_and_is_neither_new_nor_gone():
    quiet, loud = report(incident2(), QUIET), report(incident2(), incident2_samples())
    found = compared(quiet, loud)
    assert (len(found["still"]), found["new"], found["gone"]) == (1, [], []) and found["still"][0][
        "status_before"
    ] == "flooding"
    assert "LATENT" in _formats.render(compared_with(quiet, loud), "table") and "was flooding" in _formats.render(
        compared_with(quiet, loud), "table"
    )
    again = compared(loud, quiet)
    assert (again["still"][0]["status_before"], again["new"], again["gone"]) == ("latent", [], [])


def test_another_destination_is_another_flood():
    other = [
        sample("bystander1", sampled("eth0", talker(destination="52:54:00:00:00:33", destination_ip="192.0.2.33")))
    ]
    found = compared(report([], other), report([], incident2_samples()[:1]))
    assert len(found["new"]) == len(found["gone"]) == 1


def test_what_waited_is_gone_only_if_the_senders_routes_were_read_again():
    earlier = report(incident2(), None)
    assert len(compared(report(incident2(server=CURED), None), earlier)["gone"]) == 1
    (unread,) = compared(report(incident2()[1:], None), earlier)["unchecked"]
    assert unread["unchecked_hosts"] == ["server1"]
    blind = copy.deepcopy(CURED)
    blind["gaps"] = [{"subset": "routes", "reason": "ip: timed out"}]
    assert compared(report(incident2(server=blind), None), earlier)["gone"] == []


# --- edges ----------------------------------------------------------------------------------------------------------

def test_what_was_excepted_meanwhile_is_neither_gone_nor_listed():
    found = compared(built(flood(exception={"reason": "known", "expires": "2999-01-01"})), built(flood()))
    assert found == {**found, "new": [], "still": [], "gone": [], "unchecked": []}


def test_a_case_that_only_a_mirror_pointed_at_is_not_known_to_be_gone():
    heard = {
        **flood(status="latent"),
        "heard": [{"host": "probe", "interface": "eth3", "packets_per_second": 1.0, "bits_per_second": 1.0}],
    }
    (left,) = compared(built(), built(heard))["unchecked"]
    assert left["unchecked_hosts"] == ["probe"]


def test_other_kinds_of_reports_and_broken_files_are_refused(tmp_path):
    with pytest.raises(Exception, match="it is a report on MAC addresses, and this one is on floods"):
        compared_with(built(), document())
    cut = tmp_path / "layer2-flooding.json"
    cut.write_text(_formats.render(built(), "json")[:-40])
    noted = compared_with_file(built(), str(cut))
    assert (
        "it ends in the middle" in _formats.summary(noted)["compare_error"] and _formats.summary(noted)["changes"] == {}
    )
    for name in ("table", "html"):
        assert "compared: cannot compare with" in _formats.render(noted, name)


# --- drawn ----------------------------------------------------------------------------------------------------------

ELSEWHERE = {"source": {"host": "server2", "ip": "203.0.113.81"}, **LATENT}
NOW = built(flood("a"), flood("b", receivers=[receiver("near1")]), flood("l", "latent", **ELSEWHERE))
EARLIER = built(
    flood("b", bits_per_second=5_000_000.0),
    flood("c"),
    flood("d", receivers=[receiver("far")]),
    flood("l", "latent", **ELSEWHERE),
)


def test_every_format_and_set_stats_show_it():
    made = compared_with(NOW, EARLIER)
    table, page = _formats.render(made, "table"), _formats.render(made, "html")
    assert "[certain, new]" in table and "[certain, still there, 5 Mbit/s before]" in table
    assert "  gone       flooding asymmetric_return (8 Mbit/s): server -> client\n" in table
    assert "server -> client - not judged this time: far\n" in table
    assert "Since 2026-11-21T03:12:45Z: 1 new, 2 still there, 1 gone, 1 not checked again\n" in table
    assert (
        '<span class="change new">new</span>' in page
        and "still there, 5 Mbit/s before" in page
        and "2 still there" in page
    )
    assert "<summary>Gone: 1</summary>" in page and "(not judged this time: far)" in page
    rows = {
        row["id"]: row["change"]
        for row in csv.DictReader(io.StringIO(_formats.render(made, "csv")))
        if row["record"] == "finding"
    }
    assert rows == {"a": "new", "b": "still", "l": "still"}
    assert 'netops_layer2_flood_findings_changed{change="gone"} 1\n' in _formats.render(made, "prometheus")
    assert _formats.summary(made)["changes"] == {"new": 1, "still": 2, "gone": 1, "unchecked": 1}
    assert json.loads(_formats.render(made, "json"))["comparison"] == made["comparison"]


def test_without_an_earlier_report_nothing_is_said_of_changes():
    assert _formats.summary(NOW)["changes"] == {} and "Since" not in _formats.render(NOW, "table")
    assert "findings_changed" not in _formats.render(NOW, "prometheus") and "Since" not in _formats.render(NOW, "html")


@given(name=words, text=words)
def test_hostile_names_of_the_earlier_report_are_shown_and_nothing_else(name, text):
    past = flood(
        "p", cause=text, source={"host": name, "ip": text}, destination={"ip": name, "segment": text, "clients": text}
    )
    waited = flood("q", "latent", source={"host": name, "ip": text}, destination={"ip": text, "clients": name})
    made = compared_with(
        built(flood("n", source={"host": name, "ip": text}, destination={"ip": text})), built(past, waited)
    )
    for form in _formats.FORMATS:
        drawn = _formats.render(made, form)
        assert "\x1b" not in drawn and (form != "html" or drawn.count("<script") == 2)
