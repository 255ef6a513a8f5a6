"""What proves that a host can be reached: the probe that a peer runs, how its answer reads, and the words about it."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.netops.layer2.plugins.module_utils._mac import MacError, canonical
from ansible_collections.netops.layer2.plugins.plugin_utils._messages import shortened

# First value wins on ssh's command line (ssh_config(5)), so these go before everybody else's.
FRESH_SSH = ("-o ControlMaster=no -o ControlPath=none -o ControlPersist=no "
             "-o ConnectTimeout=5 -o ServerAliveInterval=2 -o ServerAliveCountMax=3")

# Runs on the peer, whatever Python 3 that has. Its answer is one line: other lines are banners of the peer's login.
_MARK = "layer2-probe:"
_PROBE = """
import json, socket, subprocess, sys
order = json.loads(sys.argv[1])
address, answer = order["address"], {"tcp": {}, "ping": None, "mac": None, "problems": []}
def said(argv):
    return subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=10)
if order["ping"]:
    try:
        answer["ping"] = said(["ping", "-n", "-c", "1", "-W", "2", address]).returncode == 0
    except (OSError, subprocess.TimeoutExpired) as error:
        answer["problems"].append("ping: %s" % error)
for port in order["ports"]:
    try:
        socket.create_connection((address, port), 3).close()
        answer["tcp"][str(port)] = True
    except OSError as error:
        answer["tcp"][str(port)] = False
        answer["problems"].append("port %d: %s" % (port, error))
for path in ("/usr/sbin/ip", "/sbin/ip", "/usr/bin/ip", "/bin/ip"):
    try:
        words = said([path, "neigh", "show", "to", address]).stdout.decode("utf-8", "replace").split()
    except (OSError, subprocess.TimeoutExpired):
        continue
    if "lladdr" in words:
        answer["mac"] = words[words.index("lladdr") + 1]
    break
print(order["mark"] + json.dumps(answer))
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a peer has to find: an answer to a ping, TCP ports that accept, and (where given) the MAC behind the
    address.
    """

    address: str
    ping: bool = True
    ports: tuple[int, ...] = ()
    mac: str | None = None

    @property
    def asks(self) -> bool:
        """Whether there is anything to find at all."""
        return self.ping or bool(self.ports) or self.mac is not None


@dataclass(frozen=True, slots=True)
class Probe:
    """What one peer found. problems is empty where it found all that was wanted; mac is what its neighbour table says.
    """

    peer: str
    problems: tuple[str, ...]
    mac: str | None = None

    def as_result(self) -> dict[str, object]:
        """The probe as the task returns it."""
        return {"from": self.peer, "reached": not self.problems, "mac": self.mac, "problems": list(self.problems)}


def probe_command(python: str, wanted: Wanted) -> str:
    """The shell command that a peer runs."""
    # The MAC is only in the neighbour table after something was sent.
    ping = wanted.ping or (wanted.mac is not None and not wanted.ports)
    order = {"mark": _MARK, "address": wanted.address, "ping": ping, "ports": list(wanted.ports)}
    return shlex.join([python, "-c", _PROBE, json.dumps(order)])


def read_probe(peer: str, wanted: Wanted, rc: int, stdout: str, stderr: str) -> Probe:
    """What the answer of a peer's probe means."""
    line = next((line for line in stdout.splitlines() if line.startswith(_MARK)), None)
    if line is None:
        said = shortened(" ".join((stderr or stdout).split())[-200:], 200)
        return Probe(peer, (f"the probe did not run (return code {rc}): {said or 'it said nothing'}",))
    answer = _answer(line.removeprefix(_MARK))
    if answer is None:
        return Probe(peer, (f"the probe gave an answer that it cannot give: {shortened(line, 80)}",))
    seen = _canonical(answer.get("mac"))
    return Probe(peer, tuple(_problems(answer, wanted, seen)), seen)


def _problems(answer: Mapping[str, Any], wanted: Wanted, seen: str | None) -> list[str]:
    """What of WANTED a probe's ANSWER, with the MAC that it has SEEN, does not show."""
    problems = [shortened(problem) for problem in answer["problems"]]
    if wanted.ping and _is_unanswered(answer.get("ping"), problems):
        problems.append(f"no answer to a ping of {wanted.address}")
    problems += [
        f"port {port} was not reached"
        for port in wanted.ports
        if answer["tcp"].get(str(port)) is not True and not problems
    ]
    if wanted.mac is not None and seen != wanted.mac:
        problems.append(f"sees {seen or 'no MAC'} behind {wanted.address}, not {wanted.mac}")
    return problems


def _is_unanswered(ping: object, problems: Sequence[str]) -> bool:
    """Whether there was no answer to a ping; where none could be sent, one of the PROBLEMS says so already."""
    return ping is False or (ping is not True and not problems)


def _answer(text: str) -> dict[str, Any] | None:
    """What a probe says, None where that is nothing that a probe says."""
    try:
        answer = json.loads(text)
    except (ValueError, RecursionError):
        return None
    is_one = (
        isinstance(answer, dict) and isinstance(answer.get("problems"), list) and isinstance(answer.get("tcp"), dict)
    )
    return answer if is_one else None


def _canonical(text: object) -> str | None:
    try:
        return canonical(text) if isinstance(text, str) and text else None
    except MacError:
        return shortened(text, 40)


def comes_back(deadline: str | None, remaining: float | None) -> str:
    """When the host undoes the change by itself, as far as that is known."""
    if remaining is not None:
        return f"it undoes the change by itself in {max(0.0, remaining):.0f} s"
    if deadline:
        return f"it undoes the change by itself by {deadline}"
    return "it undoes the change by itself when the timeout that it was armed with has passed"


def not_proved(host: str, identifier: str, tried: Sequence[str], back: str) -> str:
    """The message of a confirmation that was not given."""
    attempts = "; ".join(dict.fromkeys(tried)) or "nothing could be tried"
    return f"{host}: change {identifier} is not confirmed and stays armed: {attempts}; {back}"
