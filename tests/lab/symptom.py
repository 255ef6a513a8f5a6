"""The symptom of incident 1, measured: exchanges from a client with guests, and how often a switch port changes."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event

from . import hosts, paths
from .probe import __file__ as probe_script
from .switches import BRIDGE
from .system import LabError, run

TIMES = 10
TIMEOUT = 2.0
STALL = 0.9  # seconds; below the first retransmission of a lost SYN, which comes after 1 s


@dataclass(frozen=True, slots=True)
class Felt:
    """What the client felt of one guest: seconds per exchange, None where none came within the timeout."""

    address: str
    exchanges: tuple[float | None, ...]

    @property
    def stalled(self) -> int:
        """Exchanges that failed or took longer than a user calls immediate."""
        return sum(1 for seconds in self.exchanges if seconds is None or seconds > STALL)

    def __str__(self) -> str:
        worst = max((seconds for seconds in self.exchanges if seconds is not None), default=None)
        shown = "none came through" if worst is None else f"slowest that came through {worst:.3f} s"
        return f"{self.address}: {self.stalled} of {len(self.exchanges)} exchanges stalled ({shown})"


def feel(lab: str, client: str, addresses: Sequence[str], times: int = TIMES) -> list[Felt]:
    """Exchanges from a client with several guests at once."""
    with open(probe_script) as script:
        text = script.read()

    def one(address: str) -> Felt:
        argv = ["python3", "-", address, str(times), str(TIMEOUT)]
        output = hosts.inside(lab, client, argv, timeout=times * (TIMEOUT + 1) + 10, text=text)
        return Felt(address, tuple(json.loads(output)))

    with ThreadPoolExecutor(len(addresses)) as pool:
        return list(pool.map(one, addresses))


@contextmanager
def going_on(lab: str, client: str, address: str) -> Iterator[list[float | None]]:
    """Exchanges of a client with a guest for as long as the block takes, however busy the machine is; seconds of each,
    complete after it.
    """
    exchanges: list[float | None] = []
    over = Event()

    def talk() -> None:
        while not over.is_set():
            (felt,) = feel(lab, client, [address], 2)
            exchanges.extend(felt.exchanges)

    with ThreadPoolExecutor(1) as pool:
        talking = pool.submit(talk)
        try:
            yield exchanges
        finally:
            over.set()
        talking.result()


def port_of(lab: str, switch: str, mac: str) -> str | None:
    """The port on which a switch has learnt a MAC."""
    inside = paths.namespace(lab, switch)
    shown = run(["bridge", "-netns", inside, "-json", "fdb", "show", "br", BRIDGE]).stdout
    return next((entry["ifname"] for entry in json.loads(shown) if entry["mac"] == mac), None)


def moves(lab: str, switch: str, mac: str, seconds: float = 6) -> list[str]:
    """The ports that a MAC moves to while a switch is watched."""
    argv = ["ip", "netns", "exec", paths.namespace(lab, switch), "bridge", "monitor", "fdb"]
    with subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as watching:
        time.sleep(seconds)
        watching.terminate()
        lines = (watching.communicate()[0] or "").splitlines()
    if watching.returncode not in (0, -15):
        raise LabError(f"bridge monitor fdb ended with status {watching.returncode}")
    seen = [line.split() for line in lines if line.startswith(mac)]
    return [words[words.index("dev") + 1] for words in seen]
