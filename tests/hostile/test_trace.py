"""Hosts that lie to trace_packets: what they name is text, what they return is theirs alone to lose, and no setting or
path is their choice.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import json
import struct
import zlib

import pytest

from .conftest import FACT_CACHE, extra
from .test_flows import read

CLIENT, GUEST, CLIENT_MAC, MAC = "192.0.2.21", "192.0.2.30", "02:00:00:00:00:21", "52:54:00:0c:1d:f5"
QUIET = extra(
    layer2_become=False, trace_source=CLIENT, trace_destination=GUEST, trace_start_after=0, trace_duration=0.2
)
T0 = 1_700_000_000_000_000_000
COLUMNS = {
    "time": "q",
    "flow": "I",
    "link": "I",
    "length": "I",
    "id": "H",
    "sequence": "I",
    "acknowledgement": "I",
    "flags": "B",
    "payload": "I",
    "check": "I",
    "marks": "B",
}


def capture(host, point, *, count=5, delay=0, **fields):
    """A capture document of COUNT UDP packets from the client to the guest, as docs/captures.md has it; FIELDS take the
    place of its own.
    """
    numbers = {
        "time": [T0 + delay] + [10_000_000] * (count - 1),
        "id": range(1, count + 1),
        "length": [100] * count,
        "payload": [72] * count,
    }
    columns = {name: struct.pack(f"<{count}{code}", *numbers.get(name, [0] * count)) for name, code in COLUMNS.items()}
    return json.dumps(
        {
            "schema": "netops.layer2/capture",
            "version": 1,
            "host": host,
            "point": point,
            "interface": point.rpartition(":")[2],
            "collector": "0.1.0",
            "collected_at": T0 / 1e9 - 1,
            "duration": 5.0,
            "filter": "",
            "snap_length": 320,
            "payload_octets": 64,
            "ended": "time",
            "packets": count,
            "bytes": 100 * count,
            "dropped": 0,
            "clock": {"source": "realtime", "resolution": "ns"},
            "gaps": [],
            "flows": {
                "columns": ["version", "source", "destination", "protocol", "source_port", "destination_port"],
                "rows": [f"4 {CLIENT} {GUEST} udp 5000 53"],
            },
            "links": {
                "columns": [
                    "source",
                    "destination",
                    "vlan",
                    "tunnel",
                    "outer_source",
                    "outer_destination",
                    "outer_source_ip",
                    "outer_destination_ip",
                ],
                "rows": [f"{CLIENT_MAC} {MAC} - - - - - -"],
            },
            "records": {
                "encoding": "zlib+base64",
                "columns": {name: base64.b64encode(zlib.compress(octets)).decode() for name, octets in columns.items()},
            },
            **fields,
        }
    )


def answered(*documents, **more):
    """The answer of packet_capture."""
    return {"changed": False, "captures": [{"document": document} for document in documents], "plan": [], **more}


def nic(name, mac, *addresses, **more):
    """An interface in a snapshot."""
    return {
        "name": name,
        "mac": mac,
        "up": True,
        "link_type": "ether",
        "addresses": [{"address": one, "prefix": 24} for one in addresses],
        **more,
    }


def client(**fields):
    """What the client tells."""
    return read(
        "client",
        interfaces=[nic("eth0", CLIENT_MAC, CLIENT)],
        neighbors={"rows": [f"- eth0 {GUEST} {MAC} REACHABLE -"]},
        **fields,
    )


def hypervisor(name, guest, *, interfaces=(), **fields):
    """What a hypervisor with a guest tells that has the MAC."""
    return read(
        name,
        interfaces=[
            nic("eth0", "02:00:00:00:01:01", master="br0"),
            nic("br0", "02:00:00:00:01:01", kind="bridge"),
            nic("vnet0", "fe:54:00:0c:1d:f5", kind="tun"),
            *interfaces,
        ],
        bridges=[{"name": "br0", "ports": ["eth0", "vnet0"]}],
        guests=[{"name": guest, "state": "running", "nics": [{"mac": MAC, "tap": "vnet0", "bridge": "br0"}]}],
        **fields,
    )


def named(*hosts, **settings):
    """Extra variables that name a point of each of HOSTS."""
    return extra(
        trace_points=[{"host": host, "interface": "eth0"} for host in hosts],
        layer2_become=False,
        trace_start_after=0,
        trace_duration=0.2,
        trace_source=CLIENT,
        trace_destination=GUEST,
        **settings,
    )


def trace_of(tmp_path):
    """The document that was written, and its gaps by point."""
    document = json.loads((tmp_path / "trace" / "trace.json").read_text())
    return document, {gap["point"]: gap["reason"] for gap in document["gaps"] if gap["subset"] == "captures"}


def test_what_hosts_and_guests_name_is_text(hostile, run, marker, tmp_path):
    path, template = marker
    gap = {"subset": template, "reason": template, "hint": template, "point": "client:eth0", "host": template}
    odd = nic(template, "02:00:00:00:01:09", GUEST)
    poisoned = {"rows": [f"- eth0 {GUEST} ff:ff:ff:ff:ff:ff)or(ip REACHABLE -"]}
    told = capture(
        "hv1",
        "hv1:eth0",
        delay=1_000_000,
        ended=template,
        filter=template,
        interface=template,
        gaps=[gap] * 100,
        collector=template,
    )
    flows = json.loads(told)["flows"]
    flows["rows"] = [flows["rows"][0].replace("udp", "{{x}}")]
    hosts = {
        "client": hostile(
            "client", {"layer2_facts": client(), "packet_capture": answered(capture("client", "client:eth0"))}
        ),
        "hv1": hostile(
            "hv1",
            {
                "layer2_facts": hypervisor("hv1", template, interfaces=[odd], neighbors=poisoned, gaps=[gap]),
                "packet_capture": answered(
                    told,
                    capture("hv1", "hv1:vnet0", flows=flows, delay=2_000_000),
                    ansible_facts={"trace_directory": "/tmp/chosen"},
                ),
            },
        ),
        "hv2": hostile(
            "hv2", {"layer2_facts": hypervisor("hv2", "vm25"), "packet_capture": {"failed": True, "msg": template}}
        ),
    }
    status, output = run("trace_packets", *QUIET, *extra(trace_directory="trace"), hosts=hosts)
    assert not path.exists(), output
    assert status == 0 and "lookup('ansible.builtin.pipe'" in output, output
    assert (tmp_path / "trace" / "trace.json").exists(), "the answer of a host chooses no folder"
    document, reasons = trace_of(tmp_path)
    assert "ip REACHABLE" not in output and "ff:ff:ff:ff:ff:ff" not in output, "a neighbour table is no filter"
    assert [(point["point"], point["interface"]) for point in document["points"]] == [
        ("client:eth0", "eth0"), ("hv1:eth0", "eth0"), ("hv1:vnet0", "vnet0")]
    assert set(reasons) == {"hv2:eth0", "hv2:vnet0"} and all(template in reason for reason in reasons.values())
    # What a host says of a point is said of its own, and not without end.
    assert [found["point"] for found in document["gaps"] if found["reason"] == template] == ["hv1:eth0"] * 20


SPOILED = {
    "broken": lambda text: text[:len(text) // 2],
    "empty": lambda _text: "",
    "a path": lambda _text: "/etc/passwd",
    "another host": lambda _text: capture("a", "bad:eth0"),
    "another point": lambda _text: capture("bad", "b:eth0"),
    "wrong types": lambda _text: capture("bad", "bad:eth0", packets="5", flows=7, clock=[], gaps="x"),
    "no columns": lambda _text: capture("bad", "bad:eth0", records={"encoding": "zlib+base64", "columns": {"time": 5}}),
    "more than asked for": lambda _text: capture("bad", "bad:eth0", count=2000),
    "rows without end": lambda _text: capture("bad", "bad:eth0", links={"columns": [], "rows": ["x"] * 100_000}),
    "no text": lambda _text: ["x"],
    "nested": lambda _text: '{"host": ' + "[" * 100_000,
}


@pytest.mark.parametrize("how", SPOILED)
def test_one_bad_capture_beside_good_ones_is_said_and_ends_nothing(hostile, run, tmp_path, how):
    bad = answered(SPOILED[how](capture("bad", "bad:eth0")))
    hosts = {
        "bad": hostile("bad", {"packet_capture": bad}),
        "a": hostile("a", {"packet_capture": answered(capture("a", "a:eth0"))}),
        "b": hostile("b", {"packet_capture": answered(capture("b", "b:eth0", delay=1_000_000))}),
    }
    status, output = run(
        "trace_packets", *named("a", "bad", "b", trace_packets=1000, trace_directory="trace"), hosts=hosts
    )
    document, reasons = trace_of(tmp_path)
    assert status == 0 and list(reasons) == ["bad:eth0"] and reasons["bad:eth0"].startswith("no capture came back: "), (
        output
    )
    assert document["verdict"]["status"] == "clean" and [point["point"] for point in document["points"]] == [
        "a:eth0",
        "b:eth0",
    ], output
    assert sorted(path.name for path in (tmp_path / "trace" / "captures").iterdir()) == ["1-a", "2-b"]


def test_a_host_that_never_ends_is_given_up(hostile, run, tmp_path):
    hosts = {
        name: hostile(name, {"packet_capture": answered(capture(name, f"{name}:eth0"))}) for name in ("slow", "a", "b")
    }
    interpreter = tmp_path / "slow.python3"
    sleeping = "__import__('time').sleep(600) if name == 'packet_capture' else None\n"
    interpreter.write_text(interpreter.read_text().replace("said = ANSWERS", f"{sleeping}said = ANSWERS"))
    status, output = run(
        "trace_packets", *named("a", "slow", "b", trace_directory="trace", trace_margin=20), hosts=hosts
    )
    _document, reasons = trace_of(tmp_path)
    assert status == 0 and list(reasons) == ["slow:eth0"], output


@pytest.mark.parametrize("position", ["first", "later"])
def test_no_setting_of_a_trace_is_a_fact(hostile, run, tmp_path, position):
    planted = {
        "trace_directory": "/tmp/chosen",
        "trace_plan": {},
        "trace_fetched": {"results": [{"dest": "/etc/passwd"}]},
        "trace_pcap": True,
    }
    names = ["a", position] if position == "later" else [position, "z"]
    hosts = {name: hostile(name, {"packet_capture": answered(capture(name, f"{name}:eth0"))}) for name in names}
    plant = tmp_path / "plant.yml"  # each ansible-core has a way of its own to write them down
    plant.write_text(
        json.dumps(
            [
                {
                    "hosts": position,
                    "gather_facts": False,
                    "tasks": [{"ansible.builtin.set_fact": {**planted, "cacheable": True}}],
                }
            ]
        )
    )
    assert run(plant, hosts=hosts, **FACT_CACHE)[0] == 0
    status, output = run("trace_packets", *named(*names), hosts=hosts, **FACT_CACHE)
    words = " ".join(output.split())
    assert status != 0 and f"the facts of host {position} hold" in words and "trace_directory" in words, output
    assert not any(tmp_path.glob("*packet_capture")), "nobody was asked to capture"


def slurped(octets):
    """The answer of slurp, which fetch asks."""
    return {
        "changed": False,
        "encoding": "base64",
        "content": base64.b64encode(octets).decode(),
        "source": "/etc/shadow",
    }


PCAP = b"\x4d\x3c\xb2\xa1" + struct.pack("<HHiIII", 2, 4, 0, 0, 262144, 1)


def test_files_go_where_the_controller_says(hostile, run, tmp_path, marker):
    """Names with ../ and a leading dot; a file that is none, one that is cut off, and facts of modules that fetch runs.
    """
    path, template = marker
    first, second = "..a/../../up", ".hidden"
    said = {
        first: [slurped(capture(first, "../p1").encode()), slurped(PCAP)],
        second: [slurped(capture(second, f"{second}:eth0", delay=1_000_000).encode()), slurped(PCAP + b"cut")],
        "bad": [
            slurped(b"{" + template.encode()),
            {"failed": True, "msg": template, "ansible_facts": {"trace_directory": "/tmp/chosen"}},
        ],
    }
    stat = {"changed": False, "stat": {"exists": True, "isdir": False, "isreg": True, "size": 100}}
    hosts = {
        name: hostile(
            f"h{number}",
            {"packet_capture": {"changed": False, "captures": [], "plan": []}, "stat": stat, "slurp": answers},
        )
        for number, (name, answers) in enumerate(said.items())
    }
    points = [
        {"host": first, "interface": "eth0", "point": "../p1"},
        {"host": "bad", "interface": "eth0"},
        {"host": second, "interface": "eth0"},
    ]
    status, output = run(
        "trace_packets", *named(trace_pcap=True, trace_directory="trace"), *extra(trace_points=points), hosts=hosts
    )
    assert status == 0 and not path.exists(), output
    document, reasons = trace_of(tmp_path)
    assert [point["point"] for point in document["points"]] == ["../p1", ".hidden:eth0"] and list(reasons) == [
        "bad:eth0"
    ], output
    found = sorted(
        str(one.relative_to(tmp_path / "trace" / "captures"))
        for one in (tmp_path / "trace" / "captures").rglob("*")
        if one.is_file()
    )
    assert found == ["0-__a_______up/_p1.json", "0-__a_______up/_p1.pcap", "1-_hidden/hidden:eth0.json"], output
    assert any(gap["subset"] == "files" and gap["point"] == ".hidden:eth0" for gap in document["gaps"]), document[
        "gaps"
    ]
    assert all(one.stat().st_mode & 0o077 == 0 for one in [tmp_path / "trace", *(tmp_path / "trace").rglob("*")])


@pytest.mark.parametrize(("size", "octets", "says"), [
    (10**15, 0, f"has {10**15} octets there, and what was asked for needs no more than"),
    ("1", 0, "has 1 octets there"), (100, 60 << 20, "sent more than the"),
])
def test_a_capture_without_end_is_refused_or_broken_off(hostile, run, tmp_path, core, size, octets, says):
    """The one that announces it is not even fetched; of the one that lies nothing is left. Other hosts' captures are
    compared.
    """
    if core.parent.name != "test" and not octets:
        pytest.skip("shown for one that is broken off under each ansible-core")
    hosts = {}
    for number, name in enumerate(("a", "endless", "b")):
        about = {"exists": True, "isdir": False, "isreg": True, "size": 100}
        told = [slurped(capture(name, f"{name}:eth0", delay=number).encode()), slurped(PCAP)]
        if name == "endless":
            about, told = {**about, "size": size}, slurped(b"x" * octets)
        hosts[name] = hostile(name, {"packet_capture": {"changed": False, "captures": [], "plan": []}, "slurp": told,
                                     "stat": {"changed": False, "stat": about}})
    status, output = run(
        "trace_packets", *named(*hosts, trace_pcap=True, trace_directory="trace", trace_packets=1000), hosts=hosts
    )
    document, reasons = trace_of(tmp_path)
    assert status == 0 and list(reasons) == ["endless:eth0"] and says in reasons["endless:eth0"], (
        reasons,
        output[-3000:],
    )
    assert [point["point"] for point in document["points"]] == ["a:eth0", "b:eth0"], output[-3000:]
    assert (tmp_path / "endless.answers.json.slurp").exists() == bool(octets), (
        "what is announced too large is not asked for"
    )
    assert not list((tmp_path / "trace").rglob("*endless*")) and not [
        one for one in (tmp_path / "trace").rglob("*") if one.stat().st_size > 1 << 20
    ]
