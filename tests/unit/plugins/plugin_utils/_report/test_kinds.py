"""Every kind of verdict in every format: real verdicts come through whole, hostile names stay text, what was not judged
is said.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import csv
import io
import json
import re

import pytest
from ansible_collections.netops.layer2.plugins.plugin_utils._common._fields import ReportError
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding._flooding import flooding_causes
from ansible_collections.netops.layer2.plugins.plugin_utils._report import _files, _formats
from ansible_collections.netops.layer2.plugins.plugin_utils._report._compare import compare, read_earlier
from ansible_collections.netops.layer2.plugins.plugin_utils._report._kinds import KINDS
from ansible_collections.netops.layer2.plugins.plugin_utils._report._model import parse
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._address_verdicts import ip_conflicts
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._verdicts import mac_collisions
from hypothesis import given, settings
from hypothesis import strategies as st

from ..builders import server
from ..flood_builders import incident2, incident2_samples
from .sample_reports import TWINS, address_verdict, flood, flood_verdict, owner, receiver, verdict, words, wrapped

TWO = [server("web1", TWINS, "192.168.100.9/23"), server("web2", "52:54:00:00:00:02", "192.168.100.9/23")]
SAMPLES = {
    "netops.layer2/verdict": verdict,
    "netops.layer2/ip-verdict": address_verdict,
    "netops.layer2/flood-verdict": flood_verdict,
}
REAL = {
    "netops.layer2/verdict": lambda: mac_collisions([TWO[0], server("web2", TWINS, "192.168.100.8/23")]),
    "netops.layer2/ip-verdict": lambda: ip_conflicts(TWO),
    "netops.layer2/flood-verdict": lambda: flooding_causes(incident2(), incident2_samples()),
}
WORDS = {
    "netops.layer2/verdict": TWINS,
    "netops.layer2/ip-verdict": "192.168.100.9",
    "netops.layer2/flood-verdict": "203.0.113.80",
}


def _rows(made):
    return list(csv.DictReader(io.StringIO(_formats.render(made, "csv"), newline="")))


def test_every_kind_has_a_sample_here():
    assert set(SAMPLES) == set(REAL) == set(WORDS) == set(KINDS)


@pytest.mark.parametrize("schema", KINDS)
@pytest.mark.parametrize("name", _formats.FORMATS)
def test_real_verdicts_in_every_format(schema, name):
    text = _formats.render(wrapped(json.loads(json.dumps(REAL[schema]()))), name)
    assert WORDS[schema] in text


@pytest.mark.parametrize("schema", KINDS)
def test_a_run_may_fail_on_hosts_that_are_missing(schema):
    made = wrapped(
        SAMPLES[schema]([], missing=[{"host": f"hv{number}", "reason": "unreachable"} for number in range(12)])
    )
    assert _formats.summary(made, ["missing"])["failures"] == [
        "12 hosts missing: " + ", ".join(f"hv{number}" for number in range(10)) + " and 2 more"
    ]
    assert _formats.summary(made, [])["failures"] == []
    assert _formats.summary(wrapped(SAMPLES[schema]([])), ["missing"])["failures"] == []


@pytest.mark.parametrize("schema", KINDS)
@pytest.mark.parametrize("name", _formats.FORMATS)
def test_what_was_not_judged_is_in_every_format(schema, name):
    made = wrapped(SAMPLES[schema]([], missing=[{"host": "hv9", "reason": "unreachable"}]), not_asked=["hv8"])
    text = _formats.render(made, name)
    assert "hv9" in text or (name == "prometheus" and re.search(r'hosts\{state="missing"\} 1$', text, re.M))


@pytest.mark.parametrize("schema", KINDS)
def test_files_of_several_kinds_fit_into_one_folder(schema, tmp_path):
    for each in KINDS:
        assert _files.write(wrapped(SAMPLES[each]()), str(tmp_path), list(_formats.FORMATS), dry=False).changed
    assert len(list(tmp_path.iterdir())) == len(KINDS) * len(_formats.FORMATS)
    assert not _files.write(wrapped(SAMPLES[schema]()), str(tmp_path), list(_formats.FORMATS), dry=False).changed


def test_metrics_of_several_kinds_have_names_of_their_own():
    names = [
        set(re.findall(r"^# TYPE (\S+)", _formats.render(wrapped(made()), "prometheus"), re.M))
        for made in SAMPLES.values()
    ]
    assert all(names) and not names[0] & names[1] and not names[0] & names[2] and not names[1] & names[2]


def test_an_address_is_named_with_its_macs():
    made = wrapped(address_verdict())
    table = _formats.render(made, "table")
    assert "CONFLICT  192.168.100.9" in table and "52:54:00:00:00:02" in table and "9 IP addresses" in table
    row = _rows(made)[0]
    assert (row["address"], row["mac"], row["macs"]) == ("192.168.100.9", TWINS, f"{TWINS} | 52:54:00:00:00:02")
    page = _formats.render(made, "html")
    assert "Duplicate IP addresses" in page and "machines have one IP address on one segment right now" in page
    assert 'netops_layer2_ip_finding{id="ip-1",address="192.168.100.9"' in _formats.render(made, "prometheus")


def test_addresses_left_to_the_verdict_on_macs_are_counted():
    made = address_verdict()
    made["findings"][0]["status"] = "handed_over"
    made["summary"].update(conflict=0, handed_over=1)
    assert "1 left to the verdict on MACs" in _formats.render(wrapped(made), "table")


def test_columns_of_a_mac_stay_what_they_were():
    row = _rows(wrapped(verdict()))[0]
    assert row["mac"] == TWINS and "macs" not in row and "address" not in row


def test_floods_and_their_receivers():
    made = wrapped(flood_verdict())
    rows = _rows(made)
    assert [(row["host"], row["source_ip"], row["destination_ip"]) for row in rows] == [
        ("near1", "203.0.113.80", "192.0.2.21"), ("near2", "203.0.113.80", "192.0.2.21")]
    table = _formats.render(made, "table")
    assert "FLOODING  asymmetric_return  8 Mbit/s" in table and "near2" in table and "learning is off" in table
    metrics = _formats.render(made, "prometheus")
    assert 'netops_layer2_flood_received_bits_per_second{host="near2",interface="eth0"} 7900000' in metrics


def test_a_flood_is_drawn():
    page = _formats.render(wrapped(flood_verdict()), "html")
    assert page.count("<polyline") == 2 and 'class="path"' in page and "reply, on-link on eth0" in page
    assert "<polyline" not in _formats.render(wrapped(flood_verdict([flood(status="latent")])), "html")


def test_figures_of_each_kind():
    figures = {schema: _formats.summary(wrapped(made()), ["excepted"]) for schema, made in SAMPLES.items()}
    assert figures["netops.layer2/ip-verdict"]["macs"] == {"conflict": ["192.168.100.9"]}
    assert figures["netops.layer2/flood-verdict"]["counts"]["flooding"] == 1
    assert "1 flood" in figures["netops.layer2/flood-verdict"]["line"]
    assert _formats.summary(wrapped(flood_verdict()), ["flooding"])["failures"] == [
        "flooding asymmetric_return (8 Mbit/s): server -> client"
    ]


@pytest.mark.parametrize("schema", KINDS)
def test_a_status_of_another_kind_is_refused(schema):
    wrong = "flooding" if schema != "netops.layer2/flood-verdict" else "conflict"
    with pytest.raises(ReportError, match=f"unknown status '{wrong}'; choose from"):
        _formats.summary(wrapped(SAMPLES[schema]()), [wrong])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"schema": "netops.layer2/weather"},
            "verdict.schema: expected netops.layer2/verdict or netops.layer2/ip-verdict or",
        ),
        ({"version": 2}, "verdict.version: 2 is newer"),
        ({"version": "1"}, "verdict.version: expected 1"),
    ],
)
@pytest.mark.parametrize("schema", KINDS)
def test_what_is_no_verdict_is_refused(schema, change, message):
    with pytest.raises(ReportError, match=message):
        wrapped({**SAMPLES[schema](), **change})


def test_reports_on_addresses_can_be_compared_and_not_with_others():
    earlier, now = parse(wrapped(address_verdict())), parse(wrapped(address_verdict([], judged=["web1", "web2"])))
    assert compare(now, earlier, "x")["gone"][0]["address"] == "192.168.100.9"
    with pytest.raises(ReportError, match="on MAC addresses, and this one is on IP addresses"):
        compare(now, parse(wrapped(verdict())), "x")
    with pytest.raises(ReportError, match=r"on floods, and this one is on IP addresses"):
        compare(now, read_earlier(json.dumps(wrapped(flood_verdict())), "x"), "x")


@settings(max_examples=60, deadline=None)
@given(
    name=words,
    host=words,
    text=words,
    bits=st.floats(0, 1e12),
    steps=st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**9)), max_size=4),
)
def test_hostile_floods_are_drawn_all_the_same(name, host, text, bits, steps):
    found = flood(
        reason=text,
        evidence=[text],
        fix=text,
        source={"host": host, "ip": name, "mac": text},
        destination={"ip": text, "segment": name},
        receivers=[receiver(host, bits, interface=name, series=[list(step) for step in steps])],
        route={
            "reply": {"kind": text, "dev": name},
            "request": {"kind": name, "via": text, "director": {"host": host}},
        },
    )
    made = wrapped(flood_verdict([found], missing=[{"host": host, "reason": text}]))
    for form in _formats.FORMATS:
        drawn = _formats.render(made, form)
        assert "\x1b" not in drawn and (form != "html" or drawn.count("<script") == 2)


@settings(max_examples=40, deadline=None)
@given(name=words, mac=words)
def test_hostile_addresses_are_drawn_all_the_same(name, mac):
    made = wrapped(
        address_verdict(
            [{**address_verdict()["findings"][0], "address": name, "macs": [mac], "owners": [owner(name, mac=mac)]}]
        )
    )
    for form in _formats.FORMATS:
        assert "\x1b" not in _formats.render(made, form)
