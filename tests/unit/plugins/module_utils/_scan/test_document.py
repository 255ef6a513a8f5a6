"""Tests of the scan document: docs/scan.md, its schema and what the code makes hold together; parts become one."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import json
from pathlib import Path

import pytest
from ansible_collections.netops.layer2.plugins.module_utils._scan import _ask, _document, _parts, _plan, _watch
from ansible_collections.netops.layer2.plugins.module_utils._scan._document import Key, Replies
from ansible_collections.netops.layer2.plugins.module_utils._scan._frames import Heard, arp_question

from .shared import OWN, Frames, Segment, Time

jsonschema = pytest.importorskip("jsonschema")
yaml = pytest.importorskip("yaml")

ROOT = Path(__file__).parents[5]
SCHEMA = json.loads((ROOT / "docs" / "schemas" / "scan-v1.json").read_text())
VALID = jsonschema.Draft202012Validator(SCHEMA)
OTHER = "52:54:00:00:00:02"
TARGET = _plan.Target(
    "eth0",
    OWN,
    None,
    "inet",
    "192.0.2.0/29",
    "192.0.2.1",
    0xC0000201,
    0xC0000206,
    frozenset(["192.0.2.1"]),
    frozenset([OWN]),
    (),
)


class Wire(Segment):
    """A segment on which one machine answers each question but the first LOST, a millisecond later."""

    def __init__(self, time, machines, lost=0):
        super().__init__(time, 0.001)
        self.machines, self.lost = machines, lost

    def send(self, frame):
        address = self.asked(frame)
        self.sent.append((self.time.now, address, frame[:1] == b"-"))
        for mac in self.machines.get(address, ()):
            if self.lost:
                self.lost -= 1
            else:
                self.answer(address, mac)


def scanned(machines, lost=0, most=10, rate=100.0):
    time = Time()
    wire, replies = Wire(time, machines, lost), Replies(time.now)
    scan = _ask.Scan(wire, Frames(), _ask.Manner(rate, most, 0.5), replies, time)
    probe = scan.run(TARGET, list(_plan.addresses_of(TARGET)))
    return probe, replies.table()["rows"], wire


def test_only_the_silent_are_asked_again_and_the_own_address_from_no_address():
    probe, rows, wire = scanned({"192.0.2.3": [OTHER]})
    asked = [address for _at, address, _probe in wire.sent]
    assert asked.count("192.0.2.3") == 1 and asked.count("192.0.2.4") == probe["rounds"] == 3
    assert {address for _at, address, is_probe in wire.sent if is_probe} == {"192.0.2.1"}
    assert (probe["asked"], probe["answered"], probe["loss"], probe["frames"]) == (5, 1, 0.0, len(wire.sent))
    assert [row.split(" ")[:5] for row in rows] == [["eth0", "-", "192.0.2.3", OTHER, "arp"]]


def test_where_answers_get_lost_those_who_answered_are_asked_again_too():
    probe, rows, wire = scanned({"192.0.2.3": [OTHER], "192.0.2.4": [OTHER]}, lost=1)
    assert probe["answered"] == 2 and probe["loss"] > 0
    assert [address for _at, address, _probe in wire.sent].count("192.0.2.4") > 2
    assert len(rows) == 2


def test_every_machine_behind_an_address_is_kept():
    _probe, rows, _wire = scanned({"192.0.2.3": [OTHER, "52:54:00:00:00:03"]})
    assert [row.split(" ")[3] for row in rows] == [OTHER, "52:54:00:00:00:03"]


@pytest.mark.parametrize("rate", [5.0, 100.0, 5000.0])
def test_the_rate_is_kept(rate):
    _probe, _rows, wire = scanned({}, rate=rate)
    times = [at for at, _address, _probe in wire.sent]
    for place in range(len(times) - 5):
        assert times[place + 5] - times[place] >= 0.99 / rate


def test_the_limit_of_questions_is_kept():
    probe, _rows, wire = scanned({}, most=2)
    assert probe["rounds"] == 2 and len(wire.sent) == 12


def document(started, *replies):
    made = _document.document("vantage", "scan", started)
    kept = Replies(started)
    for address, mac, at in replies:
        kept.add(Key("eth0", None, address, mac, "arp"), at)
    made["duration"], made["replies"] = 2.0, kept.table()
    made["probes"] = [
        {
            "interface": "eth0",
            "prefix": "192.0.2.0/24",
            "family": "inet",
            "sender": "192.0.2.1",
            "asked": 100,
            "answered": 1,
            "frames": 300,
            "rounds": 3,
            "loss": 0.0,
            "seconds": 2.0,
            "rate": 100.0,
        }
    ]
    made["interfaces"] = [{"name": "eth0", "mac": OWN, "addresses": ["192.0.2.1/24"]}]
    made["gaps"] = [{"subset": "scan", "reason": "a reason"}]
    return made


def test_parts_become_one_document_with_the_times_of_the_first():
    one = document(1000.0, ("192.0.2.3", OTHER, 1000.5), ("192.0.2.4", OTHER, 1001.0))
    other = document(1010.0, ("192.0.2.3", OTHER, 1010.25))
    whole = _document.merged([one, other])
    VALID.validate(whole)
    assert (
        whole["duration"] == 12.0
        and whole["collected_at"] == 1000.0
        and len(whole["gaps"]) == len(whole["interfaces"]) == 1
    )
    assert whole["replies"]["rows"] == [
        f"eth0 - 192.0.2.3 {OTHER} arp 2 0.500 10.250",
        f"eth0 - 192.0.2.4 {OTHER} arp 1 1.000 1.000",
    ]
    assert [(probe["asked"], probe["frames"], probe["seconds"]) for probe in whole["probes"]] == [(200, 600, 4.0)]
    assert _document.summary(whole) == {
        "asked": 200,
        "answered": 2,
        "addresses": 2,
        "macs": 1,
        "events": 0,
        "seconds": 12.0,
        "gaps": ["scan: a reason"],
    }


def test_an_endless_number_of_senders_does_not_fill_the_memory(monkeypatch):
    monkeypatch.setattr(_document, "MOST_REPLIES", 3)
    kept = Replies(0.0)
    for number in range(10):
        kept.add(Key("eth0", None, f"192.0.2.{number}", OTHER, "arp"), 1.0)
    assert len(kept.table()["rows"]) == 3 and kept.refused == 7


def test_what_is_watched_and_examined_fits_the_schema_too():
    made = _document.document("vantage", "watch", 1000.0)
    observer = _watch.Observer(TARGET, {"192.0.2.3": OTHER}, 1000.0, Replies(1000.0))
    observer.hear(
        Heard("request", "192.0.2.3", "52:54:00:00:00:03", "52:54:00:00:00:03", "192.0.2.3", OWN), None, 1001.0
    )
    made["events"] = observer.events()
    made["machines"] = [
        {"addresses": ["192.0.2.3", "192.0.2.4"], "mac": OTHER, "same": None, "evidence": ["neither answered"]}
    ]
    VALID.validate(made)
    assert [event["kind"] for event in made["events"]] == ["gratuitous", "move"]


def test_a_scan_goes_on_where_it_ended_and_not_on_another_plan():
    plan = _plan.Plan([TARGET], [])
    place = _parts.read_place(None, plan)
    again = json.dumps(place._replace(offset=3, history=[2, 1]))
    assert _parts.read_place(again, plan).offset == 3
    assert _parts.progress(plan, _parts.read_place(again, plan)) == {"asked": 3, "total": 5}
    for text in ("[]", "nonsense", "7", again.replace("192.0.2.0", "192.0.9.0"), again.replace('[0, 3', '[9, 3')):
        with pytest.raises(_parts.ResumeError, match="start anew"):
            _parts.read_place(text, plan)


def test_collectors_version_is_the_collections():
    assert yaml.safe_load((ROOT / "galaxy.yml").read_text())["version"] == _document.COLLECTOR


def test_the_page_names_every_kind_and_key():
    page = (ROOT / "docs" / "scan.md").read_text()
    keys = [
        *SCHEMA["properties"],
        *SCHEMA["$defs"]["probe"]["properties"],
        *SCHEMA["$defs"]["event"]["properties"]["kind"]["enum"],
    ]
    kinds = ["arp", "na", "echo", "request", "gratuitous", "probe", "probe-conflict", "own-address"]
    assert [name for name in [*keys, *kinds] if f"`{name}`" not in page] == []


def test_questions_are_of_the_least_length():
    assert len(arp_question(bytes(42), "192.0.2.9")) == 60
