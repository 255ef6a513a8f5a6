"""Commit-confirm on real hosts: whatever happens after arming, the host ends reachable, and settled one way or the
other.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from . import inventory, lab
from .bench import BASE, LabBench
from .conftest import Running, running
from .system import LabError, slowness, wait_until

MODULE = "netops.layer2.confirmed_change"
FILES = {  # what each host's network manager reads
    "node": "/etc/systemd/network/20-eth0.network",
    "newer": "/etc/NetworkManager/system-connections/eth0.nmconnection",
    "light": "/etc/lab-network",
}
NEW_MAC = "02:00:00:00:00:99"
WRONG = "198.51.100.77/24"


class Bench(LabBench):
    """The lab of commit-confirm."""

    def call(self, host: str, module: str, **arguments: Any) -> dict[str, Any]:
        """What one module or action returns for a host."""
        found, done = self.results(host, module, **arguments)
        return {**found[host], "failed": done.returncode != 0}

    def arm(self, host: str, timeout: float, identifier: str = "change", **more: Any) -> dict[str, Any]:
        """Arm the revert of the host's network file, of a file that is not there, and of its MAC."""
        old = self.mac(host)
        return self.call(
            host,
            MODULE,
            state="armed",
            id=identifier,
            timeout=timeout,
            restore_files=[FILES[host], "/etc/made/by-change"],
            restore_commands=[{"argv": ["ip", "link", "set", "dev", "eth0", "address", old]}],
            **more,
        )

    def state(self, host: str) -> dict[str, Any]:
        """The state file of the change."""
        found: dict[str, Any] = json.loads(self.inside(host, f"cat {BASE}/revert/change/state.json"))
        return found

    def wait_for(self, host: str, wanted: str, seconds: float) -> dict[str, Any]:
        """Wait until the change has that state; past SSH, which may be cut."""
        assert wait_until(lambda: self.state(host)["state"] == wanted, seconds, 0.3), self.state(host)
        return self.state(host)

    def file(self, host: str) -> str:
        return self.inside(host, f"cat {FILES[host]}; stat -c '%a %u %g' {FILES[host]}; ls /etc/made 2>&1; true")

    def change(self, host: str) -> None:
        """Alter all that was armed, as a real change would."""
        self.inside(
            host,
            f"echo '# changed' >> {FILES[host]}; chmod 644 {FILES[host]}; mkdir /etc/made; echo x >"
            f" /etc/made/by-change; ip link set dev eth0 address {NEW_MAC}",
        )

    def settled(self, host: str) -> bool:
        """Whether no change waits on a host; one that does is undone, so that the next test starts clean."""
        waits = self.inside(
            host, f'grep -lE \'"state": "(armed|failed)"\' {BASE}/revert/*/state.json 2>/dev/null; true'
        )
        self.undo_waiting(host)
        return not waits

    def traces(self, host: str) -> str:
        """What is left of an armed revert: units, processes, files beside the state."""
        return self.inside(
            host,
            f"ls {BASE}/revert/change | grep -v '^state.json$'; ls -A {BASE}/revert | grep -vx -e change -e .lock;"
            " ls /etc/systemd/system /etc/systemd/system/sysinit.target.wants | grep layer2;"
            " systemctl list-timers --all 2>/dev/null | grep layer2; pgrep -f '[r]evert.py'; true",
        )


@pytest.fixture(scope="module")
def confirm(able: None) -> Iterator[Running]:
    """Two booted hosts and one without systemd."""
    yield from running("confirm")


@pytest.fixture
def bench(confirm: Running, tmp_path: Path) -> Iterator[Bench]:
    """The lab with nothing armed; after each test every host answers, has its MAC, and nothing is half done."""
    made = Bench(confirm, tmp_path)
    made.inside("light", f"test -e {FILES['light']} || echo old > {FILES['light']}")
    for name in FILES:  # peers hear of a new MAC at once, as interface_mac tells them too
        made.inside(name, "sysctl -qw net.ipv4.conf.eth0.arp_notify=1")
    macs = {name: made.mac(name) for name in FILES}
    modes = {name: made.inside(name, f"stat -c %a {FILES[name]}").strip() for name in FILES}
    yield made
    unsettled = [name for name in FILES if not made.settled(name)]
    silent = [name for name in FILES if not made.answers(name)]
    for name, mac in macs.items():
        # A confirmed change keeps its mode, and NetworkManager reads no file that others can read.
        made.inside(
            name,
            f"rm -rf {BASE} /etc/made; sed -i '/# changed/d' {FILES[name]}; chmod {modes[name]} {FILES[name]};"
            f" ip link set dev eth0 address {mac}",
        )
    assert (unsettled, silent) == ([], [])


@pytest.mark.parametrize("host", list(FILES))
def test_a_confirmed_change_stays(bench: Bench, host: str) -> None:
    armed = bench.arm(host, 90)
    assert (armed["state"], armed["guard"]) == ("armed", "process" if host == "light" else "systemd"), armed
    bench.change(host)
    peer = "newer" if host == "node" else "node"
    kept = bench.call(host, "netops.layer2.confirm_reachable", id="change", token=armed["token"], timeout=45,
                      probe_from=[peer, "localhost"], probe_ports=[22], probe_mac=NEW_MAC)
    assert (kept["state"], kept["changed"]) == ("confirmed", True), kept
    assert [(probe["from"], probe["reached"], probe["mac"]) for probe in kept["probes"]] == [
        (peer, True, NEW_MAC),
        ("localhost", True, NEW_MAC),
    ]
    assert bench.traces(host) == ""
    again = bench.call(host, "netops.layer2.confirm_reachable", id="change", token=armed["token"])
    assert (again["state"], again["changed"]) == ("confirmed", False)
    assert "# changed" in bench.file(host) and bench.mac(host) == NEW_MAC


@pytest.mark.parametrize("host", list(FILES))
def test_what_nobody_confirms_is_undone_files_and_runtime(bench: Bench, tmp_path: Path, host: str) -> None:
    before, mac = bench.file(host), bench.mac(host)
    assert bench.arm(host, 9)["state"] == "armed"
    lab.drop_connections(bench.name)  # the session that armed it is gone
    bench.change(host)
    state = bench.wait_for(host, "reverted", 20)
    assert (bench.file(host), bench.mac(host)) == (before, mac)
    assert state["failures"] == [] and -0.6 <= state["at_monotonic"] - state["deadline"] < 5 * slowness()
    assert bench.traces(host) == ""


CUT = """
- hosts: node
  gather_facts: false
  tasks:
    - netops.layer2.confirmed_change:
        state: armed
        id: change
        timeout: {timeout}
        restore_files: [/etc/systemd/network/20-eth0.network]
        restore_commands: [{{argv: [networkctl, reload]}}]
      register: armed
    - ansible.builtin.copy:
        content: "[Match]\\nName=eth0\\n\\n[Network]\\nAddress={wrong}\\n"
        dest: /etc/systemd/network/20-eth0.network
        mode: "0644"
    - ansible.builtin.command: networkctl reload
      async: 20
      poll: 0
    - ansible.builtin.wait_for: {{timeout: {pause}}}
      delegate_to: localhost
    - netops.layer2.confirm_reachable:
        id: change
        token: "{{{{ armed.token }}}}"
        deadline: "{{{{ armed.deadline }}}}"
        timeout: 5
"""


def cut(tmp_path: Path, timeout: int, pause: int) -> Path:
    """A playbook that gives node a wrong address over the very connection that it runs on."""
    (tmp_path / "cut.yml").write_text(CUT.format(timeout=timeout, pause=pause, wrong=WRONG))
    return tmp_path / "cut.yml"


def test_a_change_that_cuts_its_own_path_comes_back_by_itself(bench: Bench, tmp_path: Path) -> None:
    before = bench.file("node")
    done = bench.run("ansible-playbook", str(cut(tmp_path, 40, 2)))
    assert done.returncode != 0
    told = " ".join(done.stdout.split())
    assert re.search(
        r"node: change change is not confirmed and stays armed: no new connection: .* it undoes the change by itself by"
        r" 20\d\d-",
        told,
    ), told
    assert WRONG in bench.inside("node", "ip address show dev eth0")
    state = bench.wait_for("node", "reverted", 60)
    assert state["by"] == "deadline" and bench.file("node") == before
    assert bench.answers("node")
    late = bench.call("node", "netops.layer2.confirm_reachable", id="change", token="0" * 32)
    assert late["failed"] and "it is reverted" in late["msg"]


FAR = "203.0.113.200"  # the controller's address that hosts answer by way of their gateway
LOST = """
- hosts: node
  gather_facts: false
  tasks:
    - netops.layer2.confirmed_change:
        state: armed
        id: change
        timeout: 45
        restore_files: [/etc/systemd/network/20-eth0.network]
        restore_commands: [{argv: [networkctl, reload]}]
      register: armed
    - ansible.builtin.replace:
        path: /etc/systemd/network/20-eth0.network
        regexp: ^Gateway=.*
        replace: Gateway=192.0.2.99
    - ansible.builtin.shell: sleep 1; networkctl reload
      async: 20
      poll: 0
    - ansible.builtin.wait_for: {timeout: 4}
      delegate_to: localhost
    - netops.layer2.confirm_reachable:
        id: change
        token: "{{ armed.token }}"
        deadline: "{{ armed.deadline }}"
        timeout: 5
"""


def reached_from_afar(bench: Bench) -> bool:
    """Whether the host's answers find their way over its gateway."""
    words = lab.ssh(bench.name, bench.lab.topology, "node", "true")
    return bench.run(words[0], "-o", f"BindAddress={FAR}", *words[1:]).returncode == 0


def test_a_wrong_gateway_keeps_it_from_being_confirmed_and_comes_back_by_itself(bench: Bench, tmp_path: Path) -> None:
    before = bench.file("node")
    assert reached_from_afar(bench)
    (tmp_path / "lost.yml").write_text(LOST)
    done = bench.run(
        "ansible-playbook", str(tmp_path / "lost.yml"), "-e", f"ansible_ssh_extra_args='-o BindAddress={FAR}'"
    )
    told = " ".join(done.stdout.split())
    assert done.returncode != 0 and "node: change change is not confirmed and stays armed: no new connection" in told, (
        done.stdout
    )
    assert "Gateway=192.0.2.99" in bench.file("node") and not reached_from_afar(bench) and bench.answers("node")
    bench.wait_for("node", "reverted", 60)
    back = wait_until(lambda: reached_from_afar(bench), 40, 0.5)
    told = f"ip address; ip route; ip neigh; cat {BASE}/revert/change/state.json; journalctl -n 60 --no-pager"
    assert bench.file("node") == before and back, bench.inside("node", told)


def test_the_controller_is_killed(bench: Bench, tmp_path: Path) -> None:
    before = bench.file("node")
    argv = [*lab.in_controller(bench.name), "ansible-playbook", str(cut(tmp_path, 40, 120))]
    own = inventory.environment(bench.name)
    with subprocess.Popen(
        argv, env=own, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    ):
        seen = f"cat {BASE}/revert/change/state.json 2>/dev/null; ip address show dev eth0"
        assert wait_until(
            lambda: all(sign in bench.inside("node", seen) for sign in ('"state": "armed"', WRONG)), 40, 0.3
        )
        lab.kill_controller(bench.name)
    assert bench.state("node")["state"] == "armed"
    bench.wait_for("node", "reverted", 60)
    assert bench.answers("node") and bench.file("node") == before


@pytest.mark.parametrize("power_cut", [True, False], ids=["power cut", "reboot"])
@pytest.mark.parametrize("host", ["node", "newer"])
def test_a_reboot_undoes_it_before_the_network_comes_up(bench: Bench, host: str, power_cut: bool) -> None:
    before = bench.file(host)
    assert bench.arm(host, 3600)["at_boot"] == "systemd"
    bench.change(host)
    own = bench.lab.topology.host(host).address
    bench.inside(host, f"sed -i s,{own}/24,{WRONG}, {FILES[host]}; sync")
    lab.reboot(bench.name, host, cut=power_cut)
    state = bench.wait_for(host, "reverted", 20)
    assert (state["by"], state["failures"], bench.file(host)) == ("boot", [], before)
    manager = {"node": "systemd-networkd", "newer": "NetworkManager"}[host]
    began = bench.inside(host, f"systemctl show --value -p ExecMainStartTimestampMonotonic {manager}")
    assert state["at_monotonic"] < int(began) / 1e6
    assert bench.traces(host) == ""


def test_systemd_pulling_in_the_boot_unit_is_no_boot(bench: Bench) -> None:
    armed = bench.arm("node", 3600)
    bench.change("node")
    bench.inside(
        "node",
        "systemctl daemon-reload; systemctl start netops-layer2-revert-change.service; systemctl start sysinit.target;"
        " systemctl restart systemd-networkd.service; sleep 1",
    )
    ran = bench.inside(
        "node", "systemctl show --value -p ExecMainStartTimestampMonotonic netops-layer2-revert-change.service"
    )
    assert int(ran) > 0 and "# changed" in bench.file("node")
    assert bench.call("node", MODULE, state="query", id="change")["remaining"] > 3500
    assert bench.call("node", MODULE, state="reverted", id="change", token=armed["token"])["state"] == "reverted"


def test_the_timer_counts_on_the_monotonic_clock(bench: Bench) -> None:
    armed = bench.arm("node", 600)
    unit = bench.state("node")["guard"]["unit"]
    shown = bench.inside("node", f"systemctl show -p TimersMonotonic -p TimersCalendar -p AccuracyUSec {unit}.timer")
    assert "OnActiveUSec=10min" in shown and "OnCalendar" not in shown and "AccuracyUSec=1s" in shown
    bench.call("node", MODULE, state="reverted", id="change", token=armed["token"])


def test_a_second_controller_is_refused_and_cannot_confirm(bench: Bench) -> None:
    armed = bench.arm("node", 300, owner="operator one")
    bench.change("node")
    for identifier in ("other", "change"):
        refused = bench.arm("node", 60, identifier, owner="operator two")
        assert (
            refused["failed"] and "change change of operator one waits for its confirmation since 20" in refused["msg"]
        )
        assert "revert.py now" in refused["msg"]
    foreseen = bench.run(
        "ansible",
        "node",
        "-C",
        "-m",
        MODULE,
        "-a",
        json.dumps({"state": "armed", "id": "other", "restore_files": ["/etc/x"]}),
    )
    assert foreseen.returncode != 0 and "operator one" in foreseen.stdout
    wrong = bench.call("node", "netops.layer2.confirm_reachable", id="change", token="f" * 32, timeout=5)
    assert wrong["failed"] and "not the one of the run that armed change change (operator one" in wrong["msg"]
    assert (bench.state("node")["state"], bench.mac("node")) == ("armed", NEW_MAC)
    longer = bench.arm("node", 3600, token=armed["token"])
    assert longer["changed"] and longer["remaining"] > 3500
    assert bench.inside("node", "systemctl list-timers --all | grep -c layer2").strip() == "1"
    undone = bench.call("node", MODULE, state="reverted", id="change", token=armed["token"])
    assert (undone["state"], undone["changed"]) == ("reverted", True) and "# changed" not in bench.file("node")


def test_a_connection_that_survived_proves_nothing(bench: Bench) -> None:
    armed = bench.arm("node", 300)
    bench.inside("node", "systemctl stop ssh.service ssh.socket 2>/dev/null; true")
    try:
        assert (
            bench.run("ansible", "node", "-m", "ansible.builtin.ping").returncode == 0
        )  # the connection of arming lives on
        refused = bench.call("node", "netops.layer2.confirm_reachable", id="change", token=armed["token"], timeout=4)
    finally:
        bench.inside("node", "systemctl start ssh.service")
    assert refused["failed"] and "Connection refused" in refused["msg"] and bench.state("node")["state"] == "armed"
    bench.call("node", MODULE, state="reverted", id="change", token=armed["token"])


def test_a_peer_that_does_not_reach_the_host_keeps_it_from_being_confirmed(bench: Bench) -> None:
    armed = bench.arm("node", 300)
    arguments = {"id": "change", "token": armed["token"], "timeout": 2, "probe_from": ["newer"], "probe_ping": False}
    for more, problem in (
        ({"probe_ports": [9]}, "from newer: port 9: "),
        ({"probe_mac": NEW_MAC}, f"from newer: sees {bench.mac('node')} behind"),
    ):
        refused = bench.call("node", "netops.layer2.confirm_reachable", **arguments, **more)
        assert refused["failed"] and problem in refused["msg"] and "it undoes the change by itself in" in refused["msg"]
    assert bench.state("node")["state"] == "armed"
    bench.call("node", MODULE, state="reverted", id="change", token=armed["token"])


@pytest.mark.parametrize("host", ["node", "light"])
def test_a_full_disk_at_arming_changes_nothing(bench: Bench, host: str) -> None:
    bench.inside(host, f"mkdir -p {BASE}; mount -t tmpfs -o size=48k none {BASE}")
    try:
        refused = bench.arm(host, 60)
        assert refused["failed"] and "No space left on device; nothing was changed" in refused["msg"]
        assert bench.inside(host, f"find {BASE} -type f").split() == [f"{BASE}/revert/.lock"]
        assert (
            bench.inside(
                host, "ls /etc/systemd/system/sysinit.target.wants | grep layer2; pgrep -f '[r]evert.py'; true"
            )
            == ""
        )
    finally:
        bench.inside(host, f"umount {BASE}")


def test_disks_that_fill_up_later_keep_no_revert_from_its_end(bench: Bench) -> None:
    places = {BASE: "512k", "/srv": "64k"}  # where room was kept free, and where a file can only be overwritten
    for place, size in places.items():
        bench.inside(
            "node", f"mkdir -p {place}; mount -t tmpfs -o size={size} none {place}; echo old > {place}/demo.conf"
        )
    try:
        files = [f"{place}/demo.conf" for place in places]
        bench.call("node", MODULE, state="armed", id="change", timeout=6, restore_files=files)
        for place in places:
            bench.inside(
                "node",
                f"echo new > {place}/demo.conf; cat /dev/zero > {place}/filler 2>/dev/null; ! echo more > {place}/full",
            )
        state = bench.wait_for("node", "reverted", 15)
        assert state["failures"] == [] and bench.inside("node", f"cat {' '.join(files)}") == "old\nold\n"
    finally:
        for place in places:
            bench.inside("node", f"umount {place}")


def test_check_mode_arms_and_settles_nothing(bench: Bench) -> None:
    for arguments in (
        {"state": "armed", "restore_files": ["/etc/motd"]},
        {"state": "confirmed"},
        {"state": "reverted"},
    ):
        done = bench.run(
            "ansible", "node", "--check", "--diff", "-m", MODULE, "-a", json.dumps({"id": "change", **arguments})
        )
        assert done.returncode == 0, done.stdout
    with pytest.raises(LabError):
        bench.inside("node", f"ls {BASE}")
