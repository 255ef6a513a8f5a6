"""Carry out a planned change of MAC: files, commands, the kernel, the neighbours; whole or not at all, whoever hangs up meanwhile."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from types import ModuleType
from typing import Any, Callable, Dict, List, Optional

from ansible_collections.netops.layer2.plugins.module_utils import _revert
from ansible_collections.netops.layer2.plugins.module_utils._netconfig import _plugged, _switch, _write
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._mac_change import Plan
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._records import ConfigError
from ansible_collections.netops.layer2.plugins.module_utils._runner import ReadError, Runner

Outcome = Dict[str, Any]
# What netplan generated is older than the restored YAML when a revert runs at boot; everything else reads its files later.
_AT_BOOT = "netplan"


def carry_out(runner: Runner, plan: Plan, backups: Optional[str], announce: bool) -> Outcome:
    """Do what PLAN says; returns ``backup_files``, ``moved`` (interfaces whose MAC changed), ``announced`` (frames) and ``warnings``.

    Raises ConfigError where it could not be done; then everything is as it was, unless the text says what is not.
    """
    files = _write.Transaction(plan.changes)
    files.prepare()
    try:
        copies = _write.back_up(plan.changes, backups) if backups else []
    except ConfigError:
        files.close()
        raise
    files.commit()
    try:
        moved = _activate(runner, plan)
    except (ConfigError, ReadError, OSError) as error:
        raise ConfigError("%s; %s" % (_told(error), _undo(runner, plan, files))) from None
    files.close()
    outcome: Outcome = {"backup_files": copies, "moved": moved, "announced": 0, "warnings": []}
    if announce and moved:
        _announce(outcome)
    return outcome


def _activate(runner: Runner, plan: Plan) -> List[str]:
    _write.label_new(runner, plan.changes)
    for argv in plan.commands:
        runner.run(argv)
    if not plan.switch:
        return []
    moved = _switch.set_mac(plan.interface, plan.new)
    if _switch.read_mac(plan.interface) != plan.new:
        raise ConfigError("%s: the driver took the new MAC and did not use it" % plan.interface)
    return moved


def _told(error: Exception) -> str:
    if isinstance(error, OSError) and not isinstance(error, ReadError):
        return "the kernel refuses the new MAC: %s (a driver that cannot change it while the interface is up: " \
               "use runtime: false and restart)" % (error.strerror or error)
    return error.reason if isinstance(error, ReadError) else str(error)


def _undo(runner: Runner, plan: Plan, files: _write.Transaction) -> str:
    """Put everything back; says how that went."""
    problems: List[str] = []
    steps: List[Callable[[], Any]] = [files.undo]
    if plan.switch:
        steps.append(lambda: _switch.main([plan.interface, plan.old]) if _switch.read_mac(plan.interface) != plan.old else 0)
    steps += [lambda argv=argv: runner.run(argv) for argv in plan.commands]  # type: ignore[misc]
    for step in steps:
        try:
            step()
        except (ConfigError, ReadError, OSError) as error:
            problems.append(str(error))
    return "and not all could be undone: %s" % "; ".join(problems) if problems else "everything is as it was"


def _announce(outcome: Outcome) -> None:
    try:
        outcome["announced"] = _switch.announce(outcome["moved"])
    except OSError as error:
        outcome["warnings"].append("the neighbours could not be told (%s): they find the new MAC when their entries age" % error)


def armed(change: _revert.Change, check_mode: bool) -> Outcome:
    """Arm CHANGE, or find out whether it could be; what confirms it, empty where nobody asked for a revert (a timeout of 0)."""
    if not change.timeout:
        return {}
    if check_mode:
        _revert.check_arm(change)
        return {}
    status = _revert.arm(change)
    return {"id": status.id, "token": status.token, "deadline": status.deadline}


def guarded(work: Callable[[], Outcome], waiting: Outcome) -> Outcome:
    """Run WORK ``detached``; where it fails and all is as it was, WAITING (what ``armed`` returned) need not wait any more."""
    try:
        return detached(work)
    except ConfigError as error:
        if waiting and "not all could be undone" not in str(error):
            _revert.confirm(waiting["id"], waiting["token"])
        raise


def detached(work: Callable[[], Outcome]) -> Outcome:
    """Run WORK in a process that outlives the connection; returns what it returned. Its ConfigError is raised here again."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        os.close(reader)
        _become_own()
        _tell(writer, work)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as stream:
        answer = stream.read()
    os.waitpid(child, 0)
    outcome: Outcome = json.loads(answer.decode("utf-8")) if answer else {"problem": "the process that made the change was killed: look how far it came"}
    if "problem" in outcome:
        raise ConfigError(outcome["problem"])
    return outcome


def _become_own() -> None:
    os.setsid()
    # The session may hang up any moment, and its terminal with it.
    for number in (signal.SIGHUP, signal.SIGPIPE, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    null = os.open(os.devnull, os.O_RDWR)
    for handle in range(3):
        os.dup2(null, handle)


def _tell(writer: int, work: Callable[[], Outcome]) -> None:
    try:
        outcome = work()
    except ConfigError as error:
        outcome = {"problem": str(error)}
    except Exception as error:  # pylint: disable=broad-except
        outcome = {"problem": "%s: %s" % (type(error).__name__, error)}
    with suppress(OSError):  # nobody may listen any more
        os.write(writer, json.dumps(outcome).encode("utf-8"))


def revert_of(plan: Plan, timeout: float, identifier: str, token: Optional[str], owner: str) -> _revert.Change:
    """How a host undoes PLAN by itself (plugins/module_utils/_revert.py): the files, what shows them, and the MAC in the kernel."""
    commands = [_revert.command(argv, at_boot=argv[0] == _AT_BOOT) for argv in plan.undo]
    if plan.switch:
        commands.append(_revert.command(_alone(_switch, plan.interface, plan.old)))
    files = sorted(change.path for change in plan.changes)
    # Where the hypervisor changes the NIC, the settings have to fit the one that is there, whoever was told of it.
    keep_if = _alone(_plugged, "which", plan.new, plan.old) if plan.hardware else []
    return _revert.Change(identifier, timeout, files, commands, owner, token, keep_if)


def watch(runner: Runner, plan: Plan, seconds: float) -> None:
    """Leave a process behind that has the network manager configure the NIC which the hypervisor plugs in within SECONDS."""
    argv = _alone(_plugged, "watch", plan.new, plan.old, plan.interface, str(plan.number), str(seconds), json.dumps(plan.replug))
    if runner.exists("/run/systemd/system"):
        with suppress(ReadError):  # a systemd that does not answer, or is too old
            runner.run(["systemd-run", "--unit=netops-layer2-nic-%d" % os.getpid(), "--description=Wait for the new NIC of " + plan.interface] + argv)
            return
    with open(os.devnull, "r+b") as null:
        # It outlives the task, which run_command waits for to end. pylint: disable-next=ansible-bad-function
        subprocess.Popen(argv, stdin=null, stdout=null, stderr=null, close_fds=True, start_new_session=True, cwd="/")


def _alone(module: ModuleType, *arguments: str) -> List[str]:
    """The command that runs a module of ours where nothing of Ansible is left: its text, from a folder or from the archive that Ansible sends."""
    loader: Any = module.__spec__.loader if module.__spec__ else None
    source = loader.get_source(module.__name__) if loader else None
    if not source:
        raise ConfigError("the text of %s is not there: nothing was changed" % module.__name__)
    text = source.decode("utf-8") if isinstance(source, bytes) else str(source)
    return [sys.executable, "-I", "-S", "-c", text] + list(arguments)
