"""The choices of an option are the same wherever it is documented or checked: in the role, in the step behind it, in
its documentation.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from ansible_collections.netops.layer2.plugins.action.report_fleet import ActionModule
from ansible_collections.netops.layer2.plugins.modules import report_fleet

ROLE = Path(__file__).parents[3] / "roles" / "report" / "meta" / "argument_specs.yml"


@pytest.mark.parametrize("option", ["formats", "fail_on"])
def test_the_role_report_takes_what_its_step_takes(option):
    role = yaml.safe_load(ROLE.read_text())["argument_specs"]["main"]["options"][f"report_{option}"]
    documented = yaml.safe_load(report_fleet.DOCUMENTATION)["options"][option]
    checked = ActionModule.ARGUMENTS[option]
    assert sorted(role["choices"]) == sorted(documented["choices"]) == sorted(checked["choices"])
    assert role["default"] == documented["default"] == checked["default"]
