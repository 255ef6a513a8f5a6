"""What this process may do, tried and not concluded from its user: root of a container may lack what the name promises.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import os
import socket
import tempfile

import pytest

ANOTHER_USER = 65534


def open_packet_sockets():
    """Whether frames can be read off the wire (CAP_NET_RAW)."""
    try:
        socket.socket(socket.AF_PACKET, socket.SOCK_RAW).close()
    except (AttributeError, OSError):
        return False
    return True


def give_files_away():
    """Whether a file can be given to another user (CAP_CHOWN)."""
    if os.geteuid() == ANOTHER_USER:
        return False  # to oneself anybody can
    with tempfile.NamedTemporaryFile() as file:
        try:
            os.chown(file.name, ANOTHER_USER, ANOTHER_USER)
        except OSError:
            return False
    return True


needs_packet_sockets = pytest.mark.skipif(not open_packet_sockets(), reason="packet sockets need root (CAP_NET_RAW)")
needs_to_give_files_away = pytest.mark.skipif(
    not give_files_away(), reason="giving a file to another user needs root (CAP_CHOWN)"
)
without_packet_sockets = pytest.mark.skipif(
    open_packet_sockets(), reason="it is about having no packet sockets, which this process may open"
)
