"""[Match] as systemd itself reads it: notations, quotes, lists and lines; systemd-networkd is the judge where
LAYER2_NETWORKD names a program that asks it.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import os
import subprocess

import pytest
from ansible_collections.netops.layer2.plugins.module_utils._netconfig import _ini, _networkd_match
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._records import ConfigError
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from .host import NEW, OLD, link
from .test_networkd_match import OTHER, OWN, PATH, applied, drafted, host, planned

# Programs that print `INTERFACE FILE` for each INTERFACE=MAC: the .network file in FOLDER that networkd takes for it.
NETWORKDS = [path for path in os.environ.get("LAYER2_NETWORKD", "").split(os.pathsep) if path]
judged = pytest.mark.skipif(not NETWORKDS, reason="no systemd-networkd is named that could be asked (LAYER2_NETWORKD)")

# What stands in the file, of a NIC {name} that has the MAC {mac}; and whether networkd 252 and 257 fit it.
MATCHES = [
    ("[Match]\nMACAddress={mac}\n", True),
    ("[Match]\nMACAddress={other}\n", False),
    ("[Match]\nMACAddress={hyphens}\n", True),
    ("[Match]\nMACAddress={dots}\n", True),
    ("[Match]\nMACAddress={short}\n", True),
    ("[Match]\nMACAddress={digits}\n", False),
    ("[Match]\nMACAddress={digits}\nName={name}\n", True),
    ("[Match]\nMACAddress={huawei}\nMACAddress={other}\nName={name}\n", False),
    ('[Match]\nMACAddress="{mac}"\n', False),
    ('[Match]\nMACAddress="{other}"\nName={name}*\n', True),
    ("[Match]\nMACAddress='{other}' \nName={name}\n", True),
    ("[Match]\nMACAddress={mac},{other}\nName={name}\n", True),
    ("[Match]\nMACAddress={other} # {mac}\n", True),
    ("\ufeff[Match]\nMACAddress={mac}\n", True),
    ("\ufeff[Match]\nMACAddress={other}\n", False),
    ("[Match]\r\nMACAddress={mac}\r\n", True),
    ("[Match]\nMACAddress={other} \\\n  {mac}\n", True),
    ("[Match]\nMACAddress={mac} \\\n# {other}\n  {other}\n", True),
    ("[Match]\nMACAddress={other} \\\n\n  {mac}\n", False),
    ("[Match]\nName={name} \\\\\nMACAddress={other}\n", False),
    ("[Match]\n\\\nMACAddress={other}\n", False),
    ("[Match]\nName={name}\n  \\\nMACAddress={mac}\n", True),
    ("[Match]\njunk \\\nMACAddress={other}\nName={name}\n", True),
    ("[Match]\nMACAddress={other}\nMACAddress=\nMACAddress={mac}\n", True),
    ("[Match]\nMACAddress={other}\n[Link]\n[Match]\nMACAddress={mac}\n", True),
    ("[Match]\nMACAddress=x {mac}\n", True),
    ("[Match]\nMACAddress={other}\xa0{mac}\n", False),
    ("[Match]\nmacaddress={other}\nName={name}\n", True),
    ("[ Match ]\nMACAddress={other}\n[Match]\nName={name}\n", True),
    ('[Match]\nName="{name}"\n', False),
    ("[Match]\nName=no\nName=\nMACAddress={mac}\n", True),
    ("[Match]\nName=!{name}\nMACAddress={mac}\n", False),
    ("[Match]\nName=* !{name}\nMACAddress={mac}\n", False),
    ("[Match]\nName=!!{name}\nMACAddress={mac}\n", True),
    ("[Match]\nName=[!x]*\nMACAddress={mac}\n", True),
    ("[Match]\nName=[^x]*\nMACAddress={mac}\n", True),
    ("[Match]\nName=\\{name}\n", True),
    ("[Match]\nName=\\*{name}\nMACAddress={mac}\n", True),
    ("[Match]\nName={name}\\ no\nMACAddress={mac}\n", True),
    ("[Match]\nName={name},no\nMACAddress={mac}\n", False),
    ("[Match]\nName=a/b\nMACAddress={mac}\n", True),
    ("[Match]\nName=123\nMACAddress={mac}\n", True),
    ("[Match]\nName=all\nMACAddress={mac}\n", True),
    ("[Match]\nName=e%d\nMACAddress={mac}\n", True),
    ("[Match]\nName=" + "a" * 127 + "\nMACAddress={mac}\n", False),
    ("[Match]\nName=" + "a" * 128 + "\nMACAddress={mac}\n", True),
]


def written(number, template):
    """(name, MAC, text) of the NIC of one row."""
    mac = f"02:0a:0b:{number:02x}:0d:{number:02x}"
    digits = mac.replace(":", "")
    groups = [digits[at:at + 4] for at in (0, 4, 8)]
    text = template.format(
        name=f"v{number}x", mac=mac, other=f"02:0e:0e:0e:0e:{number:02x}", hyphens=mac.replace(":", "-").upper(),
        dots=".".join(groups), huawei="-".join(groups), digits=digits,
        short=mac.replace(":0", ":").replace("02:", "2:"),
    )
    return f"v{number}x", mac, text


def fits(name, mac, text):
    """Whether a file with something in its [Match] fits the NIC, as we read it."""
    listed = _networkd_match.macs(text, "MACAddress")
    stated = _networkd_match.words(text, "MACAddress") + _networkd_match.names(text)
    by_mac = mac in listed if listed else bool(_networkd_match.names(text))
    return bool(stated) and by_mac and _networkd_match.fits_name(text, [name])


@pytest.mark.parametrize(("number", "template", "expected"), [(at, *row) for at, row in enumerate(MATCHES)])
def test_a_match_is_read_as_systemd_reads_it(number, template, expected):
    assert fits(*written(number, template)) is expected


@judged
@pytest.mark.parametrize("networkd", NETWORKDS)
def test_networkd_reads_each_match_like_this(networkd, tmp_path):
    rows = [written(number, template) for number, (template, _expected) in enumerate(MATCHES)]
    for number, (_name, _mac, text) in enumerate(rows):
        (tmp_path / f"{number:02}.network").write_bytes(text.encode())
    links = [f"{name}={mac}" for name, mac, _text in rows]
    said = subprocess.run([networkd, str(tmp_path), *links], capture_output=True, text=True, check=True).stdout
    taken = dict(line.split(" ", 1) for line in said.splitlines())
    found = {name: taken[name].endswith(f"/{number:02}.network") for number, (name, _mac, _text) in enumerate(rows)}
    assert found == {row[0]: expected for row, (_template, expected) in zip(rows, MATCHES)}


@pytest.mark.parametrize(
    "match",
    [
        f'MACAddress="{OLD}"\nName=e*',
        f"MACAddress={OLD.replace(':', '')}\nName=e*",
        f"MACAddress={OLD} \\\n  {OTHER}",
        f"MACAddress={OLD} \\\n# why\n  {OTHER}",
        f"Name=a/b\nMACAddress={OLD} {OTHER}",
    ],
)
def test_what_is_no_mac_to_systemd_narrows_no_file_down_and_every_line_of_a_list_counts(match):
    plan = planned(host(match))
    assert list(drafted(plan)) == [OWN] and OLD in match.replace(OLD.replace(":", ""), OLD)


@pytest.mark.parametrize("match", ["5254.000c.1df5", "52-54-00-0C-1D-F5", "52:54:0:c:1d:f5", f" \\\n  {OLD}"])
def test_the_match_is_extended_once_in_every_notation(match):
    made = host("MACAddress=" + match)
    plan = planned(made)
    text = drafted(plan)[PATH]
    assert _networkd_match.macs(text, "MACAddress") == [OLD, NEW]
    assert plan.commands == [["networkctl", "reload"]]
    assert drafted(planned(applied(made, plan), old=OLD)) == {}


def test_a_file_that_begins_with_the_mark_of_utf8_is_extended_before_the_kernel_has_the_mac():
    made = host("")
    made.files[PATH] = f"\ufeff[Match]\nMACAddress={OLD}\n[Network]\nDHCP=yes\n".encode()
    plan = planned(made)
    assert f"\ufeff[Match]\nMACAddress={OLD} {NEW}\n" in drafted(plan)[PATH]
    assert plan.commands == [["networkctl", "reload"]]


@pytest.mark.parametrize(
    "condition", ["Type=ether", "KernelCommandLine=!root=nfs", "Host=web1", "Virtualization=no", "SSID=home \\\n  work"]
)
def test_a_file_of_its_own_fits_on_no_boot_on_which_the_wide_one_does_not(condition):
    text = drafted(planned(host(f"Name=e*\n{condition}\nMACAddress={OLD} {OTHER}")))[OWN]
    assert text.partition("[Network]")[0].partition("[Match]\n")[2] == f"Name=eth0\n{condition}\n\n"


@pytest.mark.parametrize("text", [None, b"", b"\n"])
def test_a_file_that_is_gone_is_not_copied_without_its_settings(text):
    made = host("Name=e*")
    made.files.pop(PATH)
    made.files.update({} if text is None else {PATH: text})
    with pytest.raises(ConfigError, match="which is gone or empty, so that its settings cannot be kept"):
        planned(made)


@pytest.mark.parametrize(("state", "own"), [("configured", True), ("unmanaged", False)])
def test_a_file_that_two_nics_have_now_is_nobodys_own_whatever_it_says(state, own):
    fields = f"ADMIN_STATE={state}\nNETWORK_FILE={PATH}\n"
    made = host(f"MACAddress={OLD} {OTHER}", more={"/run/systemd/netif/links/3": fields})
    made.files[PATH] += f"[Link]\nMACAddress={OLD}\n".encode()
    assert (OWN in drafted(planned(made))) is own


@pytest.mark.parametrize("hidden", [True, False])
def test_a_drop_in_that_is_hidden_says_nothing(hidden):
    base, name = "/usr/lib/systemd/network/20-lan.network", "20-lan.network.d/50-x.conf"
    more = {f"/usr/lib/systemd/network/{name}": f"[Match]\nMACAddress={OTHER}\n[Link]\nMTUBytes=1400\n"}
    more.update({f"/etc/systemd/network/{name}": ""} if hidden else {})
    made = host(f"MACAddress={OLD}", path=base, more=more)
    assert ("MTUBytes" not in str(drafted(planned(made)))) is hidden and (OWN not in drafted(planned(made))) is hidden


def test_a_netdev_that_is_hidden_makes_no_interface():
    hidden = "/usr/lib/systemd/network/10-br.netdev"
    made = host("Name=eth0", more={hidden: f"[NetDev]\nName=eth0\nKind=bridge\nMACAddress={OLD}\n",
                                   "/etc/systemd/network/10-br.netdev": ""})
    assert list(drafted(planned(made))) == [PATH]


def test_a_value_in_several_lines_is_one_and_goes_as_one():
    text = "[Link]\nAlias=a \\\n; note\n  b\\\\\nMACAddress=x \\\n  y\n"
    assert [(entry.key, entry.value, entry.more) for entry in _ini.entries(text)] == [
        ("Alias", "a    b\\\\", (3,)), ("MACAddress", "x    y", (5,))]
    assert _ini.with_value(text, ["Link"], "Alias", "c") == "[Link]\nAlias=c\n; note\nMACAddress=x \\\n  y\n"


LINES = st.sampled_from(
    ["[Match]", "[Link]", "MACAddress=" + OLD, "MACAddress=" + OTHER, f"MACAddress={OLD} \\", "MACAddress=",
     f'MACAddress="{OLD}"', f"MACAddress={OLD} {OTHER}", "  " + OTHER, "Name=eth*", "Name=eth0", "Name=!eth1", "Name=",
     "Type=ether", "# \\", "", "\\", "Name=eth0 \\", "PermanentMACAddress=" + OLD, "MTUBytes=1400"])


@settings(max_examples=300, deadline=None)
@given(st.lists(LINES, max_size=9), st.sampled_from(["\n", "\r\n"]), st.sampled_from(["", "\ufeff"]), st.booleans())
def test_the_file_with_the_new_mac_fits_the_nic_before_and_after_and_no_other_one(lines, ending, mark, permanent):
    text = mark + ending.join(["[Match]", *lines, "[Network]", "DHCP=yes", ""])
    assume(fits_both("eth0", OLD, text))
    made = host("", links=[link("eth0", OLD, 2, **({"permaddr": OLD} if permanent else {}))])
    made.files[PATH] = text.encode()
    changes = {PATH: text, **drafted(planned(made))}
    mine = next(changes[path] for path in (OWN, PATH) if path in changes)
    assert fits_both("eth0", OLD, mine) and fits_both("eth0", NEW, mine)
    assert _ini.values(mine, ["Link"], "MACAddress")[-1] == NEW
    # Of a NIC without a permanent MAC, a file that gives it the one that it has lists what it had before each change.
    is_history = not permanent and OLD in " ".join(_ini.values(text, ["Link"], "MACAddress")[-1:])
    assert is_history or not fits_both("eth1", OTHER, mine)


def fits_both(name, mac, text):
    """Whether the file fits a NIC of this name that has MAC now; the permanent one of eth0 is OLD, that of eth1 MAC."""
    listed, permanent = (_networkd_match.macs(text, key) for key in ("MACAddress", "PermanentMACAddress"))
    own = mac if name == "eth1" else OLD
    by_mac = (not listed or mac in listed) and (not permanent or own in permanent)
    return by_mac and _networkd_match.fits_name(text, [name])
