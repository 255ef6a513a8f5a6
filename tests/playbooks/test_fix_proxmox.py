"""The cure among guests of Proxmox VE as a user runs it: two nodes of a cluster in namespaces, with real twins."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import re

import pytest

from . import pve
from .conftest import PLAYBOOKS, extra

OLD = "bc:24:11:2c:69:ec"
LINE = "virtio=BC:24:11:2C:69:EC,bridge=vmbr0,queues=2"
SNAPSHOT = f"\n[before]\nname: db\nnet0: {LINE}\n"
UUIDS = {100: "11111111-1fe6-428e-965b-08a1b64a8746", 101: "22222222-1fe6-428e-965b-08a1b64a8746"}
SETTINGS = extra(snapshot_gather_subset=["!containers"], layer2_become=False, mac_regenerate_become=False,
                 fix_keep={OLD: "100"})
LIVE = extra(mac_regenerate_live=True)
PLAN_ONLY = extra(fix_apply=False)
SAVED = "layer2-fix/layer2-plan.json"


def conf(number, name, line=LINE, more=""):
    return f"memory: 512\nname: {name}\nnet0: {line}\nsmbios1: uuid={UUIDS[number]}\n{more}"


@pytest.fixture
def cluster(tmp_path):
    """VM 100 on pve1 and VM 101 on pve2, both up with one MAC."""
    if why := pve.missing():
        pytest.skip(why)
    (tmp_path / "cluster").mkdir()
    made = pve.Cluster(tmp_path / "cluster")
    try:
        made.config(100, conf(100, "web"), "pve1")
        made.config(101, conf(101, "db", more=SNAPSHOT), "pve2")
        made.start("pve1", 100, OLD, "192.0.2.30/24")
        made.start("pve2", 101, OLD, "192.0.2.25/24")
        yield made
    finally:
        made.end()


@pytest.fixture
def fix(ansible_playbook, cluster):
    """A function that runs the playbook for the nodes; returns (exit code, output in one line)."""

    def start(*arguments):
        cluster.meet()
        code, output = ansible_playbook(PLAYBOOKS / "fix_dup_mac.yml", *SETTINGS, *arguments, hosts=cluster.hosts)
        return code, " ".join(output.split())

    return start


def line_of(config):
    return re.search("(?m)^net0: (.*)$", config).group(1)


def changes_of(output):
    return sum(map(int, re.findall(r"changed=([0-9]+)", output)))


def test_twins_on_two_nodes_are_cured_on_the_node_that_has_the_guest(fix, cluster):
    before = cluster.config(100), cluster.config(101)
    code, output = fix(*LIVE, "--check", "--diff")
    assert code == 0 and f"-{LINE} +virtio=BC:24:11:" in output, output
    assert (cluster.config(100), cluster.config(101)) == before and cluster.mac_inside("pve2", 101) == OLD

    code, output = fix()  # without consent
    assert code == 2 and "held back on pve2: Proxmox VE plugs a running guest's NIC anew" in output, output
    assert (cluster.config(100), cluster.config(101)) == before and cluster.mac_inside("pve2", 101) == OLD

    code, output = fix(*LIVE)
    assert code == 0 and f"CURED {OLD} no finding any more; guest db (101) on pve2 has bc:24:11:" in output, output
    assert "1 snapshots of db still carry" in output, output
    new = cluster.mac_inside("pve2", 101)
    assert new.startswith("bc:24:11:") and new != OLD
    assert cluster.config(101) == before[1].replace(LINE, LINE.replace(OLD.upper(), new.upper()), 1)
    assert cluster.config(100) == before[0] and cluster.mac_inside("pve1", 100) == OLD
    assert "the neighbours of" not in output, "the guest was heard, and its neighbours were told"

    code, output = fix(*LIVE)
    assert code == 0 and "Nothing to do" in output and changes_of(output) == 0, output
    code, output = fix(*LIVE, *extra(fix_plan=SAVED))
    assert code == 0 and "has it already" in output and changes_of(output) == 0, output
    assert cluster.config(100) == before[0] and cluster.mac_inside("pve2", 101) == new


def test_a_plan_that_the_cluster_has_outrun_changes_nothing(fix, cluster):
    code, output = fix(*LIVE, *PLAN_ONLY)
    assert code == 0 and "Only planned: nothing was changed." in output, output
    here, there = (cluster.shared / node / "qemu-server" / "101.conf" for node in ("pve2", "pve1"))
    text = here.read_text()
    changed = {
        "it is on pve1 now; plan again": (there, text, here),
        "it is there no more; plan again": (None, text, here),
        "another guest goes by its name on pve2 now, mail": (here, conf(100, "mail"), None),
    }
    for says, (place, content, gone) in changed.items():
        here.write_text(text)
        there.unlink(missing_ok=True)
        if gone is not None:
            gone.unlink()
        if place is not None:
            place.write_text(content)
        before = cluster.config(100)
        code, output = fix(*LIVE, *extra(fix_plan=SAVED))
        assert code == 2 and says in output and "Nothing was changed" in output, output
        assert cluster.config(100) == before and cluster.mac_inside("pve2", 101) == OLD
        if place is not None:
            assert place.read_text() == content


def test_a_node_that_is_left_out_is_named_with_the_command(fix, cluster):
    before = cluster.config(101)
    code, output = fix(*LIVE, "--limit", "pve1", *extra(fix_statuses=["conflict", "latent", "suspected"]))
    assert code == 2 and "run this for pve2 as well" in output, output
    assert "on pve2, `qm set 101 --net0 virtio=BC:24:11:" in output and cluster.config(101) == before, output


@pytest.mark.parametrize(
    ("more", "mishap", "says"),
    [
        ("lock: migrate\n", "", "it is locked (migrate): try again when that is done"),
        ("", "refuse", "VM is locked (backup)"),
        ("", "die", "got no answer from the monitor; everything was put back as it was"),
    ],
)
def test_what_the_node_refuses_or_breaks_off_leaves_all_as_it_was(fix, cluster, more, mishap, says):
    before = cluster.config(101, conf(101, "db", more=more + SNAPSHOT), "pve2")
    cluster.mishap.write_text(mishap)
    code, output = fix(*LIVE)
    assert code == 2 and "Step 1, guest db (101) on pve2: " in output and says in output, output
    assert cluster.config(101) == before and cluster.mac_inside("pve2", 101) == OLD


def test_a_nic_that_is_not_plugged_anew_waits_and_a_later_run_finishes(fix, cluster):
    cluster.mishap.write_text("never")  # the tool takes the line for the next start
    code, output = fix(*LIVE)
    assert code == 2 and "qm took the change, but did not plug net0 anew" in output, output
    assert f"STANDS {OLD} still a conflict: guest db (101) on pve2 has it in its definition only" in output, output
    assert "[PENDING]" in cluster.config(101) and cluster.mac_inside("pve2", 101) == OLD
    new = re.search(r"PENDING\]\nnet0: virtio=([0-9A-F:]+),", cluster.config(101)).group(1).lower()

    cluster.mishap.write_text("")
    code, output = fix(*LIVE)
    assert code == 0 and "CURED" in output and cluster.mac_inside("pve2", 101) == new, output
    assert line_of(cluster.config(101)) == LINE.replace(OLD.upper(), new.upper())


def test_a_vm_without_hotplug_is_changed_for_its_next_start_and_not_twice(fix, cluster):
    cluster.config(101, conf(101, "db", more="hotplug: disk,usb\n" + SNAPSHOT), "pve2")
    code, output = fix()
    assert code == 2 and "since its NICs are not hot-plugged" in output, output
    pending = cluster.config(101)
    assert "[PENDING]" in pending and cluster.mac_inside("pve2", 101) == OLD
    code, output = fix(*LIVE)
    assert code == 2 and cluster.config(101) == pending and "its definition has it" in output, output


def test_a_container_and_the_clusters_own_range(fix, cluster):
    line = "name=eth0,bridge=vmbr0,hwaddr=BC:24:11:2C:69:EC,ip=192.0.2.40/24,ip6=2001:db8::40/64,type=veth"
    cluster.config(102, f"arch: amd64\nhostname: $(reboot)\nnet0: {line}\n", "pve2", "lxc")
    cluster.stop("pve2", 101)
    (cluster.shared / "pve2/qemu-server/101.conf").unlink()
    for node in ("pve1", "pve2"):
        (cluster.folder / node / "etc/pve/datacenter.cfg").write_text("mac_prefix: 02:AA:BB\n")
    code, output = fix(*extra(fix_statuses=["latent"]))
    assert code == 0 and "guest $(reboot) (102) on pve2 has 02:aa:bb:" in output, output
    new = re.search("hwaddr=([0-9A-F:]+),", cluster.config(102)).group(1)
    assert line_of(cluster.config(102)) == line.replace(OLD.upper(), new) and new.startswith("02:AA:BB:")
    plan = json.loads((cluster.folder.parent / SAVED).read_text())
    assert [change["guest_kind"] for change in plan["changes"]] == ["container"]
