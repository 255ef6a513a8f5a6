"""What names and places in a plan may be made of: they become arguments of modules that run as root, whoever wrote
them.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from ansible_collections.netops.layer2.plugins.module_utils import _interface_name
from ansible_collections.netops.layer2.plugins.module_utils._mac import MacError, canonical
from ansible_collections.netops.layer2.plugins.plugin_utils._guests._hypervisors import hypervisor
from ansible_collections.netops.layer2.plugins.plugin_utils._messages import shortened

_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}\Z", re.ASCII)
_PLACE = re.compile(
    r"[a-z][a-z0-9-]{0,15}( [0-9A-Za-z:./=,_-]{1,64}){0,8}\Z", re.ASCII
)  # as layer2_facts writes it: pci 0000:01:00.0
_STATE = re.compile(r"[A-Za-z][A-Za-z _-]{0,31}\Z", re.ASCII)                             # as virsh says it: shut off
# Field of a change, in order of its keys -> what it is made of.
_Field = tuple[tuple[str, ...], Callable[[str], object]]
_FIELDS: tuple[_Field, ...] = (
    (("product_uuid",), _WORD.match),
    (("interface",), _interface_name.is_plain),
    (("nic", "address"), _PLACE.match),
    (("nic", "alias"), _WORD.match),
    (("nic", "tap"), _interface_name.is_plain),
    (("expects", "state"), _STATE.match),
    (("expects", "machine_id"), _WORD.match),
)
_MACS = (("expects", "mac"), ("expects", "persistent_mac"), ("expects", "live_mac"))


def unsound(change: Mapping[str, Any]) -> Iterator[str]:
    """What of CHANGE cannot be what its field names, one text a field; nothing for a field that says nothing."""
    for keys, fits in (*_names(change), *_FIELDS):
        value = _at(change, keys)
        if not _may_stand(value, fits):
            yield f"{'.'.join(keys)} {shortened(value, 60)!r} can be none"
    for keys in _MACS:
        value = _at(change, keys)
        if value is not None and not _is_mac(value):
            yield f"{'.'.join(keys)} {shortened(value, 60)!r} is no MAC address"
    seen = change.get("seen_with")
    strays = [one for one in seen if not is_address(one)] if isinstance(seen, (list, tuple)) else []
    if strays:
        yield f"seen_with {shortened(strays[0], 60)!r} is no IP address"


def _names(change: Mapping[str, Any]) -> list[_Field]:
    """The fields of CHANGE that its guest's hypervisor knows the guest by."""
    executor = hypervisor(change.get("hypervisor")).executor
    return [((one.field,), one.made_of.match) for one in executor.known_by] if executor else []


def _may_stand(value: object, fits: Callable[[str], object]) -> bool:
    """Whether a field may hold VALUE: nothing, or a text that FITS."""
    return value is None or value == "" or (isinstance(value, str) and bool(fits(value)))


def addresses_in(values: Iterable[object]) -> set[str]:
    """Those of VALUES that are IP addresses."""
    return {str(value) for value in values if is_address(value)}


def is_address(value: object) -> bool:
    """Whether VALUE is the text of one IP address."""
    try:
        ipaddress.ip_address(value if isinstance(value, str) else "")
    except ValueError:
        return False
    return "%" not in str(value)


def revert_id(prefix: str, interface: str) -> str:
    """The name of the change of INTERFACE that its host takes back unless it is confirmed."""
    return f"{prefix}-{re.sub('[^A-Za-z0-9_-]', '-', interface)}"


def _at(change: Mapping[str, Any], keys: tuple[str, ...]) -> object:
    value: object = change
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _is_mac(value: object) -> bool:
    try:
        return bool(canonical(value)) if isinstance(value, str) else False
    except MacError:
        return False
