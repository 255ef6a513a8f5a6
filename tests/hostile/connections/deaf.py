"""A connection to a host that nobody reaches: what the other side said first is all that comes of it."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.connection import ConnectionBase

DOCUMENTATION = """
name: deaf
short_description: never connects
description: [For tests.]
author: tests
options:
  banner:
    description: What the other side said, with brackets for braces, which an inventory may not hold.
    vars: [{name: deaf_banner}]
"""


class Connection(ConnectionBase):
    """Reaches nobody."""

    transport = "deaf"

    def _connect(self):
        raise AnsibleConnectionFailure(self.get_option("banner").replace("[[", "{{").replace("]]", "}}"))

    def exec_command(self, *_arguments, **_options):
        """Fail to connect."""
        self._connect()

    put_file = fetch_file = close = exec_command
