"""How files say the ageing of a bridge, and the script that keeps ageing and learning where no network manager's file
can say it.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import re
from typing import Optional, Sequence

from ansible_collections.netops.layer2.plugins.module_utils import _interface_name
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._records import ConfigError, Drafts

DEFAULT = 300.0  # s; the kernel's BR_DEFAULT_AGEING_TIME (net/bridge/br_private.h)
SCRIPTS = "/etc/netops-layer2/bridge-timers"
UNITS = "/etc/systemd/system"
_SPANS = {"": 1.0, "s": 1.0, "sec": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "ms": 0.001}

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


def last(values: Sequence[Optional[float]]) -> Optional[float]:
    """The last one of VALUES that says something: in files of every kind it is the one that counts."""
    return next((value for value in reversed(values) if value is not None), None)


def span(text: str) -> Optional[float]:
    """Seconds of a time span such as ``1800`` or ``30min`` (systemd.time(7)); None for one that is written some other
    way.
    """
    match = re.match(r"(\d+(?:\.\d+)?)\s*([a-z]*)\Z", text.strip().strip("\"'"))
    return float(match.group(1)) * _SPANS[match.group(2)] if match and match.group(2) in _SPANS else None


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
