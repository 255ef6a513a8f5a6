"""The process from which tests/ansible_runs.py forks runs of Ansible: it has imported ansible-core, the plugins that
come with it, and those of this collection that it finds.

Usage: python ansible_parent.py, with the environment of the runs. A line of JSON on standard input asks for one run:
`argv`, `cwd`, and the files `out` and `err` (the same file takes both). It is answered with two lines of JSON on
standard output: the id of the process, which leads a session of its own, and after its end its status as `subprocess`
has it. At the end of its input the program ends.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import pkgutil
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import IO, Any

PROGRAMS = {"ansible": "ansible.cli.adhoc", "ansible-playbook": "ansible.cli.playbook"}
MODULES = (
    *PROGRAMS.values(),
    "ansible.executor.module_common",
    "ansible.executor.playbook_executor",
    "ansible.executor.process.worker",
    "ansible.executor.task_queue_manager",
)
# Without callbacks: one of them keeps what the command line says (`--tree`) as it was when it was imported.
KINDS = "action become connection filter inventory lookup shell strategy test vars".split()
OWN = ("action", "filter", "lookup", "plugin_utils", "test")


def plugins() -> Iterator[str]:
    """Names of the modules that hold plugins."""
    for package, kinds in (("ansible.plugins", KINDS), ("ansible_collections.netops.layer2.plugins", OWN)):
        for kind in kinds:
            with suppress(ImportError):
                folder = importlib.import_module(f"{package}.{kind}")
                yield from (f"{folder.__name__}.{each.name}" for each in pkgutil.iter_modules(folder.__path__))


def prepare() -> dict[str, Callable[[], None]]:
    """Import what each run would; returns the entry of each program."""
    for name in MODULES:
        importlib.import_module(name)
    from ansible.plugins import loader
    from ansible.utils.path import cleanup_tmp_file

    loader.init_plugin_loader()
    # Each program does it, too, and is told that it is done.
    warnings.filterwarnings("ignore", message="AnsibleCollectionFinder has already been configured")
    for name in plugins():
        with suppress(ImportError):  # of a library that is not installed
            importlib.import_module(name)
    # A playbook's run reads what their settings are, too, from the YAML of each: from the second time on it is known.
    for kind in ("become", "connection", "inventory", "shell", "strategy", "vars"):
        list(getattr(loader, f"{kind}_loader").all(class_only=True))
    # The folder for temporary files is that of all runs, who find built modules in it: it goes when this process ends.
    here = os.getpid()
    atexit.unregister(cleanup_tmp_file)
    atexit.register(lambda: cleanup_tmp_file(constants().DEFAULT_LOCAL_TMP) if os.getpid() == here else None)
    gc.collect()
    gc.freeze()  # so that collecting garbage does not copy what all runs share
    return {program: importlib.import_module(name).main for program, name in PROGRAMS.items()}


def constants() -> Any:
    """Settings as ansible-core read them."""
    return importlib.import_module("ansible.constants")


def become_run(wanted: dict[str, Any], main: Callable[[], None]) -> None:
    """Be the program that is wanted, in this process, which was forked for it."""
    os.setsid()
    os.chdir(wanted["cwd"])
    streams = ((os.devnull, os.O_RDONLY), (wanted["out"], os.O_WRONLY), (wanted["err"], os.O_WRONLY))
    for number, (path, mode) in enumerate(streams):
        opened = os.open(path, mode | os.O_APPEND)
        os.dup2(opened, number)
        os.close(opened)
    sys.argv = wanted["argv"]
    main()


def serve(asked: IO[str], answers: IO[str], mains: dict[str, Callable[[], None]]) -> None:
    """Fork a run for each line."""
    for line in iter(asked.readline, ""):
        wanted = json.loads(line)
        pid = os.fork()
        if pid == 0:
            asked.close()
            answers.close()
            become_run(wanted, mains[os.path.basename(wanted["argv"][0])])
            sys.exit()
        print(json.dumps(pid), file=answers, flush=True)
        _pid, status = os.waitpid(pid, 0)
        print(json.dumps(os.waitstatus_to_exitcode(status)), file=answers, flush=True)


def main() -> None:
    """Prepare, and fork what is asked for until nobody asks any more."""
    # Whatever a plugin prints while it is imported is no answer.
    asked, answers = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    serve(asked, answers, prepare())


if __name__ == "__main__":
    main()
