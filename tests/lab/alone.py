"""A module of the collection without Ansible around it: what a Python inside a machine is given to run."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
from typing import Any

from .paths import COLLECTIONS

# As ansible-core's wrapper would start it.
_CODE = """
import sys
sys.path.insert(0, {collections!r})
from ansible.module_utils import basic
basic._ANSIBLE_ARGS, basic._ANSIBLE_PROFILE = {arguments!r}.encode(), "legacy"
from ansible_collections.netops.layer2.plugins.modules import {name}
{name}.main()
"""


def code(name: str, **arguments: Any) -> str:
    """Python that runs the module NAME with these ARGUMENTS; it prints the answer as JSON."""
    given = json.dumps({"ANSIBLE_MODULE_ARGS": arguments})
    return _CODE.format(collections=str(COLLECTIONS), arguments=given, name=name)
