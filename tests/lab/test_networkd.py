"""interface_mac where systemd-networkd's files match by MAC, by pattern or for several NICs: on booted hosts with
systemd 252 and 257, over the NIC itself.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from . import lab
from .bench import BASE, MacBench
from .conftest import Running, running
from .system import wait_until

MODULE = "netops.layer2.interface_mac"
HOSTS = {"old": 252, "new": 257}
FOLDER = "/etc/systemd/network"
PACKAGED = "/usr/lib/systemd/network/20-eth0.network"
FOLDERS = f"{FOLDER} {PACKAGED}"
LAYER3 = (
    "\n[Network]\nAddress=203.0.113.{last}/24\nAddress=2001:db8:1::{last}/64\nGateway=203.0.113.1\n"
    "LinkLocalAddressing=no\nIPv6AcceptRA=no\n"
)
SECOND = "52:54:00:ab:99:99"  # of a NIC that shares the file and is not in the machine now

# How the file in force matches the NIC: its path and the lines of [Match]; and a drop-in, if it has one.
MATCHES = {
    "by MAC": ("/etc/systemd/network/20-eth0.network", "MACAddress={mac}", ""),
    "by MAC in a drop-in": ("/etc/systemd/network/20-eth0.network", "Type=ether", "[Match]\nMACAddress={mac}\n"),
    "by MAC, a package's": (PACKAGED, "MACAddress={mac}", ""),
    "by MAC and pattern": ("/etc/systemd/network/20-eth0.network", "MACAddress={mac}\nName=et*", ""),
    "by several MACs": ("/etc/systemd/network/20-eth0.network", f"MACAddress={SECOND} {{mac}}", ""),
    "by pattern": ("/etc/systemd/network/20-eth0.network", "Name=et*", "[Link]\nMTUBytes=1400\n"),
}

ALONE = ("by MAC, a package's", "by several MACs", "by pattern")  # what leaves the file as it is


class Bench(MacBench):
    """The lab of two versions of networkd."""

    def files(self, host: str) -> str:
        return self.files_below(host, FOLDERS)

    def addresses(self, host: str) -> list[str]:
        """Global addresses and the default route that eth0 has now."""
        text = self.inside(host, "ip -o address show dev eth0 scope global; ip -4 route show default dev eth0")
        return sorted(word for word in text.split() if word.endswith(("/24", "/64", "/32")) or word == "203.0.113.1")

    def rules(self, host: str) -> str:
        return self.inside(host, "ip rule; ip route show table 777")

    def configure(self, host: str, match: str) -> str:
        """Have networkd configure eth0 by a file that matches in this way; returns the MAC that it has."""
        path, lines, drop_in = MATCHES[match]
        mac, last = self.mac(host), self.lab.topology.host(host).address.rpartition(".")[2]
        text = f"[Match]\n{lines.format(mac=mac)}\n" + LAYER3.format(last=last)
        self.inside(host, f"rm -rf {BASE} {FOLDER}/*; mkdir -p {Path(path).parent} {FOLDER}/20-eth0.network.d")
        self.inside(host, f"cat > {path} <<'EOF'\n{text}EOF")
        if drop_in:
            self.inside(host, f"cat > {FOLDER}/20-eth0.network.d/50-more.conf <<'EOF'\n{drop_in.format(mac=mac)}EOF")
        self.inside(host, "networkctl reload")
        assert wait_until(lambda: path in self.inside(host, "networkctl status eth0 --no-pager; true"), 30)
        assert self.answers(host), self.told(host)
        return mac

    def told(self, host: str) -> str:
        """What a host says itself, past SSH."""
        return self.inside(
            host,
            "exec 2>&1; ip address; ip route; networkctl --no-pager status eth0; journalctl -u systemd-networkd -n 40"
            " --no-pager; true",
        )

    def settled(self, host: str) -> bool:
        """Whether networkd is done with eth0 and the host answers."""
        quiet = wait_until(
            lambda: "configured)" in self.inside(host, "networkctl status eth0 --no-pager; true"), 30, 0.3
        )
        return quiet and self.answers(host)


@pytest.fixture(scope="module")
def networkds(able: None) -> Iterator[Running]:
    """One booted host for each version."""
    yield from running("networkd")


@pytest.fixture
def bench(networkds: Running, tmp_path: Path) -> Iterator[Bench]:
    """The lab; after each test the hosts have their own files and MACs again, by a reboot, and answer."""
    made = Bench(networkds, tmp_path)
    kept = {
        host: made.inside(host, f"tar cf /root/files.tar -C / {FOLDER[1:]}; cat /sys/class/net/eth0/address")
        for host in HOSTS
    }
    yield made
    with ThreadPoolExecutor(len(HOSTS)) as pool:
        list(pool.map(lambda host: restore(made, host), HOSTS))
    assert {host: made.inside(host, "cat /sys/class/net/eth0/address") for host in HOSTS} == kept
    assert [host for host in HOSTS if not made.answers(host)] == []


def restore(bench: Bench, host: str) -> None:
    """Its own files, and the NIC as it was."""
    bench.undo_waiting(host)
    bench.inside(host, f"rm -rf {BASE} {FOLDER} {PACKAGED}; tar xf /root/files.tar -C /")
    lab.reboot(bench.name, host)


def new_mac(host: str, number: int) -> str:
    return f"02:00:00:78:{list(HOSTS).index(host):02x}:{number:02x}"


def both(work: Any) -> dict[str, Any]:
    """The same on both hosts at once."""
    with ThreadPoolExecutor(len(HOSTS)) as pool:
        return dict(zip(HOSTS, pool.map(work, HOSTS), strict=True))


def test_the_hosts_have_the_versions_that_differ(bench: Bench) -> None:
    said = {host: bench.inside(host, "networkctl --version").split()[1] for host in HOSTS}
    assert said == {host: str(version) for host, version in HOSTS.items()}


@pytest.mark.parametrize("match", MATCHES)
def test_the_path_that_it_changes_survives_the_change_and_a_reboot(bench: Bench, match: str) -> None:
    old = {host: bench.configure(host, match) for host in HOSTS}
    for host in HOSTS:  # what others put there, which is in no file of networkd's
        bench.inside(
            host,
            "ip address add 198.51.100.77/32 dev eth0; ip route add 198.51.100.128/25 via 203.0.113.1 table 777;"
            " ip rule add from 198.51.100.77 lookup 777 priority 5000",
        )
    before = {host: bench.addresses(host) for host in HOSTS}
    rules = {host: bench.rules(host) for host in HOSTS}
    done = both(lambda host: bench.change(host, mac=new_mac(host, 1), revert_timeout=60))
    assert {host: each.get("moved") for host, each in done.items()} == {host: ["eth0"] for host in HOSTS}, done
    for host in HOSTS:
        assert bench.settled(host), bench.told(host)
        assert (bench.mac(host), bench.addresses(host)) == (new_mac(host, 1), before[host]), bench.told(host)
        assert bench.rules(host) == rules[host]
        kept = bench.confirm(host, done[host]["revert"])
        assert kept["state"] == "confirmed", kept
        again = bench.change(host, old_mac=old[host], mac=new_mac(host, 1))
        assert (again["changed"], again["files"]) == (False, []), again
    for host in HOSTS:
        if match in ALONE:  # another NIC that the file fits would get the MAC too
            assert new_mac(host, 1) not in bench.inside(host, f"cat {MATCHES[match][0]}")
    both(lambda host: lab.reboot(bench.name, host))
    for host in HOSTS:
        assert bench.settled(host), bench.told(host)
        own = [address for address in before[host] if not address.endswith("/32")]
        assert (bench.mac(host), bench.addresses(host)) == (new_mac(host, 1), own), bench.told(host)
        if match == "by pattern":  # the copy has what drop-ins said
            assert bench.inside(host, "cat /sys/class/net/eth0/mtu").strip() == "1400"


@pytest.mark.parametrize("match", ["by MAC", "by several MACs"])
def test_unconfirmed_the_host_comes_back(bench: Bench, match: str) -> None:
    old = {host: bench.configure(host, match) for host in HOSTS}
    before = {host: (bench.files(host), bench.addresses(host)) for host in HOSTS}
    done = both(lambda host: bench.change(host, mac=new_mac(host, 2), revert_timeout=8))
    assert {host: each.get("moved") for host, each in done.items()} == {host: ["eth0"] for host in HOSTS}, done
    for host in HOSTS:
        back = wait_until(
            lambda host=host: (bench.mac(host), bench.files(host)) == (old[host], before[host][0]), 60, 0.3
        )  # type: ignore[misc]
        assert back, bench.told(host)
        assert bench.settled(host) and bench.addresses(host) == before[host][1], bench.told(host)


def test_where_networkd_is_not_told_commit_confirm_brings_the_host_back(bench: Bench) -> None:
    old = {host: bench.configure(host, "by MAC") for host in HOSTS}
    before = {host: (bench.files(host), bench.addresses(host)) for host in HOSTS}
    # networkctl that reloads nothing: what the change was without its mend
    for host in HOSTS:
        bench.inside(
            host,
            'mv /usr/bin/networkctl /usr/bin/networkctl.real; printf \'#!/bin/sh\\ntest "$1" = reload && exit 0\\n'
            'exec networkctl.real "$@"\\n\' > /usr/bin/networkctl; chmod 755 /usr/bin/networkctl',
        )
    try:
        with ThreadPoolExecutor(len(HOSTS)) as pool:  # the answer of a host that is lost comes late, or never
            for host in HOSTS:
                pool.submit(
                    bench.run, *bench.words(host, MODULE, interface="eth0", mac=new_mac(host, 3), revert_timeout=20)
                )
            lost = wait_until(lambda: bench.addresses("new") == [], 60, 0.2)
            tried = wait_until(
                lambda: (
                    bench.mac("old") == new_mac("old", 3)
                    or bench.inside("old", f"ls {BASE}/revert 2>/dev/null; true") != ""
                ),
                60,
                0.2,
            )
        for host in HOSTS:
            back = wait_until(
                lambda host=host: (bench.mac(host), bench.files(host)) == (old[host], before[host][0]), 60, 0.3
            )  # type: ignore[misc]
            assert back, bench.told(host)
            assert bench.settled(host) and bench.addresses(host) == before[host][1], bench.told(host)
        assert tried and lost, "systemd 257 kept the link: is the mend needed any more?"
    finally:
        for host in HOSTS:
            bench.inside(host, "mv /usr/bin/networkctl.real /usr/bin/networkctl")


def test_a_change_until_the_next_boot_is_refused_where_the_file_would_not_fit(bench: Bench) -> None:
    for host in HOSTS:
        old, files = bench.configure(host, "by MAC"), bench.files(host)
        refused = bench.change(host, mac=new_mac(host, 4), persistent=False)
        assert "persistent: true" in refused["msg"], refused
        assert (bench.mac(host), bench.files(host)) == (old, files)


UDEV = """set -e; cd /
ip link add t9 type veth peer name t8
mkdir -p /run/udev/data {folder}/10-base.link.d
printf '[Match]\\nOriginalName=t9\\n\\n[Link]\\nMTUBytes=1400\\n\\n' > {folder}/10-base.link
printf '[SR-IOV]\\nVirtualFunction=0\\nVLANId=5\\n' >> {folder}/10-base.link
printf '[Link]\\nMTUBytes=1300\\nTransmitQueueLength=77\\n' > {folder}/10-base.link.d/10-more.conf
# No udev runs in a container: what it would keep of the file that it applied, and something that takes its orders
echo E:ID_NET_LINK_FILE={folder}/10-base.link > /run/udev/data/n$(cat /sys/class/net/t9/ifindex)
touch /run/udev/control
mv /usr/bin/udevadm /usr/bin/udevadm.real
printf '#!/bin/sh\\ntest "$1" = control && exit 0\\nexec udevadm.real "$@"\\n' > /usr/bin/udevadm
chmod 755 /usr/bin/udevadm
"""


def test_udev_itself_reads_the_whole_of_a_link_file_of_the_nics_own(bench: Bench) -> None:
    new = "02:00:00:78:09:09"
    for host in HOSTS:
        bench.inside(host, UDEV.format(folder=FOLDER))
        try:
            made = bench.results(host, MODULE, interface="t9", mac=new, runtime=False)[0][host]
            assert (made["manager"], made["files"]) == (".link file", [f"{FOLDER}/05-mac-t9.link"]), made
            said = bench.inside(
                host, "SYSTEMD_LOG_LEVEL=debug udevadm.real test-builtin net_setup_link /sys/class/net/t9 2>&1"
            )
            settings = bench.inside(host, f"cat {FOLDER}/05-mac-t9.link")
            there = bench.inside(host, "cd /sys/class/net/t9 && cat address mtu tx_queue_len").split()
        finally:
            bench.inside(host, "mv /usr/bin/udevadm.real /usr/bin/udevadm; rm -rf /run/udev; ip link del t9")
        assert f"Config file {FOLDER}/05-mac-t9.link is applied" in said and "SR-IOV" in said, said
        assert "05-mac-t9.link:" not in said, said  # no word about a line that it does not understand
        assert "[SR-IOV]\nVirtualFunction=0\nVLANId=5\n" in settings, settings
        if HOSTS[host] < 257:  # later versions only say what they would do
            assert there == [new, "1300", "77"], said


DHCP = """set -e; cd /
ip link add d0 type veth peer name d1 address {mac}
printf '[Match]\\nName=d0\\n[Network]\\nAddress=198.18.0.1/24\\nDHCPServer=yes\\n' > {folder}/30-d0.network
printf '[Match]\\nMACAddress={mac}\\n[Network]\\nDHCP=ipv4\\n' > {folder}/30-d1.network
printf '[DHCPv4]\\nUseGateway=no\\nUseDNS=no\\n' >> {folder}/30-d1.network
networkctl reload; ip link set d0 up; ip link set d1 up
"""


def test_an_address_from_a_server_comes_back(bench: Bench) -> None:
    def leased(host: str) -> bool:
        return "198.18.0." in bench.inside(host, "ip -4 -o address show dev d1 dynamic")

    for host in HOSTS:
        bench.inside(host, DHCP.format(mac="52:54:00:ab:01:01", folder=FOLDER))
        assert wait_until(lambda host=host: leased(host), 60, 0.3), bench.told(host)  # type: ignore[misc]
        try:
            made = bench.results(host, MODULE, interface="d1", mac="02:00:00:78:01:01")[0][host]
            assert made["moved"] == ["d1"], made
            assert wait_until(lambda host=host: leased(host), 60, 0.3), bench.told(host)  # type: ignore[misc]
            assert "02:00:00:78:01:01" in bench.inside(host, "ip link show d1")
        finally:
            bench.inside(host, "ip link del d0")
