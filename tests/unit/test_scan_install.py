"""What the snapshot role installs on hosts that scan is held to versions and digests, and no step of it can be chosen
by the answer to another.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
from pathlib import Path

import yaml

ROLE = Path(__file__).parents[2] / "roles" / "snapshot"


def test_no_step_follows_one_whose_facts_nobody_refuses():
    """ansible-core takes from facts which program brings files to a host; modules of the collection look at them."""
    tasks = yaml.safe_load((ROLE / "tasks" / "scan_install.yml").read_text())
    others = {task["when"] for task in tasks if not any(name.startswith("netops.layer2.") for name in task)}
    assert others == {"snapshot_scan_from == 'system'"}
    assert [task["when"] for task in tasks].count("snapshot_scan_from == 'system'") == 1


def test_every_requirement_has_a_version_and_digests():
    name = yaml.safe_load((ROLE / "defaults" / "main.yml").read_text())["snapshot_scan_requirements"]
    text = re.sub(r"\\\n", " ", (ROLE / "files" / name).read_text())
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert len(lines) == 2
    for line in lines:
        assert re.fullmatch(r'scapy==[0-9.]+; python_version [<>=]+ "3\.7"(?:\s+--hash=sha256:[0-9a-f]{64})+', line), (
            line
        )
