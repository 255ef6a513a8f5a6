"""Which network manager the place of a pin is one of, and which interface it is about."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import re
from typing import Collection, Optional, Type

from ansible_collections.netops.layer2.plugins.module_utils._netconfig import _ini, _manager_pins
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._managers import _list
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._managers._adapter import Adapter
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._pin_files import Pin
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._pins import known_mac
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._records import Drafts

_FOR = re.compile(r"(?:ATTRS?\{address\}|KERNELS?|NAME|ENV\{INTERFACE\})\s*==\s*\"([^\"]*)\"")


def holder(pin: Pin) -> Type[Adapter]:
    """The network manager whose kind of pin this is; for one of any other file the class that knows nothing of it."""
    names = [each.manager for each in _manager_pins.MANAGER_PINS if pin.kind in each.roles]
    return next((each for each in _list.MANAGERS if each.manager in names), Adapter)


def interface_at(drafts: Drafts, pin: Pin, names: Collection[str]) -> Optional[str]:
    """The interface that the place of PIN is about: a name or a MAC in its file; see Adapter.interface_at."""
    if pin.kind != "udev_address":
        return holder(pin).interface_at(drafts, pin, names)
    asked = _FOR.findall(_ini.split(drafts.read(pin.file) or "")[pin.line])
    by_mac = [mac for mac in map(known_mac, asked) if mac]
    by_name = [str(name) for name in asked if not re.search(r"[*?\[|]", name)]
    return next(iter(by_mac + by_name), None)
