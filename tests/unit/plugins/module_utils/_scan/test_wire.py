"""The wire itself: what waiting means once the time for it is over."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import socket

import pytest
from ansible_collections.netops.layer2.plugins.module_utils._scan import _wire


@pytest.mark.parametrize("timeout", [0.0, -0.001, -5.0])
def test_a_time_that_passed_between_two_looks_at_the_clock_is_no_error(timeout):
    here, there = socket.socketpair()
    with here, there:
        wire = _wire.Wire.__new__(_wire.Wire)
        wire._socket = here
        assert wire.receive(timeout) == []
