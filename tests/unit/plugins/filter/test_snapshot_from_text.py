"""Filter snapshot_from_text: what playbooks see."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.netops.layer2.plugins.filter.snapshot_from_text import FilterModule

snapshot_from_text = FilterModule().filters()["snapshot_from_text"]


def test_a_snapshot():
    snapshot = snapshot_from_text(
        {"host": "web01", "ip neigh show": "192.0.2.1 dev eth0 lladdr 52:54:00:00:00:01 STALE\n"}
    )
    assert snapshot["neighbors"]["rows"] == ["- eth0 192.0.2.1 52:54:00:00:00:01 STALE -"]


def test_plain_errors_become_ansibles():
    with pytest.raises(AnsibleFilterError, match="web01: ip neigh show: must be the command's output as text"):
        snapshot_from_text({"host": "web01", "ip neigh show": 5})
