"""interface_mac under ifupdown, ifupdown2 and ifupdown-ng on booted hosts: stanzas of one NIC, of several, and options
that are inherited.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from . import lab
from .bench import BASE, MacBench
from .conftest import Running, running
from .system import wait_until

FILE = "/etc/network/interfaces"
PACKAGES = {"classic": "ifupdown", "two": "ifupdown2", "ng": "ifupdown-ng"}
ALONE = ("auto eth0\niface eth0 inet static\n    address 203.0.113.{last}/24\n    gateway 203.0.113.1\n"
         "iface eth0 inet6 static\n    address 2001:db8:1::{last}/64\n")
# What the NICs share: a MAC of eth0 written there would be eth1's, too. eth1 may stay down.
SHARED = {
    "classic": (
        "auto /eth*=lan\niface lan inet manual\n    up ip address replace 203.0.113.{last}/24 dev eth0; ip link set"
        " eth0 up\n"
    ),
    "two": "auto eth[0-1]\niface eth[0-1]\n    up ip address replace 203.0.113.{last}/24 dev eth0\n",
    "ng": (
        "auto eth0\ntemplate base\n    hwaddress 02:00:00:7b:aa:01\n"
        "iface eth0\n    inherit base\n    address 203.0.113.{last}/24\niface eth1\n    inherit base\n"
    ),
}
# A MAC that one NIC alone inherits: it is changed where it stands.
INHERITED = {
    "classic": (
        "auto eth0=lan\niface base inet static\n    hwaddress {mac}\n    address 203.0.113.{last}/24\niface lan inet"
        " static inherits base\n"
    ),
    "ng": (
        "auto eth0\ntemplate base\n    hwaddress {mac}\niface eth0\n    inherit base\n    address 203.0.113.{last}/24\n"
    ),
}


class Bench(MacBench):
    """The lab of three programs that are called ifup."""

    def interfaces(self, host: str) -> str:
        return self.inside(host, f"cat {FILE}")

    def boot(self, host: str, stanzas: str, **words: str) -> None:
        """Boot a host with these stanzas."""
        last = self.lab.topology.host(host).address.rpartition(".")[2]
        text = "auto lo\niface lo inet loopback\n" + stanzas.format(last=last, **words)
        self.inside(host, f"rm -rf {BASE}; cat > {FILE} <<'EOF'\n{text}EOF")
        self.reboot(host)

    def reboot(self, host: str) -> None:
        lab.reboot(self.name, host)
        assert self.answers(host), self.told(host)

    def told(self, host: str) -> str:
        """What a host says itself, past SSH."""
        return self.inside(
            host, f"exec 2>&1; cat {FILE}; ip address; ip route; journalctl -u networking -n 40 --no-pager; true"
        )

    def macs(self, host: str) -> list[str]:
        return self.inside(host, "cat /sys/class/net/eth0/address /sys/class/net/eth1/address").split()


@pytest.fixture(scope="module")
def ifupdowns(able: None) -> Iterator[Running]:
    """One booted host for each program."""
    yield from running("ifupdowns")


@pytest.fixture
def bench(ifupdowns: Running, tmp_path: Path) -> Iterator[Bench]:
    """The lab; each test boots its hosts with the files that it wants, and after it nothing waits for a confirmation.
    """
    made = Bench(ifupdowns, tmp_path)
    yield made
    for host in PACKAGES:
        made.undo_waiting(host)


def new_mac(host: str, number: int) -> str:
    return f"02:00:00:7b:{list(PACKAGES).index(host):02x}:{number:02x}"


def changed(bench: Bench, host: str, number: int) -> str:
    """eth0's new MAC, after the change over its own path, the confirmation over a new connection, and a second run."""
    new = new_mac(host, number)
    done = bench.change(host, mac=new, revert_timeout=60)
    assert (done.get("moved"), done.get("manager")) == (["eth0"], "ifupdown"), (done, bench.told(host))
    kept = bench.confirm(host, done["revert"])
    assert kept["state"] == "confirmed", kept
    assert bench.change(host, mac=new)["changed"] is False
    return new


def test_each_host_has_another_program(bench: Bench) -> None:
    installed = {host: bench.inside(host, "dpkg -l | awk '/^ii +ifupdown/ {print $2}'").split() for host in PACKAGES}
    assert installed == {host: [package] for host, package in PACKAGES.items()}


@pytest.mark.parametrize("host", PACKAGES)
def test_the_path_that_it_changes_survives_the_change_and_a_reboot(bench: Bench, host: str) -> None:
    bench.boot(host, ALONE)
    other = bench.macs(host)[1]
    new = changed(bench, host, 1)
    assert bench.answers(host), bench.told(host)
    bench.reboot(host)
    assert bench.macs(host) == [new, other], bench.told(host)


@pytest.mark.parametrize("host", PACKAGES)
def test_unconfirmed_it_comes_back_by_itself(bench: Bench, host: str) -> None:
    bench.boot(host, ALONE)
    before = bench.macs(host), bench.interfaces(host)
    assert bench.change(host, mac=new_mac(host, 2), revert_timeout=8)["moved"] == ["eth0"]
    assert wait_until(lambda: (bench.macs(host), bench.interfaces(host)) == before, 60, 0.5), bench.told(host)
    assert bench.answers(host), bench.told(host)


@pytest.mark.parametrize("host", SHARED)
def test_a_stanza_of_several_nics_is_refused_and_nothing_changes(bench: Bench, host: str) -> None:
    bench.boot(host, SHARED[host])
    before = bench.macs(host), bench.interfaces(host)
    said = bench.change(host, mac=new_mac(host, 3)).get("msg", "")
    assert "not its alone" in said and "iface eth0" in said, (said, bench.told(host))
    assert (bench.macs(host), bench.interfaces(host)) == before and bench.answers(host)


@pytest.mark.parametrize("host", INHERITED)
def test_an_inherited_mac_is_changed_where_it_stands(bench: Bench, host: str) -> None:
    old = new_mac(host, 4)
    bench.boot(host, INHERITED[host], mac=old)
    assert bench.macs(host)[0] == old, bench.told(host)
    before = bench.interfaces(host)
    new = changed(bench, host, 5)
    assert bench.interfaces(host) == before.replace(old, new)
    bench.reboot(host)
    assert bench.macs(host)[0] == new, bench.told(host)
