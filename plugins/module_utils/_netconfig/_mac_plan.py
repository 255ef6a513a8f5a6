"""Plan a change of an interface's MAC: files, pins, commands and the switch in the kernel, decided before anything is
touched.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Set, Tuple

from ansible_collections.netops.layer2.plugins.module_utils._mac import Mac
from ansible_collections.netops.layer2.plugins.module_utils._netconfig import (
    _cloud_init,
    _ini,
    _interface,
    _pin_holders,
    _pins,
)
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._managers import _list
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._managers._adapter import Adapter
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._owner import adapter_for, owner_of
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._pin_files import (
    CURRENT,
    PERMANENT,
    REPORT,
    SET,
    Pin,
)
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._records import (
    ConfigError,
    Drafts,
    FileChange,
    restyled,
)
from ansible_collections.netops.layer2.plugins.module_utils._runner import Runner

ADDRESS, HARDWARE = "address", "hardware"
_UDEV = ["udevadm", "control", "--reload"]
_IN_INITRAMFS = ("udev_rule", "udev_address", "link_match", "link_address")

Commands = List[List[str]]


class Request(NamedTuple):
    """What is asked for. ``change``: ADDRESS, the host gives its NIC another MAC; HARDWARE, the hypervisor gives the
    NIC another permanent one.

    ``swap``: seconds in which the hypervisor does so while the host runs; 0 where it does not.
    """

    interface: str
    new: str
    old: Optional[str]
    change: str
    persistent: bool
    runtime: bool
    taken: Sequence[str]
    swap: float = 0.0


class Plan(NamedTuple):
    """What it takes. ``pins``: docs/snapshot.md's, each with action (rewritten, extended, kept, reported) and reason.
    """

    interface: str
    number: int                      # its index, as the kernel counts
    old: str
    new: str
    manager: str                     # empty where the files are not to change
    changes: List[FileChange]
    pins: List[Dict[str, Any]]
    commands: Commands               # show the new files to those who keep them in memory
    undo: Commands                   # the same where the old files come back
    replug: Commands                 # for a NIC that is swapped while the host runs
    switch: bool                     # whether the kernel's MAC is to change now
    hardware: bool                   # whether the hypervisor is to change it
    warnings: List[str]


class _Files(NamedTuple):
    """What a Plan says of files. ``late``: the manager's own command, for words, where it takes up files at boot only.
    """

    manager: str = ""
    late: str = ""
    changes: List[FileChange] = []
    pins: List[Dict[str, Any]] = []
    commands: Commands = []
    undo: Commands = []
    replug: Commands = []


_WHY = {
    PERMANENT: "it names the NIC by its permanent MAC, which stays",
    "twins": "%s of this host has the same MAC, and the file may mean that one",
    "other": "it is about %s, not about this interface",
    REPORT: "not this module's to decide: look whether it should move along",
    "several": (
        "it fits other NICs too, and must not fit one more: the interface gets a file of its own where it needs one"
    ),
    "eui64_address": "made of the MAC; it stays until the interface goes down and may change then, also in DNS",
}


def plan(runner: Runner, request: Request) -> Plan:
    """What REQUEST takes on this host, as it is now. ConfigError for anything that cannot or must not be done."""
    _interface.check_new(Mac(request.new))
    world = _interface.read_world(runner)
    record = _interface.find(world, request.interface)
    current = _current(request, record, world)
    _check_expected(request, current)
    if current != request.new:
        _interface.check_free(record, request.new, world, request.taken)
    old = next((mac for mac in (request.old, current) if mac and mac != request.new), None)
    swapped = request.swap > 0 and request.change == HARDWARE and current != request.new
    files = _plan_files(runner, request, record, old, world, swapped) if request.persistent else _Files()
    switch = request.runtime and request.change == ADDRESS and current != request.new
    before = _before_switch(runner, request, record, files) if switch else []
    warnings = _warnings(runner, record, files) + _late(request, files)
    return Plan(
        interface=record["name"],
        number=record.get("index", 0),
        old=old or current,
        new=request.new,
        manager=files.manager,
        changes=files.changes,
        pins=files.pins,
        commands=_joined(files.commands, before),
        undo=_joined(files.undo, before),
        replug=files.replug,
        switch=switch,
        hardware=request.change == HARDWARE,
        warnings=warnings,
    )


def _before_switch(runner: Runner, request: Request, record: _interface.Record, files: _Files) -> Commands:
    """What has the managers fit the new MAC before the kernel has it."""
    extended = {str(pin["kind"]) for pin in files.pins if pin["action"] == "extended"}
    nic = _interface.nic_of(record)
    return [
        argv
        for each in _list.MANAGERS
        for argv in each.before_switch(runner, nic, request.new, request.persistent, extended)
    ]


def _current(request: Request, record: _interface.Record, world: _interface.World) -> str:
    """The MAC that the change is about: the one in use, or the NIC's own."""
    if request.change == HARDWARE:
        _interface.check_hardware(record)
        return str(record.get("permanent_mac") or record["mac"])
    _interface.check_own(record, world)
    return str(record["mac"])


def _plan_files(
    runner: Runner,
    request: Request,
    record: _interface.Record,
    old: Optional[str],
    world: _interface.World,
    swapped: bool,
) -> _Files:
    drafts = Drafts(runner)
    nic = _interface.nic_of(record)
    mine = request.change == ADDRESS
    adapter = adapter_for(runner, nic) if mine else owner_of(runner, nic)
    if adapter is not None and mine:
        adapter.set_mac(drafts, request.new)
    pins = _move_pins(drafts, adapter, record, old, request, world) if old else []
    if adapter is not None:
        adapter.fit(drafts, request.new, not mine)
    changes = drafts.changes()
    if adapter is not None and changes:
        adapter.check(drafts, request.new if mine else None)
    shown, undo, replug = (
        _commands(adapter, drafts, bool(changes), mine, swapped) if adapter is not None else ([], [], [])
    )
    by_udev = _udev(runner, changes)
    manager, late = (adapter.manager, adapter.late()) if adapter is not None else ("", "")
    return _Files(
        manager=manager,
        late=late,
        changes=changes,
        pins=pins,
        commands=_joined(shown, by_udev),
        undo=_joined(undo, by_udev),
        replug=replug,
    )


def _check_expected(request: Request, current: str) -> None:
    if request.old is not None and current not in (request.old, request.new):
        raise ConfigError("%s has the MAC %s, not %s as expected: somebody changed it meanwhile; look, and plan anew"
                          % (request.interface, current, request.old))


def _commands(
    adapter: Adapter, drafts: Drafts, edited: bool, mine: bool, swapped: bool
) -> Tuple[Commands, Commands, Commands]:
    """commands, undo and replug of a Plan. For a NIC that is still to change only what disturbs the present one not."""
    replug = adapter.replug(drafts, edited) if swapped else []
    if not edited:
        return [], [], replug
    shown = adapter.activate() if mine or swapped or adapter.loads_quietly else []
    return shown, adapter.apply() if swapped and not adapter.loads_quietly else adapter.activate(), replug


def _udev(runner: Runner, changes: List[FileChange]) -> Commands:
    """What shows udev its new rules."""
    rules = any(change.path.startswith("/etc/udev/") or change.path.endswith(".link") for change in changes)
    return [_UDEV] if rules and runner.exists("/run/udev/control") else []


def _joined(commands: Commands, more: Commands) -> Commands:
    return commands + [argv for argv in more if argv not in commands]


# --- pins -------------------------------------------------------------------------------------------------------------


def _move_pins(drafts: Drafts, adapter: Optional[Adapter], record: _interface.Record, old: str, request: Request,
               world: _interface.World) -> List[Dict[str, Any]]:
    """Draft what the change asks of every file that holds OLD; returns the pins with what becomes of each."""
    twins = _interface.twins(record, old, world)
    ours = set(adapter.files(drafts)) if adapter is not None else set()
    names = _names(adapter, record, request, world).union({old, record.get("mac", ""), record.get("permanent_mac", "")})
    stack = _interface.followers(record, world)
    decided: List[Tuple[Pin, str, str]] = []
    for pin in _pins.pins_of(drafts, {old}):
        named = _pin_holders.interface_at(drafts, pin, names)
        about = names.union(stack) if _pins.role(pin) == CURRENT else names  # their MAC changes along
        foreign = _WHY["other"] % named if named is not None and named not in about else ""
        if _fits_several(drafts, pin, record, request):
            foreign = _WHY["several"]
        if twins and named is None and pin.file not in ours:
            foreign = _WHY["twins"] % " and ".join(twins)
        decided.append((pin,) + _decide(pin, request, foreign, drafts))
    _rewrite(drafts, decided, request.new)
    shown = [dict(_shown(pin), action=action, reason=reason) for pin, action, reason in decided]
    derived = _pins.eui64_pins(drafts.runner, [dict(record, permanent_mac=None)]) + _pins.running_pins(
        drafts.runner, {old}
    )
    return shown + [dict(pin, action="reported", reason=_WHY.get(pin["kind"], _WHY[REPORT])) for pin in derived]


def _fits_several(drafts: Drafts, pin: Pin, record: _interface.Record, request: Request) -> bool:
    """Whether a file that matches by MAC is not the interface's alone: in that case it has been given one that comes
    first.
    """
    nic = _interface.nic_of(record)
    return request.change == ADDRESS and _pin_holders.holder(pin).fits_several(drafts, pin, nic, request.new)


def _names(
    adapter: Optional[Adapter], record: _interface.Record, request: Request, world: _interface.World
) -> Set[str]:
    """Names under which files speak of the interface. Its whole stack if the NIC itself changes: a bridge pinned to the
    MAC would keep it.
    """
    names = set(_interface.followers(record, world)) if request.change == HARDWARE else {record["name"]}
    names.update(record.get("altnames", []))
    return names | (adapter.names() if adapter is not None else set())


def _shown(pin: Pin) -> Dict[str, Any]:
    return {"file": pin.file, "mac": pin.mac, "kind": pin.kind, "line": pin.line + 1}


def _decide(pin: Pin, request: Request, foreign: str, drafts: Drafts) -> Tuple[str, str]:
    """(action, reason) for one pin. FOREIGN: why it is another interface's, if it is."""
    role = _pins.role(pin)
    if role == REPORT:
        return "reported", _WHY[role]
    if role == PERMANENT and request.change == ADDRESS:
        return "kept", _WHY[role]
    if foreign:
        return "kept", foreign
    if role == CURRENT and request.change == ADDRESS:
        if request.new in _pin_holders.holder(pin).beside(drafts.read(pin.file) or "", pin):
            return "kept", "the new MAC stands beside it already"
        return "extended", "at boot the NIC still has the old MAC, later the new one: the file must fit both"
    return (
        "rewritten",
        "it gives the interface its MAC" if role == SET else "it names the NIC, whose own MAC changes",
    )


def _rewrite(drafts: Drafts, decided: Sequence[Tuple[Pin, str, str]], new: str) -> None:
    # From the end of each line to its start, so that the places of the others stay true.
    for pin, action, _reason in sorted(
        decided, key=lambda each: (each[0].file, each[0].line, each[0].start), reverse=True
    ):
        if action not in ("rewritten", "extended"):
            continue
        edited = _pin_holders.holder(pin).with_both if action == "extended" else _with_mac
        drafts.write(pin.file, edited(drafts.read(pin.file) or "", pin, new))


def _with_mac(text: str, pin: Pin, new: str) -> str:
    """TEXT in which PIN is the MAC NEW, in its notation."""
    lines = _ini.split(text)
    line = lines[pin.line]
    mac = restyled(line[pin.start:pin.end], new)
    if _is_yaml(pin.file) and line[pin.start - 1:pin.start] not in ("'", '"'):
        mac = '"%s"' % mac  # digits without quotes can be read as a number
    lines[pin.line] = line[:pin.start] + mac + line[pin.end:]
    return "".join(lines)


def _is_yaml(path: str) -> bool:
    # cloud-init writes interfaces(5) to a file that ends in .cfg, too.
    return path.endswith((".yaml", "/cloud.cfg", "network-config")) or "/cloud.cfg.d/" in path


# --- what the operator should know ------------------------------------------------------------------------------------


def _warnings(runner: Runner, record: _interface.Record, files: _Files) -> List[str]:
    found = _cloud_init.warnings(runner, files.changes)
    rewritten = {pin.get("file") for pin in files.pins if pin["kind"] in _IN_INITRAMFS and pin["action"] == "rewritten"}
    if rewritten and runner.find("update-initramfs"):
        found.append(
            "%s may be part of the initramfs: run `update-initramfs -u`" % " and ".join(sorted(map(str, rewritten)))
        )
    if any(
        "dynamic" in str(entry.get("flags", "")) and ":" not in str(entry.get("address"))
        for entry in record.get("addresses", [])
    ):
        found.append(
            "%s has its address from a DHCP server, which may give another one to another MAC: move a reservation along"
            % record["name"]
        )
    return found


def _late(request: Request, files: _Files) -> List[str]:
    """What is left to do where the hypervisor swaps the NIC under a running guest."""
    if request.change == ADDRESS or request.swap or not files.changes or not files.late:
        return []
    return [
        "%s reads its files at the next boot: if the NIC changes while the guest runs, run `%s` in it then, or give"
        " swap_timeout" % (files.manager, files.late)
    ]
