"""The guard: what is known, what is wanted, what is taken by whom, and what is handed out to whom."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
from datetime import datetime, timedelta, timezone
from multiprocessing import get_context
from pathlib import Path

import pytest
from ansible_collections.netops.layer2.plugins.plugin_utils import _documents
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._arguments import ArgumentError, read_days
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._known import KnownError, known_macs
from ansible_collections.netops.layer2.plugins.plugin_utils._renumber import _guard, _wanted_macs
from ansible_collections.netops.layer2.plugins.plugin_utils._renumber._allocation import PoolError, read_pool
from ansible_collections.netops.layer2.plugins.plugin_utils._renumber._wanted_macs import WantedError, read_wanted

from ...growth import assert_grows_with_its_input
from ..builders import TWIN, guest, hypervisor, learned, neighbour, nic, server, snapshot

FREE, SEEN, SAVED, RESERVED, HOST = (f"52:54:00:00:00:{last}" for last in ("aa", "bb", "cc", "dd", "ee"))
UUID, COPY = "5d3f6c1e-8f6e-4a70-9a39-5b2f3d0a7c11", "acde46fd-6997-4d5d-8784-088f8ee4462c"
WEB30 = {**guest("web30", TWIN, uuid=UUID), "snapshots": 1, "snapshot_macs": [SAVED]}
FLEET = [
    hypervisor(
        "hv1",
        1,
        WEB30,
        neighbours=[neighbour("br0", f"192.168.100.77 {SEEN}")],
        learnt=[learned("eth0", SEEN, "br0")],
        dhcp_reservations=[{"network": "default", "mac": RESERVED, "name": "web40"}],
    ),
    server("db1", HOST, "192.168.100.8/23"),
    snapshot("web30.example", nic("eth0", TWIN), identity={"product_uuid": UUID, "hostname": "web30-inside"}),
]
KNOWN = known_macs(FLEET)
NOW = datetime(2026, 3, 1, tzinfo=timezone.utc)


def domain(mac, name="new", uuid=COPY, more=""):
    return f"<domain type='kvm'>\n<name>{name}</name>\n<uuid>{uuid}</uuid>\n<devices>\n<interface type='bridge'>\n" \
           f"<mac address='{mac}'/>\n</interface>\n{more}</devices>\n</domain>\n"


def says(**given):
    return [row["says"] for row in _guard.taken(read_wanted(**given), KNOWN)]


# --- known

def test_a_claim_a_snapshot_a_reservation_and_a_sighting_are_all_known():
    owners = {mac: KNOWN["macs"][mac][0]["owner"] for mac in (TWIN, SAVED, RESERVED, HOST, SEEN)}
    assert owners == {
        TWIN: "guest web30",
        SAVED: "guest web30",
        RESERVED: "reserved for web40",
        HOST: "host db1",
        SEEN: None,
    }
    assert not any(mac.startswith("fe:") for mac in KNOWN["macs"]), "a tap is its guest's, not a MAC of its own"
    assert KNOWN["hosts"] == ["db1", "hv1", "web30.example"]


def test_sightings_of_one_mac_are_few_however_many_hosts_see_it():
    many = [
        server(f"s{number}", f"02:00:00:00:01:{number:02x}", f"10.0.0.{number}/24", sees=f"10.0.0.254 {SEEN}")
        for number in range(1, 40)
    ]
    assert len(known_macs(many)["macs"][SEEN]) == 3


def test_a_broken_snapshot_is_named_and_the_rest_is_known():
    known = known_macs([*FLEET, "{"])
    assert known["macs"] == KNOWN["macs"] and len(known["broken"]) == 1


def test_the_document_is_read_back(tmp_path):
    path = tmp_path / "known.json"
    _documents.save(KNOWN, str(path))
    assert known_macs(str(path)) == KNOWN == known_macs(KNOWN)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (None, "no such file"),
        ("", "cut off"),
        ('{"schema"', "cut off"),
        ('{"schema": "netops.layer2/report"}', "holds only the findings"),
        ('{"schema": "netops.layer2/known-macs", "version": 2, "macs": {}}', "version 2"),
        ('{"schema": "netops.layer2/known-macs", "version": 1, "macs": {"a": 7}}', "lists of entries"),
    ],
)
def test_what_is_no_list_of_known_macs_is_refused(text, problem, tmp_path):
    path = tmp_path / "known.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(KnownError, match=problem) as caught:
        known_macs(str(path))
    assert str(path) in str(caught.value)


# --- wanted and taken

TAKEN = {
    "a copy of a definition": (domain(TWIN), "guest web30 (net0 on hv1 (running))"),
    "a copy that kept its name": (domain(TWIN, name="web30"), "guest web30"),
    "other notations": (domain(TWIN.upper().replace(":", "-")), "guest web30"),
    "what a snapshot brings back": (domain(SAVED), "a snapshot of it on hv1"),
    "a DHCP reservation of another": (domain(RESERVED), "reserved for web40"),
    "what was only seen": (domain(SEEN), "somebody unknown (hv1 sees it behind 192.168.100.77 on br0)"),
    "a reservation for another": (
        f"<network><ip><dhcp><host mac='{HOST}' name='web41' ip='10.0.0.1'/></dhcp></ip></network>",
        "host db1",
    ),
    "netplan": (f"network:\n  ethernets:\n    eth0:\n      match: {{macaddress: '{HOST}'}}\n", "host db1"),
    "cloud-init, unquoted": (f"config:\n  - type: physical\n    mac_address: {HOST}\n", "host db1"),
    "ifcfg": (f"DEVICE=eth0\nHWADDR={HOST.upper()}\n", "host db1"),
    "an inventory in YAML": (f"all:\n  hosts:\n    web50:\n      mac: {HOST}\n", "host db1"),
    "an inventory in INI": (f"[web]\nweb50 ansible_host=10.0.0.5 mac={HOST}\n", "host db1"),
}


@pytest.mark.parametrize(("text", "who"), TAKEN.values(), ids=TAKEN.keys())
def test_what_another_has_is_taken(text, who):
    (said,) = says(texts=[text])
    assert who in said and said.startswith("text 1:")


def test_a_refusal_says_who_has_what_or_that_nothing_is_known():
    assert _guard.refusal(KNOWN, []) == ""
    assert _guard.refusal(KNOWN, [{"says": "a is taken"}, {"says": "b is taken"}]) == "a is taken; b is taken"
    nothing = known_macs(["{"])
    assert _guard.refusal(nothing, []).startswith(
        "No snapshot and no known MAC: without them everything would look free."
    )
    assert _guard.refusal(nothing, []).endswith(f"(known). {nothing['broken'][0]}") and _guard.refusal(
        {"macs": {}, "broken": []}, []
    ).endswith("(known).")


THEIRS = {
    "its own definition": domain(TWIN, "web30", UUID),
    "its own definition, renamed": domain(TWIN, "web30-new", UUID.upper()),
    "free": domain(FREE),
    "a comment": f"# {TWIN}\n<!-- -->\nmac: {FREE}  # was {TWIN}\n",
    "a comment in XML": domain(FREE, more=f"<!-- <mac address='{TWIN}'/> -->"),
    "a filter's parameter": domain(FREE, more=f"<filterref><parameter name='MAC' value='{TWIN}'/></filterref>"),
    "its line of an inventory": f"all:\n  hosts:\n    db1:\n      mac: {HOST}\n    web40:\n      mac: '{RESERVED}'\n",
    "its line of an INI": f"[db]\ndb1 mac={HOST}\n",
    "a guest by the name it has as a host": f"all:\n  hosts:\n    web30.example:\n      mac: {TWIN}\n",
    "broadcast": "to: ff:ff:ff:ff:ff:ff\n",
}


@pytest.mark.parametrize("text", THEIRS.values(), ids=THEIRS.keys())
def test_what_nobody_or_its_own_owner_has_is_not(text):
    assert says(texts=[text]) == []


def test_the_owner_can_be_named_and_is_known_by_the_file(tmp_path):
    folder = tmp_path / "host_vars" / "db1"
    folder.mkdir(parents=True)
    for path in (folder / "net.yml", tmp_path / "db1.yml", tmp_path / "other.yml"):
        path.write_text(f"mac: {HOST}\n")
    assert says(files=[str(folder / "net.yml")]) == says(files=[str(tmp_path / "db1.yml")]) == []
    assert f"{tmp_path}/other.yml:1: {HOST} is taken by host db1" in says(files=[str(tmp_path / "other.yml")])[0]
    assert says(files=[str(tmp_path / "other.yml")], owner="db1") == []
    assert says(macs=[{"mac": HOST, "owner": "db1"}]) == [] and len(says(macs=[HOST])) == 1


TWICE = {
    "two guests": [domain(FREE, "a"), domain(FREE, "b", UUID)],
    "two NICs of one guest": [domain(FREE, more=f"<interface><mac address='{FREE}'/></interface>")],
    "two hosts of one inventory": [f"all:\n  hosts:\n    a:\n      mac: {FREE}\n    b:\n      mac: {FREE}\n"],
    "two lines of an INI": [f"a mac={FREE}\nb mac={FREE}\n"],
}


@pytest.mark.parametrize("texts", TWICE.values(), ids=TWICE.keys())
def test_two_who_want_the_same_one_are_told(texts):
    (said,) = says(texts=texts)
    assert FREE in said


def test_two_mentions_of_one_nic_are_not_two(tmp_path):
    netplan = f"network:\n  ethernets:\n    eth0:\n      match: {{macaddress: '{FREE}'}}\n      macaddress: '{FREE}'\n"
    assert says(texts=[netplan]) == []
    folder = tmp_path / "new"
    folder.mkdir()
    (folder / "domain.xml").write_text(domain(FREE))
    (folder / "network-config").write_text(f"mac_address: '{FREE}'\n")
    assert says(files=[str(folder / "domain.xml"), str(folder / "network-config")]) == []


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"macs": [190284]}, "quote it"),
        ({"macs": ["52:54:00"]}, "MAC 1 of the list"),
        ({"macs": [None]}, "MAC 1"),
        ({"macs": [TWIN + "\n"]}, "MAC 1"),
        ({"texts": [{}]}, "text 1: dict"),
        ({"files": ["/no/such/file.xml"]}, "/no/such/file.xml"),
        ({"texts": [domain("52:54:00")]}, "text 1:6"),
    ],
)
def test_what_is_no_mac_is_an_error_with_its_place(given, problem):
    with pytest.raises(WantedError, match=problem):
        read_wanted(**given)


ODD_FILES = {
    "domains without an end": "<domain >",
    "comments without an end": "<!-- ",
    "reservations without an end": "<host mac='M ",
    "tags": "<host ",
    "NICs without an end": "<mac ",
    "addresses without a value": "<mac address=  ",
    "quotes": "<mac address='",
    "blanks": " ",
    "keys": "a ",
}


@pytest.mark.parametrize("odd", ODD_FILES.values(), ids=ODD_FILES.keys())
def test_a_long_odd_file_takes_no_longer_than_its_length(odd):
    def files_read(length):
        text = f"<domain><name>{odd * (length // len(odd))}<mac address='{FREE}'/>"
        return lambda: read_wanted(texts=[text])

    assert_grows_with_its_input(files_read, 200_000, 2_000_000)


@pytest.mark.parametrize("days", [None, "x", -1, 10**400, float("nan"), True])
def test_days_that_are_none_are_refused(days):
    with pytest.raises(ArgumentError, match="days must be a number of days from 0 to 36500"):
        read_days("days", days)


# --- reserved

def hand_out(requests, reserved=None, known=None, now=NOW, extra=()):
    known = KNOWN if known is None else known
    reserved = _guard.live_reservations(reserved or {"macs": {}}, known, now, 30)
    return _guard.reserve(requests, known, reserved, read_pool("52:54:00"), "s", set(extra), now)


def test_the_same_request_gets_the_same_mac_and_another_another():
    document, (first, second) = hand_out([("web31", "net0"), ("web31", "net1")])
    assert first != second and not {first, second} & set(KNOWN["macs"])
    assert hand_out([("web31", "net0")], document) == (document, [first])
    assert hand_out([("web32", "net0")], document)[1] not in ([first], [second])


def test_a_reserved_mac_is_given_to_nobody_else_and_refused_to_others():
    document, (mac,) = hand_out([("web31", "net0")])
    forged = {"macs": {mac: {"owner": "web99", "nic": "net0", "at": "2026-03-01T00:00:00Z"}}}
    assert hand_out([("web31", "net0")], forged)[1] != [mac]
    assert (
        "web31 (reserved on 2026-03-01)" in _guard.taken(read_wanted(texts=[domain(mac)]), KNOWN, document)[0]["says"]
    )
    assert _guard.taken(read_wanted(texts=[domain(mac, "web31")]), KNOWN, document) == []


def test_a_reservation_ends_when_the_mac_is_met_and_its_owner_gets_it_again():
    document, (mac,) = hand_out([("web31", "net0")])
    known = known_macs([*FLEET, hypervisor("hv2", 2, guest("web31", mac))])
    after, macs = hand_out([("web31", "net0")], document, known)
    assert (after["macs"], macs) == ({}, [mac])


def test_a_reservation_ends_with_time_but_not_if_the_time_cannot_be_read():
    document, (mac,) = hand_out([("web31", "net0")])
    assert hand_out([], document, now=NOW + timedelta(days=29))[0]["macs"] == document["macs"]
    assert hand_out([], document, now=NOW + timedelta(days=31))[0]["macs"] == {}
    document["macs"][mac]["at"] = "some day"
    assert mac in hand_out([], document, now=NOW + timedelta(days=31))[0]["macs"]


def test_what_else_is_taken_is_not_given():
    _document, (mac,) = hand_out([("web31", "net0")])
    assert hand_out([("web31", "net0")], extra=[mac])[1] != [mac]


def test_a_pool_can_be_exhausted():
    pool = read_pool("02:00:00:00:00:01-02:00:00:00:00:02")
    reserved = {"macs": {}}
    with pytest.raises(PoolError, match="exhausted"):
        _guard.reserve([("a", str(number)) for number in range(3)], KNOWN, reserved, pool, "", set(), NOW)


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"schema": "x"}', '{"schema": "netops.layer2/reserved-macs", "version": 1}']
)
def test_a_broken_file_of_reservations_is_not_taken_for_an_empty_one(text, tmp_path):
    path = tmp_path / "reserved.json"
    path.write_text(text)
    with pytest.raises(KnownError, match="give the reserved addresses out again"):
        _guard.open_reservations(str(path))
    assert _guard.open_reservations(str(tmp_path / "none.json"))["macs"] == {}


def _take(path: str, number: int) -> None:
    """One run among several: hand out three addresses under the lock, as the action does."""
    with _documents.locked(path):
        reserved = _guard.open_reservations(path)
        document, _macs = _guard.reserve([(f"g{number}", str(nic)) for nic in range(3)], {"macs": {}}, reserved,
                                         read_pool("02:00:00:00:00:00-02:00:00:00:00:3f"), "", set(), NOW)
        _documents.save(document, path)


def test_runs_at_the_same_time_never_get_the_same(tmp_path):
    path, context = str(tmp_path / "folder" / "reserved.json"), get_context("fork")
    runs = [context.Process(target=_take, args=(path, number)) for number in range(8)]
    for run in runs:
        run.start()
    for run in runs:
        run.join(60)
    assert [run.exitcode for run in runs] == [0] * 8
    macs = json.loads(Path(path).read_text())["macs"]
    assert len(macs) == 24 and len({(entry["owner"], entry["nic"]) for entry in macs.values()}) == 24


def test_a_lock_that_is_never_let_go_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(_documents, "_PATIENCE", 0.1)
    path = str(tmp_path / "x.json")
    with (
        _documents.locked(path),
        pytest.raises(_documents.DocumentError, match="another run has held it"),
        _documents.locked(path),
    ):
        pass


def test_saving_again_changes_nothing_and_keeps_the_mode(tmp_path):
    path = tmp_path / "new" / "x.json"
    assert _documents.save({"a": 1}, str(path), dry=True).changed and not path.exists()
    assert _documents.save({"a": 1}, str(path)).changed
    path.chmod(0o640)
    assert not _documents.save({"a": 1}, str(path)).changed and _documents.save({"a": 2}, str(path)).changed
    assert path.stat().st_mode & 0o777 == 0o640 and [one.name for one in path.parent.iterdir()] == ["x.json"]
    with pytest.raises(_documents.DocumentError, match="may be written"):
        _documents.save({}, "/proc/no/x.json")
    with pytest.raises(_documents.DocumentError, match="can be no path"):
        _documents.save({}, "/tmp/a\0b")


def _link(path: Path) -> None:
    (path.parent / "secret").write_text("precious")
    path.symlink_to(path.parent / "secret")


@pytest.mark.parametrize(
    ("plant", "says"),
    [
        (_link, "it is a link"),
        (os.mkfifo, "it is no file"),
        (os.mkdir, "it is no file"),
        (lambda path: path.write_bytes(b"\xff\xfe"), "it is not text"),
    ],
)
@pytest.mark.parametrize("dry", [False, True])
def test_what_stands_in_the_place_of_a_document_is_neither_read_nor_followed(tmp_path, plant, says, dry):
    plant(tmp_path / "x.json")
    with pytest.raises(_documents.DocumentError, match=says) as refused:
        _documents.save({"a": 1}, str(tmp_path / "x.json"), dry)
    assert "precious" not in str(refused.value) and (tmp_path / "x.json").lstat().st_mode


@pytest.mark.parametrize("macs", [{"{{ 1 }}": {}}, {"52-54-00-00-00-01": {}}, {"52:54:00:00:00:01": 5}])
def test_a_list_of_reserved_macs_with_something_else_in_it_hands_out_nothing(tmp_path, macs):
    path = tmp_path / "reserved.json"
    path.write_text(json.dumps({"schema": "netops.layer2/reserved-macs", "version": 1, "macs": macs}))
    with pytest.raises(KnownError, match="is no reserved MAC"):
        _guard.open_reservations(str(path))


@pytest.mark.parametrize(
    ("written", "name"), [("r&amp;d", "r&d"), ("a&lt;b&gt;&quot;c&apos;", "a<b>\"c'"), ("a&amp;lt;b", "a&lt;b")]
)
def test_a_domains_name_is_what_its_entities_mean(written, name):
    text = f'<domain><name>{written}</name><devices><interface><mac address="{FREE}"/></interface></devices></domain>'
    found = list(_wanted_macs.from_text(text, "guest.xml"))
    assert [(wanted.mac, wanted.entity, name in wanted.names) for wanted in found] == [(FREE, name, True)]
