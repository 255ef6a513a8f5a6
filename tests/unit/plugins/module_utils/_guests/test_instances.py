"""Instances of Incus and LXD read at a real Unix socket: NICs, projects, clusters, bounds, and hostile answers."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import contextlib
import json
import os
import socket
import tempfile
import threading
import time

import pytest
from ansible_collections.netops.layer2.plugins.module_utils._guests import _instances, _unix_http
from ansible_collections.netops.layer2.plugins.module_utils._guests._lxd import _STATES
from ansible_collections.netops.layer2.plugins.module_utils._runner import Denied, Missing, ReadError
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._verdicts import mac_collisions

from ...plugin_utils.builders import hypervisor
from ..sample_runner import SampleRunner

SERVER = {
    "auth": "trusted",
    "api_extensions": ["projects", "instance_all_projects"],
    "environment": {"server_name": "node1", "server_clustered": False, "certificate_fingerprint": "ab" * 32},
}
MAC, OTHER = "00:16:3e:aa:bb:01", "10:66:6a:aa:bb:02"
UUID = "b3247ab1-1fe6-428e-965b-08a1b64a8746"


def instance(name="web", nics=None, config=None, **more):
    """One row of /1.0/instances?recursion=1, as LXD 5.0 writes it; its device eth0 comes from a profile."""
    devices = {"eth0": {"name": "eth0", "network": "lxdbr0", "type": "nic"}} if nics is None else nics
    own = {f"volatile.{nic}.hwaddr": MAC for nic in devices} if config is None else config
    return {
        "name": name, "status": "Running", "status_code": 103, "type": "container", "project": "default",
        "location": "none", "ephemeral": False, "profiles": ["default"], "config": own, "devices": {},
        "expanded_config": own, "expanded_devices": {"root": {"path": "/", "type": "disk"}, **devices}, **more,
    }


def body(metadata, **more):
    return json.dumps({"type": "sync", "status_code": 200, "metadata": metadata, **more}).encode()


def whole(content, status="200 OK"):
    head = f"HTTP/1.0 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    return head.encode() + content


@contextlib.contextmanager
def served(*answers):
    """A socket that gives ANSWERS (octets, or a function of the connection) in turn, and what it was asked."""
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as server:
        path, asked = os.path.join(folder, "unix.socket"), []
        server.bind(path)
        server.listen(4)

        def serve():
            for answer in answers:
                try:
                    channel = server.accept()[0]
                except OSError:
                    return
                with channel, contextlib.suppress(OSError):
                    asked.append(channel.recv(4096).decode().split("\r\n")[0])
                    answer(channel) if callable(answer) else channel.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield path, asked
        server.shutdown(socket.SHUT_RDWR)
        thread.join(5)


def read(rows, server=None, files=(), timeout=5.0, name="lxd"):
    """What is found where the daemon answers with ROWS (data, or the octets of an answer)."""
    answer = rows if isinstance(rows, bytes) or callable(rows) else whole(body(rows))
    with served(whole(body(SERVER if server is None else server)), answer) as (path, asked):
        runner = SampleRunner(files={os.path.dirname(path): "", **dict(files)})
        runner.timeout = timeout
        found = _instances.read_instances(runner, name, _STATES, [path])
    return found, asked, path


def one(row, **more):
    found, _asked, _path = read([row], **more)
    assert not found.gaps
    return found.guests[0]


def test_a_host_without_a_daemon_costs_nothing_and_has_no_gap():
    assert _instances.read_instances(SampleRunner(), "lxd", _STATES, ["/var/lib/lxd/unix.socket"]) == ([], [], [])


def test_a_container_is_told_with_the_interface_and_the_bridge_that_it_ends_in():
    row = instance(config={"volatile.eth0.hwaddr": MAC.upper(), "volatile.eth0.host_name": "veth0a1b2c3d"})
    files = {"/sys/class/net/veth0a1b2c3d/master": "../../virtual/net/br-real"}
    assert one(row, files=files) == {
        "name": "web", "hypervisor": "lxd", "id": "web", "manager": "node1 " + "ab" * 6, "kind": "container",
        "persistent": True, "autostart": False, "state": "Running",
        "nics": [{
            "alias": "eth0", "definition": "profile", "type": "bridge", "source": "lxdbr0", "bridge": "br-real",
            "mac": MAC, "persistent_mac": MAC, "live_mac": MAC, "tap": "veth0a1b2c3d",
        }],
    }


def test_a_vm_of_another_project_has_its_uuid_and_its_own_devices():
    nics = {"eth0": {"type": "nic", "nictype": "bridged", "parent": "br0", "vlan": "20", "hwaddr": OTHER}}
    row = instance(
        nics=nics, devices=nics, type="virtual-machine", project="shop", status="Stopped",
        config={"volatile.eth0.hwaddr": MAC, "volatile.uuid": UUID, "boot.autostart": "true"},
    )
    guest = one(row)
    assert (guest["id"], guest["kind"], guest["product_uuid"], guest["autostart"]) == ("shop_web", "vm", UUID, True)
    assert guest["nics"] == [{
        "alias": "eth0", "definition": "instance", "type": "bridge", "source": "br0", "bridge": "br0", "vlan": [20],
        "mac": OTHER, "persistent_mac": OTHER,
    }]


def test_a_pattern_of_a_profile_is_no_mac_and_a_nic_of_the_host_s_own_has_none():
    nics = {
        "a": {"type": "nic", "nictype": "macvlan", "parent": "eth9", "hwaddr": "00:16:3e:xx:xx:xx"},
        "b": {"type": "nic", "nictype": "physical", "parent": "eth8"},
    }
    first, second = one(instance(nics=nics, config={"volatile.a.hwaddr": MAC}))["nics"]
    assert (first["mac"], first["type"], second["type"], "mac" in second) == (MAC, "direct", "hostdev", False)


def test_all_projects_are_asked_and_a_server_that_cannot_is_said():
    assert read([])[1][1].split()[1] == "/1.0/instances?recursion=1&all-projects=true"
    found, asked, path = read([], server={**SERVER, "api_extensions": []})
    assert asked[1].split()[1] == "/1.0/instances?recursion=1"
    assert path in found.gaps[0]["reason"] and 'only the project "default"' in found.gaps[0]["reason"]


def test_what_another_member_has_is_told_with_its_node_and_without_a_state():
    environment = {**SERVER["environment"], "server_clustered": True}
    found, _asked, _path = read(
        [instance(location="node1"), instance("db", location="node2")], server={**SERVER, "environment": environment}
    )
    here, there = found.guests
    assert (here["state"], "node" in here, here["manager"]) == ("Running", False, "cluster " + "ab" * 6)
    assert (there["state"], there["node"], there["manager"]) == ("unknown", "node2", here["manager"])


def test_an_instance_of_a_member_that_is_off_is_a_gap_and_not_one_without_nics():
    found, _asked, path = read([{"name": "db", "project": "default", "status": "Error", "location": "node2"}])
    assert (found.guests, found.gaps[0]["item"]) == ([], "db")
    assert "of a member that is off: db" in found.gaps[0]["reason"]
    assert path in found.gaps[0]["reason"] and "lxc list" in found.gaps[0]["hint"]


def test_two_containers_with_one_mac_are_named_and_the_cure_is_their_client_s():
    config = {"volatile.eth0.hwaddr": MAC}
    found, _asked, _path = read([instance(config=config), instance("db", config=config, project="shop")])
    (finding,) = mac_collisions([hypervisor("box1", 1) | {"guests": found.guests}])["findings"]
    assert {owner["guest"] for owner in finding["owners"]} == {"web", "db"}
    assert "lxc config device override web eth0 hwaddr=00:16:3e:" in finding["fix"]
    assert "lxc config device override db eth0 hwaddr=00:16:3e:" in finding["fix"]
    assert "--project shop" in finding["fix"]
    assert "virsh" not in json.dumps(finding)


@pytest.mark.parametrize(("row", "words"), [
    (None, "can be called so"), (7, "can be called so"), ({"name": ["x"]}, "can be called so"),
    (instance(name="a\x1b[31m\n"), "can be called so"), (instance(name="x" * 100000), "can be called so"),
    (instance(project="a_b"), "can be called so"), (instance(project="a\u202eb"), "can be called so"),
    (instance(type=["container"]), "without its devices"), (instance(expanded_devices=[]), "without its devices"),
    (instance(config={"volatile.eth0.hwaddr": "nonsense"}), "has no MAC that is one"),
    (instance(config={"volatile.eth0.hwaddr": {"a": 1}}), "has no MAC that is one"),
    (instance(nics={"a\nb": {"type": "nic"}}), "no NIC can be called so"),
    (instance(nics={f"e{number}": {"type": "nic"} for number in range(100)}), "more than 64 NICs"),
])
def test_what_cannot_be_is_a_short_printable_gap(row, words):
    found, _asked, path = read([row, instance("other")])
    assert found.guests[-1]["name"] == "other" and len(found.gaps) == 1
    reason = found.gaps[0]["reason"]
    assert words in reason and path in reason and reason.isprintable() and len(reason) < 300


def test_wrong_types_everywhere_end_nothing():
    for wrong in (None, 7, True, [], {}, "x" * 1000, [{"a": 1}]):
        row = {**dict.fromkeys(instance(), wrong), "name": "web", "project": "default", "type": "container",
               "expanded_devices": {"eth0": {**dict.fromkeys(("hwaddr", "parent", "network", "nictype", "vlan"), wrong),
                                             "type": "nic"}, "eth1": wrong}}
        assert read([row])[0].guests[0]["state"] == "unknown"
        read([], server={**SERVER, "environment": wrong})


def test_many_bad_ones_are_shown_in_part():
    gaps = read([None] * 1000)[0].gaps
    assert len(gaps) == 6 and "995 more" in gaps[-1]["reason"]


DRIPS_FOR = 30  # seconds


def drip(channel):
    channel.sendall(b"HTTP/1.0 200 OK\r\n")
    for _turn in range(DRIPS_FOR * 20):  # unless it is hung up on
        channel.sendall(b"X: y\r\n")
        time.sleep(0.05)


@pytest.mark.parametrize(("answer", "words"), [
    (b"", "is broken"), (b"hello\r\n\r\n", "is broken"),
    (b"HTTP/1.0 200 OK\r\nContent-Length: 99\r\n\r\n{", "is broken"),
    (whole(b"not json"), "is no JSON"), (whole(b"[" * 200000), "is no JSON"), (whole(b"\xff"), "is no JSON"),
    (whole(b"[]"), "another shape"), (whole(body({"a": 1})), "another shape"),
    (whole(json.dumps({"error": "not\x1b found"}).encode(), "404 Not Found"), r"status 404: not\? found"),
    (lambda channel: channel.sendall(b"x" * (1 << 20)), "is longer than"), (drip, "no whole answer"),
], ids=[
    "nothing", "a-word", "cut-short", "no-json", "deep", "no-text", "a-list", "an-object", "refused", "endless", "slow",
])
def test_an_answer_that_is_none_is_a_gap_that_names_the_socket(monkeypatch, answer, words):
    monkeypatch.setattr(_instances, "_MOST", 300000)
    begun = time.monotonic()
    with pytest.raises(ReadError, match=words) as caught:
        read(answer, timeout=0.5)
    assert "unix.socket" in caught.value.reason and caught.value.reason.isprintable()
    assert time.monotonic() - begun < DRIPS_FOR, "its last drop was waited for"


def test_who_is_not_trusted_is_told_to_become():
    with pytest.raises(ReadError) as caught:
        read([], server={**SERVER, "auth": "untrusted"})
    assert "become: true" in caught.value.hint


def test_a_daemon_that_is_not_there_is_a_gap_only_where_it_has_instances(tmp_path):
    path = str(tmp_path / "unix.socket")
    runner = SampleRunner(files={f"{tmp_path}/database/x": ""})
    assert _instances.read_instances(runner, "incus", _STATES, [path]) == ([], [], [])
    runner = SampleRunner(files={f"{tmp_path}/containers/web": ""})
    with pytest.raises(ReadError, match="holds instances") as caught:
        _instances.read_instances(runner, "incus", _STATES, [path])
    assert path in caught.value.reason and "start the daemon" in caught.value.hint


def test_the_hint_of_each_failure_of_the_socket(monkeypatch, tmp_path):
    path = tmp_path / "unix.socket"
    with pytest.raises(Missing):
        _unix_http.get(str(path), "/", 1, 10)
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    with pytest.raises(ReadError, match="refused") as caught:
        _unix_http.get(str(path), "/", 1, 10)
    assert "daemon" in caught.value.hint

    def closed(*_arguments):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(_unix_http, "_read_all", closed)
    with served(b"") as (busy, _asked), pytest.raises(Denied) as refused:
        _unix_http.get(busy, "/", 1, 10)
    assert "become: true" in refused.value.hint
