"""Carry out planned policy routes: files, network manager, units, sysctls; whole or not at all, and nobody else's rule
along with them.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import os
import posixpath
import time
from contextlib import suppress
from typing import List, Optional, Sequence, Tuple

from ansible_collections.netops.layer2.plugins.module_utils import _revert
from ansible_collections.netops.layer2.plugins.module_utils._netconfig import (
    _carry_out,
    _keep,
    _policy_route,
    _route_state,
    _write,
)
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._carry_out import Outcome, Step
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._managers import _list
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._policy_route import PolicyRoute
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._records import ConfigError
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._route_plan import Plan
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._route_state import Sysctl
from ansible_collections.netops.layer2.plugins.module_utils._runner import ReadError, Runner

_PATIENCE = 10.0  # seconds in which a network manager has to do what its files say
_PAUSE = 0.2
_RELOAD = ["systemctl", "daemon-reload"]


def is_changing(plan: Plan) -> bool:
    """Whether PLAN changes anything."""
    return bool(plan.changes or plan.sysctls or sorted(plan.before) != sorted(plan.after))


def carry_out(runner: Runner, plan: Plan, backups: Optional[str]) -> Outcome:
    """Do what PLAN says; returns ``backup_files`` and ``warnings``. Raises ConfigError where it could not be done; then
    everything is as it was.
    """
    files = _write.Transaction(plan.changes)
    copies = files.prepare(backups)
    try:
        _stop(runner, plan)
        files.commit()
        lost = _go(runner, plan)
    except (ConfigError, ReadError, OSError) as error:
        raise _undone(str(error), runner, plan, files) from None
    files.close()
    _tidy(plan)
    return {
        "backup_files": copies,
        "warnings": [
            "%s took away what others had put on %s: %s" % (plan.manager, plan.interface, each) for each in lost
        ],
    }


def _tidy(plan: Plan) -> None:
    """Remove the folders that nothing is left in."""
    for folder in {posixpath.dirname(change.path) for change in plan.changes if change.after is None}:
        if folder.endswith(".d") or folder == _policy_route.FOLDER:
            with suppress(OSError):
                os.rmdir(folder)
                os.rmdir(posixpath.dirname(folder))


def _leaving(plan: Plan) -> List[PolicyRoute]:
    kept = {route.vip for route in plan.routes}
    return [route for route in plan.gone if route.vip not in kept]


def _stop(runner: Runner, plan: Plan) -> None:
    """End the units of what goes for good, before their files go."""
    for route in _leaving(plan):
        if _route_state.unit_lines(runner, route.vip):
            runner.run(["systemctl", "disable", "--now", _policy_route.unit_name(route.vip)])


def _go(runner: Runner, plan: Plan) -> List[str]:
    """Returns what could not be put back of what others had put on the interface."""
    _write.label_new(runner, plan.changes)
    systemd = _route_state.has_systemd(runner)
    if systemd:
        runner.run(_RELOAD)
    tables = {route.table for route in list(plan.routes) + list(plan.gone)}
    # A manager that configures an interface anew takes away what others put there.
    there = _keep.noted(runner, plan.interface, tables) if plan.apply else []
    for argv in plan.apply:
        runner.run(argv)
    for route in plan.routes:
        _start(runner, plan, route, systemd)
    for old in plan.gone:
        for argv in removal(old, plan.after):
            runner.output(argv)
    for sysctl in plan.sysctls:
        set_sysctl(sysctl.path, sysctl.value)
    _wait(runner, plan)
    _check_foreign(runner, plan)
    return _keep.put_back(runner, there, _keep.noted(runner, plan.interface, tables)) if there else []


def _start(runner: Runner, plan: Plan, route: PolicyRoute, systemd: bool) -> None:
    """The manager's part first: the guard alone would cut off what runs."""
    script = ["/bin/sh", _policy_route.script_path(route.vip)]
    if plan.verb != _policy_route.WATCH:
        native = [line for line in _policy_route.wanted(route) if "unreachable" not in line]
        told = any(_list.holds(change.path) for change in plan.changes)
        if not _comes(runner, route, native, _PATIENCE if told else 0.0):
            if told:
                raise ConfigError(
                    "%s read its files and did not bring up the policy route of %s: look into its log"
                    % (plan.manager, route.vip)
                )
            runner.run(script + ["up"])  # somebody took away what the manager believes to be there
    if not systemd:
        runner.run(script + ["up" if plan.verb == _policy_route.WATCH else plan.verb])
        return
    name = _policy_route.unit_name(route.vip)
    runner.run(["systemctl", "enable", name])
    runner.run(["systemctl", "restart", name])


def _comes(runner: Runner, route: PolicyRoute, lines: Sequence[str], patience: float) -> bool:
    until = time.monotonic() + patience
    while not set(lines).issubset(_route_state.running(runner, route, _route_state.rules(runner))):
        if time.monotonic() > until:
            return False
        time.sleep(_PAUSE)
    return True


def _wait(runner: Runner, plan: Plan) -> None:
    """ConfigError unless the host comes to hold what was planned, and of what was to go nothing."""
    until = time.monotonic() + _PATIENCE
    known = {route.vip: route for route in plan.gone}
    known.update((route.vip, route) for route in plan.routes)
    while True:
        there = _route_state.rules(runner)
        now = [line for vip in sorted(known) for line in _route_state.running(runner, known[vip], there)]
        if sorted(now) == sorted(plan.after):
            return
        if time.monotonic() > until:
            missing, left = set(plan.after) - set(now), set(now) - set(plan.after)
            raise ConfigError("the host did not come to what was planned: missing: %s; too much: %s"
                              % (", ".join(sorted(missing)) or "nothing", ", ".join(sorted(left)) or "nothing"))
        time.sleep(_PAUSE)


def _check_foreign(runner: Runner, plan: Plan) -> None:
    now = _route_state.of_others(_route_state.rules(runner), [])
    lost = [rule for rule in plan.foreign if rule not in now]
    if lost:
        raise ConfigError(
            "%s removed rules of others (%s): add them again, and tell it to leave them alone"
            % (plan.manager or "something", "; ".join(lost))
        )


def removal(route: PolicyRoute, kept: Sequence[str] = ()) -> List[List[str]]:
    """Commands that take ROUTE out of the kernel, but none of the lines KEPT; each fails where that part of it is not
    there.
    """
    ip, table = ["ip", _policy_route.option(route)], ["table", str(route.table)]
    parts = [ip + ["rule", "del", "from", route.vip, "lookup", str(route.table), "priority", str(route.priority)],
             ip + ["rule", "del", "from", route.vip, "priority", str(_policy_route.guard(route))],
             ip + ["route", "del", "default", "via", route.gateway, "dev", route.interface] + table,
             ip + ["route", "del", "unreachable", "default"] + table]
    return [argv for line, argv in zip(_policy_route.wanted(route), parts) if line not in kept]


def set_sysctl(path: str, value: str) -> None:
    """Write VALUE to sysctl PATH below /proc/sys."""
    with open("/proc/sys/" + path, "w") as stream:
        stream.write(value + "\n")


# --- back -------------------------------------------------------------------------------------------------------------


def undoing(plan: Plan) -> List[Tuple[List[str], bool]]:
    """Commands that undo PLAN once its files are as they were, each with whether it may fail."""
    commands: List[Tuple[List[str], bool]] = []
    for route in plan.routes:
        commands.append((["systemctl", "stop", _policy_route.unit_name(route.vip)], True))
    commands.append((_RELOAD, True))
    for route in plan.routes:
        commands += [(argv, True) for argv in removal(route)]
    commands += [(argv, False) for argv in plan.back]
    for old in plan.gone:
        verb = "up" if plan.verb == _policy_route.WATCH else plan.verb
        commands.append((["/bin/sh", _policy_route.script_path(old.vip), verb], True))
        commands.append((["systemctl", "enable", "--now", _policy_route.unit_name(old.vip)], True))
    return commands


def _undone(why: str, runner: Runner, plan: Plan, files: _write.Transaction) -> ConfigError:
    """Put everything back; the error that says WHY, and how that went."""
    units = [_policy_route.unit_name(route.vip) for route in plan.routes]
    steps: List[Step] = [
        (lambda unit=unit: runner.run(["systemctl", "disable", "--now", unit]), True)  # type: ignore[misc]
        for unit in units
    ]
    steps.append((files.undo, False))
    steps += [(lambda argv=argv: runner.run(argv), may_fail) for argv, may_fail in undoing(plan)]  # type: ignore[misc]
    steps += [
        (lambda each=each: set_sysctl(each.path, each.before), False)  # type: ignore[misc]
        for each in plan.sysctls
    ]
    return _carry_out.undone(why, steps)


def revert_of(plan: Plan) -> _revert.Change:
    """How a host undoes PLAN by itself (plugins/module_utils/_revert.py)."""
    commands = [
        _revert.command(argv, at_boot=_list.is_at_boot(argv), may_fail=may_fail) for argv, may_fail in undoing(plan)
    ]
    commands += [_sysctl_command(each) for each in plan.sysctls]
    files = {change.path for change in plan.changes} | {
        _route_state.wants_path(route.vip) for route in list(plan.routes) + list(plan.gone)
    }
    return _revert.Change("policy-route-" + plan.interface, 0, sorted(files), commands, "policy_route", None)


def _sysctl_command(each: Sysctl) -> _revert.Command:
    return _revert.command(["/bin/sh", "-c", 'echo "$1" > "/proc/sys/$0"', each.path, each.before])
