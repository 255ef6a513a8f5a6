"""The three readers of libvirt on a real libvirtd with real guests, in namespaces of its own: no booted lab, only its image."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest

from . import images

PLUGINS = Path(__file__).resolve().parents[2] / "plugins"
# Debian releases whose libvirt is read; others than the first have an image of their own to build, so they are asked for.
RELEASES = os.environ.get("LAYER2_LIBVIRT_RELEASES", "bookworm").split()
RUNNING, LIMIT = "11111111-2222-3333-4444-555555555501", 10.0

# $1 is the image, $2 the collection's plugins, $3 a script for the new root. Whatever is written stays in a tmpfs that nobody else
# sees; the PID namespace takes every process down at the end.
OUTER = """
set -e
mount --make-rprivate /
mount -t tmpfs tmpfs /mnt
mkdir /mnt/upper /mnt/work /mnt/root
mount -t overlay -o "lowerdir=$1,upperdir=/mnt/upper,workdir=/mnt/work" overlay /mnt/root
cd /mnt/root
mkdir -p collections/ansible_collections/netops/layer2/plugins
mount --bind "$2" collections/ansible_collections/netops/layer2/plugins
mount -t proc proc proc
mount -t sysfs sysfs sys
mount --bind /dev dev
mount -t tmpfs tmpfs run
exec chroot . sh -c "$3"
"""
INNER = r"""
set -e
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
mkdir -p /run/libvirt /run/lock /var/lib/libvirt/dnsmasq
rm -rf /etc/libvirt/qemu/networks/*
printf '%s\n' 'user = "root"' 'group = "root"' 'security_driver = "none"' 'namespaces = []' 'cgroup_controllers = []' \
    'remember_owner = 0' 'stdio_handler = "file"' > /etc/libvirt/qemu.conf
printf '%s\n' 'auth_unix_ro = "none"' 'auth_unix_rw = "none"' > /etc/libvirt/libvirtd.conf
ip link set lo up
ip link add br-guests type bridge
ip link set br-guests up
ip link add veth-a type veth peer name veth-b
ip link set veth-a up
ip link set veth-b up
libvirtd --daemon
sleep 600 &
wait $!  # unlike sleep itself, a waiting shell buries QEMU's orphans; libvirt waits for each to be gone
"""

# Runs inside, with the image's Python: one adapter by name, its records as JSON.
READ = """
import json, os, sys, time
sys.path.insert(0, "/collections")
from ansible_collections.netops.layer2.plugins.module_utils import _libvirt
from ansible_collections.netops.layer2.plugins.module_utils._runner import ReadError, Runner
runner = Runner(float(sys.argv[2]))
if len(sys.argv) > 3:
    os.setgid(int(sys.argv[3])), os.setuid(int(sys.argv[3]))
adapters = {
    "binding": lambda: _libvirt.records(_libvirt._from_binding(_libvirt._binding())),
    "virsh": lambda: _libvirt.records(_libvirt._from_virsh(runner)),
    "files": lambda: _libvirt.records(_libvirt._from_files(runner)),
    "read_guests": lambda: _libvirt.read_guests(runner),
}
started = time.time()
try:
    guests, gaps = adapters[sys.argv[1]]()
except ReadError as error:
    guests, gaps = None, [{"reason": error.reason, "way_out": error.way_out}]
print(json.dumps([guests, gaps, time.time() - started]))
"""


PATH = "/usr/sbin:/usr/bin:/sbin:/bin"


class Host:
    """A private libvirtd: commands run where it lives."""

    def __init__(self, pid: int) -> None:
        self.enter = ["nsenter", f"--target={pid}", "--mount", "--net", "--pid", "--root", "--wd=/",
                      "env", "-i", f"PATH={PATH}", "LC_ALL=C.UTF-8"]

    def run(self, *argv: str, given: str | None = None) -> str:
        done = subprocess.run([*self.enter, *argv], input=given, capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 0, f"{argv}: {done.stderr}"
        return done.stdout

    def virsh(self, *words: str) -> str:
        return self.run("virsh", "-q", *words)

    def define(self, command: str, xml: str) -> None:
        """A virsh command that takes an XML file, here as its standard input."""
        self.run("virsh", "-q", *command.split(), "/dev/stdin", given=xml)

    def read(self, adapter: str, timeout: float = 20.0, user: int | None = None) -> tuple[Any, list[dict[str, str]], float]:
        words = ["python3", "-c", READ, adapter, str(timeout)]
        guests, gaps, seconds = json.loads(self.run(*words, *([str(user)] if user else [])))
        return guests, gaps, seconds


@contextmanager
def libvirtd(release: str) -> Iterator[Host]:
    image = images.build(images.host_recipe(release, hypervisor=True)) / "root"
    command = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child",
               "sh", "-c", OUTER, "libvirtd", str(image), str(PLUGINS), INNER]
    with subprocess.Popen(command, start_new_session=True) as outer:
        try:
            yield answering(outer.pid)
        finally:
            outer.send_signal(signal.SIGKILL)


def answering(pid: int) -> Host:
    """The host whose first process is the child of `unshare --fork` with this pid, once libvirtd answers in it."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        if children:
            host = Host(int(children[0]))
            if not subprocess.call([*host.enter, "virsh", "-q", "-r", "list"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL):
                return host
        time.sleep(0.3)
    raise AssertionError("libvirtd did not answer within 30 s")


def domain(name: str, nics: str, uuid: str = "", more: str = "") -> str:
    return f"""<domain type='qemu'><name>{escape(name)}</name>{f"<uuid>{uuid}</uuid>" if uuid else ""}{more}<memory unit='MiB'>64</memory>
<os><type arch='x86_64' machine='q35'>hvm</type></os><devices><emulator>/usr/bin/qemu-system-x86_64</emulator>{nics}
<memballoon model='none'/></devices></domain>"""


def bridged(mac: str) -> str:
    return f"<interface type='bridge'><mac address='{mac}'/><source bridge='br-guests'/><model type='virtio'/></interface>"


def on_network(mac: str, network: str) -> str:
    return f"<interface type='network'><mac address='{mac}'/><source network='{network}'/><model type='virtio'/></interface>"


NETWORKS = ("<network><name>default</name><bridge name='virbr9'/></network>",
            "<network><name>bridged</name><forward mode='bridge'/><bridge name='br-guests'/></network>",
            "<network><name>macvtaps</name><forward mode='bridge'><interface dev='veth-a'/></forward></network>")
NAMES = ("<script>alert(1)<_script>", "g\u00e4st-\u5ba2-\U0001f642", "l" * 60, "a b; list; $(id) \"q\" 's'")
DIRECT = "<interface type='direct'><mac address='52:54:00:bb:00:03'/><source dev='veth-a' mode='bridge'/></interface>"
USER = "<interface type='user'><mac address='52:54:00:bb:00:04'/></interface>"
SNAPSHOT = """<domainsnapshot><name>{name}</name><creationTime>1500000000</creationTime><state>shutoff</state>{domain}</domainsnapshot>"""


@pytest.fixture(scope="module", params=RELEASES)
def host(request: pytest.FixtureRequest, able: None) -> Iterator[Host]:
    with libvirtd(request.param) as made:
        for network in NETWORKS:
            made.define("net-define", network)
            made.virsh("net-start", network.split("name>")[1].split("<")[0])
        define_running(made)
        define_twin(made)
        made.define("define", domain("saved", bridged("52:54:00:ee:00:01")))
        made.virsh("start", "saved")
        made.virsh("managedsave", "saved")
        made.define("create", domain("transient", bridged("52:54:00:ee:00:02")))
        made.virsh("suspend", "transient")
        for name in NAMES:
            made.define("define", domain(name, USER.replace("bb", "cc"), more="<title>]]&gt; &amp;lt;</title>"))
        yield made


def define_running(made: Host) -> None:
    """A guest with a NIC of each kind that can run here; then one NIC's definition gets another MAC, and one is taken away."""
    nics = bridged("52:54:00:0c:1d:f5") + on_network("52:54:00:bb:00:02", "default") + DIRECT + USER
    made.define("define", domain("running", nics + on_network("52:54:00:bb:00:05", "macvtaps"), RUNNING))
    made.virsh("start", "running")
    inactive = made.virsh("dumpxml", "--inactive", "running")
    made.define("define", inactive.replace("52:54:00:bb:00:02", "52:54:00:bb:99:02"))
    made.virsh("detach-interface", "running", "user", "--mac", "52:54:00:bb:00:04", "--config")


def define_twin(made: Host) -> None:
    """A shut-off guest with the running one's MAC, twice, and two snapshots."""
    made.define("define", domain("twin", bridged("52:54:00:0c:1d:f5") * 2 + on_network("52:54:00:bb:00:06", "bridged")))
    made.virsh("autostart", "twin")
    for name in ("s1", "s &lt;2&gt;"):
        snapshot = SNAPSHOT.format(name=name, domain=made.virsh("dumpxml", "--inactive", "twin"))
        made.define("snapshot-create twin --redefine --xmlfile", snapshot)


def by_name(guests: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {guest["name"]: guest for guest in guests}


@pytest.fixture(scope="module")
def guests(host: Host) -> dict[str, dict[str, Any]]:
    found, gaps, _seconds = host.read("virsh")
    assert gaps == []
    return by_name(found)


def test_every_guest_is_there_under_its_own_name(guests):
    assert sorted(guests) == sorted(["running", "twin", "saved", "transient", *NAMES])


@pytest.mark.parametrize("adapter", ["binding", "files", "read_guests"])
def test_all_readers_say_the_same_as_virsh(host, guests, adapter):
    found, gaps, _seconds = host.read(adapter)
    assert gaps == []
    assert by_name(found) == guests


STATES = {  # state, persistent, autostart, managed save, snapshots
    "running": ("running", True, False, False, 0), "twin": ("shut off", True, True, False, 2),
    "saved": ("shut off", True, False, True, 0), "transient": ("paused", False, False, False, 0),
    NAMES[0]: ("shut off", True, False, False, 0),
}


@pytest.mark.parametrize("name", list(STATES))
def test_state_and_what_hinders_a_change(guests, name):
    guest = guests[name]
    assert tuple(guest[key] for key in ("state", "persistent", "autostart", "managed_save", "snapshots")) == STATES[name]


NICS = {  # type, source, bridge, live MAC, persistent MAC
    "running": [
        ("bridge", "br-guests", "br-guests", "52:54:00:0c:1d:f5", "52:54:00:0c:1d:f5"),
        ("network", "default", "virbr9", "52:54:00:bb:00:02", "52:54:00:bb:99:02"),
        ("direct", "veth-a", None, "52:54:00:bb:00:03", "52:54:00:bb:00:03"),
        ("user", None, None, "52:54:00:bb:00:04", None),
        ("direct", "veth-a", None, "52:54:00:bb:00:05", "52:54:00:bb:00:05"),
    ],
    "twin": [
        ("bridge", "br-guests", "br-guests", None, "52:54:00:0c:1d:f5"),
        ("bridge", "br-guests", "br-guests", None, "52:54:00:0c:1d:f5"),
        ("network", "bridged", "br-guests", None, "52:54:00:bb:00:06"),
    ],
    "transient": [("bridge", "br-guests", "br-guests", "52:54:00:ee:00:02", None)],
}


@pytest.mark.parametrize("name", list(NICS))
def test_nics_as_they_run_and_as_they_are_defined(guests, name):
    found = [tuple(nic.get(key) for key in ("type", "source", "bridge", "live_mac", "persistent_mac")) for nic in guests[name]["nics"]]
    assert found == NICS[name]


def test_a_running_nic_names_a_tap_that_exists(host, guests):
    taps = [nic["tap"] for nic in guests["running"]["nics"] if nic["type"] != "user"]
    links = {link["ifname"] for link in json.loads(host.run("ip", "-j", "link"))}
    assert len(taps) == 4
    assert set(taps) <= links


def test_a_user_without_rights_reads_the_same_through_the_daemon(host, guests):
    found, gaps, _seconds = host.read("read_guests", user=65534)
    assert (gaps, by_name(found)) == ([], guests)


def test_reading_leaves_no_trace(host, guests):
    before = host.run("find", "/etc/libvirt", "/var/lib/libvirt", "/run/libvirt", "-newermt", "2000-01-01", "-printf", "%p %T@ %s\n")
    host.read("read_guests")
    after = host.run("find", "/etc/libvirt", "/var/lib/libvirt", "/run/libvirt", "-newermt", "2000-01-01", "-printf", "%p %T@ %s\n")
    assert (before, bool(guests)) == (after, True)


def test_a_hung_daemon_becomes_a_gap_and_its_files_answer(host, guests):
    pid = host.run("cat", "/run/libvirtd.pid").strip()
    host.run("kill", "-STOP", pid)
    try:
        found, gaps, seconds = host.read("read_guests", timeout=2)
    finally:
        host.run("kill", "-CONT", pid)
    assert seconds < 6
    assert by_name(found) == guests
    assert len(gaps) == 1
    assert "2 s" in gaps[0]["reason"] and "files" in gaps[0]["reason"] and gaps[0]["way_out"]


@pytest.mark.usefixtures("able")
def test_300_guests_are_read_in_time_by_each_reader():
    with libvirtd(RELEASES[0]) as made:
        texts = [domain(f"g{number}", "".join(bridged(f"52:54:{nic:02x}:01:{number >> 8:02x}:{number & 255:02x}") for nic in range(4)))
                 for number in range(300)]
        write = "import json, sys; [open(f'/run/g{place}.xml', 'w').write(text) for place, text in enumerate(json.load(sys.stdin))]"
        made.run("python3", "-c", write, given=json.dumps(texts))
        made.virsh("; ".join(f"define /run/g{number}.xml" for number in range(300)))
        for adapter in ("read_guests", "virsh", "files"):
            found, gaps, seconds = made.read(adapter)
            assert (len(found), gaps, sum(len(guest["nics"]) for guest in found)) == (300, [], 1200)
            assert seconds < LIMIT


def test_a_dead_daemon_leaves_its_files_to_root_and_nothing_to_others(host, guests):
    host.run("sh", "-c", "kill $(cat /run/libvirtd.pid); while virsh -q -r list >/dev/null 2>&1; do sleep 0.2; done")
    found, gaps, _seconds = host.read("read_guests")
    assert by_name(found) == guests
    assert [("files" in gap["reason"], "systemctl" in gap["way_out"]) for gap in gaps] == [(True, True)]
    found, gaps, _seconds = host.read("read_guests", user=65534)
    assert found is None
    assert "permission denied" in gaps[0]["reason"] and "become" in gaps[0]["way_out"]
