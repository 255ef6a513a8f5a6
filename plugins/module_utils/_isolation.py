"""Keeps a module from what its login left lying about: packages in the folder where the task stands, a umask that lets
others write.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import os
import sys


def leave_working_directory() -> None:
    """Go to / and take the working directory off the path of imports.

    A task stands in the login's home, also as root, and Python puts the working directory first where it reads its
    program from standard input or with -c (sys.path in Python's documentation), as ansible-core does where it
    pipelines, looks for another interpreter and starts a module over. A folder `scapy` there would run as root. Whoever
    may write to / is root already.
    """
    here = _working_directory()
    sys.path[:] = [entry for entry in sys.path if entry not in ("", ".", here)]
    os.chdir("/")


def refuse_writers() -> None:
    """Let nobody but the owner write what the module makes, folders on the way included, whatever umask the login has
    (umask(2)).
    """
    os.umask(os.umask(0o022) | 0o022)


def _working_directory() -> str:
    """The working directory; "" where it is / or cannot be told (it was removed, or may not be read)."""
    try:
        return os.getcwd().rstrip("/")
    except OSError:
        return "?"
