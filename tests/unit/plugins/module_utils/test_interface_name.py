"""Which interface names may be written anywhere: those that tools make, and none that a shell, XML, INI or YAML takes
apart.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import pytest
from ansible_collections.netops.layer2.plugins.module_utils._interface_name import is_plain, problem


@pytest.mark.parametrize(
    "name",
    [
        "eth0",
        "enp0s31f6",
        "eth0.100",
        "br-0a1b2c3d4e5f",
        "vnet12",
        "wlp2s0",
        "_x",
        "eno1np0",
        "tap100i0",
        "qg-77035b12-ab",
        "bond0_1",
        "ib0.8001",
        "a+b",
        "veth@peer",
        "0",
        "eth123456789012"[:15],
    ],
)
def test_names_that_tools_make(name):
    assert is_plain(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "$(id>x)",
        "`reboot`",
        "a;b",
        "a|b",
        "a&b",
        "a'b",
        'a"b',
        "a\\b",
        "a<b",
        "a>b",
        "a#b",
        "a*",
        "a?",
        "[a]",
        "{{x}}",
        "~root",
        "!a",
        "a\tb",
        "a\nb",
        "eth0\n",
        "-a",
        ".",
        "..",
        ".a",
        "=a",
        "a=b",
        "a~b",
        "a/b",
        "a:b",
        "\u00e9th0",
        "eth\u200b0",
        "x" * 16,
        "%s",
        "a,b",
    ],
)
def test_names_that_something_takes_apart(name):
    assert not is_plain(name)


def test_the_refusal_shows_the_name_and_the_hint():
    assert "'$(id>x)'" in problem("$(id>x)") and "rename it" in problem("$(id>x)")
