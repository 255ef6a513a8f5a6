"""A new MAC for one NIC: the choice, the XML edit and the decision, as tables and on libvirt's own definitions. The
real thing: tests/lab.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import re
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from ansible_collections.netops.layer2.plugins.module_utils import _libvirt_nic as nic
from ansible_collections.netops.layer2.plugins.module_utils._libvirt_xml import XmlError, parse_domain
from hypothesis import given, settings
from hypothesis import strategies as st

GOLDEN = Path(__file__).with_name("golden")
DEFINITIONS = sorted(GOLDEN.glob("libvirt-*/*.inactive.xml")) + sorted(GOLDEN.glob("libvirt-*/*.live.xml"))
OLD, NEW, OTHER = "52:54:00:0c:1d:f5", "52:54:00:00:00:99", "52:54:00:0c:1d:aa"


def golden(name):
    return (GOLDEN / "libvirt-9.0" / f"{name}.xml").read_text(encoding="utf-8")


def ordered(xml):
    """XML with each element's attributes sorted, as Python before 3.8 writes them anyway."""
    return re.sub(r"<(\w+) ([^<>]*?)( ?/?)>", lambda tag: "<%s %s%s>" % (
        tag.group(1), " ".join(sorted(re.findall(r'\S+="[^"]*"', tag.group(2)))), tag.group(3)), xml)


def label(path):
    return f"{path.parent.name}/{path.name}"


# --- editing

@pytest.mark.parametrize("path", DEFINITIONS, ids=label)
def test_only_the_address_of_that_nic_changes_in_real_definitions(path):
    text = path.read_text(encoding="utf-8")
    nics = [one for one in parse_domain(text).nics if one["type"] != "commandline"]
    assert nics
    for place, one in enumerate(nics):
        edited = nic.with_mac(text, place, NEW)
        after = parse_domain(edited).nics
        assert [other["mac"] for other in after] == [NEW if number == place else other["mac"]
                                                     for number, other in enumerate(parse_domain(text).nics)]
        assert nic.with_mac(edited, place, one["mac"]) == text
        differing = [number for number, (left, right) in enumerate(zip(text, edited)) if left != right]
        assert differing[-1] - differing[0] < 17


HOSTILE = (
    "<metadata><x:y xmlns:x='u'><devices><interface><mac"
    " address='52:54:00:00:00:01'/></interface></devices></x:y></metadata>"
)
NICS = "<interface type='user'><mac {}/></interface>"
TEXTS = st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=40)


@given(
    TEXTS,
    st.lists(
        st.sampled_from(
            ["address='{}'", 'address = "{}"', "type='static' address='{}' check='no'", "check='a>b' address='{}'"]
        ),
        min_size=1,
        max_size=4,
    ),
    st.data(),
)
@settings(max_examples=150, deadline=None)
def test_whatever_strangers_wrote_around_it_stays(text, forms, data):
    macs = [f"52:54:00:00:01:{number:02x}" for number in range(len(forms))]
    inside = "".join(
        NICS.format(form.format(mac)) + f"<!--<interface><mac address='x'/>{escape(text).replace('-', '')}-->"
        for form, mac in zip(forms, macs)
    )
    whole = (
        f"<domain><title>{escape(text)}</title>{HOSTILE}<uuid>11111111-2222-3333-4444-555555555501</uuid><devices>"
        f"<interface-like/>{inside}<hostdev><interface><mac address='y'/></interface></hostdev></devices></domain>"
    )
    place = data.draw(st.integers(0, len(forms) - 1))
    assert nic.with_mac(whole, place, NEW) == whole.replace(macs[place], NEW)
    assert macs[place] in nic.interface_text(whole, place)


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ("<domain><devices><interface/></devices></domain>", 0, "no <mac"),
        ("<domain><devices><interface type='user'><mac/></interface></devices></domain>", 0, "no <mac"),
        ("<domain><devices/></domain>", 0, "which has 0"),
        (golden("running.inactive"), 4, "which has 4"),
        (golden("running.inactive"), -1, "has 4"),
    ],
)
def test_what_cannot_be_edited_says_why(text, place, said):
    with pytest.raises(nic.NicError, match=said):
        nic.with_mac(text, place, NEW)


def test_a_document_type_is_refused():
    with pytest.raises(XmlError, match="document type"):
        nic.with_mac("<!DOCTYPE domain [<!ENTITY a 'b'>]>" + golden("running.inactive"), 0, NEW)


def attached(place, name="running.live"):
    return nic.attachable(nic.interface_text(golden(name), place), NEW)


def test_a_nic_is_plugged_in_again_as_it_was_but_for_what_libvirt_made_up():
    text = attached(0)
    assert ordered(re.sub(r"\s+<", "<", text)) == ordered(
        f'<interface type="bridge"><mac address="{NEW}" /><source bridge="br-guests" /><model type="virtio" />'
        '<address type="pci" domain="0x0000" bus="0x02" slot="0x00" function="0x0" /></interface>')


@pytest.mark.parametrize(
    ("place", "source"), [(1, '<source network="default" />'), (4, '<source network="brnet" portgroup="dmz" />')]
)
def test_a_nic_goes_back_to_its_network_not_to_what_that_became(place, source):
    text = attached(place)
    assert source in text and text.startswith('<interface type="network">')
    assert "portid" not in text


KEPT = """<interface type='bridge'><mac address='52:54:00:0c:1d:f5' type='static'/><source bridge='b'/>
<vlan><tag id='42'/></vlan><bandwidth><inbound average='1'/></bandwidth><target dev='{tap}'/><model type='virtio'/>
<driver name='vhost' queues='2'/><filterref filter='f'><parameter name='IP' value='10.0.0.1'/></filterref>
<link state='down'/><boot order='1'/><mtu size='9000'/><alias name='{alias}'/><rom bar='off'/>
<address type='pci' domain='0x0000' bus='0x02' slot='0x00' function='0x0'/></interface>"""


@pytest.mark.parametrize(
    ("tap", "alias", "dropped"),
    [
        ("vnet12", "net0", ["target", "alias"]),
        ("web0", "ua-mine", []),
        ("macvtap3", "net12", ["target", "alias"]),
        ("vnetwork", "ua-1", []),
    ],
)
def test_everything_else_goes_along(tap, alias, dropped):
    before = nic.document(KEPT.format(tap=tap, alias=alias), "interface")
    after = nic.document(nic.attachable(KEPT.format(tap=tap, alias=alias), NEW), "interface")
    before.find("mac").set("address", NEW)
    kept = [
        (child.tag, child.attrib, [(inner.tag, inner.attrib) for inner in child])
        for child in before
        if child.tag not in dropped
    ]
    assert [(child.tag, child.attrib, [(inner.tag, inner.attrib) for inner in child]) for child in after] == kept


# --- which NIC

def nics_of(name="running"):
    return nic.candidates(parse_domain(golden(f"{name}.live")).nics, parse_domain(golden(f"{name}.inactive")).nics)


CHOICES = [  # selector, place among the live NICs (None: error), what the error says
    ({"address": "pci 0000:03:01.0"}, 1, ""),
    ({"alias": "net2"}, 2, ""),
    ({"tap": "vnet0"}, 0, ""),
    ({"mac": "52:54:00:bb:00:02"}, 1, ""),
    ({"mac": "52:54:00:bb:99:02"}, 1, ""),  # its live MAC, its persistent MAC
    (
        {"address": "pci 0000:02:00.0", "alias": "net9", "tap": "vnet9", "mac": OTHER},
        0,
        "",
    ),  # an address survives, the others do not
    ({"alias": "net9"}, None, "no NIC matches"),
    ({"address": "pci 0000:0f:00.0", "alias": "net0"}, None, "no NIC matches"),
    ({"mac": OTHER}, None, "no NIC matches"),
    ({}, None, "several NICs match"),
    ({"alias": "x" * 5000}, None, "no NIC matches"),
]


@pytest.mark.parametrize(("selector", "place", "said"), CHOICES)
def test_the_surest_selector_decides(selector, place, said):
    if place is not None:
        assert nic.choose(nics_of(), selector, NEW).live_place == place
        return
    with pytest.raises(nic.NicError, match=said) as caught:
        nic.choose(nics_of(), selector, NEW)
    assert "pci 0000:02:00.0, alias net0, tap vnet0" in str(caught.value)
    assert len(str(caught.value)) < 1200


def test_twins_are_ambiguous_by_mac_and_not_by_address():
    twins = nic.candidates([], parse_domain(golden("twin.inactive")).nics)
    with pytest.raises(nic.NicError, match="several NICs match"):
        nic.choose(twins, {"mac": OLD}, NEW)
    addresses = [one.persistent["address"] for one in twins]
    assert [nic.choose(twins, {"address": address}, NEW).persistent_place for address in addresses] == list(
        range(len(twins))
    )


def test_of_nics_that_nothing_tells_apart_none_is_changed():
    """The persistent side of another NIC would get the address: after the next start the twin is another one."""
    sides = [[{"type": "network", "mac": f"52:54:00:00:{side}:0{number}"} for number in (1, 2)] for side in (1, 2)]
    with pytest.raises(nic.NicError, match=r"neither an alias nor an address tells which .*<alias name='ua-"):
        nic.choose(nic.candidates(*sides), {"mac": "52:54:00:00:1:01"}, NEW)
    alone = nic.candidates(sides[0][:1], sides[1][:1])
    assert nic.choose(alone, {"mac": "52:54:00:00:1:01"}, NEW).persistent_place == 0


def test_a_nic_that_was_changed_before_is_found_by_its_new_mac():
    changed = [one._replace(live=dict(one.live, mac=NEW), persistent=None) for one in nics_of()[:1]] + nics_of()[1:]
    assert nic.choose(changed, {"mac": OLD}, NEW).live_place == 0


def test_a_lost_nic_is_known_by_its_address_or_stands_for_itself():
    persistent = parse_domain(golden("running.inactive")).nics
    live = parse_domain(golden("running.live")).nics
    found = nic.candidates(live[1:], persistent, live[0])
    assert [one.lost is not None for one in found].count(True) == 1
    lost = nic.choose(found, {"alias": "net0"}, NEW)
    assert (lost.live, lost.persistent, lost.lost) == (None, persistent[0], live[0])
    alone = nic.choose(nic.candidates([], [], live[0]), {"mac": OLD}, NEW)
    assert (alone.live, alone.persistent, alone.lost) == (None, None, live[0])
    assert all(one.lost is None for one in nic.candidates(live, persistent, live[0]))  # it is back


# --- the decision

def facts(live=OLD, persistent=OLD, **more):
    known = {
        "name": "web",
        "active": live is not None,
        "state": "running" if live else "shut off",
        "managed_save": False,
        "job": "",
        "live_mac": live,
        "persistent_mac": persistent,
        "teaming": False,
        "interrupted": False,
        "holders": [],
    }
    return nic.Facts(**{**known, **more})


def wish(live=False, mac=OLD, **expects):
    return nic.Wish(NEW, mac, live, expects)


ON = {"active": True, "state": "running"}
DECISIONS = [  # facts, wish, steps, reservations that follow, persistent, live, power cycle needed
    (facts(None), wish(), "define", "config live", NEW, None, False),
    (facts(None, NEW), wish(), "", "config live", NEW, None, False),
    (facts(), wish(), "define", "config", NEW, OLD, True),
    (facts(), wish(live=True), "define swap", "config live", NEW, NEW, False),
    (facts(OLD, NEW), wish(), "", "config", NEW, OLD, True),
    (facts(OLD, NEW), wish(live=True), "swap", "config live", NEW, NEW, False),
    (facts(NEW, OLD), wish(), "define", "config live", NEW, NEW, False),
    (facts(NEW, NEW), wish(live=True), "", "config live", NEW, NEW, False),
    (
        facts(OLD, None),
        wish(live=True),
        "swap",
        "config live",
        None,
        NEW,
        False,
    ),  # transient, or plugged into the running guest only
    (facts(NEW, None), wish(), "", "config live", None, NEW, False),
    (
        facts(None, OLD, **ON),
        wish(live=True),
        "define",
        "config",
        NEW,
        None,
        True,
    ),  # waits for the next start: nobody plugs it in now
    (facts(None, NEW, interrupted=True, **ON), wish(), "attach", "config live", NEW, NEW, False),
    (facts(None, OLD, interrupted=True, **ON), wish(), "define attach", "config live", NEW, NEW, False),
    (facts(None, None, interrupted=True, **ON), wish(), "attach", "config live", None, NEW, False),
    (facts(state="paused"), wish(), "define", "config", NEW, OLD, True),
]


@pytest.mark.parametrize(("known", "wanted", "steps", "reserve", "persistent", "live", "cycle"), DECISIONS)
def test_decisions(known, wanted, steps, reserve, persistent, live, cycle):
    decision = nic.decide(known, wanted)
    assert decision == (tuple(steps.split()), tuple(reserve.split()), [], persistent, live, cycle)


REFUSALS = [  # facts, wish, what the reason says
    (facts(OTHER, OTHER), wish(), "not 52:54:00:0c:1d:f5 as expected"),
    (facts(OTHER, NEW), wish(live=True), "as expected"),
    (facts(None, managed_save=True), wish(), "managedsave-remove"),
    (facts(job="outgoing migration"), wish(), "outgoing migration"),
    (facts(teaming=True), wish(), "failover pair"),
    (facts(holders=["guest db (shut off)"]), wish(), "taken by guest db"),
    (facts(state="paused"), wish(live=True), "resume it"),
    (facts(state="in shutdown"), wish(live=True), "resume it"),
    (facts(OLD, None), wish(), "live: true"),
    (facts(), wish(state="shut off"), "state is running, not shut off"),
    (facts(None), wish(live_mac=OLD), "live_mac is none"),
    (facts(persistent=OTHER), wish(mac=None, persistent_mac=OLD), "plan again"),
]


@pytest.mark.parametrize(("known", "wanted", "said"), REFUSALS)
def test_refusals(known, wanted, said):
    reasons = nic.decide(known, wanted).refusals
    assert len(reasons) == 1 and said in reasons[0]


@pytest.mark.parametrize(
    ("known", "wanted"),
    [
        (
            facts(NEW, NEW, managed_save=True, job="save", holders=["x"], teaming=True),
            wish(live=True, state="shut off", live_mac=OLD),
        ),
        (facts(OLD, NEW, managed_save=True), wish(persistent_mac=OLD)),
    ],
)
def test_what_is_done_already_is_not_refused(known, wanted):
    decision = nic.decide(known, wanted)
    assert (decision.steps, decision.refusals) == ((), [])


def test_all_reasons_are_told_at_once():
    assert len(nic.decide(facts(managed_save=True, teaming=True, holders=["x"]), wish()).refusals) == 3


STATES = st.sampled_from([None, OLD, NEW])


@given(STATES, STATES, st.booleans(), st.booleans(), st.booleans())
def test_done_is_done_and_nobody_cuts_a_link_without_consent(live, persistent, active, consent, interrupted):
    live = live if active else None
    known = facts(live, persistent, active=active, state="running" if active else "shut off", interrupted=interrupted)
    decision = nic.decide(known, wish(live=consent))
    assert consent or "swap" not in decision.steps
    after = facts(decision.live, decision.persistent, active=active, state=known.state)
    assert nic.decide(after, wish(live=consent)).steps == ()


# --- warnings and reservations

def test_snapshots_and_filters_that_keep_the_old_mac_are_named():
    filtered = KEPT.format(tap="t", alias="a").replace(
        "name='IP' value='10.0.0.1'", "name='MAC' value='52:54:00:0C:1D:F5'"
    )
    said = nic.warnings({"s2": [OTHER], "s1": [OLD, OTHER], "x" * 500: [OLD]}, facts(), filtered)
    assert [text[:12] for text in said] == ["snapshot s1 ", "snapshot xxx", "the filter o"]
    assert OLD in said[0] and OTHER not in said[0] and len(said[1]) < 200 and "parameter MAC" in said[2]
    assert nic.warnings({}, facts(), KEPT) == []


def test_a_reservation_moves_with_all_that_it_says():
    found = nic.reservations(golden("reserved.network"), "52:54:00:bb:00:02", NEW)
    assert [one._replace(before=ordered(one.before), after=ordered(one.after)) for one in found] == [nic.Reservation(
        0, ordered('<host mac="52:54:00:BB:00:02" name="web" ip="10.8.0.10" />'),
        ordered(f'<host mac="{NEW}" name="web" ip="10.8.0.10" />'), "web")]
    leased = nic.reservations(golden("reserved.network"), "52:54:00:bb:00:03", NEW)
    assert len(leased) == 1 and '<lease expiry="2" unit="hours" />' in ordered(leased[0].after)
    assert nic.reservations(golden("reserved.network"), OLD, NEW) == []
