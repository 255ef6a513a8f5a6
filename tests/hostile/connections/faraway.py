"""A connection that crosses a network, as far as anybody can tell: it runs all here, yet what answers over it is
reached.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from ansible.plugins.connection.local import Connection as Local

DOCUMENTATION = """
name: faraway
short_description: a connection that crosses a network, as far as anybody can tell
description: [For tests.]
author: tests
"""


class Connection(Local):
    """Reaches this machine."""

    transport = "faraway"
