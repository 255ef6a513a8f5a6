"""Run a playbook of the collection from this checkout; of `detect`, print the path of its report last.

Usage: .venv/run/bin/python tools/run_playbook.py detect|fix [ANSIBLE-PLAYBOOK'S ARGUMENTS]
INVENTORY (a file, a directory or `host1,host2`) and LIMIT come from the environment; without INVENTORY, this machine is
read. `fix` plans and shows only, unless APPLY is yes.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
REPORTS = ROOT / "reports"
# Where users' own collections lie: an inventory may need a connection or inventory plugin from there.
USUAL_COLLECTIONS = "~/.ansible/collections:/usr/share/ansible/collections"


@dataclass(frozen=True)
class Command:
    """One command of the Makefile: its PLAYBOOK, the file in reports/ whose path is its last word, if there is one, and
    the VARIABLES that it gives.
    """

    playbook: str
    last_word: str
    variables: Mapping[str, Any]


# What the collection's steps are told of the call, so that the commands that they suggest are those of this Makefile.
TOLD = "LAYER2_MAKE"
COMMANDS = {
    "detect": Command("netops.layer2.detect_dup_mac", "layer2-report.html", {"report_directory": str(REPORTS)}),
    "fix": Command("netops.layer2.fix_dup_mac", "", {"fix_directory": str(REPORTS)}),
}


class UsageError(ValueError):
    """What the caller asked for is not understood; the text says what is."""


def has_usable_locale() -> bool:
    """Whether Ansible can work in the locale of the environment: it exists, and is UTF-8."""
    check = "import locale, sys; locale.setlocale(locale.LC_ALL, ''); sys.exit(locale.getlocale()[1] != 'UTF-8')"
    done = subprocess.run(
        [sys.executable, "-c", check], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False
    )
    return done.returncode == 0


def environment() -> dict[str, str]:
    """The caller's environment, with this checkout's collection before all others, and a locale that Ansible does not
    refuse.
    """
    seen = dict(os.environ)
    paths = seen.get("ANSIBLE_COLLECTIONS_PATH", USUAL_COLLECTIONS)
    seen["ANSIBLE_COLLECTIONS_PATH"] = os.pathsep.join([str(ROOT / ".build"), paths])
    seen.setdefault("ANSIBLE_PYTHON_INTERPRETER", "auto_silent")
    seen.setdefault("ANSIBLE_STDOUT_CALLBACK", "netops.layer2.quiet")
    seen.setdefault("ANSIBLE_DISPLAY_SKIPPED_HOSTS", "false")
    # The playbooks themselves say what is wrong with an inventory, in one line.
    seen.setdefault("ANSIBLE_LOCALHOST_WARNING", "false")
    seen.setdefault("ANSIBLE_INVENTORY_UNPARSED_WARNING", "false")
    if not has_usable_locale():
        seen["LC_ALL"] = "C.UTF-8"
    return seen


def told(command: Command) -> str:
    """What the steps of COMMAND's playbook are told of the call, as JSON: where the Makefile is, its targets, and what
    is printed last here.
    """
    targets = {each.playbook.rpartition(".")[2]: target for target, each in COMMANDS.items()}
    return json.dumps({"folder": str(ROOT), "targets": targets, "tells": str(last_word(command) or "")})


def last_word(command: Command) -> Path | None:
    """The file whose path is printed last, whatever callback shows the run."""
    return REPORTS / command.last_word if command.last_word else None


def local_python() -> str:
    """The Python that reads this machine: the system's own, since only that one has the system's libvirt binding."""
    system = Path("/usr/bin/python3")
    return str(system) if system.exists() else sys.executable


def is_applied(answer: str) -> bool:
    """Whether APPLY says that hosts may be changed; UsageError where it says neither yes nor no."""
    if answer not in ("", "no", "yes"):
        raise UsageError(f"APPLY={answer}: write APPLY=yes to change hosts, or leave it out to plan only")
    return answer == "yes"


def checked_inventory(name: str) -> str:
    """INVENTORY as it was given; UsageError where it is neither a list of hosts nor there."""
    if "," not in name and not Path(name).expanduser().exists():
        raise UsageError(f"INVENTORY={name} does not exist. Is it a host? Write a comma after it: INVENTORY={name},")
    return name


def command_line(command: Command, given: Mapping[str, str], arguments: list[str]) -> list[str]:
    """The command line of ansible-playbook. GIVEN: INVENTORY, LIMIT and APPLY, each possibly empty or missing."""
    line = [str(Path(sys.executable).with_name("ansible-playbook")), command.playbook]
    variables = dict(command.variables)
    if command is COMMANDS["fix"]:
        variables["fix_apply"] = is_applied(given.get("APPLY", ""))
    if inventory := given.get("INVENTORY", ""):
        line += ["--inventory", checked_inventory(inventory)]
    else:
        line += ["--inventory", f"{platform.node() or 'localhost'},", "--connection", "local"]
        variables["ansible_python_interpreter"] = local_python()
    if limit := given.get("LIMIT", ""):
        line += ["--limit", limit]
    # JSON, or a space in a path would end its value.
    return [*line, "--extra-vars", json.dumps(variables), *arguments]


def main(arguments: list[str]) -> int:
    """Run the playbook; its exit status is ours, so a conflict fails the command too."""
    if not arguments or arguments[0] not in COMMANDS:
        raise UsageError(f"say which: {', '.join(COMMANDS)}")
    command = COMMANDS[arguments[0]]
    written = last_word(command)
    before = changed_at(written)
    done = subprocess.run(
        command_line(command, os.environ, arguments[1:]), env={**environment(), TOLD: told(command)}, check=False
    )
    if written and changed_at(written) != before:
        print(f"\n{written}", flush=True)
    elif written:
        print(f"\nno report was written: ansible-playbook ended with status {done.returncode}", flush=True)
    return done.returncode


def changed_at(path: Path | None) -> int | None:
    """When the file was written last, in nanoseconds; None where there is none."""
    return path.stat().st_mtime_ns if path and path.exists() else None


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except UsageError as error:
        sys.exit(str(error))
