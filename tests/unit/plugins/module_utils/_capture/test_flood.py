"""Which interfaces are sampled, the verdict on each, and the document against its schema and its page."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import errno
import json
import re
from pathlib import Path

import pytest
from ansible_collections.netops.layer2.plugins.module_utils._capture import _flood
from ansible_collections.netops.layer2.plugins.module_utils._capture._bpf import OwnMac
from ansible_collections.netops.layer2.plugins.module_utils._capture._flood import Counted, Options
from ansible_collections.netops.layer2.plugins.module_utils._capture._packet import of_frame
from ansible_collections.netops.layer2.plugins.module_utils._capture._sample import Bounds, Tally, talker_of
from ansible_collections.netops.layer2.plugins.module_utils._runner import Denied, Runner

from ...may import needs_packet_sockets
from .shared import NIC, ether, tcp

jsonschema = pytest.importorskip("jsonschema")
ROOT = Path(__file__).resolve().parents[5]
SCHEMA = json.loads((ROOT / "docs/schemas/flood-sample-v1.json").read_text(encoding="utf-8"))
CHECKER = jsonschema.Draft202012Validator(SCHEMA)
OPTIONS = Options([], Bounds(0.2, 0, 1.0, 1000.0, 50.0), 20, 10.0, 4 << 20, [])
AWAY, HERE = bytes.fromhex("020000000001"), bytes.fromhex("001b21000001")


@pytest.mark.parametrize(
    ("record", "words"),
    [
        (ether("eth0", NIC, up=False), "is down"),
        (ether("eth0", NIC, carrier=False), "no carrier"),
        ({"name": "tun0", "link_type": "none", "up": True}, "no Ethernet"),
        ({"name": "x0", "up": True}, "no Ethernet (unknown)"),
        (ether("eth0", NIC, carrier=True), None),
    ],
)
def test_where_nothing_can_be_heard(record, words):
    reason = _flood.unable(record)
    assert reason is None if words is None else words in reason


def tally_of(*talkers, frames=1000):
    """A tally of frames as (source, destination, weight)."""
    tally = Tally(1.0)
    tally.add(0.5, frames, frames * 1000)
    for source, destination, weight in talkers:
        data = destination + source + tcp(100)[12:]
        tally.sample(talker_of(of_frame(data, len(data), "", 0)), weight, weight * 1000)
    return tally


def counted(tally, seconds=10.0, trouble=None, blind=None, received=5, own=frozenset()):
    return Counted(
        ether("eth0", NIC), tally, seconds, 0, trouble, blind, {"rx_packets": 0}, {"rx_packets": received}, own
    )


A, B, C = (bytes([2, 0, 0, 0, 0, number]) for number in (1, 2, 3))
VERDICTS = {
    "many frames in one direction": (counted(tally_of((A, B, 9))), "flood", "100 unicast frames a second"),
    "both directions": (counted(tally_of((A, B, 9), (B, A, 5))), "cannot_tell", "mirror"),
    "mostly one direction": (counted(tally_of((A, B, 90), (C, B, 5), (B, C, 5))), "flood", ""),
    "what it sent itself": (counted(tally_of((HERE, B, 9)), own=frozenset([HERE])), "cannot_tell", "own MAC"),
    "a flood that no sample was taken of": (counted(tally_of()), "flood", ""),
    "few frames": (counted(tally_of((A, B, 9), frames=50)), "quiet", "5 such frames a second, fewer than 10"),
    "none": (counted(Tally(1.0)), "quiet", "no unicast frame"),
    "nothing at all": (counted(Tally(1.0), received=0), "quiet", "no frame of any kind"),
    "none, where that proves nothing": (
        counted(Tally(1.0), blind="eth0 is a virtual function"),
        "cannot_tell",
        "virtual function",
    ),
    "a flood where silence would prove nothing": (
        counted(tally_of((A, B, 9)), blind="eth0 is a virtual function"),
        "flood",
        "",
    ),
    "it went down": (counted(Tally(1.0), trouble="eth0 went down"), "cannot_tell", "went down while"),
    "a flood before it went down": (counted(tally_of((A, B, 9)), trouble="eth0 went down"), "flood", ""),
    "no time": (counted(Tally(1.0), seconds=0.0), "cannot_tell", "no time"),
}


@pytest.mark.parametrize(("case", "verdict", "words"), VERDICTS.values(), ids=VERDICTS.keys())
def test_verdicts(case, verdict, words):
    found, reason = _flood.judged(case, 10.0)
    assert found == verdict and words in reason
    assert problems({"interfaces": [_flood.entry(case, OPTIONS)]}) == []


@pytest.mark.parametrize(("record", "wireless", "words"), [
    (ether("eth0", NIC, vf_of="eth9"), False, "virtual function of eth9"),
    (ether("mv0", NIC, kind="macvlan", mode="bridge"), False, "is a macvlan"),
    (ether("mv0", NIC, kind="macvlan", mode="passthru"), False, None),
    (ether("ens192", NIC, driver="vmxnet3"), False, "VMware"),
    (ether("eth0", NIC, driver="hv_netvsc"), False, "Hyper-V"),
    (ether("eth0", NIC, driver="virtio_net"), False, None),
    (ether("wlan0", NIC), True, "wireless"),
    (ether("eth0", NIC), False, None),
])
def test_where_silence_proves_nothing(record, wireless, words):
    reason = _flood.blind(record, wireless)
    assert reason is None if words is None else words in reason


class FullRing:
    """A ring whose kernel has little memory for filters."""

    def __init__(self, room):
        self.room, self.program = room, None

    def begin(self, program):
        if len(program) > self.room:
            raise OSError(errno.ENOMEM, "Cannot allocate memory")
        self.program = program


@pytest.mark.parametrize(("room", "in_kernel"), [(4096, 700), (2000, 350), (60, 5)])
def test_own_macs_that_the_kernel_has_no_room_for_are_sorted_out_later(room, in_kernel):
    own = [OwnMac(number.to_bytes(6, "big"), number % 100 == 0) for number in range(1, 1001)]
    ring = FullRing(room)
    late = _flood._start(ring, own)
    assert len(late) == 1000 - in_kernel and ring.program is not None
    assert in_kernel < 10 or not any(int.from_bytes(octets, "big") % 100 == 0 for octets in late), "taps come first"


def problems(parts):
    whole = {
        "schema": _flood.SCHEMA,
        "version": 1,
        "host": "h",
        "collected_at": 0.0,
        "duration": 0.0,
        "collector": "0.1.0",
        "interfaces": [],
        "own_macs": [],
        "gaps": [],
    }
    whole.update(parts)
    return [error.json_path + ": " + error.message for error in CHECKER.iter_errors(json.loads(json.dumps(whole)))]


def test_the_schema_is_one_and_refuses():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    good = _flood.entry(counted(tally_of((A, B, 9))), OPTIONS)
    for damage in ({"verdict": "maybe"}, {"frames": -1}, {"unknown": 1}, {"series": [[1]]}, {"reason": ""}):
        assert problems({"interfaces": [dict(good, **damage)]}), damage
    assert problems({"version": 2}) and problems({"own_macs": ["52:54:00:0C:1D:F5"]})


def test_every_documented_key_is_in_the_schema_and_the_other_way_round():
    text = (
        (ROOT / "docs/flooding.md")
        .read_text(encoding="utf-8")
        .partition("## The flood sample")[2]
        .partition("### What counts")[0]
    )
    assert set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)) == set(SCHEMA["properties"])
    parts = re.split(r"^\*\*(\w+)\*\*: ", text, flags=re.MULTILINE)
    paragraphs = dict(zip(parts[1::2], parts[2::2]))
    assert [
        key for key in SCHEMA["$defs"]["interface"]["properties"] if "`%s`" % key not in paragraphs["interface"]
    ] == []
    assert " ".join(_flood.TALKER_COLUMNS) in paragraphs["talkers"]
    assert SCHEMA["$defs"]["talkers"]["properties"]["columns"]["const"] == list(_flood.TALKER_COLUMNS)


@needs_packet_sockets
def test_this_machine_keeps_to_the_schema():
    document = _flood.Sampling(Runner(), OPTIONS._replace(interfaces=["lo"])).document("me")
    assert [error.message for error in CHECKER.iter_errors(json.loads(json.dumps(document)))] == []
    (entry,) = document["interfaces"]
    assert (entry["verdict"], entry["seconds"]) == ("cannot_tell", 0) and "no Ethernet" in entry["reason"]
    assert _flood.summary(document)["interfaces"]["lo"].startswith("cannot tell: lo is no Ethernet")


def test_without_rights_it_refuses_with_the_hint(monkeypatch):
    def refused(*_arguments):
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(_flood, "opened", refused)
    with pytest.raises(Denied, match="needs root") as caught:
        _flood.Sampling(Runner(), OPTIONS).document("me")
    assert "become: true" in caught.value.hint
