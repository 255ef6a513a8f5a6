"""A new MAC for a guest of Proxmox VE, carried out on a node whose qm and pct do as the real ones, or break off."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import hashlib
from pathlib import Path

import pytest
from ansible_collections.netops.layer2.plugins.module_utils import _proxmox_change as changing
from ansible_collections.netops.layer2.plugins.module_utils._nic_change import ChangeFailed, NicError, Refused, Wish
from ansible_collections.netops.layer2.plugins.module_utils._runner import Missing, Output, ReadError

from .proxmox_node import NODES, Node, path_of, with_line
from .sample_runner import denied

GOLDEN = Path(__file__).with_name("golden") / "proxmox-8"
WEB, DNS = ((GOLDEN / f"{number}.conf").read_text(encoding="utf-8") for number in (100, 101))
OLD, NEW, DNS_MAC = "bc:24:11:2c:69:ec", "bc:24:11:00:00:07", "bc:24:11:0a:0b:0c"
LINE = f"virtio={OLD.upper()},bridge=vmbr0,firewall=1,tag=20"
BOTH = {"qm 100": WEB, "pct 101": DNS}
FAILED = Output(255, "", "hotplug problem - no room\n")


def question(number="100", mac=OLD, live=False, new=NEW, **more):
    return changing.Question(number, more.pop("kind", None), more.pop("nic", None),
                             Wish(new, mac, live, more.pop("expects", {})), more.pop("allow_taken", False))


def change(node, check=False, **more):
    """The result of a task, as it would be told."""
    asked = question(**more)
    return changing.report(changing.change_nic(node, asked, check), asked.wish, check)


def refused(node, error=Refused, **more):
    """Why nothing was done; nothing was."""
    before = dict(node.files)
    with pytest.raises(error) as caught:
        change(node, **more)
    assert node.asked == [] and node.files == before
    return str(caught.value)


def broken(node, **more):
    """How a change failed."""
    with pytest.raises(ChangeFailed) as caught:
        change(node, **more)
    return caught.value


# --- what works

def test_a_guest_that_is_off_gets_the_new_mac_and_keeps_all_else():
    node = Node(BOTH)
    told = change(node)
    line = LINE.replace(OLD.upper(), NEW.upper())
    digest = hashlib.sha1(WEB.encode("utf-8")).hexdigest()
    assert node.asked == [["qm", "set", "100", "--digest", digest, "--net0", line]]
    assert node.files[path_of("qm", 100)] == WEB.replace(LINE, line), "snapshots and all other lines stay"
    assert (told["persistent"], told["live"], told["power_cycle_needed"]) == (NEW, None, False)
    assert (told["line"], told["old_line"], told["steps"]) == (line, LINE, ["configuration"])
    assert (told["name"], told["vmid"], told["kind"], told["node"], told["nic"]) == (
        "web (100)", "100", "vm", "pve1", "net0")
    assert told["diff"][0]["before"] == LINE + "\n" and told["diff"][0]["after"] == line + "\n"
    assert any("net1" in text for text in told["told"]), "what else waits is made by qm, too"


def test_a_second_run_does_nothing():
    node = Node(BOTH)
    assert change(node)["changed"] is True
    told = change(node)
    assert (told["changed"], told["steps"], told["persistent"], len(node.asked)) == (False, [], NEW, 1)


def test_check_mode_foretells_what_comes_to_pass():
    for running, more in (((), {}), (("qm 100",), {"live": True}), (("qm 100",), {"hotplug": False})):
        text = WEB.replace("hotplug: network,disk,usb", "hotplug: disk") if "hotplug" in more else WEB
        node = Node({"qm 100": text}, running)
        foretold = change(node, check=True, live=more.get("live", False))
        assert node.asked == [] and foretold["changed"] is True
        done = change(node, live=more.get("live", False))
        kept = [key for key in foretold if key != "told"]
        assert {key: foretold[key] for key in kept} == {key: done[key] for key in kept}


@pytest.mark.parametrize(("guest", "mac", "number"), [("qm 100", OLD, "100"), ("pct 101", DNS_MAC, "101")])
def test_a_running_guest_needs_consent_and_has_the_new_mac_at_once(guest, mac, number):
    node = Node(BOTH, [guest])
    assert "cuts its link for a moment: allow that with live: true" in refused(node, number=number, mac=mac)
    told = change(node, number=number, mac=mac, live=True)
    assert (told["persistent"], told["live"], told["power_cycle_needed"]) == (NEW, NEW, False)
    assert told["steps"] == ["configuration", "running guest"]
    (command,) = node.asked
    text = BOTH[guest]
    assert command[:3] == [guest.split()[0], "set", number]
    assert command[6] in text.replace(mac.upper(), NEW.upper()) and command[6] in node.files[path_of(*guest.split())]


@pytest.mark.parametrize("live", [False, True])
def test_without_hotplug_of_networks_the_new_mac_waits_and_that_is_told(live):
    node = Node({"qm 100": WEB.replace("hotplug: network,disk,usb", "hotplug: disk")}, ["qm 100"])
    told = change(node, live=live)
    assert (told["persistent"], told["live"], told["power_cycle_needed"]) == (NEW, OLD, True)
    assert told["steps"] == ["configuration"] and any("shut down and started" in text for text in told["told"])
    again = change(node, live=live)
    assert (again["changed"], again["live"], again["power_cycle_needed"]) == (False, OLD, True)


def test_success_that_did_not_reach_the_running_guest_is_not_told_as_such():
    """qm leaves what it cannot hot-plug to the next start, and answers with success."""
    def later(node, argv):
        node.files[path_of("qm", 100)] = with_line(node.files[path_of("qm", 100)], "net0", argv[6], True)
        return Output(0, "", "")

    told = change(Node(BOTH, ["qm 100"], later), live=True)
    assert (told["persistent"], told["live"], told["power_cycle_needed"]) == (NEW, OLD, True)
    assert told["steps"] == ["configuration"] and "did not plug net0 anew" in told["told"][-1]


def test_a_nic_whose_change_waits_is_plugged_anew_with_consent():
    node = Node({"qm 100": with_line(WEB, "net0", LINE.replace(OLD.upper(), NEW), True)}, ["qm 100"])
    told = change(node)
    assert (told["changed"], told["live"], told["power_cycle_needed"]) == (False, OLD, True)
    told = change(node, live=True)
    assert (told["steps"], told["live"], told["power_cycle_needed"]) == (["running guest"], NEW, False)


# --- what is refused

@pytest.mark.parametrize(("files", "more", "said"), [
    ({path_of("qm", 100): "lock: migrate\n" + WEB}, {}, "web (100): it is locked (migrate)"),
    ({path_of("qm", 100): "lock: suspended\n" + WEB}, {}, "it is locked (suspended)"),
    ({f"{NODES}/pve2/lxc/300.conf": f"hostname: x\nnet0: name=eth0,hwaddr={NEW}\n"}, {}, "taken by guest x (unknown)"),
    ({f"{NODES}/pve2/lxc/300.conf": f"hostname: x\n[s1]\nnet0: hwaddr={NEW}\n"}, {}, "taken by a snapshot of guest x"),
    ({}, {"new": "bc:24:11:00:00:99"}, "taken by its own NIC net1"),
    ({}, {"mac": DNS_MAC, "nic": "net0"}, f"the NIC has {OLD}, not {DNS_MAC} as expected"),
    ({}, {"expects": {"state": "running"}}, "state is stopped, not running"),
])
def test_changes_that_must_not_be_made(files, more, said):
    assert said in refused(Node(BOTH, **files), **more)


def test_a_waiting_change_of_a_running_guest_is_not_thrown_away():
    assert "another change of this NIC waits" in refused(
        Node(BOTH, ["qm 100"]), nic="net1", mac=None, live=True)


@pytest.mark.parametrize(("more", "said"), [
    ({"number": "200"}, "vmid: 200 is on node pve2, not on pve1: run the task there"),
    ({"number": "555"}, "vmid: 555 is no guest of node pve1: look at `qm list` and `pct list`"),
    ({"number": "101"}, f"dns (101): mac {OLD}: no NIC matches; choose one by nic: net0 ({DNS_MAC})"),
    ({"kind": "container"}, "vmid: 100 is no container of node pve1"),
    ({"nic": "net9"}, "web (100): nic net9: no NIC matches"),
    ({"mac": None}, "web (100): neither nic nor mac is given: several NICs match"),
])
def test_guests_and_nics_that_are_not_here(more, said):
    node = Node(BOTH, **{f"{NODES}/pve2/qemu-server/200.conf": "name: db\n"})
    assert said in refused(node, NicError, **more)


@pytest.mark.parametrize("line", [
    f"virtio={OLD},bridge=vmbr0 --delete net1", f"virtio={OLD},bridge=--delete", f"virtio={OLD},bridge=$(reboot)",
])
def test_options_that_a_stranger_put_into_a_line_become_none_of_the_tools(line):
    assert "web (100): net0: " in refused(Node({"qm 100": WEB.replace(LINE, line)}), NicError)


def test_a_host_that_is_no_node():
    node = Node({})
    node.files = {"/proc/net/unix": ""}
    assert "no node of Proxmox VE" in refused(node, NicError)


def test_a_file_that_may_not_be_read_is_told_with_a_hint():
    with pytest.raises(ReadError) as caught:
        change(Node({}, **{path_of("qm", 100): denied(path_of("qm", 100))}))
    assert "become" in str(caught.value.hint)


def test_others_that_cannot_be_read_are_told():
    strange = f"{NODES}/pve2/qemu-server/200.conf"
    told = change(Node(BOTH, **{strange: ReadError("Input/output error")}))
    assert any(text.startswith(f"not known who else has {NEW}: VM 200") for text in told["told"])


# --- what fails on the way

def test_a_tool_that_fails_before_it_changed_anything():
    for answer in (FAILED, Output(1, "", ""), Missing("qm is not installed"), ReadError("took longer than 60 s")):
        def mishap(node, argv, answer=answer):
            if isinstance(answer, Exception):
                raise answer
            return answer
        node = Node(BOTH, mishap=mishap)
        error = broken(node)
        assert error.undone and str(error).endswith("nothing was changed") and len(node.asked) == 1
        assert node.files[path_of("qm", 100)] == WEB


def test_a_file_that_somebody_else_wrote_meanwhile_is_left_to_them():
    theirs = WEB.replace("vmbr0", "vmbr9")

    def meanwhile(node, argv):
        node.files[path_of("qm", 100)] = theirs

    node = Node(BOTH, mishap=meanwhile)
    error = broken(node)
    assert error.undone and "checksum mismatch" in str(error) and len(node.asked) == 1
    assert node.files[path_of("qm", 100)] == theirs


def test_a_guest_that_is_locked_meanwhile():
    def meanwhile(node, argv):
        return Output(255, "", "VM is locked (migrate)")

    assert "VM is locked (migrate)" in str(broken(Node(BOTH, mishap=meanwhile)))


def failing_once(deed):
    """A mishap: the first command does DEED and fails; the next ones work."""
    def mishap(node, argv):
        if len(node.asked) > 1:
            return None
        deed(node, argv)
        return FAILED
    return mishap


def leaves_pending(node, argv):
    """As qm does where the hot-plug failed."""
    node.files[path_of("qm", 100)] = with_line(node.files[path_of("qm", 100)], "net0", argv[6], True)


def test_what_a_failed_change_left_waiting_is_put_back():
    node = Node(BOTH, ["qm 100"], failing_once(leaves_pending))
    error = broken(node, live=True)
    assert error.undone and "hotplug problem - no room; everything was put back as it was" in str(error)
    assert node.asked[1][:3] == ["qm", "set", "100"] and node.asked[1][5:] == ["--net0", LINE]
    assert changing.look(node, question()).nic.stored == LINE


def test_a_container_whose_nic_went_is_given_it_again():
    def goes(node, argv):  # as pct does where the new veth cannot be made
        path = path_of("pct", 101)
        text = "\n".join(row for row in node.files[path].split("\n") if not row.startswith("net0"))
        node.files[path] = text.replace("memory: 1024\n", f"memory: 1024\nnet0: {argv[6]}\n").replace(
            "pve:pending", "PENDING")

    node = Node(BOTH, ["pct 101"], failing_once(goes))
    error = broken(node, number="101", mac=DNS_MAC, live=True)
    assert error.undone and len(node.asked) == 2
    assert changing.look(node, question("101", DNS_MAC)).facts.live_mac == DNS_MAC


def test_a_running_guest_that_lost_its_nic_is_told_and_never_as_before():
    def unplugs(node, argv):
        leaves_pending(node, argv)
        node.plug("qm", "100", "net0", is_there=False)

    node = Node(BOTH, ["qm 100"], failing_once(unplugs))
    error = broken(node, live=True)
    assert not error.undone and "NOT put back: the running guest is without net0: shut it down" in str(error)
    assert LINE in str(error)
    told = changing.described(changing.look(node, question()))
    assert (told["live"], told["persistent"], told["power_cycle_needed"]) == (None, OLD, True)
    assert "runs without this NIC" in refused_again(node), "the way back is not taken for done either"


def refused_again(node):
    with pytest.raises(Refused) as caught:
        change(node, mac=NEW, new=OLD, nic="net0", live=True)
    return str(caught.value)


def test_success_after_which_the_running_guest_is_without_the_nic_is_none():
    def unplugs(node, argv):
        node.plug("qm", "100", "net0", is_there=False)

    error = broken(Node(BOTH, ["qm 100"], unplugs), live=True)
    assert not error.undone and "qm reported success, but the running guest is without net0" in str(error)


def test_success_that_changed_nothing_is_a_failure():
    error = broken(Node(BOTH, mishap=lambda node, argv: Output(0, "", "")))
    assert error.undone and "qm reported success, but net0 has another mac in its configuration" in str(error)


def test_success_that_lost_an_option_is_a_failure_and_put_back():
    def forgets(node, argv):
        return node.work([*argv[:6], argv[6].replace(",tag=20", "")]) if len(node.asked) == 1 else None

    node = Node(BOTH, mishap=forgets)
    error = broken(node)
    assert error.undone and "another tag" in str(error) and changing.look(node, question()).nic.stored == LINE


def test_what_cannot_be_put_back_is_told_with_the_command_that_does():
    def sticks(node, argv):
        if len(node.asked) == 1:
            leaves_pending(node, argv)
        return FAILED

    error = broken(Node(BOTH, ["qm 100"], sticks), live=True)
    assert not error.undone and "set it with `qm set 100 --net0 LINE`. Its line was: " + LINE in str(error)


def test_a_guest_that_left_the_node_meanwhile():
    def moves(node, argv):
        node.files[f"{NODES}/pve2/qemu-server/100.conf"] = node.files.pop(path_of("qm", 100))
        return Output(255, "", "Configuration file does not exist")

    error = broken(Node(BOTH, mishap=moves))
    assert not error.undone and "it is not known what net0 has now" in str(error)
    assert "does not exist; vmid: 100 is on node pve2" in str(error)
