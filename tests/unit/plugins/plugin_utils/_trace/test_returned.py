"""What a trace asks of its hosts, and what they return: bounds, names and files of the controller's own, each bad
capture said for its point alone.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.netops.layer2.plugins.module_utils._capture._records import Packer, document
from ansible_collections.netops.layer2.plugins.plugin_utils._common._fields import plain
from ansible_collections.netops.layer2.plugins.plugin_utils._trace import _files
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._captures import TraceError
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._points import plan
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._request import Asked, in_words, requested
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._returned import Results, returned
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._run import judged

from .capture_builders import CLIENT, GUEST, NS, T0, ethernet, ipv4, tcp

GOLDEN = Path(__file__).parent / "golden"
HOSTS = ["a", "bad", "b"]


def asked(**more: Any) -> Asked:
    return Asked(**{"duration": 10.0, "packets": 100, "bytes": 10**9, "snap_length": 320, "start_after": 5.0, **more})


def request(*hosts: str, place: str = "/nowhere", **more: Any) -> dict[str, Any]:
    """What is asked of an interface of each of HOSTS."""
    found = plan({}, CLIENT, GUEST, [{"host": host, "interface": "eth0"} for host in hosts or HOSTS])
    return requested(found, asked(**more), HOSTS, 1000.0, "token", place)


def text(host: str, point: str = "", count: int = 5, **fields: Any) -> str:
    """A capture document."""
    packer = Packer()
    for at in range(count):
        frame = ethernet(ipv4(tcp(b"x", sequence=at + 1), identifier=at + 1))
        packer.add(T0 + at * NS // 100, frame, len(frame))
    made = document(
        packer,
        host=host,
        point=point or f"{host}:eth0",
        interface="eth0",
        collected_at=T0 / NS - 1,
        duration=9.0,
        dropped=0,
        ended="time",
    )
    return json.dumps({**made, **fields})


def captured(*documents: Any) -> Results:
    return Results({"captures": [{"document": one} for one in documents], "changed": False})


def test_all_begin_at_once_and_nobody_is_waited_for_without_end() -> None:
    made = request(pcap=True, place="/tmp/run", packets=1_000_000)
    assert (made["begin"], made["timeout"], made["folder"]) == (1005.0, 135, "/var/tmp/netops-layer2-trace-token")
    assert made["fetch_timeout"] == 120 + 516
    assert made["files"]["b"][0] == {
        "point": "b:eth0",
        "kind": "json",
        "src": "/var/tmp/netops-layer2-trace-token/b:eth0.json",
        "dest": "/tmp/run/2-b/b:eth0.json",
    }
    assert request()["files"] == {} and request()["folder"] == ""
    assert in_words(made, True).startswith(f'Would capture 10 s of "host {CLIENT} and host {GUEST}" at\n  a:eth0\n')


def test_names_become_one_component_each() -> None:
    rows = [
        {"host": host, "interface": "eth0", "point": point}
        for host, point in (("../../etc", "../x"), (".ssh", ".y"), ("\u00e4" * 300, "/"))
    ]
    made = requested(plan({}, "", "", rows), asked(pcap=True), [".ssh"], 0.0, "t", "/tmp/run")
    for files in made["files"].values():
        for file in files:
            folder, name = file["dest"].removeprefix("/tmp/run/").split("/")
            assert not folder.startswith(".") and not name.startswith(".") and len(folder) < 120 and ".." not in folder
            assert os.path.dirname(file["src"]) == made["folder"]


@pytest.mark.parametrize(
    ("wish", "problem"),
    [
        ({"duration": float("nan")}, "duration: nan is not between 0.1 and 3600"),
        ({"packets": 0}, "packets: 0 is not between"),
        ({"start_after": 301.0}, "start_after: 301.0 is not between 0 and 300"),
        ({"margin": 0.0}, "margin: 0.0 is not between"),
        ({"pcap": True, "remote": "/var/tmp/$(id)"}, "remote: .* is no absolute path"),
        ({"pcap": True, "remote": "here"}, "remote: 'here' is no absolute path"),
    ],
)
def test_what_no_host_can_be_asked_is_said_before_any_is(wish: dict[str, Any], problem: str) -> None:
    with pytest.raises(TraceError, match=problem):
        request(**wish)


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ([("a", "eth0", "x"), ("b", "eth0", "x")], "two are named alike"),
        ([("a", "eth0", "x/y"), ("a", "eth1", "x y")], "x/y and x y"),
        ([("a", "eth0", 5)], "point: 5 is no name"),
    ],
)
def test_points_that_are_named_alike_are_refused(rows: list[Any], problem: str) -> None:
    with pytest.raises(TraceError, match=problem):
        plan({}, "", "", [{"host": host, "interface": interface, "point": point} for host, interface, point in rows])


BAD: dict[str, tuple[Any, str]] = {
    "broken": (text("bad")[:-9], "no JSON"),
    "empty": ("", "no JSON"),
    "null": ("null", "NoneType is no capture document"),
    "a path": (str(GOLDEN / "lossy-client.pcap"), "no JSON"),
    "not text": ({"schema": "x"}, "holds no document"),
    "another host": (text("b", "bad:eth0"), "says that it is of the point bad:eth0 of b"),
    "another point": (text("bad", "b:eth0"), "the point b:eth0 of bad"),
    "names of other types": (text("bad").replace('"host": "bad"', '"host": ["bad"]'), "says that it is of the point"),
    "more packets": (text("bad", count=101), "holds 101 packets, and 100 were asked for"),
    "claims more": (text("bad", packets=10**30), "were asked for"),
    "packets are text": (text("bad", packets="5"), "packets: '5' is no number"),
    "rows": (text("bad", flows={"columns": [], "rows": ["x"] * 6}), "has 6 flows for 5 packets"),
    "a long row": (text("bad", links={"columns": [], "rows": ["x" * 2000]}), "links of more than 1024 characters"),
    "rows are text": (text("bad", links={"columns": [], "rows": 7}), "links"),
    "no address": (
        text(
            "bad",
            flows={
                "columns": ["version", "source", "destination", "protocol", "source_port", "destination_port"],
                "rows": ["4 {{x}} y udp 1 2"],
            },
        ),
        "flows",
    ),
    "no columns": (text("bad", records=[]), "records"),
    "times": (text("bad", collected_at="now"), "collected_at"),
    "huge": ("{" + " " * (5 << 20), "and what was asked for needs no more than"),
    "nested": ('{"a":' * 100_000, "no JSON"),
}


@pytest.mark.parametrize("how", BAD)
def test_what_is_no_capture_of_this_point_is_said_and_no_more(how: str) -> None:
    bad, problem = BAD[how]
    results = {"a": captured(text("a")), "bad": captured(bad), "b": captured(text("b"))}
    trace, kept = judged(request(), results, CLIENT, GUEST)
    (gap,) = [gap for gap in trace["gaps"] if gap["subset"] == "captures"]
    assert gap["point"] == "bad:eth0" and problem in gap["reason"] and len(gap["reason"]) < 500, gap
    assert (trace["summary"]["packets"], trace["summary"]["lost"]) == (5, 0) and [
        point["point"] for point in trace["points"]
    ] == ["a:eth0", "b:eth0"]
    assert [file.folder for file in kept] == ["0-a", "2-b"]


@pytest.mark.parametrize(
    ("result", "problem"),
    [
        ({"failed": True, "msg": "no\x1b[2Jroot " + "x" * 9999}, "failed: no\\x1b[2Jroot x"),
        ({"unreachable": True, "msg": "no route"}, "unreachable: no route"),
        ({"skipped": True}, "was not asked"),
        ({}, "was not asked"),
        ({"captures": "x"}, "holds no document"),
        ({"captures": [5]}, "holds no document"),
        ({"captures": [], "timedout": {}}, "holds no document"),
    ],
)
def test_why_a_host_has_no_capture_is_said_in_a_line(result: dict[str, Any], problem: str) -> None:
    back = returned(request(), {"bad": Results(result)})
    assert (
        problem in back.reasons["bad:eth0"]
        and len(back.reasons["bad:eth0"]) <= 410
        and back.reasons["bad:eth0"].isprintable()
    )
    assert set(back.reasons) == {"a:eth0", "bad:eth0", "b:eth0"} and not back.captures


def test_too_few_captures_end_it_with_all_reasons() -> None:
    with pytest.raises(
        TraceError, match=r"at least two points are needed.*bad:eth0: no capture came back: failed: no right"
    ):
        judged(
            request(), {"a": captured(text("a")), "bad": Results({"failed": True, "msg": "no right"})}, CLIENT, GUEST
        )


def test_a_capture_says_nothing_of_other_points_and_little_of_its_own() -> None:
    gap = {"subset": "x", "reason": "r" * 1000, "point": "b:eth0", "host": "b", "more": "y"}
    told = text("a", interface="{{x}}", ended="\x1b" * 100, gaps=[gap] * 50)
    (made,) = returned(request("a"), {"a": captured(told)}).captures
    assert (made.interface, len(made.gaps)) == ("eth0", 20) and len(made.ended) < 200 and made.ended.isprintable()
    assert set(made.gaps[0]) == {"subset", "reason"} and len(made.gaps[0]["reason"]) < 410


@pytest.fixture
def brought(tmp_path: Path) -> tuple[dict[str, Any], dict[str, Results]]:
    """Files of three hosts, as they were fetched: a whole one, records without a pcap file that can be read, and
    nothing.
    """
    made = request(pcap=True, place=str(tmp_path / "run"))
    for host, pcap in (("a", (GOLDEN / "lossy-client.pcap").read_bytes()), ("b", b"no pcap")):
        record, raw = (Path(file["dest"]) for file in made["files"][host])
        record.parent.mkdir(parents=True)
        record.write_text(text(host))
        raw.write_bytes(pcap)
    wanted = made["files"]["bad"]
    failed = {
        "results": [
            {"failed": True, "msg": "gone", "item": wanted[0], "dest": "/etc/passwd"},
            {"failed": True, "msg": "too", "item": wanted[1]},
        ]
    }
    ran = {"changed": False, "captures": [{"path": "/etc/passwd"}]}
    return made, {"a": Results(ran), "bad": Results(ran, failed), "b": Results(ran)}


def test_files_are_read_where_the_controller_put_them(brought: tuple[dict[str, Any], dict[str, Results]]) -> None:
    trace, kept = judged(*brought, CLIENT, GUEST)
    assert [(file.folder, file.name) for file in kept] == [
        ("0-a", "a:eth0.json"),
        ("0-a", "a:eth0.pcap"),
        ("2-b", "b:eth0.json"),
    ]
    said = {
        (gap["point"], gap["subset"]): gap["reason"] for gap in trace["gaps"] if gap["subset"] in ("captures", "files")
    }
    assert "its file was not brought: failed: gone" in said["bad:eth0", "captures"]
    assert "no pcap file that can be read: its pcap file: octet 0:" in said["b:eth0", "files"] and len(said) == 2


def test_a_file_that_is_a_link_or_too_large_is_none(
    brought: tuple[dict[str, Any], dict[str, Results]], tmp_path: Path
) -> None:
    made, results = brought
    (tmp_path / "secret").write_text(text("a"))
    records = {host: Path(made["files"][host][0]["dest"]) for host in ("a", "b")}
    records["a"].unlink()
    records["a"].symlink_to(tmp_path / "secret")
    with records["b"].open("wb") as file:
        file.truncate(1 << 30)
    reasons = returned(made, results).reasons
    assert "its file has" in reasons["a:eth0"] and f"its file has {1 << 30} octets" in reasons["b:eth0"]


def test_all_of_it_is_its_owners_and_replaces_what_was_there(
    brought: tuple[dict[str, Any], dict[str, Results]], tmp_path: Path
) -> None:
    trace, kept = judged(*brought, CLIENT, GUEST)
    victim, folder = tmp_path / "victim", tmp_path / "out"
    victim.write_text("precious")
    folder.mkdir(mode=0o755)
    (folder / "trace.html").symlink_to(victim)
    assert _files.write(str(folder), trace, kept, True)["page"] == str(folder / "trace.html")
    assert not (folder / "captures").exists()
    _files.write(str(folder), trace, kept, False)
    assert victim.read_text() == "precious" and (folder / "trace.html").read_text().startswith("<!doctype html>")
    assert json.loads((folder / "trace.json").read_text()) == plain(trace)
    made = [path for path in folder.rglob("*") if path.is_file()]
    assert len(made) == 5 and all(path.stat().st_mode & 0o077 == 0 for path in folder.rglob("*"))
    assert (folder / "captures" / "0-a" / "a:eth0.pcap").read_bytes() == (GOLDEN / "lossy-client.pcap").read_bytes()


def test_a_folder_that_others_may_write_to_is_refused(tmp_path: Path) -> None:
    trace, kept = judged(request("a", "b"), {"a": captured(text("a")), "b": captured(text("b"))}, CLIENT, GUEST)
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    with pytest.raises(TraceError, match=r"directory: .*others could put links there"):
        _files.write(str(tmp_path / "open"), trace, kept, False)
    (tmp_path / "own" / "elsewhere").mkdir(parents=True)
    (tmp_path / "own").chmod(0o755)  # whatever the umask
    (tmp_path / "own" / "captures").symlink_to(tmp_path / "own" / "elsewhere")
    with pytest.raises(TraceError, match=r"captures: .*that is no link"):
        _files.write(str(tmp_path / "own"), trace, kept, False)
    (tmp_path / "file").write_text("")
    with pytest.raises(TraceError, match="name a folder that may be made"):
        _files.write(str(tmp_path / "file"), trace, kept, False)
