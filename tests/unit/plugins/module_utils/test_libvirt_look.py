"""What is known before a NIC's MAC changes: who else has it, jobs, reservations that must stay. Real libvirt:
tests/lab.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from pathlib import Path

import pytest
from ansible_collections.netops.layer2.plugins.module_utils import _libvirt_look as looking
from ansible_collections.netops.layer2.plugins.module_utils._libvirt_nic import Candidate, NicError

GOLDEN = Path(__file__).with_name("golden") / "libvirt-9.0"
UUID, OLD, NEW = "11111111-2222-3333-4444-555555555501", "52:54:00:bb:00:02", "52:54:00:00:00:99"


def guest(name, uuid, *nics, **more):
    return {"name": name, "uuid": uuid, "state": "running", "nics": list(nics), **more}


NAMED_LIKE_A_UUID = guest(UUID, "22222222-2222-3333-4444-555555555501")
GUESTS = [NAMED_LIKE_A_UUID, guest("web", UUID), guest("WEB", "33333333-2222-3333-4444-555555555501")]


@pytest.mark.parametrize(("wanted", "index"), [(UUID, 1), (UUID.upper(), 1), ("web", 1), ("WEB", 2)])
def test_a_domain_by_uuid_before_name(wanted, index):
    assert looking.find_domain(GUESTS, wanted) is GUESTS[index]


@pytest.mark.parametrize("wanted", ["1", "", "we", "web ", "x" * 10000])
def test_a_domain_that_is_not_there(wanted):
    with pytest.raises(NicError, match="neither a name nor a UUID here") as caught:
        looking.find_domain(GUESTS, wanted)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    ("text", "job"),
    [
        ("Job type:         None        \n", ""),
        ("", ""),
        ("Job type:         Unbounded\nOperation:        Outgoing migration\n", "outgoing migration"),
        ("Job type:         Bounded\n", "a job"),
    ],
)
def test_what_libvirt_does_with_it(text, job):
    assert looking._job(text) == job


def test_a_nic_that_is_not_there_is_told_with_its_domain_and_what_it_has():
    question = looking.Question("web", {"mac": OLD}, looking.Wish(NEW, OLD, False, {}), False, False)
    with pytest.raises(NicError, match=f"web: mac {OLD}: no NIC matches; .* the domain has none"):
        looking._chosen("web", [], question)


HOLDERS = [  # another guest, what is said of it
    (guest("db", "u2", {"live_mac": NEW, "persistent_mac": OLD}), ["guest db (running)"]),
    (guest("db", "u2", {"live_mac": OLD, "persistent_mac": NEW}), ["guest db (running)"]),
    (guest("db", "u2", {"mac": NEW}), ["guest db (running)"]),  # given to QEMU past libvirt
    (guest("db", "u2", {"mac": OLD}, snapshot_macs=[NEW]), ["a snapshot of guest db"]),
    (guest("db", "u2", {"mac": OLD}), []), (guest("web", UUID, {"mac": NEW}, snapshot_macs=[NEW]), []),
]


@pytest.mark.parametrize(("other", "said"), HOLDERS)
def test_who_else_has_the_new_mac(other, said):
    chosen, twin = (
        Candidate({"mac": NEW}, 0, None, -1, None, False),
        Candidate({"mac": OLD}, 1, {"mac": NEW}, 1, None, False),
    )
    assert looking.holders(GUESTS[1], [GUESTS[1], other], [chosen], chosen, NEW) == said
    assert looking.holders(GUESTS[1], [GUESTS[1], other], [chosen, twin], chosen, NEW)[len(said):] != []


NETWORK = (GOLDEN / "reserved.network.xml").read_text(encoding="utf-8")
INFO = "Name: reserved\nActive:         {}\nPersistent:     {}\n"


def moves(guests, name="web", active="yes", persistent="yes"):
    said = {"info n": INFO.format(active, persistent), "live n": NETWORK, "config n": NETWORK}
    return looking._moves(said, [("n", "reserved")], {OLD}, NEW, guest(name, UUID), guests)


@pytest.mark.parametrize(
    ("active", "persistent", "sides"),
    [("yes", "yes", ["config", "live"]), ("no", "yes", ["config"]), ("yes", "no", ["live"])],
)
def test_a_reservation_follows_on_the_sides_that_the_network_has(active, persistent, sides):
    found, notes = moves([guest("web", UUID, {"live_mac": OLD})], active=active, persistent=persistent)
    assert ([move.side for move in found], notes) == (sides, [])


TWIN = guest("copy", "u2", {"persistent_mac": OLD})


def test_a_reservation_that_may_be_meant_for_a_twin_stays_unless_it_names_the_domain():
    found, notes = moves([guest("other", UUID, {"live_mac": OLD}), TWIN], name="other")
    assert found == [] and len(notes) == 1 and "guest copy has too" in notes[0]
    found, notes = moves([guest("web", UUID, {"live_mac": OLD}), TWIN])
    assert len(found) == 2 and notes == []


@pytest.mark.parametrize(
    ("record", "found"),
    [
        ({"network": "reserved"}, True),
        ({"bridge": "virbr8"}, True),
        ({"bridge": "br0"}, False),
        ({"type": "user"}, False),
    ],
)
def test_networks_of_a_nic_by_name_or_by_bridge(record, found):
    networks = looking._networks_of(
        Candidate(record, 0, None, -1, None, False), [NETWORK, "<broken", (GOLDEN / "macv.network.xml").read_text()]
    )
    assert [name for _uuid, name in networks] == (["reserved"] if found else [])
