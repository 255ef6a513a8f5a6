"""Look for duplicate MACs with the playbook detect_dup_mac, and print the path of the HTML report last.

Usage: .venv/run/bin/python tools/detect.py [ANSIBLE-PLAYBOOK'S ARGUMENTS]
INVENTORY (a file, a directory or `host1,host2`) and LIMIT come from the environment; without INVENTORY, this machine is read.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REPORTS = ROOT / "reports"
# Where users' own collections lie: an inventory may need a connection or inventory plugin from there.
USUAL_COLLECTIONS = "~/.ansible/collections:/usr/share/ansible/collections"


def environment() -> dict[str, str]:
    """The caller's environment, with this checkout's collection before all others."""
    seen = dict(os.environ)
    paths = seen.get("ANSIBLE_COLLECTIONS_PATH", USUAL_COLLECTIONS)
    seen["ANSIBLE_COLLECTIONS_PATH"] = os.pathsep.join([str(ROOT / ".build"), paths])
    seen.setdefault("ANSIBLE_PYTHON_INTERPRETER", "auto_silent")
    seen.setdefault("ANSIBLE_DISPLAY_SKIPPED_HOSTS", "false")
    return seen


def local_python() -> str:
    """The Python that reads this machine: the system's own, since only that one has the system's libvirt binding."""
    system = Path("/usr/bin/python3")
    return str(system) if system.exists() else sys.executable


def command(inventory: str, limit: str, arguments: list[str]) -> list[str]:
    """The command line of ansible-playbook."""
    line = [str(Path(sys.executable).with_name("ansible-playbook")), "netops.layer2.detect_dup_mac"]
    if inventory:
        line += ["--inventory", inventory]
    else:
        line += ["--inventory", f"{platform.node() or 'localhost'},", "--connection", "local"]
        line += ["--extra-vars", f"ansible_python_interpreter={local_python()}"]
    if limit:
        line += ["--limit", limit]
    return [*line, "--extra-vars", f"report_directory={REPORTS}", *arguments]


def main(arguments: list[str]) -> int:
    """Run the playbook; its exit status is ours, so a conflict fails the command too."""
    inventory, limit = os.environ.get("INVENTORY", ""), os.environ.get("LIMIT", "")
    page = REPORTS / "layer2-report.html"
    before = page.stat().st_mtime_ns if page.exists() else None
    done = subprocess.run(command(inventory, limit, arguments), env=environment(), check=False)
    if page.exists() and page.stat().st_mtime_ns != before:
        print(f"\n{page}", flush=True)
    else:
        print(f"\nno report was written: ansible-playbook ended with status {done.returncode}", flush=True)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
