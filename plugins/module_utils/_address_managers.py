"""Software on this host that gives and takes addresses by itself: told by systemd's units, pods' logs, static manifests
and pid files.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import re
from typing import List

from ansible_collections.netops.layer2.plugins.module_utils._runner import ReadError, Runner

# Where each names itself once it runs (or, as a static pod, is to run). A listing each, whatever the number of
# processes.
_FOLDERS = (
    "/sys/fs/cgroup/system.slice",  # cgroup v2
    "/sys/fs/cgroup/systemd/system.slice",  # cgroup v1
    "/var/log/pods", "/etc/kubernetes/manifests", "/var/lib/rancher/k3s/server/manifests", "/run",
)
# What the name of a unit (NAME.service), pod (NAMESPACE_NAME-..._UID), manifest (NAME.yaml) or pid file (NAME.pid)
# starts or goes on with.
MANAGERS = (
    ("kube-vip", re.compile(r"(?:[a-z0-9-]+_)?kube-vip(?:[-_.]|\Z)")),
    ("keepalived", re.compile(r"(?:[a-z0-9-]+_)?keepalived(?:[-_.@]|\Z)")),
    ("metallb", re.compile(r"metallb")),
    ("pacemaker", re.compile(r"pacemaker(?:\.service|d?\.pid)")),
    ("ucarp", re.compile(r"ucarp")),
    ("vrrpd", re.compile(r"vrrpd")),
    ("heartbeat", re.compile(r"heartbeat\.(?:service|pid)")),
    ("cilium", re.compile(r"(?:[a-z0-9-]+_)?cilium-[a-z0-9]+_")),
    ("patroni-vip", re.compile(r"vip-manager")),
)


def read_address_managers(runner: Runner) -> List[str]:
    """Names of MANAGERS that run here, in the order of the list; a folder that is not there tells nothing."""
    names: List[str] = []
    for folder in _FOLDERS:
        try:
            names += runner.listdir(folder)
        except ReadError:
            continue
    return [manager for manager, pattern in MANAGERS if any(pattern.match(name) for name in names)]
