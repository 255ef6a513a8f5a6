"""The whole snapshot: readers on their own, gaps instead of silence, and the schema that both sources keep to."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import json
import re
from pathlib import Path

import pytest
from ansible_collections.netops.layer2.plugins.module_utils import _bridge, _iproute, _procfs, _routing, _snapshot
from ansible_collections.netops.layer2.plugins.module_utils._guests import _hypervisors
from ansible_collections.netops.layer2.plugins.module_utils._guests._hypervisor import Hypervisor
from ansible_collections.netops.layer2.plugins.module_utils._runner import Runner

from .sample_runner import IPROUTE2, SampleRunner, denied

jsonschema = pytest.importorskip("jsonschema")
ROOT = Path(__file__).resolve().parents[4]
SCHEMA = json.loads((ROOT / "docs/schemas/snapshot-v1.json").read_text(encoding="utf-8"))
CHECKER = jsonschema.Draft202012Validator(SCHEMA)
SUBSETS = [name for name in _snapshot.SUBSETS if name not in ("containers", "guests")]
FILES = {
    "/proc/net/if_inet6": "",
    "/proc/sys/net/ipv4/ip_forward": "1",
    "/proc/sys/kernel/hostname": "hv1",
    "/proc/net/arp": "IP\n",
}


def problems(snapshot):
    return [error.json_path + ": " + error.message for error in CHECKER.iter_errors(json.loads(json.dumps(snapshot)))]


def collect(version="iproute2-6.1", subsets=SUBSETS, **more):
    return _snapshot.collect(SampleRunner(version, FILES), subsets, **more)


def gaps(snapshot, subset):
    return [gap["reason"] for gap in snapshot["gaps"] if gap["subset"] == subset]


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("version", IPROUTE2)
def test_snapshots_of_every_version_keep_to_the_schema(version):
    snapshot = collect(version)
    assert problems(snapshot) == []
    assert snapshot["observed"] == SUBSETS
    assert [gap["item"] for gap in snapshot["gaps"]] == [
        "machine_id",
        "boot_id",
        "netns",
    ]  # the recorded host has no such files


def test_this_machine_keeps_to_the_schema():
    snapshot = _snapshot.collect(Runner(), _snapshot.SUBSETS)
    assert problems(snapshot) == []
    assert snapshot["source"] == "live" and any(record["name"] == "lo" for record in snapshot["interfaces"])
    for gap in snapshot["gaps"]:
        assert "the reader broke" not in gap["reason"], gap


@pytest.mark.parametrize(
    "damage",
    [
        {"version": 2},
        {"source": "guess"},
        {"interfaces": [{"name": "eth0", "mac": "52:54:00:0C:1D:F5"}]},
        {"unknown": 1},
        {"interfaces": [{"name": "e" * 16}]},
        {"neighbors": {"columns": ["mac"], "rows": []}},
        {"gaps": [{"subset": "fdb"}]},
    ],
)
def test_the_schema_refuses(damage):
    assert problems(dict(collect(), **damage))


def test_every_documented_key_is_in_the_schema_and_the_other_way_round():
    text = (ROOT / "docs/snapshot.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)) == set(SCHEMA["properties"])
    parts = re.split(r"^\*\*(\w+)\*\*: ", text, flags=re.MULTILINE)
    for name, paragraph in zip(parts[1::2], parts[2::2]):
        if name in SCHEMA["$defs"]:
            missing = [key for key in SCHEMA["$defs"][name]["properties"] if key not in paragraph]
            assert missing == [], name


READERS = [
    ("interfaces", _iproute, "interfaces"), ("neighbors", _iproute, "neighbour_rows"), ("fdb", _bridge, "fdb_rows"),
    ("bridges", _bridge, "linux_bridges"), ("rules", _routing, "read_rules"), ("routes", _routing, "read_routes"),
    ("sysctls", _routing, "read_sysctls"),
    ("guests", _hypervisors, "HYPERVISORS"),
]


@pytest.mark.parametrize(("subset", "module", "function"), READERS)
def test_a_broken_reader_costs_only_its_own_data(subset, module, function, monkeypatch):
    def broken(*_arguments, **_options):
        raise ZeroDivisionError("a bug")

    whole = collect(subsets=[*SUBSETS, "guests"])
    monkeypatch.setattr(module, function, (Hypervisor("toy", {}, broken),) if function == "HYPERVISORS" else broken)
    snapshot = collect(subsets=[*SUBSETS, "guests"])
    assert problems(snapshot) == []
    assert any("ZeroDivisionError: a bug" in reason for reason in gaps(snapshot, subset))
    lost = set(whole["observed"]) - set(snapshot["observed"])
    # Addresses lie in the interfaces, and both kinds of bridges' facts need to know which interfaces are bridges.
    assert subset in lost and lost <= {subset} | ({"addresses", "pins"} if subset == "interfaces" else set())
    along = {"interfaces": {"bridges", "pins"}, "guests": {"dhcp_reservations"}}.get(subset, set())
    for key in set(whole) - {subset, "collected_at", "duration", "gaps", "observed"} - along:
        assert snapshot[key] == whole[key], key


def test_without_iproute2_the_gaps_say_what_is_missing_and_the_hint():
    snapshot = _snapshot.collect(Runner_without_iproute2(), SUBSETS)
    assert problems(snapshot) == []
    assert any(record["name"] == "lo" for record in snapshot["interfaces"])
    for subset in ("interfaces", "neighbors", "fdb", "rules", "routes"):
        assert any("is not installed" in reason for reason in gaps(snapshot, subset)), subset
    assert {"subset": "rules", "item": "inet", "reason": "ip is not installed", "hint": "install iproute2"} in snapshot[
        "gaps"
    ]
    assert "rules" not in snapshot["observed"] and "interfaces" in snapshot["observed"]


class Runner_without_iproute2(Runner):
    """This machine, as if nobody had installed iproute2."""

    def find(self, name):
        return None if name in ("ip", "bridge") else super().find(name)


def test_who_is_not_root_is_told_the_hint():
    class Other(Runner):
        def is_root(self):
            return False

    snapshot = _snapshot.collect(Other(), ["containers", "interfaces"])
    assert "containers" not in snapshot and snapshot["observed"] == ["interfaces"]
    assert any("become: true" in gap.get("hint", "") for gap in snapshot["gaps"] if gap["subset"] == "containers")


def test_a_router_with_the_whole_internet_is_not_listed():
    files = dict(FILES, **{"/proc/net/fib_triestat": "Prefixes:       900000\n"})
    runner = SampleRunner("iproute2-6.1", files)
    snapshot = _snapshot.collect(runner, ["routes"])
    assert any("900000 inet routes are too many" in reason for reason in gaps(snapshot, "routes"))
    assert (
        "ip_-j_-d_-4_route_show_table_all" not in runner.ran
        and "ip_-j_-d_-4_route_show_table_all_default" in runner.ran
    )
    assert all(route["family"] == "inet6" for route in snapshot["routes"])
    assert problems(snapshot) == []


def test_a_node_of_proxmox_keeps_to_the_schema_and_libvirt_beside_it_costs_nothing():
    golden = Path(__file__).resolve().parent / "golden" / "proxmox-8"
    conf = {number: (golden / f"{number}.conf").read_text(encoding="utf-8") for number in (100, 101)}
    files = {
        **FILES,
        "/etc/pve/nodes/pve1/qemu-server/100.conf": conf[100],
        "/etc/pve/nodes/pve2/lxc/101.conf": conf[101],
        "/etc/pve/local": "nodes/pve1",
        "/proc/net/unix": "",
    }
    snapshot = _snapshot.collect(SampleRunner("iproute2-6.1", files), [*SUBSETS, "guests"])
    assert problems(snapshot) == []
    assert {(guest["id"], guest["kind"], guest["state"], guest.get("node")) for guest in snapshot["guests"]} == {
        ("100", "vm", "stopped", None), ("101", "container", "unknown", "pve2")}
    assert "guests" in snapshot["observed"] and snapshot["dhcp_reservations"] == []


def test_a_hypervisor_that_cannot_be_read_is_a_gap_and_the_others_guests_stay():
    files = {
        **FILES,
        "/etc/pve/nodes/pve1/qemu-server/100.conf": "name: web\n",
        "/etc/pve/local": "nodes/pve1",
        "/run/libvirt/x": "",
        "/etc/libvirt/qemu/a.xml": denied("/etc/libvirt/qemu/a.xml"),
    }
    snapshot = _snapshot.collect(SampleRunner("iproute2-6.1", files), ["guests"])
    assert [guest["name"] for guest in snapshot["guests"]] == ["web"] and "guests" not in snapshot["observed"]
    assert gaps(snapshot, "guests") and problems(snapshot) == []


def test_host_names_and_empty_answers():
    assert collect(host="web01")["host"] == "web01" and collect()["host"] == "hv1"
    snapshot = collect(subsets=["fdb"])
    assert snapshot["observed"] == ["fdb"] and "interfaces" not in snapshot and problems(snapshot) == []


def test_addresses_left_out_where_nobody_asked():
    assert all("addresses" not in record for record in collect(subsets=["interfaces"])["interfaces"])
    assert all("addresses" in record for record in collect(subsets=["interfaces", "addresses"])["interfaces"])


EVERYTHING = list(_snapshot.SUBSETS)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["all"], EVERYTHING),
        ([], EVERYTHING),
        (["!routes"], [name for name in EVERYTHING if name != "routes"]),
        (["fdb", "neighbors"], ["neighbors", "fdb"]),
        (["addresses"], ["interfaces", "addresses"]),
        (["!all", "fdb"], ["fdb"]),
        (["all", "!guests", "!containers"], [name for name in EVERYTHING if name not in ("guests", "containers")]),
        (["!all"], []),
    ],
)
def test_subsets(names, expected):
    assert _snapshot.chosen_subsets(names) == expected


@pytest.mark.parametrize("name", ["neighbours", "!nothing", "", "x" * 100000])
def test_a_wrong_subset_names_the_right_ones(name):
    with pytest.raises(_snapshot.SubsetError, match="identity, containers, interfaces") as caught:
        _snapshot.chosen_subsets([name])
    assert len(str(caught.value)) < 300


def test_many_damaged_lines_are_counted_and_not_all_shown():
    found = _snapshot.Gaps()
    found.add_damaged("fdb", [f"line {number}" for number in range(1000)])
    assert len(found.found) == _snapshot.MOST_DAMAGED_SHOWN + 1 and "980 more" in found.found[-1]["reason"]


def test_the_collectors_version_is_the_collections():
    version = re.search(r"^version: (\S+)$", (ROOT / "galaxy.yml").read_text(encoding="utf-8"), re.MULTILINE).group(1)
    assert version == _snapshot.COLLECTOR


def test_summary_counts_for_people():
    summary = _snapshot.summary(collect())
    assert (summary["interfaces"], summary["neighbors"], summary["fdb"], summary["bridges"]) == (8, 3, 9, 1)
    assert len(summary["gaps"]) == 3 and summary["gaps"][0].startswith("identity: ")


def test_without_ip_a_bridge_in_sysfs_keeps_its_forwarding_table(monkeypatch):
    monkeypatch.setattr(_procfs, "fdb", lambda _runner, bridges: [
        {"mac": "52:54:00:00:00:01", "ifname": "v0", "master": bridges[0][0], "flags": [], "state": ""}])
    runner = SampleRunner("iproute2-6.1", FILES, programs=("ip",))
    snapshot = _snapshot.collect(runner, ["interfaces", "bridges", "fdb"])
    assert snapshot["fdb"]["rows"] == ["- v0 52:54:00:00:00:01 - br0 - -"]
    assert any("bridge is not installed; read from /sys" in reason for reason in gaps(snapshot, "fdb"))


def test_a_file_that_is_closed_to_the_user_is_a_gap_of_the_pins_and_one_that_is_not_there_is_none():
    closed = [f"/etc/netplan/{number}.yaml" for number in range(5)]
    files = {"/etc/hosts": "", "/etc/ethers": "", **{path: denied(path) for path in closed}}
    snapshot = _snapshot.collect(SampleRunner(IPROUTE2[-1], files), ["interfaces", "pins"])
    (gap,) = [gap for gap in snapshot["gaps"] if gap["subset"] == "pins"]
    assert gap["reason"] == f"files that may name a MAC are closed to this user: {', '.join(closed[:3])} and 2 more"
    assert "become: true" in gap["hint"] and "pins" in snapshot["observed"]


def test_a_folder_that_is_closed_to_the_user_is_a_gap_of_the_pins():
    class Closed(SampleRunner):
        def listdir(self, path):
            if path == "/etc/firewalld":
                raise denied(path)
            return super().listdir(path)

    snapshot = _snapshot.collect(Closed(IPROUTE2[-1]), ["interfaces", "pins"])
    assert gaps(snapshot, "pins") == ["files that may name a MAC are closed to this user: /etc/firewalld"]
