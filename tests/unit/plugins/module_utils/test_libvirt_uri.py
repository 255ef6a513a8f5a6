"""Which connections libvirt is given: those that only connect."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.netops.layer2.plugins.module_utils._libvirt_uri import UriError, checked_uri


@pytest.mark.parametrize(
    "uri",
    [
        "qemu:///system",
        "qemu:///session",
        "lxc:///",
        "xen:///system",
        "test:///default",
        "test:///var/tmp/ÅÑ/node.xml",
        "qemu+tls://hv1.example:16514/system",
        "qemu+ssh://root@hv1/system",
        "qemu+unix:///system?socket=/run/libvirt/other-sock",
        "qemu+tcp://[2001:db8::1]:16509/system?mode=legacy&no_tty=1",
    ],
)
def test_a_connection_is_taken_as_it_is(uri: str) -> None:
    assert checked_uri(uri) == uri


@pytest.mark.parametrize(
    ("uri", "named"),
    [
        ("qemu+ssh://hv1/system?command=/tmp/x", "command"),
        ("qemu+ext:///system?command=/tmp/x", "ext"),
        ("qemu+ssh://hv1/system?netcat=/tmp/x", "netcat"),
        ("qemu+ssh://hv1/system?proxy=netcat", "proxy"),
        ("qemu:///system?mode=auto;command=/tmp/x", "command"),
        ("qemu:///system?%63ommand=/tmp/x", "%63ommand"),
        ("qemu+tls://hv1/system?pkipath=/tmp/pki", "pkipath"),
        ("qemu+ssh://hv1/system?no_verify=1", "no_verify"),
        ("qemu:///system?mode=a%26command=x", "mode"),
        ("qemu+ssh://-oProxyCommand=x/system", "-oProxyCommand"),
        ("qemu+ssh://a@-oProxyCommand=x/system", "-oProxyCommand"),
        ("--version", "--version"),
        ("my-alias", "my-alias"),
        ("esx://vc/?no_verify=1", "esx"),
        ("qemu:///system extra", "extra"),
        ("qemu:///system\n", "qemu"),
        ("", "such as"),
    ],
)
def test_what_could_run_a_command_or_choose_whom_to_trust_is_refused(uri: str, named: str) -> None:
    with pytest.raises(UriError, match="uri: ") as refused:
        checked_uri(uri)
    assert named in str(refused.value)
