"""Which software manages addresses: told by names of units, pods, manifests and pid files, and by nothing that only
looks alike.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.netops.layer2.plugins.module_utils._address_managers import read_address_managers
from ansible_collections.netops.layer2.plugins.module_utils._openvswitch import bridges
from ansible_collections.netops.layer2.plugins.module_utils._runner import ReadError


class _Folders:
    def __init__(self, **folders):
        self.folders = {name.replace("__", "/"): names for name, names in folders.items()}

    def listdir(self, path):
        if path not in self.folders:
            raise ReadError("no such folder")
        return self.folders[path]


@pytest.mark.parametrize(("folder", "names", "managers"), [
    ("/sys/fs/cgroup/system.slice", ["keepalived.service", "sshd.service"], ["keepalived"]),
    ("/sys/fs/cgroup/systemd/system.slice", ["pacemaker.service"], ["pacemaker"]),
    ("/var/log/pods", ["kube-system_kube-vip-ds-abc12_0f", "metallb-system_speaker-x_1f"], ["kube-vip", "metallb"]),
    ("/etc/kubernetes/manifests", ["kube-vip.yaml"], ["kube-vip"]),
    ("/run", ["keepalived.pid"], ["keepalived"]),
    ("/run", ["sshd.pid", "keepaliveddock", "my-pacemaker.txt"], []),
    ("/nowhere", ["keepalived.pid"], []),
])
def test_what_runs_is_named(folder, names, managers):
    assert read_address_managers(_Folders(**{folder.replace("/", "__"): names})) == managers


def test_patches_of_open_vswitch_name_their_peers():
    database = {
        "Bridge": [{"name": "br-int", "ports": ["p1", "p2"]}],
        "Port": [
            {"_uuid": "p1", "name": "int-br-ex", "interfaces": "i1"},
            {"_uuid": "p2", "name": "qg-1", "interfaces": "i2"},
        ],
        "Interface": [
            {"_uuid": "i1", "name": "int-br-ex", "type": "patch", "options": {"peer": "phy-br-ex"}},
            {"_uuid": "i2", "name": "qg-1", "type": "internal", "options": {}},
        ],
    }
    assert bridges(database)[0]["patches"] == {"int-br-ex": "phy-br-ex"}
