"""Settings among a host's facts: consent, paths, exceptions, and how it is reached, none of which a host may choose."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._hostvars import getter
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._received import received_fact
from ansible_collections.netops.layer2.plugins.plugin_utils._messages import shortened

# The facts that the collection's own modules return, and when the controller got them.
_DOCUMENTS = ("layer2_snapshot", "layer2_scan", "layer2_watch", "layer2_flood_sample")
OWN_FACTS = frozenset((*_DOCUMENTS, *map(received_fact, _DOCUMENTS)))
# How the variables of the collection's roles and playbooks begin; those of the roles begin with their role's name.
PREFIXES = (
    "ageing_timers_",
    "detect_",
    "fix_",
    "flood_",
    "judge_",
    "layer2_",
    "mac_guard_",
    "mac_regenerate_",
    "policy_route_",
    "report_",
    "snapshot_",
    "switch_snapshot_",
    "trace_",
)
# The last ones are the inventory's names for a host, which facts outrank, too: a host could pass for another one.
NAMES = frozenset({"target", "inventory_hostname", "inventory_hostname_short", "group_names"})
# How a host is reached, by variables that ansible-core itself takes from facts: some of them name a program that the
# controller starts, or whose connection it uses. Facts are kept without the "ansible_" that begins their variables.
_REACHED_BY = frozenset(
    {
        "admin_users",
        "async_dir",
        "common_remote_group",
        "control_path",
        "control_path_dir",
        "host_key_checking",
        "private_key",
        "private_key_passphrase",
        "remote_tmp",
        "scp_executable",
        "scp_if_ssh",
        "sftp_batch_mode",
        "sftp_executable",
        "shell_allow_world_readable_temp",
        "ssh_host_key_checking",
        "sshpass_prompt",
        "system_tmpdirs",
    }
)
_REACHED_BY_BEGIN = ("libssh_", "paramiko_", "runas_", "su_", "sudo_")


def planted_names(facts: Mapping[str, Any]) -> list[str]:
    """The settings among the FACTS of one host, sorted: variables of the collection, and how the host is reached.

    Facts outrank role defaults and inventory variables (Ansible: variable precedence), and a task that runs once takes
    those of the first host, so that a host could give consent or name a path for all others.
    """
    return sorted(name for name in map(str, facts) if name not in OWN_FACTS and (_is_setting(name) or _reaches(name)))


def _is_setting(name: str) -> bool:
    return name in NAMES or name.startswith(PREFIXES)


def _reaches(name: str) -> bool:
    """Whether the fact NAME, as a variable, says how its host is reached."""
    bare = name.removeprefix("ansible_")
    return bare in _REACHED_BY or bare.startswith(_REACHED_BY_BEGIN)


def planted(hostvars: Mapping[str, Any], hosts: Iterable[str]) -> dict[str, list[str]]:
    """Host -> the variables of the collection among its facts, for each of HOSTS that has any."""
    get = getter(hostvars, lambda _variables: True)
    found = {}
    for host in hosts:
        if host not in hostvars:
            continue
        facts = get(host).get("ansible_facts")
        if isinstance(facts, Mapping) and (names := planted_names(facts)):
            found[host] = names
    return found


def refusal(host: str | None, names: Iterable[str]) -> str:
    """Why nothing is done while HOST (None: the one that the task is shown for) holds these variables as facts, and the
    way out.
    """
    whose, left_out = (
        ("this host", "--limit") if host is None else (f"host {shortened(host)}", f"--limit '!{shortened(host)}'")
    )
    return (
        f"the facts of {whose} hold {', '.join(map(shortened, names))}: variables of this collection, names of the"
        " inventory and ways to reach a host are settings, which no host may make. Nothing was done. Find out who put"
        " them there, drop them (run with --flush-cache, without the task that returns them), or leave the host out"
        f" ({left_out}); settings belong into the inventory or into -e"
    )
