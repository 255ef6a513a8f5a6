"""What the kernel and the wire say of a return path, in the words of several iproute2, and what of it is no proof."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import pytest
from ansible_collections.netops.layer2.plugins.module_utils import _return_path
from ansible_collections.netops.layer2.plugins.module_utils._return_path import Seen, Way

MAC, OTHER = "52:54:00:00:00:01", "52:54:00:00:00:02"
GOOD = Way("192.0.2.77", "192.0.2.1", "eth0", "")


@pytest.mark.parametrize(
    ("rc", "stdout", "stderr", "way"),
    [
        (
            0,
            '[{"dst":"192.0.2.77","from":"198.51.100.9","gateway":"192.0.2.1","dev":"eth0","table":"20010","flags":[],"uid":0,"cache":[]}]',
            "",
            GOOD,
        ),
        (
            0,
            '[{"dst":"192.0.2.77","from":"198.51.100.9","dev":"eth0","flags":[],"uid":0,"cache":[]}]',
            "",
            GOOD._replace(via=""),
        ),
        (
            0,
            '[{"dst":"192.0.2.77","via":{"family":"inet6","host":"fe80::1"},"dev":"eth0"}]',
            "",
            GOOD._replace(via="fe80::1"),
        ),
        (0, "192.0.2.77 from 198.51.100.9 via 192.0.2.1 dev eth0 table 20010 \n    cache \n", "", GOOD),
        (0, "192.0.2.77 from 198.51.100.9 via inet6 fe80::1 dev eth0 \n", "", GOOD._replace(via="fe80::1")),
        (
            2,
            "",
            "RTNETLINK answers: No route to host\n",
            Way("192.0.2.77", "", "", "RTNETLINK answers: No route to host"),
        ),
        (0, '[{"type":"unreachable","dst":"2001:db8::77","dev":"lo"}]', "", Way("192.0.2.77", "", "lo", "unreachable")),
        (0, "[]", "", Way("192.0.2.77", "", "", "")),
    ],
)
def test_ways(rc, stdout, stderr, way):
    assert _return_path.read_way("192.0.2.77", rc, stdout, stderr) == way


@pytest.mark.parametrize(
    ("ways", "seen", "mac", "words"),
    [
        ([GOOD], Seen({MAC: 7}, 3), MAC, []),
        (
            [GOOD],
            Seen({MAC: 7, OTHER: 1}, 3),
            MAC,
            ["1 frame from 198.51.100.9 left for 52:54:00:00:00:02, which is not the gateway"],
        ),
        ([GOOD], Seen({}, 3), MAC, ["no frame from 198.51.100.9 left eth0"]),
        ([GOOD], Seen({}, 3), "", ["nobody answers for 192.0.2.1 on eth0", "no frame"]),
        ([GOOD], None, MAC, []),
        ([GOOD._replace(via="")], Seen({MAC: 1}, 1), MAC, ["straight on eth0, not by 192.0.2.1 on eth0"]),
        ([GOOD._replace(interface="eth1")], Seen({MAC: 1}, 1), MAC, ["by 192.0.2.1 on eth1, not by 192.0.2.1 on eth0"]),
        (
            [GOOD._replace(problem="No route")],
            Seen({MAC: 1}, 1),
            MAC,
            ["the kernel has no way to 192.0.2.77 from 198.51.100.9: No route"],
        ),
    ],
)
def test_what_is_no_proof(ways, seen, mac, words):
    found = _return_path.problems(ways, seen, "eth0", "192.0.2.1", mac, "198.51.100.9")
    assert len(found) == len(words) and all(word in text for word, text in zip(words, found)), found


@pytest.mark.parametrize(
    ("own", "neighbours", "gateway", "found"),
    [
        (
            ["192.0.2.20/24"],
            ["192.0.2.1", "192.0.2.9", "192.0.2.7", "192.0.2.8", "fe80::2", "203.0.113.5"],
            "192.0.2.1",
            ["192.0.2.7", "192.0.2.8"],
        ),
        (["192.0.2.20/24"], ["192.0.2.1"], "192.0.2.1", ["192.0.2.8"]),
        (["2001:db8::20/64", "fe80::20/64"], ["fe80::9"], "fe80::1", ["2001:db8::8"]),
        (["192.0.2.20/32"], [], "192.0.2.1", []),
    ],
)
def test_who_stands_for_a_client(own, neighbours, gateway, found):
    assert _return_path.stand_ins(own, neighbours, gateway) == found
