"""What tests of asking share: a clock that moves when somebody waits, frames as plain text, and a segment that delivers
what was answered.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from ansible_collections.netops.layer2.plugins.module_utils._scan import _ask
from ansible_collections.netops.layer2.plugins.module_utils._scan._frames import Heard

OWN = "52:54:00:00:00:01"


class Time:
    """A clock that moves when somebody waits."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


class Frames:
    """Questions and answers as plain text; what scapy makes of them is tested in test_frames.py."""

    def arp_template(self, mac, sender, vlan):
        return (sender or "-").encode() + b"    "

    def read(self, octets):
        return Heard(*octets.decode().split(" "))


class Segment:
    """Delivers at once, DELAY seconds later, all that its machines answered."""

    def __init__(self, time, delay):
        self.time, self.delay, self.sent, self.coming = time, delay, [], []

    def asked(self, frame):
        """The address that a question is about."""
        return ".".join(str(octet) for octet in frame.rstrip(b"\0")[-4:])

    def answer(self, address, mac):
        self.coming.append(f"reply {address} {mac} {mac} 192.0.2.1 {OWN}".encode())

    def receive(self, timeout):
        if self.coming:
            self.time.now += self.delay
            found, self.coming = self.coming, []
            return [_ask.Frame(octets, None, self.time.now) for octets in found]
        self.time.now += max(timeout, 0.0001)
        return []
