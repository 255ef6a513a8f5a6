"""What to do about a host that could not be reached or read: words of SSH, sudo and Ansible, and the way out of each.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re

# The first that fits counts. The words on the left are those of Ansible's become plugins, OpenSSH and sshpass; none is
# taken for more than a sign,
# since a host chooses its own words.
_HINTS = tuple(
    (re.compile(pattern, re.IGNORECASE), hint)
    for pattern, hint in (
        (
            (
                r"missing sudo password|a password is required|incorrect sudo password|missing become"
                r" password|(timeout|timed out).{0,40}(privilege escalation|become)"
            ),
            "give the password with -K (make: ARGS=-K)",
        ),
        (r"sudo: (command )?not found", "install sudo there, or log in as root"),
        (
            r"is not in the sudoers file|is not allowed to (execute|run)",
            "let this login use sudo (docs/privileges.md has the least that serves)",
        ),
        (
            r"remote host identification has changed|host key for .{0,80} has changed",
            (
                "find out why the key changed: a machine set up anew, or another one at this address. Then: ssh-keygen"
                " -R HOST"
            ),
        ),
        (
            r"host key verification failed|authenticity of host|no .{0,40}host key is known",
            "log in by ssh once and compare the key with what the host's console shows",
        ),
        (r"sshpass", "install sshpass on the controller, or log in with a key"),
        (
            (
                r"permission denied( \(|, please)|authentication failed|too many authentication"
                r" failures|invalid/incorrect password"
            ),
            (
                "name the login with -u USER and its key with --private-key FILE, or give its password with -k (make:"
                " ARGS=...)"
            ),
        ),
        (
            r"could not resolve hostname|name or service not known",
            "look for a typing error in its name, or set ansible_host in the inventory",
        ),
        (r"connection refused", "look whether sshd runs there, and on which port (ansible_port)"),
        (
            r"connection timed out|no route to host|network is unreachable|host is down",
            "look whether the host is up, and whether a firewall or a jump host lies between",
        ),
        (
            (
                r"python.{0,60}(not found|no such file)|(not found|no such file).{0,60}python|no python interpreters?"
                r" found|interpreter discovery"
            ),
            "install Python 3.6 or newer there, or name it: ansible_python_interpreter",
        ),
        (
            r"failed to create temporary directory",
            "give this login a home there that it may write to, or name a folder of its own: ansible_remote_tmp",
        ),
        (r"ansible requires the locale encoding|could not initialize the preferred locale", "set LC_ALL=C.UTF-8"),
    )
)


def hint_of(message: str) -> str:
    """The way out of the trouble that MESSAGE tells, as a command or a setting; empty where it is not known."""
    return next((hint for pattern, hint in _HINTS if pattern.search(message)), "")
