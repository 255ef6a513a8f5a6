"""MAC ageing and learning of bridges in the files of whoever makes them, and the script that keeps them where no file can say it."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import posixpath
import re
from typing import List, Optional, Sequence

from ansible_collections.netops.layer2.plugins.module_utils import _interface_name
from ansible_collections.netops.layer2.plugins.module_utils._netconfig import _ini, _yaml_lines
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._managers._adapter import Adapter
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._managers._ifupdown import Ifupdown, stanzas
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._managers._netplan import Netplan, config_files
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._managers._networkd import Networkd
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._managers._networkmanager import Keyfile
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._networkd_match import FOLDERS, wide_match
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._records import ConfigError, Drafts

DEFAULT = 300.0  # s; the kernel's BR_DEFAULT_AGEING_TIME (net/bridge/br_private.h)
SCRIPTS = "/etc/netops-layer2/bridge-timers"
UNITS = "/etc/systemd/system"
_SECTION, _KEY = "Bridge", "AgeingTimeSec"
_OFF = ("no", "false", "off", "0", "n", "f")
_SPANS = {"": 1.0, "s": 1.0, "sec": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "ms": 0.001}
_IFUPDOWN = re.compile(r"(\s*bridge[_-]ageing\s+)(\S+)(.*)\Z", re.DOTALL)

_SCRIPT = """#!/bin/sh
# How long bridge {bridge} keeps a MAC, and where it learns. Written by netops.layer2.layer2_timers.
bridge='{bridge}'
ageing='{ageing}'
learning='{ports}'
PATH=/usr/sbin:/usr/bin:/sbin:/bin

# Whoever makes the bridge may take its time.
left=60
until [ -d "/sys/class/net/$bridge/bridge" ]; do
    left=$((left - 1))
    [ "$left" -gt 0 ] || exit 1
    sleep 1
done
[ -z "$ageing" ] || ip link set dev "$bridge" type bridge ageing_time $((ageing * 100))
for port in $learning; do
    [ ! -d "/sys/class/net/$port/brport" ] || bridge link set dev "$port" learning on
done
"""
_UNIT = """# Written by netops.layer2.layer2_timers
[Unit]
Description=How long bridge {bridge} keeps a MAC, and where it learns
After=network.target libvirtd.service docker.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh {script}

[Install]
WantedBy=multi-user.target
"""


def read_ageing(drafts: Drafts, adapter: Adapter) -> Optional[float]:
    """Seconds that the owner's files give the bridge; None where they say nothing, or cannot."""
    if isinstance(adapter, Networkd):
        return _last([_span(value) for path in _netdevs(drafts, adapter) for value in _ini.values(drafts.read(path) or "", [_SECTION], _KEY)])
    if isinstance(adapter, Keyfile):
        return _last([_span(value) for path in (adapter.path, adapter.own_path)
                      for value in _ini.values(drafts.read(path) or "", ["bridge"], "ageing-time", joins=False)])
    if isinstance(adapter, Netplan):
        return _last([_span(each.value) for path in config_files(drafts) for each in _stated(drafts.read(path) or "", adapter.id)])
    if isinstance(adapter, Ifupdown):
        found = [_IFUPDOWN.match(line) for path in adapter.files(drafts) for line in _ini.split(drafts.read(path) or "")]
        return _last([_span(match.group(2)) for match in found if match])
    return None


def set_ageing(drafts: Drafts, adapter: Adapter, seconds: int) -> bool:
    """Draft the owner's files so that the bridge keeps MACs SECONDS; False where they cannot say it."""
    if isinstance(adapter, Networkd):
        return _set_networkd(drafts, adapter, seconds)
    if isinstance(adapter, Keyfile):
        text = drafts.read(adapter.own_path)
        text = drafts.read(adapter.path) if text is None else text
        drafts.write(adapter.own_path, _ini.with_value(text or "", ["bridge"], "ageing-time", str(seconds), joins=False), 0o600)
        return True
    if isinstance(adapter, Netplan):
        return _set_netplan(drafts, adapter, seconds)
    if isinstance(adapter, Ifupdown):
        path = adapter.files(drafts)[0]
        drafts.write(path, ifupdown_text(drafts.read(path) or "", adapter.logical, seconds))
        return True
    return False


def _last(values: Sequence[Optional[float]]) -> Optional[float]:
    return next((value for value in reversed(values) if value is not None), None)


def _span(text: str) -> Optional[float]:
    """Seconds of a time span such as ``1800`` or ``30min`` (systemd.time(7)); None for one that is written some other way."""
    match = re.match(r"(\d+(?:\.\d+)?)\s*([a-z]*)\Z", text.strip().strip("\"'"))
    return float(match.group(1)) * _SPANS[match.group(2)] if match and match.group(2) in _SPANS else None


def _netdevs(drafts: Drafts, adapter: Networkd) -> List[str]:
    return [path for path in adapter.files(drafts) if path.endswith(".netdev")]


def _set_networkd(drafts: Drafts, adapter: Networkd, seconds: int) -> bool:
    made = _netdevs(drafts, adapter)
    if not made:
        return False  # networkd only configures it, and sets such a timer when it makes a bridge
    path = made[-1] if made[-1].startswith("/etc/") else posixpath.join(FOLDERS[0], posixpath.basename(made[-1]))
    drafts.write(path, _ini.with_value(drafts.read(made[-1]) or "", [_SECTION], _KEY, str(seconds)))
    return True


def _stated(text: str, identifier: str) -> List[_yaml_lines.Scalar]:
    return [each for each in _yaml_lines.scalars(text)
            if each.value and each.path[:2] == ("network", "bridges") and each.path[2:3] == (identifier,)
            and each.path[3:] in (("parameters", "ageing-time"), ("parameters", "aging-time"))]


def _set_netplan(drafts: Drafts, adapter: Netplan, seconds: int) -> bool:
    stating = [path for path in config_files(drafts) if _stated(drafts.read(path) or "", adapter.id)]
    if not stating:
        text = netplan_text(adapter.id, seconds, _speaks_stp(drafts, adapter.nic.name))
        drafts.write("/etc/netplan/92-layer2-ageing-%s.yaml" % adapter.id, text, 0o600)
        return True
    for path in stating:
        text = drafts.read(path) or ""
        for place in _stated(text, adapter.id):
            text = _with_number(text, place, seconds)
        drafts.write(path, text)
    return True


def _with_number(text: str, place: _yaml_lines.Scalar, seconds: int) -> str:
    lines = _ini.split(text)
    lines[place.line] = lines[place.line][:place.start] + str(seconds) + lines[place.line][place.end:]
    return "".join(lines)


def _speaks_stp(drafts: Drafts, name: str) -> bool:
    return (drafts.read("/sys/class/net/%s/bridge/stp_state" % name) or "0").strip() != "0"


def netplan_text(identifier: str, seconds: int, stp: bool) -> str:
    """A netplan file that adds nothing to bridge IDENTIFIER but its ageing.

    Each file with parameters turns spanning tree on unless it says otherwise (seen with netplan 0.106), so STP is stated as it is.
    """
    return ("# How long %s keeps a MAC (netops.layer2.layer2_timers); the rest of its configuration is in the other files\n"
            'network:\n  version: 2\n  bridges:\n    "%s":\n      parameters:\n        ageing-time: %d\n        stp: %s\n'
            % (identifier, identifier, seconds, "true" if stp else "false"))


def ifupdown_text(text: str, logical: str, seconds: int) -> str:
    """TEXT of interfaces(5) with ``bridge_ageing`` (bridge-utils-interfaces(5)) in the first stanza of LOGICAL; one that is there is changed."""
    lines = _ini.split(text)
    found = stanzas(text, logical)
    places = [number for stanza in found for number in range(stanza.first + 1, stanza.last) if _IFUPDOWN.match(lines[number])]
    for number in places:
        lines[number] = _IFUPDOWN.sub(lambda match: match.group(1) + str(seconds) + match.group(3), lines[number])
    if not places and found:
        head = found[0].first
        if not lines[head].endswith("\n"):
            lines[head] += "\n"
        lines.insert(head + 1, "    bridge_ageing %d\n" % seconds)
    return "".join(lines)


def states_deaf(drafts: Drafts, adapter: Optional[Adapter]) -> bool:
    """Whether the files of a port's owner turn learning off."""
    if not isinstance(adapter, Networkd):
        return False  # the others have no word for it
    values = [value for path in adapter.files(drafts) for value in _ini.values(drafts.read(path) or "", [_SECTION], "Learning")]
    return bool(values) and values[-1].lower() in _OFF


def set_learning(drafts: Drafts, adapter: Adapter) -> bool:
    """Draft the files of a port's owner so that they do not turn learning off; False where that would concern other interfaces too."""
    if not isinstance(adapter, Networkd) or wide_match(drafts.read(adapter.path) or ""):
        return False
    for path in adapter.files(drafts):
        text = drafts.read(path) or ""
        if _ini.values(text, [_SECTION], "Learning") and path.startswith("/etc/"):
            drafts.write(path, _ini.with_value(text, [_SECTION], "Learning", "yes"))
    if states_deaf(drafts, adapter):
        drop_in = "%s/%s.d/90-layer2-learning.conf" % (FOLDERS[0], posixpath.basename(adapter.path))
        drafts.write(drop_in, "[%s]\nLearning=yes\n" % _SECTION)
    return True


# --- where no manager's file can say it -----------------------------------------------------------------------------

def script_path(bridge: str) -> str:
    """The script that remembers and sets what no manager's file can hold."""
    return "%s/%s.sh" % (SCRIPTS, _safe(bridge))


def unit_name(bridge: str) -> str:
    """The systemd unit that runs it at boot."""
    return "netops-layer2-bridge-timers-%s.service" % _safe(bridge)


def _safe(bridge: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]", "-", bridge)


def kept_ageing(drafts: Drafts, bridge: str) -> Optional[float]:
    """Seconds that a script of ours holds."""
    match = re.search(r"(?m)^ageing='?(\d+)'?$", drafts.read(script_path(bridge)) or "")
    return float(match.group(1)) if match else None


def keep(drafts: Drafts, bridge: str, seconds: Optional[int], ports: Sequence[str]) -> None:
    """Draft script and unit for BRIDGE. SECONDS and PORTS add to what the script holds already."""
    for name in (bridge, *ports):
        if not _interface_name.is_plain(name):
            raise ConfigError(_interface_name.problem(name))
    text = drafts.read(script_path(bridge)) or ""
    there = re.search(r'''(?m)^learning=["']([^"']*)["']$''', text)
    names = sorted(set(there.group(1).split() if there else []) | set(ports))
    known = kept_ageing(drafts, bridge)
    ageing = seconds if seconds is not None else int(known) if known is not None else ""
    drafts.write(script_path(bridge), _SCRIPT.format(bridge=bridge, ageing=ageing, ports=" ".join(names)))
    drafts.write("%s/%s" % (UNITS, unit_name(bridge)), _UNIT.format(bridge=bridge, script=script_path(bridge)))
