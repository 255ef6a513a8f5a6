"""Import each module and plugin of the placed collection under the Python that runs this, all in one process, and start
each module.

Usage: PYTHON tools/import_plugins.py COLLECTIONS CORE

COLLECTIONS is the folder of ansible_collections/, CORE a site-packages with Ansible.

For all Pythons but the oldest one here: ansible-test imports Ansible anew for each file. Plugins are for Pythons that
the controller may have, modules for all.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import importlib
import runpy
import sys
import traceback
import warnings
from pathlib import Path

PACKAGE = "ansible_collections.netops.layer2.plugins"
ON_TARGETS = ("modules", "module_utils")


class Started(BaseException):
    """A module came as far as to read its arguments."""


def may_control() -> bool:
    """Whether this Python may run the controller of that ansible-core, as its ansible-test says."""
    from ansible_test._util.target.common import constants  # the path to it is an argument

    return "{}.{}".format(*sys.version_info) in constants.CONTROLLER_PYTHON_VERSIONS


def names(plugins: Path, whole: bool) -> list[str]:
    """Dotted names of all that this Python has to import: the WHOLE collection, or what runs on hosts."""
    paths = sorted(path.relative_to(plugins) for path in plugins.rglob("*.py"))
    wanted = [path for path in paths if whole or path.parts[0] in ON_TARGETS]
    return [".".join((PACKAGE, *path.with_suffix("").parts)).removesuffix(".__init__") for path in wanted]


def start(name: str) -> None:
    """Run a module as a program until it makes its AnsibleModule; one whose action does all ends before."""
    from ansible.module_utils import basic  # the path to it is an argument

    def begin(*_arguments: object, **_named: object) -> None:
        raise Started

    original, basic.AnsibleModule.__init__ = basic.AnsibleModule.__init__, begin
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # that it was imported before is meant
            runpy.run_module(name, run_name="__main__", alter_sys=True)
    except Started:
        pass
    finally:
        basic.AnsibleModule.__init__ = original


def check(name: str) -> str:
    """Import one, and start it if it is a module; what went wrong, or nothing."""
    try:
        importlib.import_module(name)
        if name.startswith(f"{PACKAGE}.modules."):
            start(name)
    except BaseException:  # whatever a plugin may raise, SystemExit included
        return traceback.format_exc()
    return ""


def main(collections: str, core: str) -> int:
    """Check everything; 1 if anything failed."""
    sys.path[1:1] = [collections]
    sys.path.append(core)  # behind this Python's own: compiled parts of another Python are passed over
    wanted = names(Path(collections, *PACKAGE.split(".")), may_control())
    wrong = {name: said for name in wanted if (said := check(name))}
    for name, said in wrong.items():
        print(f"ERROR: {name} under Python {sys.version.split()[0]}:\n{said}")
    print(f"import under Python {sys.version.split()[0]}: {len(wanted) - len(wrong)} of {len(wanted)}")
    return 1 if wrong or not wanted else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
