"""libvirt_nic_mac on a real libvirtd with real guests that let go of their NICs, or do not; and with everything that
may die meanwhile.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from . import talking_guests as talking
from .private_libvirt import Host, bridged, libvirtd, on_network
from .system import wait_until

# Runs inside, with the image's Python: the module, as ansible-core's wrapper would start it.
MODULE = """
import sys
sys.path.insert(0, "/collections")
from ansible.module_utils import basic
basic._ANSIBLE_ARGS, basic._ANSIBLE_PROFILE = sys.argv[1].encode(), "legacy"
from ansible_collections.netops.layer2.plugins.modules import libvirt_nic_mac
libvirt_nic_mac.main()
"""
# In virsh's place: before a command that the file /run/fault names, what else stands there is done; then the real one
# runs.
FAULTY_VIRSH = """#!/bin/sh
if [ -e /run/fault ]; then
    read -r word deed < /run/fault
    case " $* " in *" $word "*) rm /run/fault; eval "$deed" ;; esac
fi
exec /usr/bin/virsh.real "$@"
"""
KILL_LIBVIRTD = "kill -9 $(cat /run/libvirtd.pid); sleep 0.5"
OLD, PLACE = "52:54:00:0c:1d:f5", "pci 0000:01:00.0"
SNAPSHOT = (
    "<domainsnapshot><name>{name}</name><creationTime>1500000000</creationTime><state>shutoff</state>"
    "{domain}</domainsnapshot>"
)


class Bench:
    """The private libvirtd, the module on it, and fresh MACs."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.number = 0

    def mac(self) -> str:
        self.number += 1
        return f"52:54:00:aa:00:{self.number:02x}"

    def start(self, check: bool = False, **options: Any) -> subprocess.Popen[str]:
        arguments = {"_ansible_check_mode": check, "_ansible_diff": True, **options}
        words = ["python3", "-c", MODULE, json.dumps({"ANSIBLE_MODULE_ARGS": arguments})]
        return subprocess.Popen([*self.host.enter, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def finish(self, process: subprocess.Popen[str]) -> dict[str, Any]:
        said, errors = process.communicate(timeout=120)
        assert said.strip().startswith("{"), (process.returncode, said, errors)
        result = json.loads(said)
        # ansible-core 2.19 hands warnings over as objects
        result["warnings"] = [
            text if isinstance(text, str) else text["event"]["msg"] for text in result.get("warnings", [])
        ]
        return result

    def run(self, check: bool = False, **options: Any) -> dict[str, Any]:
        return self.finish(self.start(check, **options))

    def change(self, **options: Any) -> dict[str, Any]:
        result = self.run(**options)
        assert "failed" not in result, result["msg"]
        return result

    def refused(self, **options: Any) -> str:
        result = self.run(**options)
        assert result.get("failed"), result
        return result["msg"]

    def again(self, **options: Any) -> dict[str, Any]:
        """The second run, which must change nothing."""
        result = self.change(**options)
        assert (result["changed"], result["steps"], result["diff"]) == (False, [], [])
        return result

    def xml(self, name: str, inactive: bool = False) -> str:
        return self.host.virsh("dumpxml", "--security-info", name, *(["--inactive"] if inactive else []))

    def macs(self, name: str) -> tuple[list[str], list[str]]:
        """Live and persistent MACs."""
        live, inactive = (re.findall("<mac address='(.*)'", self.xml(name, flag)) for flag in (False, True))
        return live, inactive

    def fault(self, word: str, deed: str) -> None:
        (self.host.root / "run/fault").write_text(f"{word} {deed}\n")

    def revive(self) -> None:
        """libvirtd again, as systemd would start it."""
        self.host.run(
            "sh",
            "-c",
            "rm -f /run/libvirtd.pid; libvirtd --daemon; for n in $(seq 100); do virsh -q list && break; sleep 0.1;"
            " done",
        )

    def defined(self, name: str, nics: str, kernel: bool = False, start: bool = False, more: str = "") -> str:
        self.host.define("define", talking.domain(name, nics, kernel, more))
        if start and kernel:
            talking.start(self.host, name)
        elif start:
            self.host.virsh("start", name)
        return name

    def gone(self, name: str) -> None:
        self.host.run(
            "sh",
            "-c",
            f"virsh -q destroy {name} 2>/dev/null; virsh -q undefine {name} --snapshots-metadata --managed-save",
        )


@pytest.fixture(scope="module")
def bench(able: None) -> Iterator[Bench]:
    with libvirtd("bookworm") as host:
        talking.prepare(host)
        host.run(
            "sh",
            "-c",
            "mv /usr/bin/virsh /usr/bin/virsh.real; cat > /usr/bin/virsh; chmod 755 /usr/bin/virsh",
            given=FAULTY_VIRSH,
        )
        host.run("ip", "address", "add", "10.9.0.1/24", "dev", "br-guests")
        made = Bench(host)
        made.defined("web", bridged(OLD), kernel=True, start=True)
        yield made


@pytest.fixture
def web(bench: Bench) -> dict[str, Any]:
    """The guest that answers, and the MAC it has now, live and persistent."""
    live, persistent = bench.macs("web")
    assert live == persistent
    return {"domain": "web", "mac": live[0], "new_mac": bench.mac(), "timeout": 15}


def alike(before: str, after: str, old: str, new: str) -> bool:
    """Whether AFTER is BEFORE but for the MAC, and for what libvirt makes up for a running NIC."""
    made_up = r"\s*<(?:alias name='net\d+'|target dev='vnet\d+')/>"
    return re.sub(made_up, "", before.replace(old, new)) == re.sub(made_up, "", after)


def test_checked_changed_live_and_again(bench, web):
    before = bench.xml("web"), bench.xml("web", True)
    predicted = bench.run(check=True, live=True, **web)
    assert predicted["changed"] and (bench.xml("web"), bench.xml("web", True)) == before
    assert [(web["mac"] in part["before"], web["new_mac"] in part["after"]) for part in predicted["diff"]] == [
        (True, True)
    ] * 2
    result = bench.change(live=True, **web)
    assert result["diff"] == predicted["diff"]
    assert (result["persistent"], result["live"], result["power_cycle_needed"]) == (
        web["new_mac"],
        web["new_mac"],
        False,
    )
    assert bench.xml("web", True) == before[1].replace(web["mac"], web["new_mac"])  # every other byte
    assert alike(before[0], bench.xml("web"), web["mac"], web["new_mac"])
    assert talking.nics(bench.host, "web") == {PLACE[4:]: web["new_mac"]}
    bench.again(live=True, **web)


def test_the_new_nic_carries_traffic(bench, web):
    bench.change(live=True, **web)
    talking.ask(bench.host, "web", "ip link set eth0 up; ip address add 10.9.0.2/24 dev eth0")
    bench.host.run("ping", "-c", "2", "-w", "20", "10.9.0.2")
    assert web["new_mac"] in bench.host.run("ip", "neigh", "show", "10.9.0.2")


def test_without_consent_the_guest_keeps_its_mac_over_a_reboot_until_its_power_was_off(bench, web):
    result = bench.change(**web)
    assert (result["persistent"], result["live"], result["power_cycle_needed"]) == (web["new_mac"], web["mac"], True)
    assert bench.again(**web)["power_cycle_needed"]
    bench.host.run("python3", "-c", talking.ASK, "/run/web.sock", "echo '<done>'; reboot -f")
    talking.listens(bench.host, "web", 2)
    assert talking.nics(bench.host, "web") == {PLACE[4:]: web["mac"]}
    bench.host.virsh("destroy", "web")
    talking.start(bench.host, "web")
    assert talking.nics(bench.host, "web") == {PLACE[4:]: web["new_mac"]}
    assert not bench.again(**web)["power_cycle_needed"]


def test_consent_given_later_changes_the_live_part_only(bench, web):
    bench.change(**web)
    result = bench.change(live=True, **web)
    assert (result["steps"], result["power_cycle_needed"]) == (["running guest"], False)
    assert bench.macs("web") == ([web["new_mac"]], [web["new_mac"]])


def test_a_plan_is_carried_out_as_it_is(bench, web):
    change = {"alias": "net0", "address": PLACE, "tap": "vnet99"}  # the tap's name is from before an earlier change
    expects = {"state": "running", "persistent_mac": web["mac"], "live_mac": web["mac"]}
    bench.change(nic=change, expects=expects, live=True, **web)
    bench.again(nic=change, expects=expects, live=True, **web)
    message = bench.refused(
        nic=change, expects=dict(expects, state="shut off"), **dict(web, mac=web["new_mac"], new_mac=bench.mac())
    )
    assert "state is running, not shut off" in message and "plan again" in message


def test_another_mac_than_expected_is_left_alone(bench, web):
    message = bench.refused(**dict(web, nic={"address": PLACE}, mac="52:54:00:99:99:99"))
    assert web["mac"] in message and "52:54:00:99:99:99" in message


@pytest.mark.parametrize("victim", [KILL_LIBVIRTD, "kill -9 $PPID; exit 1"], ids=["libvirtd", "the module"])
def test_killed_while_the_nic_is_out_the_second_run_puts_it_back(bench, web, victim):
    bench.fault("attach-device", victim)
    process = bench.start(live=True, **dict(web, timeout=2))
    said, _errors = process.communicate(timeout=60)
    if victim == KILL_LIBVIRTD:
        assert "NOT put back" in json.loads(said)["msg"] and "Run again" in json.loads(said)["msg"]
        bench.revive()
    assert bench.macs("web")[0] == []
    result = bench.change(live=True, **web)
    assert result["changed"] and bench.macs("web") == ([web["new_mac"]], [web["new_mac"]])
    assert talking.nics(bench.host, "web") == {PLACE[4:]: web["new_mac"]}
    bench.again(live=True, **web)


def test_a_libvirtd_that_comes_back_in_time_is_waited_for(bench, web):
    bench.fault(
        "attach-device", KILL_LIBVIRTD + "; (sleep 2; rm -f /run/libvirtd.pid; libvirtd --daemon) >/dev/null 2>&1 &"
    )
    message = bench.refused(live=True, **web)
    assert "everything was put back" in message
    assert bench.macs("web") == ([web["mac"]], [web["mac"]])
    assert talking.nics(bench.host, "web") == {PLACE[4:]: web["mac"]}
    bench.change(live=True, **web)


@pytest.mark.parametrize("word", ["define", "detach-device"])
def test_libvirtd_killed_before_the_nic_is_out(bench, web, word):
    bench.fault(word, KILL_LIBVIRTD)
    assert bench.run(live=True, **dict(web, timeout=2))["failed"]
    bench.revive()
    assert bench.macs("web")[0] == [web["mac"]]
    bench.change(live=True, **web)
    assert bench.macs("web") == ([web["new_mac"]], [web["new_mac"]])
    bench.again(live=True, **web)


def test_two_controllers_at_once(bench, web):
    both = [bench.start(live=True, **web) for _number in range(2)]
    results = [bench.finish(process) for process in both]
    assert sorted(result["changed"] for result in results) == [False, True]
    assert bench.macs("web") == ([web["new_mac"]], [web["new_mac"]])


def test_a_disk_full_stops_it_before_anything_is_changed(bench, web):
    bench.host.run(
        "sh", "-c", "mkdir -p /full; mount -t tmpfs -o size=4k tmpfs /full; head -c 4096 /dev/zero > /full/fill || true"
    )
    before = bench.xml("web"), bench.xml("web", True)
    message = bench.refused(live=True, state_dir="/full", **web)
    assert "No space left" in message and "make room" in message
    assert (bench.xml("web"), bench.xml("web", True)) == before


def test_a_paused_guest_cannot_let_go(bench, web):
    bench.host.virsh("suspend", "web")
    try:
        assert "resume it" in bench.refused(live=True, **web)
        result = bench.change(**web)
        assert result["power_cycle_needed"]
    finally:
        bench.host.virsh("resume", "web")
    bench.change(live=True, **web)


def test_a_job_on_the_domain(bench, web):
    bench.host.run("mkfifo", "/run/fifo")
    reader = subprocess.Popen([*bench.host.enter, "sh", "-c", "exec 3</run/fifo; sleep 60"], start_new_session=True)
    dump = subprocess.Popen(
        [*bench.host.enter, "virsh.real", "dump", "--live", "web", "/run/fifo"], stderr=subprocess.PIPE
    )
    try:
        assert wait_until(lambda: "None" not in bench.host.virsh("domjobinfo", "web"), 20, 0.2), "no job began"
        assert "libvirt works on it (dump)" in bench.refused(live=True, **web)
    finally:
        os.killpg(reader.pid, signal.SIGKILL)  # the dump breaks off when nobody reads it any more
        dump.communicate(timeout=30)
    bench.change(live=True, **web)


def test_a_guest_that_does_not_answer_keeps_its_nic_and_gets_it_back_if_it_lets_go_later(bench):
    new, old = bench.mac(), bench.mac()
    name = bench.defined("deaf", bridged(old), start=True)
    result = bench.run(domain=name, mac=old, new_mac=new, live=True, timeout=2)
    assert (
        result["failed"]
        and "did not let go of its NIC within 2 s" in result["msg"]
        and "put back as it was" in result["msg"]
    )
    assert (result["unchanged"], result["unplug_pending"], result["live"], result["persistent"]) == (
        True,
        True,
        old,
        old,
    )
    assert bench.macs(name) == ([old], [old])
    bench.host.virsh("reset", name)  # QEMU ends the request now, and the guest is without its NIC
    wait_until(lambda: not bench.macs(name)[0], 10, 0.2)
    assert bench.macs(name) == ([], [old])
    bench.change(domain=name, mac=old, new_mac=new, live=True)
    assert bench.macs(name) == ([new], [new])
    bench.again(domain=name, mac=old, new_mac=new, live=True)
    bench.gone(name)


def test_twins_inside_one_domain_are_told_apart_by_their_address(bench):
    old, new = bench.mac(), bench.mac()
    name = bench.defined("twins", bridged(old) * 2, kernel=True, start=True)
    message = bench.refused(domain=name, mac=old, new_mac=new)
    assert "several NICs" in message and PLACE in message and "pci 0000:02:00.0" in message and "net1" in message
    bench.change(domain=name, nic={"address": "pci 0000:02:00.0"}, mac=old, new_mac=new, live=True)
    assert talking.nics(bench.host, name) == {"0000:01:00.0": old, "0000:02:00.0": new}
    assert bench.macs(name) == ([old, new], [old, new])
    assert "its own NIC" in bench.refused(domain=name, nic={"address": PLACE}, new_mac=new)
    bench.again(domain=name, nic={"address": "pci 0000:02:00.0"}, mac=old, new_mac=new, live=True)
    back = {"domain": name, "nic": {"address": "pci 0000:02:00.0"}, "mac": new, "new_mac": old, "live": True}
    assert "its own NIC" in bench.refused(**back)
    bench.change(allow_taken=True, **back)
    assert bench.macs(name) == ([old, old], [old, old])
    bench.gone(name)


# No bandwidth: it needs traffic shaping in the kernel of the machine that runs the tests. The unit tests have it.
RICH = """<interface type='bridge'><mac address='{}'/><source bridge='br-guests'/><target dev='fixed0'/>
<model type='virtio'/><driver queues='2'/><filterref filter='lab'><parameter name='IP' value='10.9.0.7'/>
</filterref><mtu size='1400'/><link state='down'/><boot order='1'/></interface>"""


def test_everything_but_the_mac_stays_live_too(bench):
    old, new = bench.mac(), bench.mac()
    bench.host.define("nwfilter-define", "<filter name='lab' chain='root'/>")
    name = bench.defined("rich", RICH.format(old), kernel=True, start=True)
    before = bench.xml(name), bench.xml(name, True)
    bench.change(domain=name, mac=old, new_mac=new, live=True)
    assert bench.xml(name, True) == before[1].replace(old, new)
    assert alike(before[0], bench.xml(name), old, new) and "fixed0" in bench.xml(name)
    bench.gone(name)


def test_a_managed_save_is_refused_with_the_hint(bench):
    old, new = bench.mac(), bench.mac()
    name = bench.defined("saved", bridged(old), start=True)
    bench.host.virsh("managedsave", name)
    assert "managedsave-remove" in bench.refused(domain=name, mac=old, new_mac=new)
    assert bench.macs(name)[1] == [old]
    bench.host.virsh("managedsave-remove", name)
    assert bench.change(domain=name, mac=old, new_mac=new)["live"] is None
    bench.gone(name)


def test_each_snapshot_that_would_bring_the_old_mac_back_is_named(bench):
    old, new = bench.mac(), bench.mac()
    name = bench.defined("snapped", bridged(old))
    for snapshot, mac in (("s1", old), ("s &lt;2&gt;", old), ("s3", bench.mac())):
        definition = bench.xml(name, True).replace(old, mac)
        bench.host.define(
            f"snapshot-create {name} --redefine --xmlfile", SNAPSHOT.format(name=snapshot, domain=definition)
        )
    warnings = bench.change(domain=name, mac=old, new_mac=new)["warnings"]
    assert [text.split(" of ")[0] for text in warnings] == ["snapshot s <2>", "snapshot s1"] and old in warnings[0]
    assert "a snapshot of guest snapped" in bench.refused(domain="web", new_mac=old)
    assert "guest snapped (shut off)" in bench.refused(domain="web", new_mac=new)
    bench.gone(name)


@pytest.mark.parametrize(
    ("mac", "said"),
    [
        ("01:00:5e:00:00:01", "group"),
        ("52:54", "not a MAC"),
        ("00:00:00:00:00:00", "no address"),
        ("00:00:5e:00:01:0a", "VRRP"),
    ],
)
def test_what_no_nic_may_have(bench, mac, said):
    message = bench.refused(domain="web", new_mac=mac)
    assert "new_mac" in message and said in message


def test_a_domain_that_is_not_there(bench):
    message = bench.refused(domain="1", new_mac=bench.mac())  # a number is no name: libvirt gives those anew
    assert "neither a name nor a UUID" in message and "web" in message


def test_a_transient_domain_changes_live_or_not_at_all(bench):
    old, new = bench.mac(), bench.mac()
    bench.host.define("create", talking.domain("fleeting", bridged(old)))
    talking.listens(bench.host, "fleeting")
    assert "only the running guest" in bench.refused(domain="fleeting", mac=old, new_mac=new)
    bench.fault("attach-device", "kill -9 $PPID; exit 1")
    bench.start(domain="fleeting", mac=old, new_mac=new, live=True).communicate(timeout=60)
    assert bench.macs("fleeting")[0] == []
    result = bench.change(domain="fleeting", mac=old, new_mac=new, live=True)
    assert (result["persistent"], result["live"], result["power_cycle_needed"]) == (None, new, False)
    bench.again(domain="fleeting", mac=old, new_mac=new, live=True)
    bench.host.virsh("destroy", "fleeting")


NETWORK = """<network><name>leases</name><bridge name='virbr7'/><ip address='10.8.0.1' netmask='255.255.255.0'><dhcp>
<range start='10.8.0.100' end='10.8.0.199'/><host mac='{}' name='leased' ip='10.8.0.10'/><host mac='{}' ip='10.8.0.11'/>
</dhcp></ip></network>"""


def test_a_dhcp_reservation_follows_and_the_running_one_waits_for_the_guest(bench):
    old, other, first, second = bench.mac(), bench.mac(), bench.mac(), bench.mac()
    bench.host.define("net-define", NETWORK.format(old.upper(), other))
    bench.host.virsh("net-start", "leases")
    name = bench.defined("leased", on_network(old, "leases"), kernel=True, start=True)

    def reserved() -> list[str]:
        """What dnsmasq reserves .10 for, and what the definition does."""
        lines = bench.host.run("cat", "/var/lib/libvirt/dnsmasq/leases.hostsfile")
        config = bench.host.virsh("net-dumpxml", "--inactive", "leases")
        return [re.findall("^(.{17}),10.8.0.10,", lines, re.MULTILINE)[0].lower(),
                re.findall("mac='(.*?)' name='leased' ip='10.8.0.10'", config)[0].lower()]

    result = bench.change(domain=name, mac=old, new_mac=first)
    assert reserved() == [old, first]
    assert any("power cycle" in text for text in result["warnings"])
    bench.again(domain=name, mac=old, new_mac=first)
    result = bench.change(domain=name, mac=old, new_mac=first, live=True)
    assert reserved() == [first, first] and result["steps"] == ["reservation in network leases (live)", "running guest"]
    assert "type='network'" in bench.xml(name, True) and "network='leases'" in bench.xml(name)
    bench.again(domain=name, mac=old, new_mac=first, live=True)
    bench.host.virsh("destroy", name)
    bench.change(domain=name, mac=first, new_mac=second)
    assert reserved() == [second, second]
    assert other in bench.host.virsh("net-dumpxml", "leases")
    bench.gone(name)


def test_a_reservation_stays_with_the_guest_that_it_may_be_meant_for(bench):
    old, new = bench.mac(), bench.mac()
    bench.host.define(
        "net-define",
        NETWORK.replace("leases", "shared")
        .replace("virbr7", "virbr6")
        .replace("10.8.", "10.7.")
        .format(bench.mac(), old),
    )
    first, second = (bench.defined(name, on_network(old, "shared")) for name in ("copy", "original"))
    result = bench.change(domain=first, mac=old, new_mac=new)
    assert result["steps"] == ["persistent definition"] and "guest original has too" in result["warnings"][-1]
    assert old in bench.host.virsh("net-dumpxml", "shared")
    bench.gone(first)
    bench.gone(second)
