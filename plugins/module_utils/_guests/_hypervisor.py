"""What a hypervisor's adapter tells: its name, its words for the states of a guest, and how its guests are read."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from typing import Any, Callable, Dict, List, NamedTuple, Optional

from ansible_collections.netops.layer2.plugins.module_utils._runner import Runner

Record = Dict[str, Any]
Gap = Dict[str, Any]
Found = NamedTuple("Found", [("guests", List[Record]), ("reservations", List[Dict[str, str]]), ("gaps", List[Gap])])
NOTHING = Found([], [], [])

# What a state means for the guest's NICs. on_wire: its frames can be on the wire now. active: its NICs exist on the
# host, and it goes on without a start. answers: it can let go of a NIC that is unplugged. known: it was told, and is
# understood.
Presence = NamedTuple("Presence", [("on_wire", bool), ("active", bool), ("answers", bool), ("known", bool)])
RUNS = Presence(True, True, True, True)
ENDS = Presence(True, True, False, True)       # it is being shut down, or stopped inside: its frames may still come
HELD = Presence(False, True, False, True)      # paused, suspended in memory: nothing moves until somebody lets it go on
OFF = Presence(False, False, False, True)
# It may run: whatever would hurt a running guest is not done, and it is not called off.
UNKNOWN = Presence(False, True, False, False)

# name: as the snapshot has it. states: its words -> what they mean. read: its guests on this host; None: a manager
# tells.
Hypervisor = NamedTuple("Hypervisor", [
    ("name", str), ("states", Dict[str, Presence]), ("read", Optional[Callable[[Runner], Found]])])


def gap(reason: str, hint: str = "", item: str = "") -> Gap:
    """A gap of the guests, as docs/snapshot.md has it."""
    found = {"subset": "guests", "reason": reason}
    found.update((key, value) for key, value in (("hint", hint), ("item", item)) if value)
    return found
