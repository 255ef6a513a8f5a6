"""The commands of a watch, as lists of words: no shell runs them here, and ssh takes no name for an option."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import shlex

from ansible_collections.netops.layer2.plugins.plugin_utils._neighbor_watch._notices import NEIGHBOR
from ansible_collections.netops.layer2.plugins.plugin_utils._neighbor_watch._settings import Watched

# `env` is found everywhere, while a login's PATH often lacks sbin; the words of `ip` are English then, too.
_ENV = ("env", "LC_ALL=C", "PATH=/usr/sbin:/sbin:/usr/bin:/bin")
# A cut connection is noticed after 30 s, nobody is asked for a password, and no key of an unknown host is accepted.
_SSH = (
    "ssh",
    "-T",
    "-o",
    "BatchMode=yes",
    "-o",
    "ConnectTimeout=10",
    "-o",
    "ServerAliveInterval=10",
    "-o",
    "ServerAliveCountMax=3",
    "-o",
    "ClearAllForwardings=yes",
    "-o",
    "RemoteCommand=none",
)


def monitor(host: Watched, netns: str, table: str, ssh_config: str | None = None) -> list[str]:
    """The command that tells each change of TABLE until it is ended."""
    words = ["-oneline", "monitor", "neigh"] if table == NEIGHBOR else ["monitor", "fdb"]
    return _on(host, _tool(netns, table) + words, ssh_config)


def whole_table(host: Watched, netns: str, table: str, ssh_config: str | None = None) -> list[str]:
    """The command that prints TABLE as it is."""
    words = ["-oneline", "neigh", "show"] if table == NEIGHBOR else ["fdb", "show"]
    return _on(host, _tool(netns, table) + words, ssh_config)


def _tool(netns: str, table: str) -> list[str]:
    program = "ip" if table == NEIGHBOR else "bridge"
    return [program, "-n", netns] if netns else [program]


def _on(host: Watched, words: list[str], ssh_config: str | None) -> list[str]:
    """WORDS as a command for HOST. What ssh is given is a line of the login's shell there: each word is quoted."""
    command = [
        *_ENV,
        *(("sudo", "-n") if host.become else ()),
        *words,
    ]  # so that a line in sudoers can name `ip` and no more
    if host.address is None:
        return command
    options = [
        *(("-F", ssh_config) if ssh_config else ()),
        *(("-l", host.user) if host.user else ()),
        *(("-p", str(host.port)) if host.port else ()),
    ]
    return [*_SSH, *options, "--", host.address, shlex.join(command)]
