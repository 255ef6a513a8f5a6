"""flood_sample beside tcpdump and scapy on one cable between two namespaces: what each sees of the frames that arrive,
and what that costs.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from . import material
from .measure import BenchError
from .part import Part, Say, table

LINE_RATE, SIZE = 81_000, 1500  # frames a second that fill 1 Gbit/s with preambles and gaps, and their octets
SECONDS = 8.0
MOST_CPU = 1.5  # times tcpdump's
NEAR = 0.01
HERE, THERE = "02:00:00:00:00:01", "02:00:00:00:00:02"
NOBODY = bytes.fromhex("020000000099")

_MODULE = """
import sys
from ansible.module_utils import basic
basic._ANSIBLE_ARGS, basic._ANSIBLE_PROFILE = sys.argv[1].encode(), "legacy"
from ansible_collections.netops.layer2.plugins.modules import flood_sample
flood_sample.main()
"""
_SCAPY = """
import signal, sys
from scapy.all import AsyncSniffer, conf
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])  # who runs in the background of a shell ignores it otherwise
seen = [0, 0]
def count(packet):
    if packet.dst != sys.argv[1]:
        seen[0] += 1
        seen[1] += len(packet)
sniffer = AsyncSniffer(iface="eth0", store=False, prn=count)
sniffer.start()
signal.sigwait([signal.SIGINT])
sniffer.stop()
print(*seen)
"""
_TEXT = """## A flood

Frames of {size} bytes for nobody, from one network namespace to another over a veth pair; {rounds} rounds in turns,
medians. *Line rate* is {rate:,} frames/s (1 Gbit/s), *top* is as fast as this machine sends ({top:,.0f} frames/s
while nobody listens). *seen* is the share of the frames that the interface itself counted. *ns a frame* is the CPU
time of the process from before the first frame until after the last, divided by the frames; *all CPU* is that of the
whole process, with the start of Python and the reading of the host's own MACs. All three look at every frame:
`tcpdump -s 96 -B 16384 -w /dev/null` with a filter for the MAC writes them, scapy's sniffer counts them, flood_sample
counts them and takes some apart.

"""


@dataclass(frozen=True, slots=True)
class Heard:
    """What one tool said of one run: frames and bytes that arrived and that it saw (-1: it does not say), its drops.

    CPU seconds while the frames came, and of the whole process; frames sent a second.
    """

    arrived: int
    arrived_bytes: int
    seen: int
    seen_bytes: int
    dropped: int
    busy: float
    cpu: float
    rate: float

    @property
    def share(self) -> float:
        """How much of what arrived it saw."""
        return self.seen / self.arrived

    @property
    def each(self) -> float:
        """Nanoseconds of CPU that a frame cost."""
        return self.busy / self.arrived * 1e9


@dataclass(frozen=True, slots=True)
class Tool:
    """How a tool is started in the far namespace, and how its output tells (frames, bytes, drops)."""

    command: Callable[[], list[str]]
    read: Callable[[str, str], tuple[int, int, int]]
    asked_to_end: bool


def _sample(seconds: float) -> list[str]:
    options = {"interfaces": ["eth0"], "duration": seconds, "_ansible_remote_tmp": tempfile.gettempdir()}
    return [sys.executable, "-c", _MODULE, json.dumps({"ANSIBLE_MODULE_ARGS": options})]


def _read_sample(said: str, errors: str) -> tuple[int, int, int]:
    try:
        (entry,) = json.loads(json.loads(said)["ansible_facts"]["layer2_flood_sample"])["interfaces"]
    except (ValueError, KeyError) as error:
        raise BenchError(f"flood_sample said: {said[-1000:]}{errors[-1000:]}") from error
    return entry["frames"], entry["bytes"], entry["dropped"]


def _read_tcpdump(_said: str, errors: str) -> tuple[int, int, int]:
    captured, dropped = (re.search(rf"(\d+) packets {word}", errors) for word in ("captured", "dropped by kernel"))
    if not captured or not dropped:
        raise BenchError(f"tcpdump said: {errors[-1000:]}")
    return int(captured.group(1)), -1, int(dropped.group(1))


def _read_scapy(said: str, errors: str) -> tuple[int, int, int]:
    words = said.split()
    if len(words) != 2:
        raise BenchError(f"scapy said: {said[-1000:]}{errors[-1000:]}")
    return int(words[0]), int(words[1]), 0


TOOLS = {
    "flood_sample": Tool(lambda: _sample(SECONDS + 4), _read_sample, asked_to_end=False),
    "tcpdump": Tool(
        lambda: ["tcpdump", "-i", "eth0", "-s", "96", "-B", "16384", "-w", "/dev/null", f"not ether host {THERE}"],
        _read_tcpdump,
        asked_to_end=True,
    ),
    "scapy": Tool(lambda: [sys.executable, "-c", _SCAPY, THERE], _read_scapy, asked_to_end=True),
}


def obstacle() -> str:
    """Why it cannot be measured here; empty if it can."""
    if os.geteuid() != 0:
        return "it needs root, for namespaces"
    missing = [
        name
        for name in ("ip", "tcpdump")
        if shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin") is None
    ]
    return f"{' and '.join(missing)} are not installed" if missing else ""


class Cable:
    """Two namespaces and the cable between them."""

    def __init__(self) -> None:
        self.near, self.far = (f"l2bench-{os.getpid()}-{end}" for end in "ab")

    def lay(self) -> None:
        """Make them; nobody but the sender speaks on the cable."""
        for name in (self.near, self.far):
            _do("ip", "netns", "add", name)
            _do("ip", "netns", "exec", name, "sysctl", "-qw", "net.ipv6.conf.default.disable_ipv6=1")
        _do(
            "ip",
            "-n",
            self.near,
            "link",
            "add",
            "eth0",
            "address",
            HERE,
            "type",
            "veth",
            "peer",
            "name",
            "eth0",
            "netns",
            self.far,
            "address",
            THERE,
        )
        for name in (self.near, self.far):
            _do("ip", "-n", name, "link", "set", "eth0", "up")

    def remove(self) -> None:
        """Take them down."""
        for name in (self.near, self.far):
            subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True)

    def arrived(self) -> tuple[int, int]:
        """Frames and bytes that the far end has received."""
        received = json.loads(_do("ip", "-n", self.far, "-s", "-j", "link", "show", "eth0"))[0]["stats64"]["rx"]
        return received["packets"], received["bytes"]

    def is_heard(self) -> bool:
        """Whether somebody listens at the far end."""
        return json.loads(_do("ip", "-n", self.far, "-d", "-j", "link", "show", "eth0"))[0]["promiscuity"] > 0

    def send(self, count: int, rate: float) -> float:
        """Send frames; returns how many a second they were."""
        ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, SIZE - 14, 1, 0, 64, 17, 0, b"\xc0\0\2\1", b"\xc0\0\2\x09")
        frame = (
            NOBODY
            + bytes.fromhex(HERE.replace(":", ""))
            + b"\x08\0"
            + ip
            + struct.pack("!HHHH", 1000, 80, SIZE - 34, 0)
        )
        argv = [
            "ip",
            "netns",
            "exec",
            self.near,
            sys.executable,
            "-m",
            "tests.lab.sender",
            "eth0",
            str(count),
            str(rate),
            str(SECONDS),
        ]
        said = json.loads(_do(*argv, text=frame.ljust(SIZE, b"\0").hex()))
        return float(said["sent"] / said["seconds"])


def _do(*argv: str, text: str | None = None) -> str:
    done = subprocess.run(argv, input=text, capture_output=True, text=True, check=False, cwd=material.ROOT, timeout=300)
    if done.returncode:
        raise BenchError(f"{' '.join(argv[:8])}: {done.stderr[-1000:]}")
    return done.stdout


@contextmanager
def _cable() -> Iterator[Cable]:
    made = Cable()
    try:
        made.lay()
        yield made
    finally:
        made.remove()


def hear(cable: Cable, tool: Tool, count: int, rate: float) -> Heard:
    """One run of TOOL while COUNT frames arrive."""
    before = cable.arrived()
    with tempfile.TemporaryFile("w+") as said, tempfile.TemporaryFile("w+") as errors:
        path = os.pathsep.join(
            [str(material.ROOT / "playbooks" / "collections"), *(entry for entry in sys.path if entry)]
        )
        child = subprocess.Popen(
            ["ip", "netns", "exec", cable.far, *tool.command()],
            stdout=said,
            stderr=errors,
            env={**os.environ, "PYTHONPATH": path},
        )
        _until(cable.is_heard, child)
        began = time.monotonic()
        time.sleep(0.5)
        before_it = _cpu_of(child.pid)
        sent = cable.send(count, rate)
        # Each listens equally long, so that waiting costs the same time.
        time.sleep(max(0.0, SECONDS + 2.5 - (time.monotonic() - began)))
        busy = _cpu_of(child.pid) - before_it
        if tool.asked_to_end:
            child.send_signal(signal.SIGINT)
        _pid, _status, usage = os.wait4(child.pid, 0)
        child.returncode = 0
        said.seek(0)
        errors.seek(0)
        seen, octets, dropped = tool.read(said.read(), errors.read())
    after = cable.arrived()
    return Heard(
        after[0] - before[0], after[1] - before[1], seen, octets, dropped, busy, usage.ru_utime + usage.ru_stime, sent
    )


def _cpu_of(pid: int) -> float:
    """Seconds that the threads of a process have run, to the nanosecond (schedstat, sched-stats in the kernel's
    documentation).
    """
    return sum(int(path.read_text().split()[0]) for path in Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e9


def _until(met: Callable[[], bool], child: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 20
    while not met():
        if child.poll() is not None or time.monotonic() > deadline:
            child.kill()
            raise BenchError("nobody began to listen")
        time.sleep(0.05)


@dataclass(frozen=True, slots=True)
class Flooded:
    """All runs at line rate and at top rate, by tool; the rate of a sender that nobody hears."""

    rounds: int
    top: float
    line: dict[str, list[Heard]]
    fast: dict[str, list[Heard]]


def measure(repeat: int, say: Say) -> Flooded:
    """Each tool in turns, at each rate."""
    with _cable() as cable:
        cable.send(20_000, 0)
        top = cable.send(200_000, 0)
        flooded = Flooded(repeat, top, {name: [] for name in TOOLS}, {name: [] for name in TOOLS})
        for number in range(repeat):
            for name, tool in TOOLS.items():
                say(f"a flood heard by {name}: round {number + 1} of {repeat}")
                flooded.line[name].append(hear(cable, tool, int(LINE_RATE * SECONDS * 0.75), LINE_RATE))
                flooded.fast[name].append(hear(cable, tool, int(top * SECONDS * 0.75), 0))
    return flooded


def _each(runs: Sequence[Heard]) -> float:
    return statistics.median(run.each for run in runs)


def _rows(runs: dict[str, list[Heard]]) -> list[list[str]]:
    rows = []
    for name, heard in runs.items():
        share = statistics.median(run.share for run in heard)
        lost = max(max(run.arrived - run.seen, 0) for run in heard)
        rows.append(
            [
                name,
                f"{statistics.median(run.rate for run in heard):,.0f}",
                f"{100 * share:.2f} %",
                f"{lost:,}",
                f"{_each(heard):,.0f}",
                f"{_each(heard) / _each(runs['tcpdump']):.2f}",
                f"{statistics.median(run.cpu for run in heard):.2f}",
            ]
        )
    return rows


def targets(flooded: Flooded) -> Iterator[tuple[bool, str]]:
    """Yield (whether it was reached, what) for each figure to reach."""
    line, fast = flooded.line["flood_sample"], flooded.fast["flood_sample"]
    lost = max(run.arrived - run.seen for run in line)
    dropped = max(run.dropped for run in line)
    rate = statistics.median(run.rate for run in line)
    yield (
        lost == 0 and dropped == 0 and rate > LINE_RATE * 0.99,
        (
            f"flood_sample loses nothing at {LINE_RATE:,} frames/s of {SIZE} bytes: {lost} not counted, {dropped}"
            f" dropped at {rate:,.0f} frames/s"
        ),
    )
    wrong = max(max(abs(run.share - 1), abs(run.seen_bytes / run.arrived_bytes - 1)) for run in fast)
    rate = statistics.median(run.rate for run in fast)
    yield (
        wrong <= NEAR,
        f"its totals are within {NEAR:.0%} at the highest rate ({rate:,.0f} frames/s): {100 * wrong:.3f} % off",
    )
    for name, runs in (("at line rate", flooded.line), ("at the highest rate", flooded.fast)):
        ratio = _each(runs["flood_sample"]) / _each(runs["tcpdump"])
        yield ratio <= MOST_CPU, f"a frame costs it at most {MOST_CPU} times tcpdump's CPU {name}: {ratio:.2f}"


def part(repeat: int, say: Say) -> Part:
    """Measured, and as a part of the page."""
    flooded = measure(repeat, say)
    head = ["frames/s", "seen", "most unseen", "ns a frame", "ratio", "all CPU s"]
    text = _TEXT.format(size=SIZE, rate=LINE_RATE, rounds=flooded.rounds, top=flooded.top)
    text += table(["line rate", *head], _rows(flooded.line)) + "\n" + table(["top", *head], _rows(flooded.fast)) + "\n"
    return Part(text, list(targets(flooded)))
