"""Runs fix_dup_mac.yml in a lab's controller, breaks such runs off, and looks at a guest's NIC before and after."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import re
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from . import hosts, play
from .detect import PLAYBOOK as DETECT
from .play import Play
from .system import stretched, wait_until

PLAYBOOK = DETECT.with_name("fix_dup_mac.yml")
READING = 120  # seconds that the role snapshot gives a host by default, enough for an emulated guest on a quiet machine
LIVE = ("-e", "mac_regenerate_live=true")
# Which of the lab's twins is the older one depends on which hypervisor booted first; an operator knows which one must
# not move.
KEEP = ("-e", json.dumps({"fix_keep": {"52:54:00:0c:1d:f5": "vm30"}}))


def start(name: str, directory: Path, *arguments: str) -> subprocess.Popen[str]:
    """Start the playbook, with its plan and report in a directory."""
    return play.start(name, PLAYBOOK, *_options(directory), *arguments)


def cure(name: str, directory: Path, *arguments: str) -> Play:
    """Run the playbook to its end."""
    return play.play(name, PLAYBOOK, *_options(directory), *arguments)


def _options(directory: Path) -> tuple[str, ...]:
    """Arguments of each run."""
    busy = ("-e", json.dumps(stretched({"snapshot_timeout": READING})))
    return (f"-efix_directory={directory}", *KEEP, *busy)


def plan_in(directory: Path) -> dict[str, Any]:
    """The plan that a run saved."""
    plan = json.loads((directory / "layer2-plan.json").read_text())
    assert isinstance(plan, dict)
    return plan


def saved_plan(directory: Path, *changes: dict[str, Any]) -> str:
    """A plan as somebody saved it; returns its path."""
    path = directory / "plan.json"
    path.write_text(json.dumps({"schema": "netops.layer2/plan", "version": 1, "changes": [*changes], "refused": []}))
    return str(path)


def kill_at(name: str, task: str, directory: Path, *arguments: str, after: float = 0.0) -> str:
    """Start the playbook and kill the whole controller AFTER seconds into TASK; returns what it had printed."""
    return play.kill_at(name, task, start(name, directory, *arguments), after)


# --- the guest

def nic_macs(name: str, hypervisor: str, guest: str) -> tuple[list[str], list[str]]:
    """(live, persistent) MACs of a guest's NICs; no live ones if it is off."""
    texts = [_virsh(name, hypervisor, f"virsh -q dumpxml {guest} {option}") for option in ("", "--inactive")]
    live, persistent = (
        [str(mac.get("address")) for mac in ElementTree.fromstring(text).iterfind("devices/interface/mac")]
        for text in texts
    )
    return (live if _virsh(name, hypervisor, f"virsh -q domstate {guest}").strip() != "shut off" else []), persistent


def _virsh(name: str, hypervisor: str, line: str, timeout: float = 60) -> str:
    return hosts.inside(name, hypervisor, ["sh", "-c", line], timeout=timeout)


def infect(name: str, hypervisor: str, guest: str, mac: str, *edits: str) -> None:
    """Give a guest the MAC as an operator without tools does: edit the definition (with more EDITS of sed's), power
    off, power on.
    """
    expressions = " ".join(f'-e "{edit}"' for edit in (f"s/<mac address='[^']*'/<mac address='{mac}'/", *edits))
    edit = f"virsh -q dumpxml --inactive {guest} | sed {expressions} > /tmp/{guest}.xml"
    _virsh(
        name,
        hypervisor,
        f"set -e; virsh -q destroy {guest} || true; {edit}; virsh -q define /tmp/{guest}.xml; virsh -q start {guest}",
        120,
    )


# In virsh's place: before a command that the file /run/fault names, what else stands there is done; then the real one
# runs.
FAULTY_VIRSH = """#!/bin/sh
if [ -e /run/fault ]; then
    read -r word deed < /run/fault
    case " $* " in *" $word "*) rm /run/fault; eval "$deed" ;; esac
fi
exec /usr/bin/virsh.real "$@"
"""


@contextmanager
def fault(name: str, hypervisor: str, word: str, deed: str) -> Iterator[None]:
    """Before the next virsh command with this word a hypervisor does the deed, once; it must have come to that."""
    hosts.inside(
        name,
        hypervisor,
        ["sh", "-c", "mv /usr/bin/virsh /usr/bin/virsh.real; cat > /usr/bin/virsh; chmod 755 /usr/bin/virsh"],
        text=FAULTY_VIRSH,
    )
    hosts.inside(name, hypervisor, ["sh", "-c", "cat > /run/fault"], text=f"{word} {deed}\n")
    try:
        yield
        assert "fault" not in hosts.inside(name, hypervisor, ["ls", "/run"]).split(), f"virsh {word} was never called"
    finally:
        hosts.inside(name, hypervisor, ["sh", "-c", "mv /usr/bin/virsh.real /usr/bin/virsh; rm -f /run/fault"])


@contextmanager
def full_disk(name: str, host: str, folder: str, run: Callable[[str, str], str] | None = None) -> Iterator[None]:
    """No room in a folder of a host, whose files are there all the same. RUN: how a script gets to the host, if not
    past SSH.
    """
    run = run or (lambda where, script: hosts.inside(name, where, ["sh", "-c", script]))
    run(
        host,
        f"mkdir -p {folder}; rm -rf /tmp/room; cp -a {folder} /tmp/room; mount -t tmpfs -o size=64k full {folder}; cp"
        f" -a /tmp/room/. {folder}; cat /dev/zero > {folder}/.filler 2>/dev/null; for n in 1 2 3; do echo x >"
        f" {folder}/.filler$n; done 2>/dev/null; true",
    )
    try:
        yield
    finally:
        run(host, f"umount {folder}; rm -rf /tmp/room")


def answers(name: str, host: str, address: str, timeout: float = 60) -> bool:
    """Whether a host gets an answer to a ping within the timeout."""
    ping = ["sh", "-c", f"ping -c1 -W1 {address} || true"]
    return wait_until(lambda: "1 received" in hosts.inside(name, host, ping), timeout, 0.0)


def neighbour(name: str, host: str, address: str) -> str:
    """The MAC that a host has for an address in its neighbour table, empty if none."""
    words = hosts.inside(name, host, ["ip", "neigh", "show", "to", address]).split()
    return words[words.index("lladdr") + 1] if "lladdr" in words else ""


@dataclass(slots=True)
class Watch:
    """Watches, while a cure runs, when a hypervisor's tap has another MAC, and when a peer's neighbour entry follows.
    """

    name: str
    hypervisor: str
    peer: str
    address: str
    old: str
    plugged: float = 0.0
    right: float = 0.0
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> Watch:
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join(30)

    def _run(self) -> None:
        before = self._taps()
        while not self._stop.wait(0.1) and not self.right:
            if not self.plugged and self._taps() - before:
                self.plugged = time.monotonic()
            if self.plugged and neighbour(self.name, self.peer, self.address) not in ("", self.old):
                self.right = time.monotonic()

    def _taps(self) -> set[str]:
        return set(re.findall(r"link/ether (fe:\S+)", hosts.inside(self.name, self.hypervisor, ["ip", "-o", "link"])))
