"""cloud-init: which network files it marks as its own, whether it still writes them, and what would have it bring an
old MAC back.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import json
import posixpath
import re
from typing import List, Optional

from ansible_collections.netops.layer2.plugins.module_utils._netconfig import _ini, _yaml_lines
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._records import Drafts, FileChange
from ansible_collections.netops.layer2.plugins.module_utils._runner import ReadError, Runner, shortened

OFF = "/etc/cloud/cloud.cfg.d/99-disable-network-config.cfg"
# First words of its files, however a version breaks them into lines (cloudinit/net and cloudinit/distros of cloud-init
# 0.7 to 25): netplan and ENI;
# ifcfg, NetworkManager's conf.d and keyfiles; and what distributions without a renderer get.
_HEADERS = (re.compile(r"(?:generated|created) from information provided by the datasource"),
            re.compile(r"(?:created|generated|written) (?:automatically )?by cloud-init\b"),
            re.compile(r"converted from network_config for distro\b"))
# What it writes for networkd and udev has no header, but a name: 10-cloud-init-eth0.network,
# 85-persistent-net-cloud-init.rules.
_NAME = re.compile(r"(?:\d+-)?(?:persistent-net-)?cloud-init(?:[-.]|\Z)")
_FOLDERS = (
    "/etc/netplan/",
    "/etc/systemd/network/",
    "/etc/network/",
    "/etc/sysconfig/",
    "/etc/NetworkManager/",
    "/etc/udev/rules.d/",
)
_HEAD = 40  # lines of a file in which its header stands
_OFF_FLOW = re.compile(r"""["']?network["']?\s*:\s*\{\s*["']?config["']?\s*:\s*["']?disabled["']?\s*[,}]""")
_RESULT = "/run/cloud-init/result.json"
_DATASOURCE = "/var/lib/cloud/instance/datasource"


def is_its(path: str, text: str) -> bool:
    """Whether cloud-init made the file PATH, by the header of its TEXT or by its name."""
    if not path.startswith(_FOLDERS):
        return False
    head = [line.lstrip("#; \t") for line in _ini.split(text)[:_HEAD] if line.lstrip().startswith(("#", ";"))]
    said = " ".join(" ".join(head).lower().split())
    return any(header.search(said) for header in _HEADERS) or bool(_NAME.match(posixpath.basename(path)))


def warnings(runner: Runner, changes: List[FileChange]) -> List[str]:
    """What to tell about CHANGES of files that cloud-init writes anew: who keeps the old MAC, and how to stop that."""
    names = [change.path for change in changes if change.before is not None and is_its(change.path, change.before)]
    return [_warning(runner, names)] if names and not is_off(runner) else []


def _warning(runner: Runner, names: List[str]) -> str:
    return (
        "%s %s cloud-init's: its datasource (%s) may bring the old MAC back at the next boot or as a new instance;"
        " change it there too, or tell cloud-init to leave the network alone (`network: {config: disabled}` in %s)"
        % (" and ".join(names), "is" if len(names) == 1 else "are", datasource(runner), OFF)
    )


def datasource(runner: Runner) -> str:
    """The datasource that this instance was configured from, and the local file that keeps the network's part, as far
    as the host tells.
    """
    name = _from_result(runner) or _from_instance(runner)
    seeds = Drafts(runner).glob("/var/lib/cloud/seed/*/network-config")
    return ", ".join(([name] if name else []) + seeds) or "its name is in %s or `cloud-id`" % _RESULT


def _from_result(runner: Runner) -> str:
    try:
        found = json.loads(_read(runner, _RESULT) or "{}")
        return _plain(found["v1"]["datasource"])
    except (ValueError, KeyError, TypeError):
        return ""


def _from_instance(runner: Runner) -> str:
    return _plain((_read(runner, _DATASOURCE) or "").partition(": ")[2])


def _plain(name: str) -> str:
    """Printable and short: a guest's user data may have had a hand in it."""
    return shortened("".join(mark for mark in str(name or "") if mark.isprintable()), 120)


def _read(runner: Runner, path: str) -> Optional[str]:
    try:
        return Drafts(runner).read(path)
    except ReadError:
        return None


def is_off(runner: Runner) -> bool:
    """Whether cloud-init is told to leave the network, or all of the host, alone."""
    if runner.exists("/etc/cloud/cloud-init.disabled"):
        return True
    words = (_read(runner, "/proc/cmdline") or "").split()
    if "cloud-init=disabled" in words or "network-config=disabled" in words:
        return True
    paths = ["/etc/cloud/cloud.cfg"] + Drafts(runner).glob("/etc/cloud/cloud.cfg.d/*.cfg")
    return any(_disables(_read(runner, path) or "") for path in paths)  # cloud-init merges them


def _disables(text: str) -> bool:
    """Whether one configuration file has ``network: {config: disabled}``, comments aside."""
    plain = "".join(re.sub(r"(?:\A|\s)#.*", "", line) + "\n" for line in text.splitlines())
    return bool(_OFF_FLOW.search(plain)) or any(
        each.path == ("network", "config") and each.value == "disabled" for each in _yaml_lines.scalars(plain)
    )
