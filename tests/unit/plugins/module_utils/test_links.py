"""Who is on the other end, across network namespaces."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import contextlib
import os
import shutil
import subprocess

import pytest
from ansible_collections.netops.layer2.plugins.module_utils import _snapshot
from ansible_collections.netops.layer2.plugins.module_utils._links import resolve_links
from ansible_collections.netops.layer2.plugins.module_utils._runner import Runner


def nic(name, index, netns="", **more):
    record = {"name": name, "index": index}
    if netns:
        record["netns"] = netns
    record.update(more)
    return record


def veth(name, index, netns, peer_index, nsid):
    return nic(name, index, netns, kind="veth", link_index=peer_index, _nsid=nsid)


def resolved(*records, **options):
    resolve_links(list(records), **options)
    assert not any("_nsid" in record for record in records)
    return {(record.get("netns", ""), record["name"]): record for record in records}


def end(record):
    return record.get("link"), record.get("link_netns"), record.get("link_foreign", False)


def test_two_containers_whose_eth0_is_number_2_in_both():
    found = resolved(
        veth("vethA", 10, "", 2, 0), veth("vethB", 11, "", 2, 1),
        veth("eth0", 2, "docker-a", 10, 0), veth("eth0", 2, "docker-b", 11, 0))
    assert end(found["", "vethA"]) == ("eth0", "docker-a", False)
    assert end(found["", "vethB"]) == ("eth0", "docker-b", False)
    assert end(found["docker-a", "eth0"]) == ("vethA", "", False)
    assert end(found["docker-b", "eth0"]) == ("vethB", "", False)


def test_a_peer_in_a_namespace_that_nobody_read():
    found = resolved(veth("vethA", 10, "", 2, 0), veth("eth0", 2, "docker-b", 77, 0), nic("eth0", 2))
    assert end(found["", "vethA"]) == (None, None, True)


def test_a_namespace_number_that_one_veth_proves_decides_for_a_macvlan_on_a_nic():
    macvlan = nic("eth1", 3, "docker-a", kind="macvlan", link_index=4, _nsid=0)
    found = resolved(
        veth("vethA", 10, "", 2, 0),
        veth("eth0", 2, "docker-a", 10, 0),
        macvlan,
        nic("ens3", 4),
        nic("other", 4, "docker-b"),
    )
    assert end(found["docker-a", "eth1"]) == ("ens3", "", False)


def test_without_proof_nothing_is_said():
    macvlan = nic("eth1", 3, "docker-a", kind="macvlan", link_index=4, _nsid=0)
    found = resolved(macvlan, nic("ens3", 4), nic("other", 4, "docker-b"))
    assert end(found["docker-a", "eth1"]) == (None, None, False)


def test_an_index_that_points_back_by_chance_is_nobodys_peer():
    macvlan = nic("mv", 2, "docker-a", kind="macvlan", link_index=3, _nsid=0)
    found = resolved(macvlan, veth("vethX", 3, "docker-b", 2, 0), nic("eth0", 3))
    assert end(found["docker-a", "mv"]) == (None, None, False)


def test_the_kernels_answer_decides_between_namespaces():
    numbers = {("", "docker-a"): -1, ("", "docker-b"): 5, ("docker-c", ""): 0, ("docker-c", "docker-b"): -1}

    def number_of(netns, other):
        return numbers.get((netns, other), -1)

    found = resolved(
        veth("vethA", 10, "", 2, 5), veth("eth0", 2, "docker-a", 10, 9), veth("eth0", 2, "docker-b", 10, 8),
        nic("mv", 3, "docker-c", kind="macvlan", link_index=2, _nsid=0), nic("ens3", 2), number_of=number_of)
    assert end(found["", "vethA"]) == ("eth0", "docker-b", False)
    assert end(found["docker-c", "mv"]) == ("ens3", "", False)


def test_a_single_end_is_refused_where_the_kernel_knows_better():
    found = resolved(
        veth("vethA", 10, "", 2, 5), veth("eth0", 2, "docker-a", 10, 9), number_of=lambda _netns, _other: -1
    )
    assert "link" not in found["", "vethA"]


@contextlib.contextmanager
def namespaces(*names):
    """Network namespaces for the time of a test."""
    try:
        for name in names:
            if subprocess.run(
                ["ip", "netns", "add", name], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False
            ).returncode:
                pytest.skip("this kernel or container allows no network namespaces")
        yield
    finally:
        for name in names:
            subprocess.run(["ip", "netns", "del", name], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)


@pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("ip") is None, reason="only root can make network namespaces, with iproute2"
)
def test_real_namespaces():
    first, second, third = (f"layer2-{name}-{os.getpid()}" for name in ("a", "b", "c"))
    with namespaces(first, second, third):
        for command in (
            f"-n {first} link add v0 type veth peer name e0 netns {second}",
            f"-n {third} link add v0 type veth peer name e0",
            f"-n {first} link add link v0 name mv0 netns {third} type macvlan mode bridge",
        ):
            subprocess.run(["ip", *command.split()], check=True)
        snapshot = _snapshot.collect(Runner(), ["containers", "interfaces"])
    found = {
        (record.get("netns", "").replace("netns:", ""), record["name"]): record for record in snapshot["interfaces"]
    }
    assert end(found[first, "v0"]) == ("e0", "netns:" + second, False)
    assert end(found[second, "e0"]) == ("v0", "netns:" + first, False)
    assert end(found[third, "v0"]) == ("e0", "netns:" + third, False)
    assert end(found[third, "mv0"]) == ("v0", "netns:" + first, False)


def test_a_veth_end_here_has_to_point_back():
    # iproute2 3.16 prints `v0@br0` for a peer with br0's number in another namespace.
    found = resolved(nic("br0", 2, kind="bridge"), nic("v0", 4, kind="veth", link="br0"))
    assert end(found["", "v0"]) == (None, None, True) and found["", "v0"]["link_index"] == 2


def test_an_index_that_is_not_here_lies_elsewhere():
    assert end(resolved(nic("eth0", 2, kind="veth", link_index=99))["", "eth0"]) == (None, None, True)


def test_names_get_numbers_and_numbers_names():
    found = resolved(
        nic("eth0", 2), nic("eth0.5", 3, link="eth0", kind="vlan"), nic("mv", 4, link_index=2, kind="macvlan")
    )
    assert found["", "eth0.5"]["link_index"] == 2 and end(found["", "mv"]) == ("eth0", "", False)


def test_kind_of_the_master_where_only_the_master_tells_it():
    found = resolved(
        nic("br0", 2, kind="bridge"), nic("tap0", 3, master="br0"), nic("tap0", 3, "docker-a", master="br0")
    )
    assert found["", "tap0"]["master_kind"] == "bridge" and "master_kind" not in found["docker-a", "tap0"]


def test_a_thousand_veths():
    records = [veth(f"v{number}", number, "", 2, number) for number in range(3, 1003)]
    records += [veth("eth0", 2, f"c{number}", number, 0) for number in range(3, 1003)]
    found = resolved(*records)
    assert all(end(found["", f"v{number}"]) == ("eth0", f"c{number}", False) for number in range(3, 1003))
