"""libvirt's XML: real definitions of libvirt 7, 9 and 11 in, exact NIC records out; hostile and broken ones are refused
by name.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from pathlib import Path
from xml.sax.saxutils import quoteattr

import pytest
from ansible_collections.netops.layer2.plugins.module_utils import _libvirt_xml as xml
from hypothesis import example, given, settings
from hypothesis import strategies as st

GOLDEN = Path(__file__).with_name("golden") / "libvirt-9.0"
UUID = "11111111-2222-3333-4444-555555555501"


def golden(name):
    return (GOLDEN / f"{name}.xml").read_text(encoding="utf-8")


def domain(inside, name="g", uuid=UUID):
    return f"<domain><name>{name}</name><uuid>{uuid}</uuid><devices>{inside}</devices></domain>"


def nics_of(inside):
    return xml.parse_domain(domain(inside)).nics


def networks():
    found = [xml.parse_network(golden(f"{name}.network")) for name in ("default", "brnet", "tagged", "macv")]
    return {network.name: network for network in found}


def merged(name, live="live"):
    return xml.guest_nics(
        xml.parse_domain(golden(f"{name}.{live}")).nics, xml.parse_domain(golden(f"{name}.inactive")).nics, networks()
    )


# --- real definitions

RUNNING = [
    {
        "mac": "52:54:00:0c:1d:f5",
        "live_mac": "52:54:00:0c:1d:f5",
        "persistent_mac": "52:54:00:0c:1d:f5",
        "type": "bridge",
        "source": "br-guests",
        "bridge": "br-guests",
        "vlan": [],
        "tap": "vnet0",
        "model": "virtio",
        "alias": "net0",
        "address": "pci 0000:02:00.0",
        "link": "up",
    },
    # its definition was given another MAC while it ran
    {
        "mac": "52:54:00:bb:00:02",
        "live_mac": "52:54:00:bb:00:02",
        "persistent_mac": "52:54:00:bb:99:02",
        "type": "network",
        "source": "default",
        "network": "default",
        "bridge": "virbr9",
        "vlan": [],
        "tap": "vnet1",
        "model": "e1000",
        "alias": "net1",
        "address": "pci 0000:03:01.0",
        "link": "up",
    },
    {
        "mac": "52:54:00:bb:00:03",
        "live_mac": "52:54:00:bb:00:03",
        "persistent_mac": "52:54:00:bb:00:03",
        "type": "direct",
        "source": "vethA",
        "mode": "bridge",
        "vlan": [],
        "tap": "macvtap0",
        "model": "virtio",
        "alias": "net2",
        "address": "pci 0000:04:00.0",
        "link": "up",
    },
    # its definition lost this one while it ran
    {
        "mac": "52:54:00:bb:00:04",
        "live_mac": "52:54:00:bb:00:04",
        "type": "user",
        "vlan": [],
        "model": "rtl8139",
        "alias": "net3",
        "address": "pci 0000:03:02.0",
        "link": "up",
    },
    {
        "mac": "52:54:00:bb:00:05",
        "live_mac": "52:54:00:bb:00:05",
        "persistent_mac": "52:54:00:bb:00:05",
        "type": "bridge",
        "source": "br-guests",
        "network": "brnet",
        "bridge": "br-guests",
        "vlan": [],
        "tap": "vnet2",
        "model": "virtio",
        "alias": "net4",
        "address": "pci 0000:05:00.0",
        "link": "up",
    },
]


@pytest.mark.parametrize("live", ["live", "status"])
def test_a_running_guest_is_the_same_through_the_daemon_and_from_its_status_file(live):
    assert merged("running", live) == RUNNING


@pytest.mark.parametrize("live", ["live", "status"])
def test_a_network_of_macvtaps_shows_the_device_that_a_running_guest_got(live):
    nic = merged("macv-guest", live)[0]
    assert (nic["type"], nic["source"], nic["network"], nic["mode"], nic["tap"]) == (
        "direct",
        "vethA",
        "macv",
        "bridge",
        "macvtap1",
    )


@pytest.mark.parametrize("live", ["live", "status"])
@pytest.mark.parametrize("version", ["7.0", "11.3"])
def test_other_versions_of_libvirt_read_the_same(version, live):
    """Captured from the guest `running` of tests/lab/test_libvirt_readers.py."""
    folder = GOLDEN.with_name("libvirt-" + version)
    live_nics, inactive = (xml.parse_domain((folder / (name + ".xml")).read_text(encoding="utf-8")).nics
                           for name in ("running." + live, "running.inactive"))
    known = [
        xml.parse_network((folder / (name + ".network.xml")).read_text(encoding="utf-8"))
        for name in ("default", "macvtaps")
    ]
    found = xml.guest_nics(live_nics, inactive, {network.name: network for network in known})
    keys = ("type", "source", "network", "bridge", "mode", "live_mac", "persistent_mac")
    assert [tuple(nic.get(key) for key in keys) for nic in found] == [
        ("bridge", "br-guests", None, "br-guests", None, "52:54:00:0c:1d:f5", "52:54:00:0c:1d:f5"),
        ("network", "default", "default", "virbr9", None, "52:54:00:bb:00:02", "52:54:00:bb:99:02"),
        ("direct", "veth-a", None, None, "bridge", "52:54:00:bb:00:03", "52:54:00:bb:00:03"),
        ("user", None, None, None, None, "52:54:00:bb:00:04", None),
        ("direct", "veth-a", "macvtaps", None, "bridge", "52:54:00:bb:00:05", "52:54:00:bb:00:05"),
    ]


ODD = [  # type, source, bridge, vlan, and whatever else is particular
    ("bridge", "br-guests", "br-guests", [100, 200], {"virtualport": "openvswitch", "model": "virtio"}),
    ("direct", "vethA", None, [], {"mode": "passthrough", "model": "e1000"}),
    ("direct", "vethA", None, [], {"mode": "bridge"}),
    ("user", None, None, [], {"mac": "52:54:00:85:1e:38"}),
    ("ethernet", None, None, [], {"tap": "mytap0", "mac": "52:54:00:aa:00:05"}),
    ("hostdev", "pci 0000:03:10.0", None, [42], {"address": "pci 0000:07:00.0"}),
    ("vdpa", "/dev/vhost-vdpa-0", None, [], {}),
    ("vhostuser", "/var/run/vhost1", None, [], {}),
    ("network", "tagged", "br-guests", [30, 31], {"network": "tagged", "link": "down"}),
    ("network", "default", "virbr9", [], {"network": "default", "link": "up"}),
    ("network", "nowhere", None, [], {"network": "nowhere"}),
    ("mcast", "230.0.0.1:5558", None, [], {}),
    ("server", "192.168.0.1:5558", None, [], {}),
    ("udp", "127.0.0.1:11115", None, [], {}),
    ("internal", "switch1", None, [], {}),
]


@pytest.mark.parametrize(("place", "expected"), list(enumerate(ODD)), ids=[f"{row[0]}-{row[1]}" for row in ODD])
def test_every_type_of_interface_that_libvirt_defines(place, expected):
    kind, source, bridge, vlan, rest = expected
    nic = xml.guest_nics([], xml.parse_domain(golden("odd-nics.inactive")).nics, networks())[place]
    assert (nic["type"], nic.get("source"), nic.get("bridge"), nic["vlan"]) == (kind, source, bridge, vlan)
    assert {key: nic.get(key) for key in rest} == rest
    assert nic["mac"] == nic["persistent_mac"]
    assert "live_mac" not in nic
    assert "portgroup" not in nic


def test_no_interface_of_the_odd_guest_is_lost():
    assert len(xml.parse_domain(golden("odd-nics.inactive")).nics) == len(ODD)


def test_a_name_from_a_stranger_is_kept_as_it_is_and_metadata_is_no_device():
    parsed = xml.parse_domain(golden("script.inactive"))
    assert parsed.name == "<script>alert(1)<_script>"
    assert [nic["mac"] for nic in parsed.nics] == ["52:54:00:cc:00:01"]
    assert "52:54:00:ff:ff:01" in golden("script.inactive"), "the decoy in <metadata> is gone: this test proves nothing"


def test_twins_within_one_guest_stay_two():
    nics = xml.guest_nics([], xml.parse_domain(golden("twin.inactive")).nics, {})
    assert [(nic["mac"], nic["address"]) for nic in nics] == [
        ("52:54:00:0c:1d:f5", "pci 0000:02:01.0"), ("52:54:00:0c:1d:f5", "pci 0000:02:02.0")]


def test_a_status_file_tells_state_and_process():
    status = xml.parse_status(golden("running.status"))
    assert (status.state, status.pid, status.domain.name, status.domain.uuid) == ("running", 12740, "running", UUID)


@pytest.mark.parametrize("form", ["network", "networkstatus"])
def test_a_network_reads_the_same_from_the_daemon_and_from_its_status_file(form):
    network = xml.parse_network(golden(f"macv.{form}"))
    assert (network.name, network.bridge, network.mode, network.devices) == ("macv", "", "bridge", ["vethA", "vethB"])


# --- single rules

@pytest.mark.parametrize(("inside", "address"), [
    ("<address type='ccw' cssid='0xfe' ssid='0x0' devno='0x0001'/>", "ccw fe.0.0001"),
    ("<address type='pci' domain='0x0000' bus='0x3a' slot='0x1f' function='0x7'/>", "pci 0000:3a:1f.7"),
    ("<address type='pci' bus='10'/>", "pci 0000:0a:00.0"),
    ("<address type='spapr-vio' reg='0x1000'/>", "spapr-vio reg=0x1000"),
    ("<address type='virtio-mmio'/>", "virtio-mmio"),
    ("", None),
])
def test_addresses_in_words(inside, address):
    assert nics_of(f"<interface type='user'>{inside}</interface>")[0].get("address") == address


def test_a_nic_of_nothing_but_its_tag():
    assert nics_of("<interface/>") == [{"type": "unknown", "vlan": [], "link": "up"}]


def test_teaming_names_the_pair_that_shares_its_mac_on_purpose():
    nics = nics_of("<interface type='network'><teaming type='persistent'/></interface>"
                   "<interface type='hostdev'><teaming type='transient' persistent='ua-net0'/></interface>")
    assert [nic["teaming"] for nic in nics] == ["persistent", "transient"]


def test_a_nic_given_to_qemu_past_libvirt_is_seen():
    text = f"""<domain xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'><name>g</name><uuid>{UUID}</uuid><devices/>
      <qemu:commandline><qemu:arg value='-device'/>
      <qemu:arg value='virtio-net-pci,netdev=n,mac=52:54:00:0C:1d:f5,bus=pci.0'/>
      </qemu:commandline></domain>"""
    assert xml.parse_domain(text).nics == [{"type": "commandline", "vlan": [], "mac": "52:54:00:0c:1d:f5"}]


QEMU = "xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'"


@pytest.mark.parametrize(("arguments", "macs"), [
    (["-net", "nic,model=e1000,macaddr=52:54:00:00:00:01"], ["52:54:00:00:00:01"]),
    (["--nic", "user,mac=52:54:00:00:00:02"], ["52:54:00:00:00:02"]),
    (["-set", "device.net0.mac=52:54:00:00:00:03"], ["52:54:00:00:00:03"]),
    (["-device", '{"driver":"e1000","mac":"52:54:00:00:00:04"}'], ["52:54:00:00:00:04"]),
    (["-append", "ip=dhcp,mac=52:54:00:00:00:05"], []),
    (["-append", "-device", "e1000,mac=52:54:00:00:00:06"], []),
    (["-fw_cfg", "name=opt/x,string=a,mac=52:54:00:00:00:07"], []),
], ids=["net", "nic", "set", "json", "append", "value-like-an-option", "fw_cfg"])
def test_only_what_qemu_takes_as_a_mac_is_one(arguments, macs):
    inside = "".join(f"<qemu:arg value={quoteattr(word)}/>" for word in arguments)
    text = f"<domain {QEMU}><name>g</name><uuid>{UUID}</uuid><qemu:commandline>{inside}</qemu:commandline></domain>"
    found = xml.parse_domain(text)
    assert ([one["mac"] for one in found.nics], found.problems) == (macs, [])


@pytest.mark.parametrize("uuid", ["", " ", "../../etc/passwd", "1234"])
def test_a_guest_with_an_odd_uuid_is_read_and_its_uuid_is_not_known(uuid):
    found = xml.parse_domain(
        domain("<interface type='bridge'><mac address='52:54:00:00:00:08'/></interface>", "a&amp;b", uuid)
    )
    assert (found.name, found.uuid, [one["mac"] for one in found.nics]) == ("a&b", "", ["52:54:00:00:00:08"])
    assert [field for field, _said in found.problems] == ["uuid"]


NETWORK = """<network><name>n</name>{}<vlan><tag id='7'/></vlan>
<portgroup name='plain' default='yes'><vlan><tag id='8'/></vlan></portgroup>
<portgroup name='dmz'><vlan trunk='yes'><tag id='30'/><tag id='31'/></vlan></portgroup>
<portgroup name='bare'/></network>"""


@pytest.mark.parametrize(("source", "own", "vlan"), [
    ("", "", [8]),
    (" portgroup='dmz'", "", [30, 31]),
    (" portgroup='bare'", "", [7]),
    (" portgroup='dmz'", "<vlan><tag id='5'/></vlan>", [5]),
])
def test_a_vlan_comes_from_the_nic_then_the_port_group_then_the_network(source, own, vlan):
    network = xml.parse_network(NETWORK.format("<forward mode='bridge'/><bridge name='ovsbr0'/>"))
    nic = xml.guest_nics(
        [], nics_of(f"<interface type='network'><source network='n'{source}/>{own}</interface>"), {"n": network}
    )[0]
    assert (nic["bridge"], nic["vlan"]) == ("ovsbr0", vlan)


@pytest.mark.parametrize(("forward", "expected"), [
    ("<forward mode='passthrough'><interface dev='eth1'/></forward>", ("direct", "eth1", "passthrough")),
    ("<forward mode='bridge' dev='eth1'/>", ("direct", "eth1", "bridge")),
    ("<forward mode='private' dev='eth1'><interface dev='eth1'/></forward>", ("direct", "eth1", "private")),
    ("<forward mode='bridge' dev='eth1'><interface dev='eth2'/></forward>", ("network", "n", None)),
    ("<forward mode='bridge'><interface dev='eth1'/><interface dev='eth2'/></forward>", ("network", "n", None)),
    ("<forward mode='hostdev'><interface dev='eth1'/></forward>", ("network", "n", None)),
])
def test_a_shut_off_guest_gets_the_macvtap_device_only_where_there_is_one_to_get(forward, expected):
    nics = nics_of("<interface type='network'><source network='n'/></interface>")
    nic = xml.guest_nics([], nics, {"n": xml.parse_network(NETWORK.format(forward))})[0]
    assert (nic["type"], nic["source"], nic.get("mode")) == expected


# --- pairing

def test_nics_that_only_their_acpi_index_tells_apart_are_paired_by_it():
    """One is renumbered, another taken out of the definition: by position the wrong two would be one."""
    one = (
        "<interface type='network'><mac address='52:54:00:00:00:0{}'/><source network='n'/><acpi"
        " index='{}'/></interface>".format
    )
    live, persistent = nics_of(one(1, 1) + one(2, 2) + one(3, 3)), nics_of(one(9, 3) + one(2, 2))
    found = [
        (row.get("live_mac", "")[-1:], row.get("persistent_mac", "")[-1:])
        for row in xml.guest_nics(live, persistent, {})
    ]
    assert found == [("1", ""), ("2", "2"), ("3", "9")]
    assert all("acpi" not in row for row in xml.guest_nics(live, persistent, {}))


def nic(mac=None, address=None, alias=None, name=""):
    given = {"mac": mac, "address": address, "alias": alias, "name": name}
    return {"type": "bridge", **{key: value for key, value in given.items() if value}}


@pytest.mark.parametrize(
    ("live", "persistent", "pairs"),
    [
        ([nic("m1", "a1"), nic("m2", "a2")], [nic("m2", "a2"), nic("m9", "a1")], [("m1", "m9"), ("m2", "m2")]),
        (
            [nic("m1", None, "ua-x"), nic("m2", None, "ua-y")],
            [nic("m3", None, "ua-y"), nic("m4", None, "ua-x")],
            [("m1", "m4"), ("m2", "m3")],
        ),
        ([nic("m1", "a1"), nic("m2", "a2")], [nic("m2"), nic("m3")], [("m1", "m3"), ("m2", "m2")]),
        ([nic("m1"), nic("m2")], [nic("m3"), nic("m4")], [("m1", "m3"), ("m2", "m4")]),
        ([nic("m1", "a1")], [nic("m2", "a2")], [("m1", None), (None, "m2")]),
        ([nic("m1"), nic("m1")], [nic("m1"), nic("m1")], [("m1", "m1"), ("m1", "m1")]),
        ([], [nic("m1")], [(None, "m1")]),
    ],
    ids=["address", "alias", "mac-then-position", "position", "two-places-are-two-nics", "twins", "shut-off"],
)
def test_pairing(live, persistent, pairs):
    found = [(one and one["mac"], two and two["mac"]) for one, two in xml.paired(live, persistent)]
    assert found == pairs


@pytest.mark.parametrize(
    ("live", "persistent", "unsure"),
    [
        ([nic("m1")], [nic("m3")], []),  # one is left on either side: it is that
        ([nic("m1", "a1"), nic("m2")], [nic("m3", "a1"), nic("m4")], []),
        ([nic("m1", "a1")], [nic("m2", "a2")], []),  # at two places
        ([nic("m1", "a1"), nic("m2", "a2")], [nic("m2"), nic("m3")], []),
        ([nic("m1"), nic("m2")], [nic("m3"), nic("m4")], ["m1", "m2", "m3", "m4"]),
        ([nic("m1")], [nic("m3"), nic("m4")], ["m1", "m3", "m4"]),
        ([nic("m1", "a1"), nic("m2")], [nic("m3", "a3"), nic("m4")], ["m1", "m2", "m3", "m4"]),
        ([nic("m1"), nic("m2")], [nic("m1"), nic("m2")], []),
        ([], [nic("m1"), nic("m2")], []),
        ([nic("m1"), nic("m2")], [], []),
    ],
)
def test_what_only_its_order_pairs_is_said(live, persistent, unsure):
    assert [one["mac"] for one in xml.ambiguous(live, persistent)] == unsure


def test_many_nics_without_an_address_are_paired_in_their_order_and_at_once():
    live, persistent = ([nic(f"{side}{number}") for number in range(20_000)] for side in "lp")
    assert [(one["mac"], two["mac"]) for one, two in xml.paired(live, persistent)][-1] == ("l19999", "p19999")


maybe = st.none() | st.sampled_from(["x", "y", "z"])
NICS = st.lists(st.builds(nic, maybe, maybe, maybe), max_size=6)


@given(NICS, NICS)
@settings(max_examples=150, deadline=None)
def test_pairing_loses_and_doubles_nothing(live, persistent):
    live = [{**one, "id": f"l{place}"} for place, one in enumerate(live)]
    persistent = [{**one, "id": f"p{place}"} for place, one in enumerate(persistent)]
    pairs = xml.paired(live, persistent)
    assert [one["id"] for one, _two in pairs if one] == [one["id"] for one in live]
    assert sorted(two["id"] for _one, two in pairs if two) == [two["id"] for two in persistent]
    assert all(one or two for one, two in pairs)


# --- broken and hostile

BOMB = """<?xml version='1.0'?><!-- a --><!DOCTYPE d [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>
<domain><name>&b;</name></domain>"""


@pytest.mark.parametrize(("text", "said"), [
    (BOMB, "document type"),
    ("\ufeff \n<!DOCTYPE domain SYSTEM 'file:///etc/passwd'><domain/>", "document type"),
    ("<!-- <domain> --><?x y?>" * 30 + "<!DOCTYPE d []><domain/>", "document type"),
    ("<a>" * 200 + "</a>" * 200, "nested deeper"),
    ("<domain>" + "x" * xml.MAX_TEXT + "</domain>", "longer than"),
    (domain("")[:-20], "not XML"),
    ("", "not XML"),
    ("<domain>\ud800</domain>", "not XML"),
    ("<domain><name>\0</name></domain>", "not XML"),
    ("<network/>", "<network>, not <domain>"),
])
def test_a_document_that_is_unusable_says_why(text, said):
    with pytest.raises(xml.XmlError, match=said):
        xml.parse_domain(text)


def test_a_doctype_inside_cdata_is_text_and_no_attack():
    assert (
        xml.parse_domain(
            domain("").replace("<devices>", "<description><![CDATA[<!DOCTYPE x>]]></description><devices>")
        ).name
        == "g"
    )


@pytest.mark.parametrize(("inside", "problem", "kept"), [
    ("<mac address='52:54:00:0c:1d:f5&#10;'/>", ("nics[0].mac", "not a MAC address"), {}),
    ("<mac address='52:54:00:0c:1d'/>", ("nics[0].mac", "not a MAC address"), {}),
    ("<mac/>", ("nics[0].mac", "not a MAC address"), {}),
    ("<vlan><tag id='4096'/><tag id='12'/></vlan>", ("nics[0].vlan", "0 to 4095"), {"vlan": [12]}),
    ("<target dev='" + "x" * 300 + "'/>", ("nics[0].tap", "longer than 255"), {}),
])
def test_a_wrong_field_is_named_and_the_rest_of_the_guest_kept(inside, problem, kept):
    parsed = xml.parse_domain(domain(f"<interface type='user'>{inside}</interface><interface type='bridge'/>"))
    assert [field for field, _text in parsed.problems] == [problem[0]]
    assert problem[1] in parsed.problems[0][1]
    assert parsed.nics[0] == {"type": "user", "vlan": [], "link": "up", **kept}
    assert len(parsed.nics) == 2


def test_a_name_of_200_kb_is_cut_and_said():
    parsed = xml.parse_domain(domain("", name="n" * 200_000))
    assert (len(parsed.name), parsed.problems[0][0]) == (xml.MAX_NAME, "name")


@given(st.text() | st.tuples(st.integers(0, 4000), st.integers(0, 50), st.text(max_size=30)))
@example("<domain/>")
@settings(max_examples=200, deadline=None)
def test_whatever_comes_the_answer_is_a_domain_or_a_plain_error(change):
    text = change
    if isinstance(change, tuple):
        start, length, filling = change
        whole = golden("running.inactive")
        text = whole[:start] + filling + whole[start + length:]
    try:
        parsed = xml.parse_domain(text)
    except xml.XmlError:
        return
    assert isinstance(parsed.name, str)
    assert all(isinstance(one["vlan"], list) and isinstance(one["type"], str) for one in parsed.nics)
