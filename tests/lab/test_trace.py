"""trace_packets.yml in labs: incident 1 while it happens, a path through a VXLAN, check mode, a missing host, and no
right to capture.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from . import lab, paths, symptom
from .conftest import Running, running
from .switches import ip
from .system import run, stretched
from .trace import PLAYBOOK, Traced, trace

CLIENT, TARGET, TWIN = "192.168.100.21", "192.168.100.30", "192.168.100.25"
MAC = "52:54:00:0c:1d:f5"
ENDS = (f"-etrace_source={CLIENT}", f"-etrace_destination={TARGET}")
# The path, and beside it what leads to the guest that has the same MAC.
POINTS = ["client:eth0", "hv1:eth0", "hv1:vnet0", "hv2:eth0", "hv2:vnet0"]


@pytest.fixture(scope="module")
def traced(incident1: Running, tmp_path_factory: pytest.TempPathFactory) -> Traced:
    """The playbook, while a user of the client tries to talk to the slow guest."""
    directory = tmp_path_factory.mktemp("trace") / "here"
    with symptom.going_on(incident1.name, "client", TARGET):
        # The busier the machine, the fewer exchanges there are in a second.
        return trace(incident1.name, directory, *ENDS, "-e" + json.dumps(stretched({"trace_duration": 20})))


def test_the_verdict_names_where_the_frames_go_and_the_twin(traced: Traced) -> None:
    assert traced.status == 0, traced.text
    verdict = traced.document["verdict"]
    assert verdict["status"] == "astray", traced.text
    assert re.match(
        rf"Frames for {re.escape(TARGET)} leave client's eth0, but \d+ % \(\d+ of \d+\) arrive at the tap of vm25 on"
        rf" hv2 to {MAC} "
        r"instead of at hv1's uplink eth0\.\Z",
        verdict["sentence"],
    ), verdict["sentence"]
    (claimed,) = traced.document["claimed"]
    assert (claimed["mac"], claimed["machines"]) == (MAC, ["hv1/vm30", "hv2/vm25"])
    assert TWIN in claimed["addresses"][1], claimed
    assert verdict["sentence"] in traced.text


def test_every_point_of_the_path_captured_and_the_hops_agree(traced: Traced) -> None:
    document = traced.document
    assert [point["point"] for point in document["points"]] == POINTS
    assert [point["beside"] for point in document["points"]] == [False, False, False, True, True]
    there = next(way for way in document["ways"] if way["direction"] == "there")
    first, second = there["hops"]
    assert first["lost"] > 0
    assert first["astray"]["hv2:vnet0"] <= first["lost"]
    assert first["seen"] + first["lost"] + first["missed"] == first["sent"]
    # What reached the right hypervisor reached its guest: the hypervisor is not to blame.
    assert second["lost"] == 0
    carriers = {pair["destination"] for found in there["links"] for pair in found["pairs"]}
    assert MAC in carriers


def test_the_page_is_there_for_its_owner_only_and_draws_the_packets(traced: Traced) -> None:
    page = traced.directory / "trace.html"
    assert page.stat().st_mode & 0o777 == 0o600
    text = page.read_text()
    assert 'class="ladder"' in text and 'class="chart"' in text and 'class="astray"' in text


def test_check_mode_says_what_it_would_capture_and_captures_nothing(incident1: Running, tmp_path: Path) -> None:
    made = trace(incident1.name, tmp_path / "none", *ENDS, "--check", "--diff")
    assert made.status == 0, made.text
    assert 'Would capture 10 s of "(host 192.168.100.21 and host 192.168.100.30)' in made.text
    assert all(point in made.text for point in POINTS)
    assert not (tmp_path / "none").exists()
    assert not re.search(r"changed=[1-9]", made.text)


@pytest.fixture(scope="module")
def overlay(able: None) -> Iterator[Running]:
    """Two light hosts with a VXLAN between them."""
    for up in running("overlay"):
        for name, own, other in (("left", "1", "2"), ("right", "2", "1")):
            inside = paths.namespace(up.name, name)
            tunnel = (
                "type",
                "vxlan",
                "id",
                "42",
                "dstport",
                "4789",
                "local",
                f"198.51.100.{own}",
                "remote",
                f"198.51.100.{other}",
                "dev",
                "eth0",
            )
            ip(inside, "link", "add", "vx0", "address", f"02:00:00:00:42:0{own}", *tunnel)
            ip(inside, "address", "add", f"203.0.113.{own}/24", "dev", "vx0")
            ip(inside, "link", "set", "vx0", "up")
        yield up


def points(*rows: tuple[str, str]) -> str:
    """The extra variable that names points."""
    listed: list[dict[str, Any]] = [{"host": host, "interface": interface} for host, interface in rows]
    return "-e" + json.dumps(
        {"trace_points": listed, "trace_source": "203.0.113.1", "trace_destination": "203.0.113.2", "trace_duration": 5}
    )


def pinging(name: str) -> subprocess.Popen[bytes]:
    """Somebody who pings through the tunnel for as long as a trace may take."""
    argv = [
        "ip",
        "netns",
        "exec",
        paths.namespace(name, "left"),
        "ping",
        "-q",
        "-n",
        "-i",
        "0.1",
        "-w",
        "60",
        "203.0.113.2",
    ]
    return subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def test_packets_are_followed_into_a_vxlan_and_out_of_it(overlay: Running, tmp_path: Path) -> None:
    with pinging(overlay.name) as ping:
        try:
            made = trace(
                overlay.name,
                tmp_path,
                points(("left", "vx0"), ("left", "eth0"), ("right", "eth0"), ("right", "vx0")),
                "-etrace_pcap=true",
            )
        finally:
            ping.terminate()
    assert made.status == 0, made.text
    document = made.document
    assert document["verdict"]["status"] == "clean", made.text
    there = document["ways"][0]
    assert all(hop["seen"] > 20 and hop["lost"] == 0 for hop in there["hops"]), made.text
    tunnels = {found["point"]: {pair.get("tunnel") for pair in found["pairs"]} for found in there["links"]}
    assert tunnels == {"left:vx0": {None}, "left:eth0": {"vxlan:42"}, "right:eth0": {"vxlan:42"}, "right:vx0": {None}}
    # All hosts share this machine's clock, which is what the packets must tell, too.
    for clock in document["clocks"]:
        if not clock["reference"]:
            assert abs(clock["offset"]) <= clock["uncertainty"] + 1e-4, clock
    brought = sorted(path.name for path in (tmp_path / "captures").glob("*/*"))
    assert sorted(path.name for path in (tmp_path / "captures").iterdir()) == ["0-left", "1-right"]
    assert all(path.stat().st_mode & 0o077 == 0 for path in tmp_path.rglob("captures/*")), (
        "what was captured is nobody else's"
    )
    assert brought == sorted(
        f"{host}:{name}.{kind}" for host in ("left", "right") for name in ("eth0", "vx0") for kind in ("json", "pcap")
    )
    assert (
        run(["tcpdump", "-r", str(tmp_path / "captures" / "0-left" / "left:vx0.pcap"), "-n"]).stdout.count(
            "echo request"
        )
        > 20
    )


def test_a_frame_that_is_dropped_on_the_way_is_placed(overlay: Running, tmp_path: Path) -> None:
    at_switch = paths.namespace(overlay.name, "sw1")
    drop = "ip daddr 198.51.100.2 udp dport 4789 numgen inc mod 4 == 0 drop"
    rules = f"table bridge lossy {{\nchain forward {{\ntype filter hook forward priority 0;\n{drop}\n}}\n}}\n"
    run(["ip", "netns", "exec", at_switch, "nft", "-f", "-"], text=rules)
    try:
        with pinging(overlay.name) as ping:
            try:
                made = trace(
                    overlay.name,
                    tmp_path,
                    points(("left", "vx0"), ("left", "eth0"), ("right", "eth0"), ("right", "vx0")),
                )
            finally:
                ping.terminate()
    finally:
        run(["ip", "netns", "exec", at_switch, "nft", "delete", "table", "bridge", "lossy"])
    assert made.status == 0, made.text
    lost = made.lost("there")
    assert lost["left:eth0 > right:eth0"] >= 8 and sum(lost.values()) == lost["left:eth0 > right:eth0"], made.text
    assert re.search(
        r"leave left:eth0, but 2\d % .* never arrive at right:eth0", made.document["verdict"]["sentence"]
    ), made.text


def test_a_host_that_does_not_answer_is_named_and_the_others_are_compared(overlay: Running, tmp_path: Path) -> None:
    with pinging(overlay.name) as ping:
        try:
            rows = points(("left", "vx0"), ("left", "eth0"), ("right", "nothere"), ("right", "vx0"))
            made = trace(overlay.name, tmp_path, rows)
        finally:
            ping.terminate()
    assert made.status == 0, made.text
    (gone, *_more) = [gap for gap in made.document["gaps"] if gap["subset"] == "captures"]
    assert "nothere" in gone["reason"], gone
    assert [hop["to"] for hop in made.document["ways"][0]["hops"]] == ["left:eth0"]


def test_without_the_right_to_capture_it_refuses_in_words(tmp_path: Path) -> None:
    rows = json.dumps(
        {
            "trace_points": [
                {"host": "localhost", "interface": "lo"},
                {"host": "localhost", "interface": "lo", "point": "again"},
            ]
        }
    )
    argv = [
        *(() if os.geteuid() else ("setpriv", "--bounding-set=-net_raw,-net_admin,-sys_admin")),
        "ansible-playbook",
        str(PLAYBOOK),
        "-i",
        "localhost,",
        "-c",
        "local",
        "-e",
        rows,
        "-elayer2_become=false",
        "-etrace_start_after=0",
    ]
    done = run(argv, check=False, timeout=120)
    text = done.stdout + done.stderr
    assert done.returncode != 0
    assert "root" in text and "Traceback" not in text, text


def test_two_ends_are_needed_and_a_place_for_files(overlay: Running) -> None:
    done = lab.in_controller_run(overlay.name, ["ansible-playbook", str(PLAYBOOK), f"-etrace_source={CLIENT}"])
    assert done.returncode != 0
    assert "Say what to trace: -e trace_source=IP -e trace_destination=IP" in done.stdout + done.stderr
    done = lab.in_controller_run(
        overlay.name,
        ["ansible-playbook", str(PLAYBOOK), points(("left", "eth0"), ("right", "eth0")), "-etrace_pcap=true"],
    )
    assert done.returncode != 0
    assert "trace_pcap: say where the files go with -e trace_directory=FOLDER" in done.stdout + done.stderr
