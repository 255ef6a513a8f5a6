"""How long this host and its bridges remember neighbours and MACs: read, a change of it planned, carried out, and put
back where a step fails.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import re
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from ansible_collections.netops.layer2.plugins.module_utils import _openvswitch
from ansible_collections.netops.layer2.plugins.module_utils._netconfig import _ageing, _carry_out, _write
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._managers._adapter import Adapter
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._owner import owner_of
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._records import (
    ConfigError,
    Drafts,
    FileChange,
    Nic,
)
from ansible_collections.netops.layer2.plugins.module_utils._runner import ReadError, Runner

Row = Dict[str, Any]
Argv = List[str]
NET = "/sys/class/net"
# After every other file, /etc/sysctl.conf (as 99-sysctl.conf) included: sysctl.d(5) reads them in the order of their
# names.
SYSCTLS = "/etc/sysctl.d/99-zz-layer2-timers.conf"
_HEAD = "# How long neighbours count as reachable (netops.layer2.layer2_timers)\n"
# A neighbour that was confirmed is believed for 0.5 to 1.5 times this (kernel's net/core/neighbour.c,
# neigh_rand_reach_time).
_LONGEST = 1.5
_KEY = "base_reachable_time_ms"
_TICKS = 100  # the kernel counts a bridge's timers in hundredths of a second

Bridge = NamedTuple(
    "Bridge", [("name", str), ("kind", str), ("ageing", float), ("ports", List[str]), ("deaf", List[str])]
)
# Seconds; None: leave as it is. exact: not only what is too short or too long. bridges: names, none for all that have
# ports.
Request = NamedTuple(
    "Request",
    [
        ("mac", Optional[int]),
        ("arp", Optional[int]),
        ("learning", bool),
        ("bridges", List[str]),
        ("exact", bool),
        ("persistent", bool),
        ("runtime", bool),
    ],
)
# what: a line of the diff without its value; argv, undo: commands that set the new and the old value.
Step = NamedTuple("Step", [("what", str), ("before", str), ("after", str), ("argv", Argv), ("undo", Argv)])
# later: commands that have the files noticed, such as `systemctl enable`.
Plan = NamedTuple(
    "Plan",
    [
        ("steps", List[Step]),
        ("changes", List[FileChange]),
        ("later", List[Argv]),
        ("bridges", List[Row]),
        ("neighbours", List[Row]),
        ("warnings", List[str]),
    ],
)


# --- what is there --------------------------------------------------------------------------------------------------

def read_bridges(runner: Runner) -> List[Bridge]:
    """Every bridge of the host's own namespace that has ports; ReadError where Open vSwitch is there and does not
    answer.
    """
    found = [bridge for bridge in (_linux(runner, name) for name in runner.listdir(NET)) if bridge]
    if _openvswitch.is_running(runner):
        rows = _openvswitch.bridges(_openvswitch.read_database(runner))
        found += [Bridge(row["name"], "openvswitch", row["ageing"], row["ports"], []) for row in rows]
    return [bridge for bridge in found if bridge.ports]


def _linux(runner: Runner, name: str) -> Optional[Bridge]:
    try:
        ticks = int(runner.read("%s/%s/bridge/ageing_time" % (NET, name), 64))
        ports = runner.listdir("%s/%s/brif" % (NET, name))
    except (ReadError, ValueError):
        return None  # no bridge, or gone meanwhile
    return Bridge(name, "linux", ticks / float(_TICKS), ports, [port for port in ports if _is_deaf(runner, port)])


def _is_deaf(runner: Runner, port: str) -> bool:
    """Whether a port does not learn, and was meant to: tunnels of a control plane (EVPN) and locked ports (802.1X) are
    told what to know.
    """
    if _setting(runner, port, "learning") != "0" or _setting(runner, port, "locked") == "1":
        return False
    return "DEVTYPE=vxlan" not in runner.read("%s/%s/uevent" % (NET, port), 4096)


def _setting(runner: Runner, port: str, name: str) -> str:
    """What the kernel has as NAME of a bridge's PORT; empty where it knows no such setting."""
    path = "%s/%s/brport/%s" % (NET, port, name)
    return runner.read(path, 8) if runner.exists(path) else ""


def read_neighbours(runner: Runner) -> List[Tuple[str, str, int]]:
    """(family as in sysctl, interface, milliseconds) of base_reachable_time_ms; ``default`` stands for interfaces to
    come.
    """
    found: List[Tuple[str, str, int]] = []
    for family in ("ipv4", "ipv6"):
        folder = "/proc/sys/net/%s/neigh" % family
        for name in runner.listdir(folder) if runner.exists(folder) else []:
            if name != "lo":
                found.append((family, name, int(runner.read("%s/%s/%s" % (folder, name, _KEY), 32))))
    return found


# --- the plan -------------------------------------------------------------------------------------------------------

def plan(runner: Runner, request: Request) -> Plan:
    """What is to be done for REQUEST. ConfigError, with the way out, where that cannot be."""
    made = Plan([], [], [], [], [], [])
    drafts = Drafts(runner)
    for bridge in _chosen(read_bridges(runner), request):
        _plan_bridge(runner, drafts, request, bridge, made)
    if request.arp is not None:
        _plan_neighbours(runner, drafts, request, made)
    made.changes.extend(drafts.changes() if request.persistent else [])
    return made


def _chosen(there: List[Bridge], request: Request) -> List[Bridge]:
    missing = sorted(set(request.bridges) - {bridge.name for bridge in there})
    if missing:
        raise ConfigError("bridges: %s: no such bridge with ports here: there are %s"
                          % (", ".join(missing), ", ".join(bridge.name for bridge in there) or "none"))
    return [bridge for bridge in there if bridge.name in request.bridges or not request.bridges]


def _plan_bridge(runner: Runner, drafts: Drafts, request: Request, bridge: Bridge, made: Plan) -> None:
    row: Row = {
        "name": bridge.name,
        "kind": bridge.kind,
        "ageing_before": bridge.ageing,
        "ageing": bridge.ageing,
        "learning_enabled": [],
    }
    made.bridges.append(row)
    wanted = _asked_of(bridge, request, made.warnings)
    deaf = bridge.deaf if request.learning else []
    if wanted is not None and not _holds(bridge.ageing, wanted, request.exact):
        row["ageing"] = float(wanted)
        made.steps.extend(_ageing_steps(bridge, wanted) if request.runtime or bridge.kind != "linux" else [])
    if request.runtime:
        made.steps.extend(_learning_step(bridge.name, port) for port in deaf)
        row["learning_enabled"] = deaf
    if request.persistent and bridge.kind == "linux":
        _plan_files(runner, drafts, request, bridge, wanted, made)


def _asked_of(bridge: Bridge, request: Request, warnings: List[str]) -> Optional[int]:
    """The seconds for which BRIDGE is to keep a MAC; None where it is left alone, with the reason among WARNINGS."""
    if request.mac is None or bridge.ageing != 0 or bridge.name in request.bridges:
        return request.mac
    warnings.append(
        "%s keeps no MAC at all (ageing 0), as somebody chose: left alone; name it in bridges to change that"
        % bridge.name
    )
    return None


def _holds(value: Optional[float], wanted: int, exact: bool) -> bool:
    """Whether a timer is as wanted: at least that long, unless exactly that is asked for."""
    there = _ageing.DEFAULT if value is None else value
    return there == wanted if exact else there >= wanted


def _ageing_steps(bridge: Bridge, wanted: int) -> List[Step]:
    values = [bridge.ageing, float(wanted)]
    if bridge.kind == "linux":
        commands = [
            ["ip", "link", "set", "dev", bridge.name, "type", "bridge", "ageing_time", "%d" % (value * _TICKS)]
            for value in values
        ]
    else:
        commands = [
            ["ovs-vsctl", "--timeout=5", "set", "Bridge", bridge.name, "other_config:mac-aging-time=%d" % value]
            for value in values
        ]
    return [Step("%s: keeps MACs" % bridge.name, "%g s" % values[0], "%g s" % values[1], commands[1], commands[0])]


def _learning_step(bridge: str, port: str) -> Step:
    command = ["bridge", "link", "set", "dev", port, "learning"]
    return Step("%s: learns on %s" % (bridge, port), "no", "yes", command + ["on"], command + ["off"])


def _plan_files(
    runner: Runner, drafts: Drafts, request: Request, bridge: Bridge, wanted: Optional[int], made: Plan
) -> None:
    owner = owner_of(runner, _nic(runner, bridge.name, "bridge"))
    made.bridges[-1]["manager"] = owner.manager if owner else ""
    kept: Optional[int] = None
    if wanted is not None:
        kept = _keep_ageing(drafts, request, bridge.name, wanted, owner, made)
    # One that learns now may not do so after the next boot.
    stays = {port: _stays_on(runner, drafts, port) for port in bridge.ports if request.learning}
    ports = [port for port in bridge.deaf if not stays.get(port, True)]
    if kept is not None or ports:
        _keep(runner, drafts, bridge.name, kept, ports, made)


def _keep_ageing(
    drafts: Drafts, request: Request, name: str, wanted: int, owner: Optional[Adapter], made: Plan
) -> Optional[int]:
    """Have the owner's files say it; returns the seconds where none can."""
    stated = owner.read_ageing(drafts) if owner else None
    known = _ageing.kept_ageing(drafts, name)
    if _holds(stated if known is None else known, wanted, request.exact):
        return None
    if owner is None or known is not None or not owner.set_ageing(drafts, wanted):
        return wanted
    made.later.extend(argv for argv in owner.show_ageing() if argv not in made.later)
    return None


def _stays_on(runner: Runner, drafts: Drafts, port: str) -> bool:
    """Whether the port learns after the next boot, its owner's files mended if they said otherwise; False where
    nobody's files say it.
    """
    owner = owner_of(runner, _nic(runner, port, ""))
    if owner is None or not owner.states_deaf(drafts):
        return False
    return owner.set_learning(drafts)


def _nic(runner: Runner, name: str, kind: str) -> Nic:
    index, mac = (runner.read("%s/%s/%s" % (NET, name, each), 64) for each in ("ifindex", "address"))
    return Nic(name, int(index), mac, "", kind)


def _keep(runner: Runner, drafts: Drafts, bridge: str, seconds: Optional[int], ports: List[str], made: Plan) -> None:
    if not runner.exists("/run/systemd/system"):
        raise ConfigError(
            "%s: no network manager's files can hold this, and systemd does not run: nothing would set it at the next"
            " boot. Change it only until then (persistent: false)" % bridge
        )
    _ageing.keep(drafts, bridge, seconds, ports)
    made.later.append(["systemctl", "daemon-reload"])
    made.later.append(["systemctl", "enable", _ageing.unit_name(bridge)])


def _plan_neighbours(runner: Runner, drafts: Drafts, request: Request, made: Plan) -> None:
    # Whole seconds: the kernel counts in ticks, and would tell another number of milliseconds than it was given.
    limit = int((request.arp or 0) / _LONGEST) * 1000
    lines: List[str] = []
    for family, name, value in read_neighbours(runner):
        if value <= limit and not (request.exact and value != limit):
            continue
        key = "net/%s/neigh/%s/%s" % (family, name, _KEY)
        made.neighbours.append({"family": family, "interface": name, "before": value, "after": limit})
        if request.runtime:
            made.steps.append(Step(key, str(value), str(limit), ["sysctl", "-qw", "%s=%d" % (key, limit)],
                                   ["sysctl", "-qw", "%s=%d" % (key, value)]))
        lines.append("%s = %d" % (key, limit))
    if lines:
        drafts.write(SYSCTLS, with_sysctls(drafts.read(SYSCTLS) or _HEAD, lines))


def with_sysctls(text: str, lines: List[str]) -> str:
    """TEXT of sysctl.d(5) with LINES (``key = value``) in it, each instead of what it said about the same key."""
    keys = {line.split(" = ")[0] for line in lines}
    kept = [line for line in text.splitlines() if re.split(r"\s*=", line.strip())[0] not in keys]
    return "\n".join(kept + lines) + "\n"


# --- carrying it out ------------------------------------------------------------------------------------------------

def carry_out(runner: Runner, made: Plan) -> None:
    """Do what the plan says, whole or not at all: ConfigError where a step fails, and everything is as it was."""
    files = _write.Transaction(made.changes)
    files.prepare()
    files.commit()
    done: List[Step] = []
    try:
        _write.label_new(runner, made.changes)
        for argv in made.later:
            runner.run(argv)
        for step in made.steps:
            runner.run(step.argv)
            done.append(step)
    except ReadError as error:
        raise _undone(str(error), runner, files, done) from None
    files.close()


def _undone(why: str, runner: Runner, files: _write.Transaction, done: List[Step]) -> ConfigError:
    steps: List[_carry_out.Step] = [(files.undo, False)]
    steps += [(lambda argv=step.undo: runner.run(argv), False) for step in reversed(done)]  # type: ignore[misc]
    return _carry_out.undone(why, steps)


def ask_again(runner: Runner) -> int:
    """Have the kernel ask every neighbour it believes in once more, by unicast; returns how many.

    The answers pass the switches, which learn from them where the neighbours are; traffic goes on meanwhile (NUD_PROBE,
    RFC 4861, 7.3.2).
    """
    asked = 0
    for line in runner.run(
        ["ip", "-o", "neigh", "show", "nud", "reachable", "nud", "stale", "nud", "delay"]
    ).splitlines():
        words = line.split()
        if "lladdr" in words and "dev" in words:
            found = runner.output(
                ["ip", "neigh", "change", words[0], "dev", words[words.index("dev") + 1], "nud", "probe"]
            )
            asked += found.rc == 0  # one may have gone meanwhile
    return asked
