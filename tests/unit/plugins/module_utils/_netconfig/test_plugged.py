"""NICs that come and go under a running host, in a real network namespace: which is there, and what is run when another
one comes.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import json
import os
import subprocess
import sys
import time

import pytest
from ansible_collections.netops.layer2.plugins.module_utils._netconfig import _mac_change, _plugged, _switch

OLD, NEW = "02:00:00:00:00:0a", "02:00:00:00:00:0b"
NAMESPACE = f"layer2-plugged-{os.getpid()}"


def ip(*words):
    """Run ip; its output."""
    return subprocess.run(
        ["ip", *words], check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True
    ).stdout


def plug(mac, name="nic0"):
    """Put a NIC in, as a hypervisor does."""
    ip("-n", NAMESPACE, "link", "add", name, "address", mac, "type", "veth", "peer", "name", "far-" + name)
    ip("-n", NAMESPACE, "link", "set", name, "up")


def unplug(name="nic0"):
    ip("-n", NAMESPACE, "link", "del", name)


def program(*arguments):
    """The command that runs the text inside the namespace, as it runs on a host."""
    return ["ip", "netns", "exec", NAMESPACE, *_mac_change._alone(_plugged, *arguments)]


@pytest.fixture
def inside():
    """A namespace with the old NIC in it."""
    try:
        ip("netns", "add", NAMESPACE)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no network namespace can be made here: {error}")
    try:
        plug(OLD)
        yield int(ip("netns", "exec", NAMESPACE, "cat", "/sys/class/net/nic0/ifindex"))
    finally:
        ip("netns", "del", NAMESPACE)


def which():
    return subprocess.call(program("which", NEW, OLD))


def test_which_nic_is_there(inside):
    assert which() == _plugged.OLD
    unplug()
    assert which() == _plugged.NEITHER
    plug(NEW)
    assert which() == _plugged.NEW


def test_what_is_stacked_on_a_nic_is_no_nic(inside):
    ip("-n", NAMESPACE, "link", "add", "br0", "address", NEW, "type", "bridge")
    ip("-n", NAMESPACE, "link", "add", "mv0", "link", "nic0", "address", NEW, "type", "macvlan")
    assert which() == _plugged.OLD
    unplug()
    assert which() == _plugged.NEITHER


class Watched:
    """A watch in the namespace, and how often it ran its command."""

    def __init__(self, folder, index, seconds):
        self.log = folder / "log"
        self.log.write_text("")
        command = ["sh", "-c", f"cat /sys/class/net/nic0/address >> {self.log}"]
        words = program("watch", NEW, OLD, "nic0", str(index), str(seconds), json.dumps([command]))
        self.process = subprocess.Popen(words)

    def saw(self, macs, seconds=60):
        """Wait until it ran for exactly these NICs."""
        deadline = time.monotonic() + seconds
        while self.log.read_text().split() != macs and time.monotonic() < deadline:
            time.sleep(0.05)
        return self.log.read_text().split() == macs

    def ended(self, seconds=60):
        try:
            return self.process.wait(seconds) == 0
        except subprocess.TimeoutExpired:
            return False


@pytest.fixture
def watched(inside, tmp_path):
    """Starts a watch that lasts so many seconds."""
    made = []
    yield lambda seconds: made.append(Watched(tmp_path, inside, seconds)) or made[-1]
    for each in made:
        each.process.kill()
        each.process.wait()


def test_the_command_runs_for_the_new_nic_and_for_the_old_one_that_comes_back(watched):
    watch = watched(30)
    time.sleep(0.6)
    unplug()
    plug(NEW)
    assert watch.saw([NEW])
    unplug()
    plug(OLD)
    assert watch.saw([NEW, OLD])


def test_it_waits_for_the_name(watched):
    watch = watched(30)
    unplug()
    plug(NEW, "eth7")
    time.sleep(0.5)
    ip("-n", NAMESPACE, "link", "set", "eth7", "name", "nic0")
    assert watch.saw([NEW])


def test_it_ends_where_nothing_is_swapped(watched):
    watch = watched(1)
    assert watch.ended() and watch.saw([], 0)


def test_it_does_not_end_while_there_is_no_nic(watched):
    watch = watched(1)
    unplug()
    assert not watch.ended(2)
    plug(NEW)
    assert watch.saw([NEW]) and watch.ended()


LISTEN = """
import json, socket, sys, time
channel = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0806))
channel.settimeout(0.2)
print("listening", flush=True)
until, found = time.monotonic() + 12, set()
while time.monotonic() < until and len(found) < int(sys.argv[1]):
    try:
        frame, origin = channel.recvfrom(128)
    except socket.timeout:
        continue
    if origin[0] == "far-nic0" and frame[28:32] == frame[38:42]:
        found.add(":".join("%02x" % octet for octet in frame[6:12]) + " " + socket.inet_ntoa(frame[28:32]))
print(json.dumps(sorted(found)))
"""


def test_the_new_nic_is_announced_with_every_mac_that_its_manager_gives_it(inside, tmp_path):
    """The manager sets an older MAC at first, by its old files, and the right one a second later."""
    address = ["ip", "address", "add", "192.0.2.7/24", "dev", "nic0"]
    late = ["sh", "-c", f"ip link set nic0 address {OLD}; (sleep 1; ip link set nic0 address {NEW}) > /dev/null 2>&1 &"]
    commands = [address, late, _mac_change._alone(_switch, "nic0")]
    listening = subprocess.Popen(
        ["ip", "netns", "exec", NAMESPACE, sys.executable, "-c", LISTEN, "2"],
        stdout=subprocess.PIPE,
        universal_newlines=True,
    )
    watching = subprocess.Popen(program("watch", NEW, OLD, "nic0", str(inside), "30", json.dumps(commands)))
    try:
        assert listening.stdout.readline() == "listening\n"
        unplug()
        plug(NEW)
        ip("-n", NAMESPACE, "link", "set", "far-nic0", "up")
        assert json.loads(listening.communicate(timeout=20)[0]) == [f"{OLD} 192.0.2.7", f"{NEW} 192.0.2.7"]
    finally:
        for each in (listening, watching):
            each.kill()
            each.wait()


def test_systemd_finds_no_variable_in_it():
    texts = [_mac_change._alone(module, "which")[4] for module in (_plugged, _switch)]
    assert texts[0].startswith('"""Which NIC') and not any("$" in text for text in texts)


def test_a_command_that_fails_is_tried_again(tmp_path, monkeypatch):
    monkeypatch.setattr(_plugged.time, "sleep", lambda seconds: None)
    script = f"echo x >> {tmp_path}/tries; test $(wc -l < {tmp_path}/tries) -ge 3"
    _plugged._run(["sh", "-c", script])
    assert (tmp_path / "tries").read_text() == "x\n" * 3
    _plugged._run([sys.executable + "-not-there"])
