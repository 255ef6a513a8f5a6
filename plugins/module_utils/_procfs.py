"""What /sys/class/net and /proc/net tell: drivers and address types for every host, all there is where iproute2 is missing."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from typing import Optional

from ansible_collections.netops.layer2.plugins.module_utils._mac import ZERO
from ansible_collections.netops.layer2.plugins.module_utils._runner import ReadError, Runner
from ansible_collections.netops.layer2.plugins.module_utils._table import Damaged, Record, link_address

_SYS = "/sys/class/net/"


def _read(runner: Runner, path: str) -> str:
    """Text of a small file that may be missing; empty then."""
    try:
        return runner.read(path, 4096)
    except ReadError:
        return ""


def _read_int(runner: Runner, path: str) -> Optional[int]:
    text = _read(runner, path)
    try:
        return int(text, 0)
    except ValueError:
        return None


def _link_name(runner: Runner, path: str) -> Optional[str]:
    """Last part of where the link PATH points to, None where there is no such link."""
    try:
        return runner.readlink(path).rsplit("/", 1)[-1]
    except ReadError:
        return None


# --- what `ip` does not say -----------------------------------------------------------------------------------------

def complete(runner: Runner, record: Record) -> None:
    """Add to a snapshot interface of the host's own namespace what only sysfs and the driver know."""
    path = _SYS + record["name"] + "/"
    assign_type = _read_int(runner, path + "addr_assign_type")
    if assign_type is not None:
        record["assign_type"] = assign_type
    if "kind" not in record:
        _complete_device(runner, record, path)


def _complete_device(runner: Runner, record: Record, path: str) -> None:
    """Driver, bus, physical function and permanent MAC of what looks like a real NIC."""
    bus = _link_name(runner, path + "device/subsystem")
    if bus is None:
        return
    record["bus"] = bus
    driver = _link_name(runner, path + "device/driver")
    if driver:
        record["driver"] = driver
    if "DEVTYPE=dsa" in _read(runner, path + "uevent"):
        record["kind"] = "dsa"
    physical = _physical_function(runner, path)
    if physical:
        record["vf_of"] = physical
    permanent = _permanent_mac(runner, record["name"])
    if permanent:
        record.setdefault("permanent_mac", permanent)


def _physical_function(runner: Runner, path: str) -> Optional[str]:
    try:
        names = runner.listdir(path + "device/physfn/net")
    except ReadError:
        return None
    return names[0] if names else None


def _permanent_mac(runner: Runner, name: str) -> Optional[str]:
    """The driver's answer to ETHTOOL_GPERMADDR; zeros mean that it has none."""
    try:
        mac = link_address(runner.permanent_address(name))
    except (ReadError, Damaged):
        return None
    return None if mac == ZERO else mac
