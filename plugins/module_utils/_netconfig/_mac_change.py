"""Carry out a planned change of MAC: files, commands, the kernel, the neighbours; whole or not at all."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import json
import os
import subprocess
import sys
from contextlib import suppress
from types import ModuleType
from typing import List, Optional

from ansible_collections.netops.layer2.plugins.module_utils import _revert
from ansible_collections.netops.layer2.plugins.module_utils._netconfig import (
    _carry_out,
    _keep,
    _plugged,
    _switch,
    _write,
)
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._carry_out import Outcome, Step
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._mac_plan import Plan
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._managers import _list
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._records import ConfigError
from ansible_collections.netops.layer2.plugins.module_utils._runner import ReadError, Runner


def carry_out(runner: Runner, plan: Plan, backups: Optional[str], announce: bool) -> Outcome:
    """Do what PLAN says; returns ``backup_files``, ``moved`` (interfaces whose MAC changed), ``announced`` (frames) and
    ``warnings``.

    Raises ConfigError where it could not be done; then everything is as it was, unless it says that it is not.
    """
    files = _write.Transaction(plan.changes)
    copies = files.prepare(backups)
    files.commit()
    there = _noted(runner, plan)
    try:
        moved = _activate(runner, plan)
    except (ConfigError, ReadError, OSError) as error:
        raise _undone(_told(error), runner, plan, files, there) from None
    files.close()
    outcome: Outcome = {"backup_files": copies, "moved": moved, "announced": 0, "warnings": []}
    if announce and moved:
        _announce(outcome)
    if _put_back(runner, plan, there, outcome["warnings"]) and announce and moved:
        _announce(outcome)  # the addresses of others were away when it was said first
    return outcome


def _noted(runner: Runner, plan: Plan) -> Optional[_keep.Commands]:
    """What others put on the interface, and their rules, where a manager is to configure it anew, which takes all of
    that away; None where not.
    """
    if not _list.taking_away(plan.commands):
        return None
    return _keep.noted(runner, plan.interface, set()) + _keep.noted_rules(runner)


def _put_back(runner: Runner, plan: Plan, there: Optional[_keep.Commands], warnings: List[str]) -> bool:
    """Put back what of THERE is gone once the managers are done; whether anything was. What cannot be goes into
    WARNINGS.
    """
    if not there:
        return False
    managers = _list.taking_away(plan.commands)
    for each in managers:
        each.settle(runner, plan.number)
    now = _keep.noted(runner, plan.interface, set()) + _keep.noted_rules(runner)
    failed = _keep.put_back(runner, there, now)
    past = " and ".join(each.manager for each in managers)
    warnings += [
        "what somebody had put on %s past %s could not be put back: %s" % (plan.interface, past, reason)
        for reason in failed
    ]
    return any(argv not in now for argv in there)


def _activate(runner: Runner, plan: Plan) -> List[str]:
    _write.label_new(runner, plan.changes)
    before = _switch.all_macs()
    if plan.switch and plan.commands:
        # A driver that cannot do it while the interface is up says so before a network manager is told, which would
        # take the interface down for it.
        _switch.set_mac(plan.interface, _switch.read_mac(plan.interface))
    for argv in plan.commands:
        runner.run(argv)
    if not plan.switch:
        return []
    _switch.set_mac(plan.interface, plan.new)
    after = _switch.all_macs()
    if after.get(plan.interface) != plan.new:
        raise ConfigError("%s: the driver took the new MAC and did not use it" % plan.interface)
    # The manager may have been quicker: what moved is told by how it was before both.
    return sorted(name for name in after if name in before and after[name] != before[name])


def _told(error: Exception) -> str:
    if isinstance(error, OSError):
        return "the kernel refuses the new MAC: %s (a driver that cannot change it while the interface is up: " \
               "use runtime: false and restart)" % (error.strerror or error)
    return str(error)


def _undone(
    why: str, runner: Runner, plan: Plan, files: _write.Transaction, there: Optional[_keep.Commands]
) -> ConfigError:
    """Put everything back; the error that says WHY, and how that went."""
    steps: List[Step] = [(files.undo, False)]
    if plan.switch:
        steps.append(
            (
                lambda: _switch.main([plan.interface, plan.old]) if _switch.read_mac(plan.interface) != plan.old else 0,
                False,
            )
        )
    steps += [(lambda argv=argv: runner.run(argv), False) for argv in plan.commands]  # type: ignore[misc]
    steps.append((lambda: _put_back(runner, plan, there, []), True))
    return _carry_out.undone(why, steps)


def _announce(outcome: Outcome) -> None:
    try:
        outcome["announced"] += _switch.announce(outcome["moved"])
    except OSError as error:
        outcome["warnings"].append(
            "the neighbours could not be told (%s): they find the new MAC when their entries age" % error
        )


def revert_of(plan: Plan) -> _revert.Change:
    """How a host undoes PLAN by itself (plugins/module_utils/_revert.py): the files, what shows them, and the MAC in
    the kernel.
    """
    # What configures links anew comes after the kernel: networkd lets go of a link with a MAC that the files which it
    # reads do not fit.
    told = [argv for argv in plan.undo if not _list.taking_away([argv])]
    commands = [_revert.command(argv, at_boot=_list.is_at_boot(argv)) for argv in told]
    commands += [_revert.command(_alone(_switch, plan.interface, plan.old))] if plan.switch else []
    commands += [_revert.command(argv) for argv in plan.undo if argv not in told]
    files = sorted(change.path for change in plan.changes)
    # Where the hypervisor changes the NIC, the settings have to fit the one that is there, whoever was told of it.
    keep_if = _alone(_plugged, "which", plan.new, plan.old) if plan.hardware else []
    return _revert.Change("interface-mac-" + plan.interface, 0, files, commands, "interface_mac", None, keep_if)


def watch(runner: Runner, plan: Plan, seconds: float, announce: bool) -> None:
    """Leave a process behind that has the network manager configure the NIC which the hypervisor plugs in within
    SECONDS, and announces it; none where PLAN is about no such NIC.
    """
    if not plan.replug:
        return
    commands = plan.replug + ([_alone(_switch, plan.interface)] if announce else [])
    argv = _alone(
        _plugged, "watch", plan.new, plan.old, plan.interface, str(plan.number), str(seconds), json.dumps(commands)
    )
    if runner.exists("/run/systemd/system"):
        with suppress(ReadError):  # a systemd that does not answer, or is too old
            runner.run(
                [
                    "systemd-run",
                    "--unit=netops-layer2-nic-%d" % os.getpid(),
                    "--description=Wait for the new NIC of " + plan.interface,
                    *argv,
                ]
            )
            return
    with open(os.devnull, "r+b") as null:
        # It outlives the task, which run_command waits for to end. pylint: disable-next=ansible-bad-function
        subprocess.Popen(argv, stdin=null, stdout=null, stderr=null, close_fds=True, start_new_session=True, cwd="/")


def _alone(module: ModuleType, *arguments: str) -> List[str]:
    """The command that runs a module of ours where nothing of Ansible is left."""
    try:
        return [sys.executable, "-I", "-S", "-c", _revert.source_of(module)] + list(arguments)
    except OSError as error:
        raise ConfigError("%s: nothing was changed" % error) from None
