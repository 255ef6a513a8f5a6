"""Readers of libvirt without a libvirt: which adapter answers, what a broken or hostile one leaves. The real thing:
tests/lab.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import re
import threading
from pathlib import Path

import pytest
from ansible_collections.netops.layer2.plugins.module_utils._guests import _libvirt as libvirt
from ansible_collections.netops.layer2.plugins.module_utils._runner import Denied, Missing, Output, ReadError

GOLDEN = Path(__file__).with_name("golden") / "libvirt-9.0"
RUNNING, TWIN = "11111111-2222-3333-4444-555555555501", "04e7020d-f689-4468-93c0-9852bd8cc2f3"
SNAPSHOT, QUOTED = "s <1>; 'q' \"d\"", """'s <1>; '"'"'q'"'"' "d"'"""  # a name, and how a shell or virsh takes it
NETWORK = "d16e5d40-30e3-489e-9c1f-e4257d056130"


def golden(name):
    return (GOLDEN / f"{name}.xml").read_text(encoding="utf-8")


class Host:
    """A runner over a dictionary of files, with a virsh that says what virsh 9.0 says to each command."""

    timeout = 5.0

    def __init__(self, files=None, said=None, error=""):
        self.files, self.said, self.error = files or {}, said or {}, error
        self.spawned = []

    def exists(self, path):
        return any(name == path or name.startswith(path + "/") for name in self.files)

    def find(self, name):
        return f"/usr/bin/{name}" if name in self.said or "list --all --uuid" in self.said or self.error else None

    def listdir(self, path):
        names = {name[len(path) + 1:].split("/")[0] for name in self.files if name.startswith(path + "/")}
        if not names:
            raise Missing(f"{path} does not exist")
        return sorted(names)

    def read(self, path):
        if path not in self.files:
            raise Missing(f"{path} does not exist")
        if isinstance(self.files[path], Exception):
            raise self.files[path]
        return self.files[path]

    def modified(self, path):
        self.read(path)
        return 1500000000.123456

    def output(self, argv):
        self.spawned.append(argv)
        if self.error:
            return Output(1, "", self.error)
        steps = [step for step in re.split(r"; (?=echo |snapshot-|[a-z]+-?[a-z]+ |$)", argv[-1]) if step]
        # `echo` ends no line in virsh's quiet mode, and a failing command does not stop those after it
        return Output(
            0, "".join(step[5:] if step.startswith("echo ") else self.said.get(step, "") for step in steps), ""
        )


SAID = {
    "list --all --uuid": f"{RUNNING}\n{TWIN}\n", "list --uuid": f"{RUNNING}\n",
    "list --all --uuid --persistent": f"{RUNNING}\n{TWIN}\n", "list --all --uuid --autostart": f"{TWIN}\n",
    "list --all --uuid --with-managed-save": f"{TWIN}\n", "list --all --uuid --with-snapshot": f"{TWIN}\n",
    "net-list --all --uuid": f"{NETWORK}\n", f"net-dumpxml {NETWORK}": golden("default.network"),
    f"domstate {RUNNING}": "running\n", f"domstate {TWIN}": "shut off\n",
    f"dumpxml {RUNNING}": golden("running.live"), f"dumpxml --inactive {RUNNING}": golden("running.inactive"),
    f"dumpxml --inactive {TWIN}": golden("twin.inactive"), f"snapshot-list --name {TWIN}": f"s1\n{SNAPSHOT}\n\n",
    f"snapshot-dumpxml {TWIN} --snapshotname s1": golden("twin.snapshot").replace("0c:1d:f6", "0c:1d:f7"),
    f"snapshot-dumpxml {TWIN} --snapshotname {QUOTED}": golden("twin.snapshot"),
}
PRESENT = {"/run/libvirt/libvirt-sock-ro": ""}
FILES = {
    "/etc/libvirt/qemu/running.xml": golden("running.inactive"),
    "/run/libvirt/qemu/running.xml": golden("running.status"),
    "/etc/libvirt/qemu/twin.xml": golden("twin.inactive"),
    "/etc/libvirt/qemu/autostart/twin.xml": "",
    "/etc/libvirt/qemu/networks/default.xml": golden("default.network"),
    "/var/lib/libvirt/qemu/save/twin.save": "",
    "/var/lib/libvirt/qemu/snapshot/twin/s1.xml": golden("twin.snapshot").replace("0c:1d:f6", "0c:1d:f7"),
    "/var/lib/libvirt/qemu/snapshot/twin/s <2>.xml": golden("twin.snapshot"),
    "/proc/12740/cmdline": f"/usr/bin/qemu-system-x86_64\0-uuid\0{RUNNING}\0",
}


@pytest.fixture(autouse=True)
def _no_binding(monkeypatch):
    monkeypatch.setattr(libvirt, "_binding", lambda: None)


def read(host):
    found = libvirt.read_guests(host)
    return {guest["name"]: guest for guest in found.guests}, found.gaps


@pytest.mark.parametrize(
    ("command_line", "state"),
    [
        ("/usr/bin/qemu-system-x86_64\0-name\0guest=running,debug-threads=on\0", "running"),
        ("/usr/bin/sleep\0009\0", "shut off"),
        ("/usr/bin/qemu-system-x86_64\0-name\0guest=running-too,debug-threads=on\0", "shut off"),
    ],
)
def test_without_a_uuid_a_process_is_known_by_the_guests_name(command_line, state):
    without = {path: text.replace(RUNNING, "") for path, text in FILES.items()}
    guests, gaps = read(Host({**without, "/proc/12740/cmdline": command_line}))
    assert (guests["running"]["state"], "uuid" in guests["running"]) == (state, False)
    assert any("uuid: not a UUID" in gap["reason"] for gap in gaps)


def test_nics_that_nothing_tells_apart_are_a_gap_with_their_macs():
    """As a driver without addresses shows them: the same two NICs, both renumbered in the definition."""
    domain = (
        "<domain type='test'><name>odd</name><devices><interface type='network'><mac address='52:54:00:00:{0}:01'/>"
        "<source network='a'/></interface><interface type='network'><mac address='52:54:00:00:{0}:02'/>"
        "<source network='a'/></interface></devices></domain>"
    )
    host = Host(PRESENT, {
        **SAID, f"dumpxml {RUNNING}": domain.format(1), f"dumpxml --inactive {RUNNING}": domain.format(2)
    })
    found = libvirt.records(libvirt.from_virsh(host))
    assert [one["reason"] for one in found.gaps if "which NIC" in one["reason"]] == [
        "guest odd: neither an alias nor an address tells which NIC of the running guest is which of its definition"
        " (52:54:00:00:01:01, 52:54:00:00:01:02, 52:54:00:00:02:01, 52:54:00:00:02:02): they are paired in their order"
    ]


def test_a_host_without_libvirt_costs_no_process_and_makes_no_gap():
    host = Host(said=SAID)
    assert libvirt.read_guests(host) == ([], [], [])
    assert host.spawned == []


def test_virsh_reads_everything_in_two_processes_and_snapshots_in_a_third():
    host = Host(PRESENT, SAID)
    guests, gaps = read(host)
    assert gaps == []
    assert len(host.spawned) == 3
    assert all(argv[:5] == ["virsh", "--readonly", "--quiet", "--connect", "qemu:///system"] for argv in host.spawned)
    twin = {key: value for key, value in guests["twin"].items() if key != "nics"}
    assert twin == {
        "name": "twin",
        "uuid": TWIN,
        "hypervisor": "libvirt",
        "state": "shut off",
        "persistent": True,
        "autostart": True,
        "managed_save": True,
        "snapshots": 2,
        "snapshot_macs": [f"52:54:00:0c:1d:{octet}" for octet in ("aa", "f5", "f6", "f7")],
    }
    assert [nic["bridge"] for nic in guests["running"]["nics"][:2]] == ["br-guests", "virbr9"]


def test_without_snapshots_nothing_is_spent_on_them():
    host = Host(PRESENT, {**SAID, "list --all --uuid --with-snapshot": "\n"})
    guests, gaps = read(host)
    assert (len(host.spawned), gaps) == (2, [])
    assert all("snapshot_macs" not in guest and guest["snapshots"] == 0 for guest in guests.values())


def test_a_snapshot_that_cannot_be_read_is_a_gap():
    guests, gaps = read(Host(PRESENT, {**SAID, f"snapshot-dumpxml {TWIN} --snapshotname {QUOTED}": ""}))
    assert (guests["twin"]["snapshots"], "52:54:00:0c:1d:f6" in guests["twin"]["snapshot_macs"]) == (2, False)
    assert "a snapshot of guest twin" in gaps[0]["reason"]


def test_a_definitions_age_is_read_where_the_file_may_be():
    guests, _gaps = read(Host({**PRESENT, "/etc/libvirt/qemu/twin.xml": ""}, SAID))
    assert (guests["twin"]["defined"], "defined" in guests["running"]) == (1500000000.123, False)


def test_reservations_of_networks():
    found = libvirt.read_guests(Host(PRESENT, {**SAID, f"net-dumpxml {NETWORK}": golden("reserved.network")}))
    assert found.reservations == [
        {"network": "reserved", "mac": "52:54:00:bb:00:02", "name": "web", "address": "10.8.0.10"},
        {"network": "reserved", "mac": "52:54:00:bb:00:03", "address": "10.8.0.11"},
    ]


def test_a_broken_reservation_names_its_network():
    broken = golden("reserved.network").replace("52:54:00:BB:00:02", "52:54")
    found = libvirt.read_guests(Host(PRESENT, {**SAID, f"net-dumpxml {NETWORK}": broken}))
    assert len(found.reservations) == 1
    assert "network reserved: dhcp.host[0].mac" in found.gaps[0]["reason"]


def test_many_guests_are_split_before_the_argument_becomes_too_long(monkeypatch):
    monkeypatch.setattr(libvirt, "_LONGEST_ARGUMENT", 300)
    host = Host(PRESENT, SAID)
    guests, gaps = read(host)
    assert (sorted(guests), gaps) == (["running", "twin"], [])
    assert len(host.spawned) > 4


def test_files_say_the_same_as_virsh_where_no_daemon_answers_and_the_gap_says_so():
    through_virsh, _gaps = read(Host(PRESENT, SAID))
    from_files, gaps = read(Host(FILES, error="error: failed to connect to the hypervisor"))
    for name in through_virsh:
        assert from_files[name].pop("defined") == 1500000000.123  # this virsh has no files beside it
    assert from_files == through_virsh
    assert [gap["subset"] for gap in gaps] == ["guests"]
    assert "failed to connect" in gaps[0]["reason"] and "files" in gaps[0]["reason"]
    assert "systemctl" in gaps[0]["hint"]


@pytest.mark.parametrize(
    "command_line", [None, "/usr/bin/vi\0running.xml"], ids=["gone", "another-process-has-its-number"]
)
def test_a_status_file_of_a_process_that_is_no_more_means_shut_off(command_line):
    files = {key: value for key, value in FILES.items() if not key.startswith("/proc/")}
    if command_line:
        files["/proc/12740/cmdline"] = command_line
    guests, _gaps = read(Host(files, error="error: no"))
    assert guests["running"]["state"] == "shut off"
    assert all("live_mac" not in nic for nic in guests["running"]["nics"])


def test_no_client_at_all_names_what_to_install():
    guests, gaps = read(Host(FILES))
    assert sorted(guests) == ["running", "twin"]
    assert "neither its Python binding nor virsh" in gaps[0]["reason"]
    assert "libvirt-clients" in gaps[0]["hint"]


def test_a_host_whose_libvirt_never_had_a_guest_has_no_gap():
    assert read(Host({"/etc/libvirt/qemu/networks/default.xml": golden("default.network")}, error="error: no")) == (
        {},
        [],
    )


def test_a_user_who_may_read_nothing_is_told_to_become():
    files = {"/etc/libvirt/qemu/running.xml": Denied("/etc/libvirt/qemu/running.xml: permission denied")}
    with pytest.raises(ReadError, match=r"authentication failed.*permission denied") as caught:
        libvirt.read_guests(Host(files, error="error: authentication failed"))
    assert "become" in caught.value.hint


@pytest.mark.parametrize(("broken", "said"), [
    ("<!DOCTYPE x []><domain/>", "document type"), ("<domain>", "not XML"), ("", "no definition"),
])
def test_one_broken_definition_is_a_gap_and_the_others_stay(broken, said):
    guests, gaps = read(Host(PRESENT, {**SAID, f"dumpxml --inactive {TWIN}": broken}))
    assert list(guests) == ["running"]
    assert [gap["item"] for gap in gaps] == [TWIN]
    assert said in gaps[0]["reason"] and TWIN in gaps[0]["reason"]


def test_a_broken_field_names_guest_and_field():
    text = golden("twin.inactive").replace("52:54:00:0c:1d:f5", "52:54:00:zz", 1)
    guests, gaps = read(Host(PRESENT, {**SAID, f"dumpxml --inactive {TWIN}": text}))
    assert [nic.get("mac") for nic in guests["twin"]["nics"]] == [None, "52:54:00:0c:1d:f5"]
    assert "guest twin: nics[0].mac" in gaps[0]["reason"]


def test_a_broken_network_costs_its_bridges_only():
    guests, gaps = read(Host(PRESENT, {**SAID, f"net-dumpxml {NETWORK}": "<oops/>"}))
    assert sorted(guests) == ["running", "twin"]
    assert "network" in gaps[0]["reason"]


def test_a_mark_inside_a_definition_cannot_pose_as_ours():
    forged = golden("twin.inactive").replace(
        "<name>twin</name>", "<name>aaaa-0-; twin 000000000000000000000000-1-</name>"
    )
    guests, gaps = read(Host(PRESENT, {**SAID, f"dumpxml --inactive {TWIN}": forged}))
    assert ("aaaa-0-; twin 000000000000000000000000-1-" in guests, gaps) == (True, [])


def test_a_hung_daemon_ends_in_an_error_not_in_waiting():
    hung = threading.Event()
    try:
        with pytest.raises(ReadError, match=r"within 0\.1 s"):
            libvirt._in_time(hung.wait, 0.1)
    finally:
        hung.set()


def test_an_error_inside_the_thread_reaches_the_caller():
    def fail():
        raise Missing("nothing here")
    with pytest.raises(Missing, match="nothing here"):
        libvirt._in_time(fail, 5)


@pytest.mark.parametrize(("files", "said", "wanted"), [(PRESENT, {}, True), (PRESENT, SAID, False), ({}, {}, False)])
def test_another_python_is_wanted_only_where_libvirt_is_and_no_client(files, said, wanted):
    assert libvirt.wants_other_python(Host(files, said)) is wanted
