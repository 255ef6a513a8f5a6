"""netplan's own kinds of files: empty definitions, tunnels, NetworkManager's profiles; netplan's generator is the judge
where installed.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import os
import subprocess
from pathlib import Path

import pytest
from ansible_collections.netops.layer2.plugins.module_utils._netconfig import _yaml_lines
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._managers import (
    _netplan,
    _netplan_own,
    _networkmanager,
)
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._policy_route import PolicyRoute
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._records import ConfigError, Drafts, Nic

from .host import NEW, OLD, Host

FOLDERS = (os.environ.get("LAYER2_NETPLAN", ""), "/usr/libexec/netplan", "/usr/lib/netplan", "/lib/netplan")
GENERATORS = [folder + "/generate" for folder in FOLDERS if folder and Path(folder, "generate").exists()]
judged = pytest.mark.skipif(not GENERATORS, reason="netplan.io is not installed: no generator to ask")
FILE = "/etc/netplan/10-lab.yaml"
PROFILE = "/run/NetworkManager/system-connections/netplan-%s.nmconnection"
NETWORK = "/run/systemd/network/10-netplan-%s.network"
FOUR = PolicyRoute("192.0.2.9", "eth0", "192.0.2.1", 20001, 20000, False, ())
SIX = PolicyRoute("2001:db8::9", "eth0", "2001:db8::1", 20001, 20000, False, ())
HEAD = "network:\n  version: 2\n"


class Judged(Host):
    """A recorded host on which netplan really generates."""

    def run(self, argv):
        if list(argv[:2]) == ["netplan", "generate"] and GENERATORS:
            return subprocess.run([GENERATORS[0], *argv[2:]], capture_output=True, text=True, check=True).stdout
        return super().run(argv)


def adapter(text, path, generated="", name="eth0", **answers):
    """netplan's adapter of one interface, with the file that was generated for it."""
    return _netplan.Netplan(
        Judged(files={FILE: HEAD + text, path: generated}, answers=answers), Nic(name, 2, OLD, OLD, ""), path
    )


def drafted(made):
    """The files that a new MAC takes."""
    drafts = Drafts(made.runner)
    made.set_mac(drafts, NEW)
    return drafts, {change.path: change.after for change in drafts.changes()}


EMPTY = "  ethernets:\n    enp1s0: {}\n  vlans:\n    lan7: {id: 7, link: enp1s0, addresses: [192.0.2.9/24]}\n"


@pytest.mark.parametrize("value", ["{}", "{ }", " {}  # the VLAN's", "{dhcp4: false, optional: true}", "", "null", "~"])
def test_a_definition_may_be_empty_or_in_flow_style(value):
    made = adapter(EMPTY.replace("{}", value), NETWORK % "enp1s0", "[Match]\nName=enp1s0\n", "enp1s0",
                   **{"netplan_get_ethernets.enp1s0.macaddress": "null\n"})
    _drafts, files = drafted(made)
    assert (
        list(files) == ["/etc/netplan/90-layer2-enp1s0.yaml"]
        and f'    enp1s0:\n      macaddress: "{NEW}"\n' in files[made.overlay]
    )


@judged
def test_netplan_gives_an_empty_definition_the_mac():
    made = adapter(
        EMPTY,
        NETWORK % "enp1s0",
        "[Match]\nName=enp1s0\n",
        "enp1s0",
        **{"netplan_get_ethernets.enp1s0.macaddress": "null\n"},
    )
    drafts, _files = drafted(made)
    made.check(drafts, NEW)


def test_a_definition_that_no_file_has_is_still_named():
    made = adapter("  ethernets:\n    eth7: {}\n", NETWORK % "eth0", "[Match]\nName=eth0\n", netplan_get=HEAD)
    with pytest.raises(ConfigError, match="defines eth0 any more"):
        drafted(made)


TUNNEL = "  tunnels:\n    vx1: {mode: vxlan, id: 5, local: 192.0.2.9, remote: 192.0.2.10}\n"
TUNNEL_ANSWERS = {
    "netplan_get_tunnels.vx1.macaddress": "null\n",
    "netplan_get_tunnels.vx1.mode": "vxlan\n",
    "netplan_get_tunnels.vx1.id": "5\n",
}


def test_a_vxlan_repeats_what_netplan_wants_in_every_file():
    made = adapter(TUNNEL, NETWORK % "vx1", "[Match]\nName=vx1\n", "vx1", **TUNNEL_ANSWERS)
    assert f'    vx1:\n      mode: vxlan\n      id: 5\n      macaddress: "{NEW}"\n' in drafted(made)[1][made.overlay]


@judged
def test_netplan_accepts_the_file_of_a_vxlan(tmp_path):
    made = adapter(TUNNEL, NETWORK % "vx1", "[Match]\nName=vx1\n", "vx1", **TUNNEL_ANSWERS)
    drafts, _files = drafted(made)
    for path in _netplan.config_files(drafts):
        (tmp_path / path.lstrip("/")).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path.lstrip("/")).write_text(drafts.read(path))
    made.runner.run(["netplan", "generate", "--root-dir", str(tmp_path)])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("wl0-home", "wl0"),
        ("wl0-a%20b%2Fc", "wl0"),
        ("wl0-5g-home", "wl0-5g"),
        ("eth0", "eth0"),
        ("eth0.7", "eth0.7"),
        ("br%3A1", "br:1"),
        ("unknown-x", "unknown-x"),
    ],
)
def test_the_definition_behind_a_generated_name(name, expected):
    text = (
        "  ethernets:\n    eth0: {}\n    eth0.7: {}\n    br:1: {}\n  wifis:\n    wl0:\n      dhcp4: true\n    wl0-5g:"
        " {dhcp4: true}\n"
    )
    assert adapter(text, PROFILE % name).id == expected


def keyfile(*lines):
    """A profile as netplan generates it."""
    return "\n".join(["[connection]", "id=netplan-eth0", "type=ethernet", *lines]) + "\n"


@pytest.mark.parametrize(("profile", "words"), [
    (keyfile("[match]", "interface-name=en*;"), "interface-name=en[*]"),
    (keyfile("[match]", "interface-name=en1;en2;"), "interface-name=en1;en2"),
    (keyfile("[match]", "interface-name=!lo;"), "interface-name=!lo"),
    (keyfile("[ethernet]", "wake-on-lan=0"), "names no interface"),
])
def test_networkmanagers_profile_that_may_come_to_another_nic_is_refused(profile, words):
    made = adapter(
        "  ethernets:\n    a:\n      match: {name: en*}\n",
        PROFILE % "a",
        profile,
        **{"netplan_get_ethernets.a.macaddress": "null\n"},
    )
    with pytest.raises(ConfigError, match="may fit other interfaces too.*" + words):
        drafted(made)


WIDE = """\
  ethernets:
    all:
      match: {name: "en*"}
      mtu: 1400
      nameservers:
        addresses: [192.0.2.1]
      dhcp4: true
"""
# As netplan 0.106 and 1.1 print it; 0.101 sorts the keys and indents no lists.
PRINTED = (
    'match:\n  name: "en*"\nnameservers:\n  addresses:\n  - 192.0.2.1\ndhcp4: true\nmacaddress: "52:54:00:0c:1d:f5"\n'
    "mtu: 1400\n",
    "dhcp4: true\nmacaddress: 52:54:00:0c:1d:f5\nmatch:\n  name: en*\nmtu: 1400\nnameservers:\n  addresses:\n"
    "  - 192.0.2.1\n",
)


def wide(text=WIDE, printed=PRINTED[0], files=(), present=("eth0", "en1", "en2"), name="en1", path=NETWORK % "all"):
    """netplan's adapter of an interface whose definition fits others as well."""
    made = adapter(
        text,
        path,
        "[Match]\nName=en*\n" if path == NETWORK % "all" else keyfile("[match]", "interface-name=en*;"),
        name,
        **{"netplan_get_ethernets.all.macaddress": "null\n", "netplan_get_ethernets.all": printed},
    )
    made.runner.files.update((f"/sys/class/net/{each}/address", b"") for each in present)
    made.runner.files.update((path, b"") for path in files)
    return made


COMMENT = (
    "# For en1 alone, so that its MAC goes to no other interface: a copy of netplan's all, whose later changes do not"
    " reach it\n"
)
OWN = COMMENT + """\
network:
  version: 2
  ethernets:
    "0-en1":
      match: {name: "en1"}
      nameservers:
        addresses:
        - 192.0.2.1
      dhcp4: true
      mtu: 1400
      macaddress: "52:54:00:7e:11:02"
"""


def test_an_interface_gets_a_definition_of_its_own_that_networkd_takes_first():
    assert drafted(wide())[1] == {"/etc/netplan/90-layer2-0-en1.yaml": OWN}


def test_once_written_the_own_definition_is_edited_though_networkd_has_the_old_one():
    made = wide()
    made.runner.files["/etc/netplan/90-layer2-0-en1.yaml"] = OWN.encode()
    again = _netplan.Netplan(made.runner, made.nic, NETWORK % "all")
    assert (again.id, again.read_mac(Drafts(made.runner))) == ("0-en1", NEW) and not drafted(again)[1]
    drafts = Drafts(made.runner)
    again.set_mac(drafts, OLD)
    assert [change.after for change in drafts.changes()] == [OWN.replace(NEW, OLD)]
    again.set_route(drafts, FOUR)
    assert '    "0-en1":' in drafts.read(_netplan.route_overlay(FOUR.vip))


@judged
@pytest.mark.parametrize("printed", PRINTED)
def test_netplan_makes_of_the_own_definition_what_it_makes_of_the_wide_one(printed):
    made = wide(printed=printed)
    made.check(drafted(made)[0], NEW)


@judged
@pytest.mark.parametrize(
    ("more", "lost"),
    [
        ("  vlans:\n    lan7: {id: 7, link: all}\n", "VLAN=lan7"),
        ("  bridges:\n    br0: {interfaces: [all]}\n", "Bridge=br0"),
    ],
)
def test_a_wide_definition_that_others_speak_of_is_not_copied(more, lost):
    made = wide(WIDE + more)
    with pytest.raises(ConfigError, match="a copy of it for this one would not be the same .*" + lost):
        made.check(drafted(made)[0], NEW)


def test_what_a_copy_lacks_is_named_without_netplan_as_well(monkeypatch, tmp_path):
    made = wide()
    drafts, _files = drafted(made)
    (tmp_path / "run/systemd/network").mkdir(parents=True)
    for name, more in (("0-en1", ""), ("all", "VLAN=lan7\n")):
        text = f"[Match]\nName={name}\n\n[Link]\nMACAddress={NEW}\n\n[Network]\nDHCP=ipv4\n{more}"
        (tmp_path / f"run/systemd/network/10-netplan-{name}.network").write_text(text)
    monkeypatch.setattr(_netplan.tempfile, "mkdtemp", lambda prefix: str(tmp_path))
    monkeypatch.setattr(made, "_ask", lambda words: "")
    with pytest.raises(ConfigError, match=r"not be the same \(VLAN=lan7\)"):
        made.check(drafts, NEW)


REFUSED = {
    "others": (
        {"path": PROFILE % "all"},
        "en1: netplan's all may fit other interfaces too (/run/NetworkManager/system-connections/"
        "netplan-all.nmconnection matches `interface-name=en*`), what is added to it would go to all of them, and it is"
        " not copied for one (NetworkManager takes any profile that fits): give it a definition of its own with"
        " `match: {name: en1}`, and let all fit no more than the others (en2)",
    ),
    "only one": (
        {"path": PROFILE % "all", "present": ("lo", "en1")},
        "en1: netplan's all may fit other interfaces too (/run/NetworkManager/system-connections/"
        "netplan-all.nmconnection matches `interface-name=en*`), what is added to it would go to all of them, and it is"
        " not copied for one (NetworkManager takes any profile that fits): no other interface here fits it; if none is"
        " to come, write this to /etc/netplan/80-en1.yaml, and run `netplan generate`:"
        ' {network: {version: 2, ethernets: {"all": {match: {name: "en1"}}}}}',
    ),
}


@pytest.mark.parametrize(("given", "words"), REFUSED.values(), ids=REFUSED)
def test_the_words_of_a_refusal_give_the_narrower_file(given, words):
    with pytest.raises(ConfigError) as raised:
        drafted(wide(**given))
    assert str(raised.value) == words


@judged
@pytest.mark.parametrize("renderer", ["NetworkManager", "networkd"])
def test_netplan_merges_the_narrower_file(tmp_path, renderer):
    folder = tmp_path / "etc/netplan"
    folder.mkdir(parents=True)
    (folder / "10-lab.yaml").write_text(HEAD + f"  renderer: {renderer}\n" + WIDE)
    (folder / "80-en1.yaml").write_text(_netplan_own.narrower("ethernets", "all", "en1"))
    subprocess.run([GENERATORS[0], "--root-dir", str(tmp_path)], check=True)
    made = PROFILE if renderer == "NetworkManager" else NETWORK
    text = (tmp_path / (made % "all").lstrip("/")).read_text()
    assert ("interface-name=en1\n" if renderer == "NetworkManager" else "Name=en1\n") in text and "en*" not in text


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"printed": PRINTED[0] + "set-name: x\n"}, "it renames what it fits"),
        ({"printed": PRINTED[0] + "auth:\n  password: x\n"}, "it holds credentials"),
        ({"printed": "{match: {name: en*}}\n"}, "otherwise than key by key"),
        ({"printed": "dhcp4: true\n"}, "shows no match"),
        ({"text": WIDE.replace("ethernets", "wifis")}, "below wifis"),
        ({"files": ["/etc/systemd/network/10-netplan-all.network.d/mtu.conf"]}, "mtu.conf adds to it"),
        ({"files": ["/etc/systemd/network/10-netplan-all.link.d/wol.conf"]}, "wol.conf adds to it"),
    ],
)
def test_what_no_copy_would_keep_is_refused(given, why):
    made = wide(**given)
    made.runner.answers["netplan_get_wifis.all.macaddress"] = "null\n"
    with pytest.raises(ConfigError, match=why):
        drafted(made)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("[Match]\nName=en*\n", ["en1", "en2"]),
        ("[match]\ninterface-name=en1;en2;\n", ["en1", "en2"]),
        ("[Match]\nName=en* !en2\n", []),
        ("[Match]\nName=en*\nDriver=virtio_net\n", []),
        ("[ethernet]\nwake-on-lan=0\n", []),
    ],
)
def test_whom_a_generated_file_fits_is_said_where_names_tell(text, names):
    assert _netplan_own.fitting(text, ["en1", "en2", "lo"]) == names


def test_no_copy_where_no_name_comes_first():
    assert _netplan_own.obstacle("ethernets", "0", "en1", []) == "no name would come before 0"
    assert "for a pattern" in _netplan_own.obstacle("ethernets", "all", "en[1]", [])


def test_a_policy_route_makes_no_copy():
    with pytest.raises(ConfigError, match="a change of its MAC makes such a copy, a policy route does not"):
        wide().set_route(Drafts(wide().runner), FOUR)


PASSED = """\
  %s:
    NM-5d2b:
      renderer: NetworkManager
      match: {name: eth0}
      macaddress: "%s"
%s      networkmanager:
        uuid: 5d2b1111-1111-4111-8111-111111111111
        passthrough:
          %s.cloned-mac-address: "%s"
"""


@pytest.mark.parametrize("kind", [("ethernets", "ethernet"), ("ethernets", "802-3-ethernet"), ("wifis", "wifi")])
def test_a_mac_that_is_passed_on_to_networkmanager_is_set_where_it_has_effect(kind):
    given = PASSED % (kind[0], NEW, "", kind[1], OLD)
    made = adapter(given, PROFILE % "NM-5d2b", keyfile("interface-name=eth0"))
    drafts = Drafts(made.runner)
    assert made.read_mac(drafts) == OLD  # what is passed on counts, wherever it stands
    assert drafted(made)[1] == {FILE: HEAD + given.replace(OLD, NEW)}


@judged
def test_netplan_gives_networkmanager_the_mac_that_is_passed_on():
    made = adapter(
        PASSED % ("ethernets", OLD, "", "ethernet", OLD), PROFILE % "NM-5d2b", keyfile("interface-name=eth0")
    )
    made.check(drafted(made)[0], NEW)


@judged
def test_a_passthrough_that_is_not_read_is_named():
    given = (PASSED % ("ethernets", OLD, "", "ethernet", OLD)).split("      networkmanager")[0]
    given += '      networkmanager: {passthrough: {ethernet.cloned-mac-address: "%s"}}\n' % OLD
    made = adapter(given, PROFILE % "NM-5d2b", keyfile("interface-name=eth0"))
    with pytest.raises(ConfigError, match="`networkmanager: passthrough:` takes the place of other settings"):
        made.check(drafted(made)[0], NEW)


def test_the_ageing_of_a_bridge_is_set_where_it_is_passed_on():
    text = (
        "  bridges:\n    br0:\n      parameters:\n        ageing-time: 300\n      networkmanager:\n"
        '        passthrough:\n          bridge.ageing-time: "200"\n'
    )
    made = adapter(text, PROFILE % "br0", keyfile("interface-name=br0"), "br0")
    drafts = Drafts(made.runner)
    assert made.read_ageing(drafts) == 200
    made.set_ageing(drafts, 900)
    assert made.read_ageing(drafts) == 900 and drafts.read(FILE).count("900") == 2


def test_what_netplan_only_keeps_for_networkmanager_is_changed_in_networkmanager():
    text = "  nm-devices:\n    NM-5d2b:\n      renderer: NetworkManager\n"
    made = adapter(
        text,
        PROFILE % "NM-5d2b",
        keyfile("interface-name=eth0"),
        **{"netplan_get_nm-devices.NM-5d2b.macaddress": "null\n"},
    )
    with pytest.raises(ConfigError, match="nmcli connection modify"):
        drafted(made)


@pytest.mark.parametrize(
    "profile",
    [
        keyfile("interface-name=eth0"),
        keyfile("[match]", "interface-name=eth0;"),
        keyfile("[ethernet]", "mac-address=" + OLD),
    ],
)
def test_networkmanagers_profile_of_one_nic_is_edited(profile):
    made = adapter(
        "  ethernets:\n    a:\n      dhcp4: true\n",
        PROFILE % "a",
        profile,
        **{"netplan_get_ethernets.a.macaddress": "null\n"},
    )
    assert list(drafted(made)[1]) == ["/etc/netplan/90-layer2-a.yaml"]


@pytest.mark.parametrize(
    ("route", "section", "method"),
    [
        (SIX, "ipv6", "ignore"),
        (SIX, "ipv6", "link-local"),
        (SIX, "ipv6", "disabled"),
        (FOUR, "ipv4", "link-local"),
        (FOUR, "ipv4", "disabled"),
    ],
)
def test_a_route_that_networkmanager_would_drop_is_refused(route, section, method):
    made = adapter(
        "  ethernets:\n    eth0:\n      dhcp4: true\n",
        PROFILE % "eth0",
        keyfile("interface-name=eth0", f"[{section}]", "method=" + method),
    )
    with pytest.raises(ConfigError, match=f"gives it no IPv{section[-1]} .method {method}"):
        made.set_route(Drafts(made.runner), route)


@judged
def test_a_rule_that_this_netplan_drops_is_refused_beforehand():
    made = adapter("  renderer: NetworkManager\n  ethernets:\n    eth0:\n      dhcp4: true\n", PROFILE % "eth0",
                   keyfile("interface-name=eth0", "[ipv4]", "method=auto"))
    drafts = Drafts(made.runner)
    made.set_route(drafts, FOUR)
    try:
        made.check(drafts, None, [FOUR])
    except ConfigError as error:
        assert "does not hand NetworkManager the rule of 192.0.2.9" in str(error)  # netplan 0.106
    made.check(drafts, None)


@pytest.mark.parametrize(
    ("lines", "section", "expected"),
    [
        ([], "ipv6", "auto"),
        ([], "ipv4", "auto"),
        (["[ipv6]", "method=ignore"], "ipv6", "ignore"),
        (["[ipv6]", "addr-gen-mode=eui64"], "ipv6", ""),
        (["master=br0", "slave-type=bridge"], "ipv6", ""),
        (["controller=br0"], "ipv4", ""),
    ],
)
def test_a_missing_section_is_what_networkmanager_takes_it_for(lines, section, expected):
    assert _networkmanager.method(keyfile(*lines), section) == expected


@pytest.mark.parametrize(
    ("given", "mac"),
    [
        ("82;84;0;0;0;1;", "52:54:00:00:00:01"),
        ("82;84;0;0;0;1", "52:54:00:00:00:01"),
        ("82;84;0;0;0;256;", None),
        ("82;84;0;0;1;", None),
        ("52:54:00:00:00:01", "52:54:00:00:00:01"),
        ("random", None),
    ],
)
def test_the_old_notation_of_a_keyfiles_mac_is_read(given, mac):
    text = f"[connection]\ntype=802-3-ethernet\n\n[802-3-ethernet]\ncloned-mac-address={given}\n"
    assert _networkmanager.keyfile_mac(text) == mac
    assert _networkmanager.with_mac(text, NEW) == text.replace(given, NEW)


def test_keys_are_listed_whatever_their_values_are():
    assert _yaml_lines.paths("a:\n  b: {}\n  c: [1]\n  d: &x\n    e: 1\n") == [
        ("a",),
        ("a", "b"),
        ("a", "c"),
        ("a", "d"),
        ("a", "d", "e"),
    ]


@pytest.mark.parametrize(
    ("lines", "lost"),
    [
        (["route1=0.0.0.0/0,192.0.2.1", "route1_options=table=20001"], "the rule of"),
        (["routing-rule1=priority 20000 from 192.0.2.9/32 table 20001"], "the route of"),
        ([], "the rule and the route of"),
    ],
)
def test_what_netplan_loses_on_the_way_to_networkmanager_is_named(monkeypatch, lines, lost):
    made = adapter("  ethernets:\n    eth0:\n      dhcp4: true\n", PROFILE % "eth0", keyfile("interface-name=eth0"))
    monkeypatch.setattr(made, "_ask", lambda words: "")
    monkeypatch.setattr(
        made, "_generated", lambda root: keyfile("interface-name=eth0", "[ipv4]", "method=auto", *lines)
    )
    with pytest.raises(ConfigError, match=lost):
        made.check(Drafts(made.runner), None, [FOUR])
