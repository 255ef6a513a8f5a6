"""What each change of a guest's MAC has in common: MACs that a NIC may have, wishes, holders, what a plan found."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import pytest
from ansible_collections.netops.layer2.plugins.module_utils import _nic_change as change
from ansible_collections.netops.layer2.plugins.module_utils._runner import Denied

OLD, NEW, OTHER = "52:54:00:0c:1d:f5", "52:54:00:00:00:99", "52:54:00:00:00:07"
PARAMS = {"new_mac": NEW, "mac": None, "live": False, "expects": None}


def wish(mac=OLD, **expects):
    return change.Wish(NEW, mac, False, expects)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("03:00:00:00:00:01", "group address"),
        ("ff:ff:ff:ff:ff:ff", "group address"),
        ("00:00:00:00:00:00", "no address"),
        ("00:00:5e:00:01:07", "VRRP"),
        ("52:54:00:0c:1d", "not a MAC"),
        (525400, "quote it"),
        ("52:54:00:0c:1d:f5\n", "not a MAC"),
    ],
)
def test_macs_that_no_nic_may_have(text, said):
    with pytest.raises(change.NicError, match=said) as caught:
        change.usable_mac(text, "new_mac")
    assert str(caught.value).startswith("new_mac: ")
    assert change.usable_mac("5254.000C.1DF5", "new_mac") == OLD


def test_a_wish_is_read_from_the_options_of_a_module():
    assert change.read_wish(PARAMS) == change.Wish(NEW, None, False, {})
    more = {"mac": "5254.000C.1DF5", "live": True, "expects": {"state": "running", "live_mac": None}}
    assert change.read_wish({**PARAMS, **more}) == change.Wish(NEW, OLD, True, {"state": "running"})
    with pytest.raises(change.NicError, match="mac: not a MAC address"):
        change.read_wish({**PARAMS, "mac": "52:54"})


@pytest.mark.parametrize(("macs", "mac", "objects"), [
    ((OLD, OLD), OLD, False), ((OLD, NEW), OLD, False), ((None, None), OLD, False), ((OTHER, OLD), None, False),
    ((OTHER, OLD), OLD, True), ((OTHER, None), OLD, True),
])
def test_a_nic_with_another_mac_than_the_one_that_was_named(macs, mac, objects):
    assert bool(change.other_mac(macs, wish(mac))) is objects


@pytest.mark.parametrize(("expects", "said"), [
    ({}, ""), ({"state": "running"}, ""), ({"persistent_mac": None}, ""), ({"color": "blue"}, ""),
    ({"live_mac": OLD}, ""),  # it has the new one: the change was begun
    ({"state": "stopped"}, "state is running, not stopped"), ({"persistent_mac": OTHER}, f"is {OLD}, not {OTHER}"),
])
def test_what_a_plan_found(expects, said):
    found = change.not_as_expected({"state": "running", "persistent_mac": OLD, "live_mac": NEW}, wish(**expects))
    assert said in found and bool(found) is bool(said)


def test_refusals_give_a_hint_and_failures_say_what_is_left():
    assert change.refusal(Denied("x: permission denied", "become root")) == {
        "failed": True, "msg": "x: permission denied (become root)", "unchanged": True}
    told = change.failure(change.ChangeFailed("half done", False), {"live": NEW})
    assert told == {"failed": True, "msg": "half done", "unchanged": False, "changed": True, "live": NEW}
