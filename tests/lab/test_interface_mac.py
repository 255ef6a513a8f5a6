"""interface_mac on booted hosts, one per network manager: its own MAC, over the very connection, kept over a reboot,
never half.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# ifcfg is not among them: no distribution that reads it can be booted from Debian packages. Recorded hosts cover it in
# tests/unit.
from __future__ import annotations

import dataclasses
import json
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from . import inventory, lab, paths, switches
from .bench import BASE, MacBench
from .conftest import Running, running
from .play import is_idle
from .system import run, wait_until

MODULE = "netops.layer2.interface_mac"
FROM_A_FILE = ("-e", "ansible_pipelining=false")  # the module is a file on the host, whose name tells that it works
HOSTS = ["nm", "networkd", "netplan", "ifupdown"]
MANAGERS = {"nm": "NetworkManager", "networkd": "systemd-networkd", "netplan": "netplan", "ifupdown": "ifupdown"}
FOLDERS = "/etc/NetworkManager /etc/systemd/network /etc/netplan /etc/network /etc/udev/rules.d"
SECONDS_OF_PEERS = 3.0
WATCHERS = "netops-layer2-nic-*.service"  # processes that wait for a new NIC


def new_mac(host: str, number: int = 1) -> str:
    """A MAC of its own for every host and test."""
    return f"02:00:00:77:{HOSTS.index(host):02x}:{number:02x}"


@dataclass(slots=True)
class Watch:
    """What the controller's neighbour table says of a host, twenty times a second: when the host moved, when its peer
    knew.
    """

    namespace: str
    addresses: list[str]
    new: str
    host: str
    lab: str
    moved: float | None = None
    known: dict[str, float] = field(default_factory=dict)
    stopped: bool = False

    def look(self) -> None:
        """Until stopped."""
        while not self.stopped:
            now = time.monotonic()
            if (
                self.moved is None
                and self.new
                in run(["ip", "-netns", paths.namespace(self.lab, self.host), "link", "show", "eth0"]).stdout
            ):
                self.moved = now
            rows = json.loads(run(["ip", "-netns", self.namespace, "-j", "neigh"]).stdout)
            for row in rows:
                if row.get("lladdr") == self.new and row["dst"] in self.addresses:
                    self.known.setdefault(row["dst"], now)
            time.sleep(0.05)


class Bench(MacBench):
    """The lab of network managers."""

    def files(self, host: str) -> str:
        """Every configuration file: name, permissions, content."""
        return self.files_below(host, FOLDERS)

    def call(self, host: str, module: str = MODULE, *options: str, **arguments: Any) -> dict[str, Any]:
        """What one module returns for a host, reached over SSH on eth0."""
        return self.results(host, module, *options, **arguments)[0][host]

    def settle(self, host: str) -> None:
        """Undo what waits, and forget the connections that Ansible keeps."""
        self.undo_waiting(host)
        lab.drop_connections(self.name)

    def watch(self, host: str, new: str) -> Watch:
        addresses = [entry.split("/")[0] for nic in self.lab.topology.host(host).nics for entry in nic.addresses]
        for address in addresses:  # the peer knows the host by its old MAC
            run(["ip", "netns", "exec", paths.namespace(self.name, "controller"), "ping", "-c1", "-W2", address])
        return Watch(paths.namespace(self.name, "controller"), addresses, new, host, self.name)


@pytest.fixture(scope="module")
def managers(able: None) -> Iterator[Running]:
    """One booted host of every network manager."""
    yield from running("managers")


@pytest.fixture
def bench(managers: Running, tmp_path: Path) -> Iterator[Bench]:
    """The lab; after each test every host answers and nothing waits for a confirmation or lies about."""
    made = Bench(managers, tmp_path)
    yield made
    for host in HOSTS:
        made.settle(host)
    silent = [host for host in HOSTS if not made.answers(host)]
    litter = [made.inside(host, f"find {FOLDERS} -name '.*layer2*' 2>/dev/null; true") for host in HOSTS]
    assert (silent, "".join(litter)) == ([], "")


@pytest.mark.parametrize("host", HOSTS)
def test_check_mode_shows_it_and_touches_nothing(bench: Bench, host: str) -> None:
    mac, files = bench.mac(host), bench.files(host)
    foreseen = bench.change(host, "--check", mac=new_mac(host), revert_timeout=60)
    assert (foreseen["changed"], foreseen["manager"]) == (True, MANAGERS[host])
    shown = lab.in_controller_run(
        bench.name, bench.words(host, MODULE, "--check", "--diff", interface="eth0", mac=new_mac(host))
    ).stdout
    assert f"-running MAC: {mac}\n+running MAC: {new_mac(host)}\n" in shown
    assert all(f"+++ after: {path}\n" in shown for path in foreseen["files"]) and foreseen["files"]
    assert (bench.mac(host), bench.files(host)) == (mac, files)
    assert bench.inside(host, f"ls -A {BASE} 2>/dev/null; true") == ""


@pytest.mark.parametrize("host", HOSTS)
def test_it_changes_over_its_own_connection_and_stays_over_a_reboot(bench: Bench, host: str) -> None:
    new, old = new_mac(host), bench.mac(host)
    session = subprocess.Popen(  # a session that was there before must still be there after
        [*lab.in_controller(bench.name), *lab.ssh(bench.name, bench.lab.topology, host, "read line; echo still here")],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    watch = bench.watch(host, new)
    watcher = threading.Thread(target=watch.look)
    watcher.start()
    try:
        real = bench.change(host, old_mac=old, mac=new, revert_timeout=60)
        wait_until(lambda: len(watch.known) == len(watch.addresses), 5)
    finally:
        watch.stopped = True
        watcher.join()
    assert real["changed"] and real["moved"] == ["eth0"], real
    assert session.communicate("\n", timeout=20)[0] == "still here\n"
    assert watch.moved is not None and sorted(watch.known) == sorted(watch.addresses), watch
    late = {
        address: moment - watch.moved
        for address, moment in watch.known.items()
        if moment - watch.moved > SECONDS_OF_PEERS
    }
    assert late == {}
    # Another run finds all in place, and must not take it for done; this one is told once more what confirms it
    other = bench.change(host, old_mac=old, mac=new)
    assert "of interface_mac waits for its confirmation" in other.get("msg", ""), other
    same = bench.change(host, old_mac=old, mac=new, revert_timeout=60, revert_token=real["revert"]["token"])
    assert (same["changed"], same["revert"]["id"]) == (False, real["revert"]["id"]), same
    kept = bench.confirm(host, real["revert"])
    assert kept["state"] == "confirmed", kept
    again = bench.change(host, old_mac=old, mac=new, revert_timeout=60)
    assert (again["changed"], again["files"], "revert" in again) == (False, [], False)
    lab.reboot(bench.name, host)
    assert bench.mac(host) == new
    assert bench.answers(host)
    assert bench.change(host, "--check", mac=new)["changed"] is False


@pytest.mark.parametrize("host", HOSTS)
def test_unconfirmed_it_comes_back_by_itself(bench: Bench, host: str) -> None:
    mac, files = bench.mac(host), bench.files(host)
    armed = bench.change(host, mac=new_mac(host, 2), revert_timeout=8)
    assert armed["changed"] and armed["moved"] == ["eth0"], (
        armed
    )  # its own word: on a busy machine a second look may come too late
    assert wait_until(lambda: bench.mac(host) == mac and bench.files(host) == files, 40, 0.3), bench.mac(host)
    assert bench.answers(host)


def test_killed_with_its_session_it_is_whole_nevertheless(bench: Bench) -> None:
    host, new = "networkd", new_mac("networkd", 3)
    old = bench.mac(host)
    argv = [*lab.in_controller(bench.name), *bench.words(host, MODULE, *FROM_A_FILE, interface="eth0", mac=new)]
    controller = subprocess.Popen(
        argv, env=inventory.environment(bench.name), start_new_session=True, stdout=subprocess.DEVNULL
    )
    # The module works: its process tree goes, on the host as well, before or while it writes.
    assert wait_until(lambda: "AnsiballZ_interface_mac" in bench.inside(host, "ps ax"), 30, 0.05)
    lab.kill_controller(bench.name)
    controller.wait()
    bench.inside(host, "pkill -HUP -f '[s]shd: root' || true")
    assert wait_until(lambda: is_idle(bench.name, host), 60, 0.5)
    stated = new in bench.files(host)
    assert bench.mac(host) == (new if stated else old), "half a change"
    finished = bench.change(host, old_mac=old, mac=new)
    assert bench.mac(host) == new and finished["mac"] == new
    assert bench.change(host, old_mac=old, mac=new)["changed"] is False


def test_on_a_full_disk_nothing_changes(bench: Bench) -> None:
    host = "networkd"
    folder = "/etc/systemd/network"
    bench.inside(
        host,
        f"cp -a {folder} /root/network && mount -t tmpfs -o size=16k tmpfs {folder} && cp -a /root/network/. {folder}"
        f" && (dd if=/dev/zero of={folder}/filler bs=1k 2>/dev/null || true)",
    )
    try:
        mac, files = bench.mac(host), bench.files(host)
        refused = bench.change(host, mac=new_mac(host, 4))
        assert (
            "changed" in refused
            and not refused["changed"]
            and "No space left" in refused["msg"]
            and "nothing was changed" in refused["msg"]
        ), refused
        assert (bench.mac(host), bench.files(host)) == (mac, files)
    finally:
        bench.inside(host, f"umount {folder}; rm -rf /root/network")


def test_where_the_manager_refuses_everything_is_put_back(bench: Bench) -> None:
    host = "nm"
    mac, files = bench.mac(host), bench.files(host)
    # nmcli that loads nothing, found before the real one
    bench.inside(
        host,
        'mv /usr/bin/nmcli /usr/bin/nmcli.real; printf \'#!/bin/sh\\ntest "$2" = load && exit 4\\nexec nmcli.real'
        ' "$@"\\n\' > /usr/bin/nmcli; chmod 755 /usr/bin/nmcli',
    )
    try:
        refused = bench.change(host, mac=new_mac(host, 5), revert_timeout=60)
    finally:
        bench.inside(host, "mv /usr/bin/nmcli.real /usr/bin/nmcli; nmcli connection reload")
    assert "changed" in refused and not refused["changed"] and "nmcli connection load" in refused["msg"], refused
    assert (bench.mac(host), bench.files(host)) == (mac, files)


def test_a_driver_that_cannot_change_it_while_up_is_told_of(bench: Bench) -> None:
    host = "networkd"
    bench.inside(host, "cd / && ip link add ifb9 type ifb && ip link set ifb9 up")
    try:
        refused = bench.call(host, MODULE, interface="ifb9", mac=new_mac(host, 8), persistent=False)
        assert "while the interface is up" in refused["msg"] and "everything is as it was" in refused["msg"], refused
    finally:
        bench.inside(host, "ip link del ifb9")


def test_networkmanager_keeps_the_connection_while_its_profile_waits_for_another_nic(bench: Bench) -> None:
    host, new = "nm", new_mac("nm", 9)
    profile = "/etc/NetworkManager/system-connections/eth0.nmconnection"
    permanent = next(nic.mac for nic in bench.lab.topology.host(host).nics if nic.name == "eth0")
    given = bench.mac(host)
    before = bench.inside(
        host,
        f"cp -a {profile} /root/profile; printf '\\n[ethernet]\\nmac-address={permanent}\\n' >> {profile};"
        " nmcli connection reload; nmcli -t -f GENERAL.STATE device show eth0",
    )
    try:
        # A veth tells no permanent MAC: the one in use stands for it.
        bench.inside(host, f"ip link set eth0 address {permanent}")
        moved = bench.change(host, mac=new, change="hardware")
        assert moved["files"] == [profile], moved
        assert (
            bench.inside(host, "nmcli -t -f GENERAL.STATE device show eth0")
            == before
            == "GENERAL.STATE:100 (connected)\n"
        )
        assert bench.mac(host) == permanent and bench.answers(host)
    finally:
        bench.inside(host, f"cp -a /root/profile {profile}; nmcli connection reload; ip link set eth0 address {given}")


def test_a_bridge_that_speaks_with_its_ports_mac_is_named_and_can_be_changed(bench: Bench) -> None:
    host, new = "ifupdown", new_mac("ifupdown", 6)
    bench.inside(
        host,
        "cd / && ip link add port9 type veth peer name far9 && ip link add br9 type bridge && ip link set port9 master"
        " br9 && ip link set port9 up && ip link set far9 up && ip link set br9 up && ip address add 198.51.100.9/24"
        " dev br9",
    )
    try:
        refused = bench.call(host, MODULE, interface="port9", mac=new, persistent=False)
        assert "set it on br9" in refused["msg"], refused
        real = bench.call(host, MODULE, interface="br9", mac=new, persistent=False)
        assert real["moved"] == ["br9"] and real["announced"] >= 6, real
        assert bench.inside(host, "cat /sys/class/net/br9/address").strip() == new
    finally:
        bench.inside(host, "ip link del br9; ip link del port9")


@pytest.mark.parametrize(("arguments", "words"), [
    ({"mac": "52:54:00:aa:00:zz"}, "not a MAC address"),
    ({"mac": "01:00:5e:00:00:01"}, "group address"),
    ({"mac": "02:00:00:00:00:01"}, "answers for 203.0.113.1 on eth0 already"),
    ({"mac": "02:00:00:77:09:09", "taken": ["02-00-00-77-09-09"]}, "in the list of taken"),
    ({"mac": "02:00:00:77:09:09", "old_mac": "02:00:00:77:08:08"}, "not 02:00:00:77:08:08 as expected"),
    ({"mac": "02:00:00:77:09:09", "interface": "eth5"}, "eth5 does not exist here: there are eth0"),
])
def test_what_would_do_harm_is_refused(bench: Bench, arguments: dict[str, Any], words: str) -> None:
    refused = bench.call("networkd", MODULE, **{"interface": "eth0", **arguments})
    assert "changed" in refused and not refused["changed"] and words in refused["msg"], refused


def test_the_hypervisors_change_moves_the_pins_and_leaves_the_kernel_alone(bench: Bench) -> None:
    host, new = "ifupdown", new_mac("ifupdown", 7)
    old = bench.mac(host)
    rule = "/etc/udev/rules.d/70-persistent-net.rules"
    bench.inside(host, f'echo \'SUBSYSTEM=="net", ATTR{{address}}=="{old}", NAME="eth0"\' > {rule}; chmod 600 {rule}')
    try:
        moved = bench.change(host, mac=new, change="hardware")
        assert rule in moved["files"] and bench.mac(host) == old
        assert new in bench.inside(host, f"cat {rule}") and bench.inside(host, f"stat -c %a {rule}").strip() == "600"
        assert bench.change(host, old_mac=old, mac=new, change="hardware")["changed"] is False
        assert all(
            old in bench.inside(host, f"cat {copy}") for copy in moved["backup_files"] if copy.endswith("net.rules")
        )
    finally:
        bench.inside(host, f"rm -f {rule}")
        bench.change(host, mac=old, old_mac=new)


# --- ifupdown: a NIC that is chosen by its MAC

def rewritten_interfaces(bench: Bench, script: str) -> None:
    """Edit the ifupdown host's file by a sed script, and boot the host with it."""
    bench.inside("ifupdown", f"tar cf /root/files.tar {FOLDERS} 2>/dev/null; sed -i '{script}' /etc/network/interfaces")
    lab.reboot(bench.name, "ifupdown")
    assert bench.answers("ifupdown")


@pytest.fixture
def interfaces_back(bench: Bench) -> Iterator[None]:
    """Afterwards the ifupdown host has its own files again, and booted with them."""
    yield
    bench.settle("ifupdown")
    bench.inside("ifupdown", f"rm -rf {BASE}; tar xf /root/files.tar -C /")
    lab.reboot(bench.name, "ifupdown")


@pytest.mark.usefixtures("interfaces_back")
def test_a_nic_that_ifup_finds_by_its_mac_is_found_at_the_next_boot(bench: Bench) -> None:
    host, new = "ifupdown", new_mac("ifupdown", 21)
    bench.inside(host, "sed -i /hwaddress/d /etc/network/interfaces")
    lab.reboot(bench.name, host)  # without a hwaddress of an earlier change it has the MAC that it boots with
    assert bench.answers(host)
    old = bench.mac(host)
    rewritten_interfaces(bench, f"s,^auto eth0$,auto mac/{old}=lan,; s/^iface eth0 /iface lan /")
    assert bench.mac(host) == old
    assert bench.change(host, mac=new)["moved"] == ["eth0"]
    assert f"auto mac/{old}=lan mac/{new}=lan" in bench.inside(host, "cat /etc/network/interfaces")
    assert bench.answers(host)
    lab.reboot(bench.name, host)
    assert bench.answers(host) and bench.mac(host) == new


# --- the hypervisor swaps the NIC under the running host

# How each host's files pin the MAC: those of networkd match by it, those of netplan and NetworkManager give or match
# it, ifupdown's do not name it at all.
PINNED = {
    "nm": (
        "printf '\\n[ethernet]\\nmac-address={old}\\n' >> /etc/NetworkManager/system-connections/eth0.nmconnection;"
        " nmcli connection reload"
    ),
    "networkd": (
        "cd /etc/systemd/network; sed -i -e '/^.Link/,/^MACAddress/d' -e 's/^Name=eth0/MACAddress={old}/'"
        " 20-eth0.network; networkctl reload"
    ),
    "netplan": (
        "rm -f /etc/netplan/90-layer2*; sed -i 's/^    eth0:/    eth0:\\n      macaddress: \"{old}\"/'"
        " /etc/netplan/10-lab.yaml; netplan generate; networkctl reload"
    ),
    "ifupdown": "sed -i '/hwaddress/d' /etc/network/interfaces",
}


def swap(bench: Bench, host: str, mac: str) -> None:
    """Take the NIC out and put another one in, as a hypervisor does."""
    made = bench.lab.topology.host(host)
    switches.unplug(bench.name, made)
    time.sleep(1)
    switches.plug(bench.name, host, dataclasses.replace(made.nics[0], mac=mac))
    # Where a hypervisor announces the new MAC; else a peer may hold on to the old one for 53 s (15 to 45 s reachable,
    # then 8 s of probes)
    run(["ip", "-netns", paths.namespace(bench.name, "controller"), "neigh", "flush", "to", made.address])


@pytest.fixture
def pinned(bench: Bench) -> Iterator[dict[str, str]]:
    """Hosts whose files name the MAC that they have, host -> MAC; afterwards they have their old files, and their own
    NICs by a reboot.
    """
    macs = {host: bench.mac(host) for host in HOSTS}
    for host, mac in macs.items():
        # What earlier changes left there would be taken for this one's state
        bench.inside(
            host, f"rm -rf {BASE}; tar cf /root/files.tar {FOLDERS} 2>/dev/null; {PINNED[host].format(old=mac)}"
        )
    assert [host for host in HOSTS if not bench.answers(host)] == []
    yield macs
    for host in HOSTS:
        bench.settle(host)
        bench.inside(host, f"rm -rf {BASE} /etc/netplan/90-layer2*; tar xf /root/files.tar -C /")
    on_all(lambda host: lab.reboot(bench.name, host))


def on_all(work: Callable[[str], Any]) -> dict[str, Any]:
    """The same on every host at once."""
    with ThreadPoolExecutor(len(HOSTS)) as pool:
        return dict(zip(HOSTS, pool.map(work, HOSTS), strict=True))


def prepared(bench: Bench, pinned: dict[str, str], number: int, seconds: float) -> dict[str, dict[str, Any]]:
    """Have every host ready for the new NIC, all at once: the first one must not give up while the last one is still
    asked.
    """
    return on_all(
        lambda host: bench.change(
            host,
            mac=new_mac(host, number),
            old_mac=pinned[host],
            change="hardware",
            swap_timeout=90,
            revert_timeout=seconds,
        )
    )


def reached(bench: Bench, host: str) -> bool:
    """Whether a host can be reached over SSH; other hosts' connections are left alone."""
    words = lab.ssh(bench.name, bench.lab.topology, host, "true")
    return wait_until(lambda: lab.in_controller_run(bench.name, words).returncode == 0, 40, 0.3)


def told_of_silent(bench: Bench) -> dict[str, str]:
    """Of each host that cannot be reached what it says itself, past SSH."""
    words = (
        "ip address; ip neigh; networkctl --no-pager status eth0; tail -n +1 /run/systemd/network/* /etc/netplan/*;"
        " journalctl -n 60 --no-pager; true"
    )
    reaching = on_all(lambda host: reached(bench, host))
    return {host: bench.inside(host, f"exec 2>&1; {words}") for host in HOSTS if not reaching[host]}


def state(bench: Bench, host: str) -> str:
    """How the host's own revert stands; ifupdown's files do not change, so it has none."""
    return (
        bench.inside(host, f'cat {BASE}/revert/*/state.json 2>/dev/null || echo \'"state": "none"\'')
        .partition('"state": "')[2]
        .partition('"')[0]
    )


def test_a_nic_that_is_swapped_under_the_host_is_configured_by_whatever_manager(
    bench: Bench, pinned: dict[str, str]
) -> None:
    ready = prepared(bench, pinned, 0x10, 45)
    assert {host: bool(each["files"]) for host, each in ready.items()} == {
        "nm": True,
        "networkd": True,
        "netplan": True,
        "ifupdown": False,
    }, ready
    on_all(lambda host: swap(bench, host, new_mac(host, 0x10)))
    assert told_of_silent(bench) == {}
    assert {host: bench.mac(host) for host in HOSTS} == {host: new_mac(host, 0x10) for host in HOSTS}
    # Nobody confirms, but the NIC that the settings fit is there
    assert on_all(
        lambda host: wait_until(lambda: state(bench, host) in ("confirmed", "none"), 60, 0.5)
    ) == dict.fromkeys(HOSTS, True)
    again = {
        host: bench.change(
            host, mac=new_mac(host, 0x10), old_mac=old, change="hardware", swap_timeout=60, revert_timeout=30
        )
        for host, old in pinned.items()
    }
    assert {host: each["changed"] for host, each in again.items()} == dict.fromkeys(HOSTS, False)
    # Who is refused, because another run's change waits, leaves nobody behind who waits for a NIC
    bench.inside("networkd", f"systemctl stop '{WATCHERS}'")
    first, second = (
        bench.change(
            "networkd",
            mac=new_mac("networkd", number),
            old_mac=new_mac("networkd", 0x10),
            change="hardware",
            swap_timeout=60,
            revert_timeout=60,
        )
        for number in (0x12, 0x13)
    )
    watching = bench.inside("networkd", f"systemctl list-units --no-legend --plain '{WATCHERS}'").splitlines()
    assert ("revert" in first, "waits" in second, len(watching)) == (True, True, 1), (first, second, watching)


def test_a_nic_that_comes_back_or_was_never_swapped_is_configured_as_before(
    bench: Bench, pinned: dict[str, str]
) -> None:
    before = {host: bench.files(host) for host in HOSTS}
    prepared(bench, pinned, 0x11, 30)
    # netplan's host would give the NIC that comes back the new MAC, and no veth tells that it was made with another
    # one.
    swapped = ["networkd", "ifupdown"]
    for mac in (lambda host: new_mac(host, 0x11), lambda host: pinned[host]):
        on_all(lambda host, mac=mac: swap(bench, host, mac(host)) if host in swapped else None)  # type: ignore[misc]
        time.sleep(3)
    assert on_all(
        lambda host: wait_until(lambda: state(bench, host) in ("reverted", "none"), 60, 0.5)
    ) == dict.fromkeys(HOSTS, True)
    assert told_of_silent(bench) == {}
    assert {host: (bench.mac(host), bench.files(host)) for host in HOSTS} == {
        host: (pinned[host], before[host]) for host in HOSTS
    }
