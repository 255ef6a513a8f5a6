"""Test of a switch that answers one command too late: the answer is not taken for that to the next command."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

from tests.lab.system import slowness
from tests.network_cli.conftest import played, serving, switch

PATIENCE = 6  # seconds for one answer on a quiet machine


def test_what_comes_late_is_no_answer_to_the_next_command(collections: Path, tmp_path: Path) -> None:
    patience = round(PATIENCE * slowness())
    answers = {**switch("001c.7300.0001", "sw2", "001c.7300.0002")}
    late = {"text": answers["show mac address-table"], "after": 1.5 * patience}
    settings = {"ansible_command_timeout": patience}
    with serving(tmp_path, {"sw1": {**answers, "show mac address-table": late}}, **settings) as inventory:
        _status, shown, report = played("detect_dup_mac", tmp_path, [inventory], target="sw1")
    reasons = [gap["reason"] for gap in report["verdict"]["coverage"]["gaps"] if gap.get("host") == "sw1"]
    (lost,) = [reason for reason in reasons if "command timeout triggered" in reason]
    assert lost.startswith("`show mac address-table`: "), shown[-3000:]
    for command in ("show lldp neighbors detail", "show ip arp", "show ipv6 neighbors"):
        assert (
            f"`{command}`: not asked, since the answer to `show mac address-table` may still come, and would be taken"
            " for its own"
        ) in reasons, shown[-3000:]
