"""libvirt's guests, shut-off ones included: through libvirt-python, else virsh, else libvirt's files."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Three adapters collect the same Inventory of XML texts; one function makes records of it.
# All use a read-only connection: it may read everything but secrets (VIR_DOMAIN_XML_SECURE), which nobody wants here.

import binascii
import contextlib
import importlib
import os
import re
import shlex
import threading
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Set

from ansible_collections.netops.layer2.plugins.module_utils._guests._hypervisor import (
    ENDS,
    HELD,
    NOTHING,
    OFF,
    RUNS,
    Found,
    Gap,
    Hypervisor,
    Record,
    gap,
)
from ansible_collections.netops.layer2.plugins.module_utils._libvirt_xml import (
    Domain,
    Network,
    XmlError,
    ambiguous,
    guest_nics,
    is_uuid,
    parse_domain,
    parse_network,
    parse_status,
    snapshot_macs,
)
from ansible_collections.netops.layer2.plugins.module_utils._runner import (
    BECOME,
    Denied,
    Missing,
    Output,
    ReadError,
    Runner,
    shortened,
)

URI = "qemu:///system"
_TRACES = ("/run/libvirt", "/var/run/libvirt", "/etc/libvirt/qemu", "/var/lib/libvirt/qemu")
_DEFINITIONS, _STATUS, _STATE = "/etc/libvirt/qemu", "/run/libvirt/qemu", "/var/lib/libvirt/qemu"
_START = "see `systemctl status libvirtd virtqemud`; start the daemon that this host uses"
_MACS_SAID = 8  # in a gap
_LONGEST_ARGUMENT = 100000  # Linux takes 128 KiB in one argument (MAX_ARG_STRLEN)
# The words of virsh's domstate, by virDomainState; and by the state attribute of a status file.
_STATES = ("no state", "running", "idle", "paused", "in shutdown", "shut off", "crashed", "pmsuspended")
_STATUS_STATES = {"nostate": "no state", "blocked": "idle", "shutdown": "in shutdown", "shutoff": "shut off"}
# What they mean. `idle` (VIR_DOMAIN_BLOCKED) waits for something, and `no state` is what drivers without states say of
# one that runs; a guest that crashed and is kept (on_crash=preserve) and one in S3 (pmsuspended) have their NICs, and
# send nothing.
_PRESENCE = {
    "no state": RUNS, "running": RUNS, "idle": RUNS, "blocked": RUNS, "paused": HELD,
    "in shutdown": ENDS, "shut off": OFF, "crashed": HELD, "pmsuspended": HELD,
}

Definition = NamedTuple(
    "Definition",
    [
        ("label", str),
        ("state", str),
        ("live", str),
        ("inactive", str),
        ("persistent", bool),
        ("autostart", bool),
        ("managed_save", bool),
        ("snapshots", List[str]),
    ],
)  # snapshots: their XML
Inventory = NamedTuple("Inventory", [("definitions", List[Definition]), ("networks", List[str]), ("gaps", List[Gap])])


def read_guests(runner: Runner) -> Found:
    """Guests, DHCP reservations and gaps as docs/snapshot.md has them; nothing, at once, on a host without libvirt.

    ReadError where libvirt is, and neither it nor its files can be read: then nothing is known of its guests.
    """
    if not is_present(runner):
        return NOTHING
    try:
        inventory = _from_libvirt(runner)
    except ReadError as error:
        inventory = _from_files_because(runner, error)
    found = records(inventory)
    for guest in found.guests:
        _put_defined(runner, guest)
    return found


def _put_defined(runner: Runner, guest: Record) -> None:
    """When libvirt last wrote the guest's definition; a clone's is younger. Only QEMU's driver keeps it there, and
    often for root only.
    """
    with contextlib.suppress(ReadError, ValueError):
        guest["defined"] = round(runner.modified("%s/%s.xml" % (_DEFINITIONS, guest["name"])), 3)


def is_present(runner: Runner) -> bool:
    """Whether libvirt's QEMU driver has ever run on this host or is installed; spawns nothing."""
    return any(runner.exists(path) for path in _TRACES)


def wants_other_python(runner: Runner) -> bool:
    """Whether another interpreter, which can import libvirt, would help: libvirt is here, but neither binding nor
    virsh.
    """
    return is_present(runner) and _binding() is None and runner.find("virsh") is None


def records(inventory: Inventory) -> Found:
    """What INVENTORY tells. A definition that cannot be read becomes a gap; the others stay."""
    gaps = list(inventory.gaps)
    networks = _networks(inventory.networks, gaps)
    guests = [_guest(definition, networks, gaps) for definition in inventory.definitions]
    reservations = [entry for _name, network in sorted(networks.items()) for entry in network.reservations]
    return Found([guest for guest in guests if guest], reservations, gaps)


def _networks(texts: List[str], gaps: List[Gap]) -> Dict[str, Network]:
    networks = {}  # type: Dict[str, Network]
    for text in texts:
        try:
            network = parse_network(text)
            networks[network.name] = network
        except XmlError as error:
            gaps.append(gap("a network's definition: %s" % error, "virsh net-edit"))
            continue
        for field, problem in network.problems:
            gaps.append(gap("network %s: %s: %s" % (shortened(network.name), field, problem), "virsh net-edit"))
    return networks


def _guest(definition: Definition, networks: Dict[str, Network], gaps: List[Gap]) -> Dict[str, Any]:
    live = _parsed(definition, "live definition", definition.live, gaps)
    inactive = _parsed(definition, "definition", definition.inactive, gaps)
    domain = live or inactive
    if domain is None:
        return {}
    guest = {
        "name": domain.name, "hypervisor": "libvirt", "state": definition.state,
        "persistent": definition.persistent, "autostart": definition.autostart,
        "managed_save": definition.managed_save, "snapshots": len(definition.snapshots),
        "nics": guest_nics(live.nics if live else [], inactive.nics if inactive else [], networks)}
    _say_ambiguous(domain.name, live, inactive, gaps)
    uuid = domain.uuid or (inactive.uuid if inactive else "") or (definition.label if is_uuid(definition.label) else "")
    if uuid:
        guest["uuid"] = uuid
    if definition.snapshots:
        guest["snapshot_macs"] = _snapshot_macs(domain.name, definition.snapshots, gaps)
    return guest


def _say_ambiguous(name: str, live: Optional[Domain], inactive: Optional[Domain], gaps: List[Gap]) -> None:
    """Add a gap where nothing but their order tells which NIC of a running guest is which of its definition."""
    nics = ambiguous(live.nics, inactive.nics) if live and inactive else []
    if nics:
        macs = sorted({nic["mac"] for nic in nics if "mac" in nic})
        reason = (
            "guest %s: neither an alias nor an address tells which NIC of the running guest is which of its definition"
            " (%s): they are paired in their order" % (shortened(name), ", ".join(macs[:_MACS_SAID]) or "no MAC known")
        )
        gaps.append(gap(reason, "virsh edit: give each an <alias name='ua-...'/>", shortened(name)))


def _snapshot_macs(name: str, texts: List[str], gaps: List[Gap]) -> List[str]:
    macs = set()  # type: Set[str]
    for text in texts:
        try:
            found, problems = snapshot_macs(text)
        except XmlError as error:
            found, problems = [], [("definition", str(error))]
        macs.update(found)
        gaps.extend(gap("a snapshot of guest %s: %s: %s" % (shortened(name), field, problem), "virsh snapshot-edit",
                        shortened(name))
                    for field, problem in problems)
    return sorted(macs)


def _parsed(definition: Definition, what: str, text: str, gaps: List[Gap]) -> Optional[Domain]:
    if not text:
        return None
    try:
        domain = parse_domain(text)
    except XmlError as error:
        gaps.append(gap("%s of guest %s: %s" % (what, definition.label, error), "virsh edit", definition.label))
        return None
    for field, problem in domain.problems:
        reason = "%s of guest %s: %s: %s" % (what, shortened(domain.name), field, problem)
        gaps.append(gap(reason, "virsh edit", shortened(domain.name)))
    return domain


def _from_libvirt(runner: Runner) -> Inventory:
    binding = _binding()
    if binding is not None:
        return _in_time(lambda: _from_binding(binding), runner.timeout)
    if runner.find("virsh"):
        return from_virsh(runner)
    raise Missing(
        "libvirt is here, but neither its Python binding nor virsh", "install libvirt-clients or python3-libvirt"
    )


# --- through libvirt-python

def _binding() -> Any:
    try:
        return importlib.import_module("libvirt")
    except ImportError:
        return None


def _in_time(work: Callable[[], Inventory], timeout: float) -> Inventory:
    """Do WORK in a thread: a call of libvirt waits for a hung daemon for ever, and no signal ends it."""
    done = []  # type: List[Any]

    def guarded() -> None:
        try:
            done.append(work())
        except Exception as error:  # pylint: disable=broad-except
            done.append(error)  # raised below, in the caller's thread

    thread = threading.Thread(target=guarded)
    thread.daemon = True
    thread.start()
    thread.join(timeout)
    if not done:
        raise ReadError("libvirt did not answer within %g s" % timeout, _START)
    if isinstance(done[0], Exception):
        raise done[0]
    inventory = done[0]  # type: Inventory
    return inventory


def _from_binding(libvirt: Any) -> Inventory:
    libvirt.registerErrorHandler(lambda _context, _error: None, None)  # it prints to stderr otherwise
    try:
        connection = libvirt.openReadOnly(URI)
    except libvirt.libvirtError as error:
        raise ReadError("cannot connect to %s: %s" % (URI, shortened(str(error))), _START) from error
    try:
        return _read_connection(libvirt, connection)
    except libvirt.libvirtError as error:
        raise ReadError("libvirt: %s" % shortened(str(error)), _START) from error
    finally:
        connection.close()


def _read_connection(libvirt: Any, connection: Any) -> Inventory:
    def uuids(flag: int) -> Set[str]:
        return {domain.UUIDString() for domain in connection.listAllDomains(flag)}

    marks = {name: uuids(getattr(libvirt, "VIR_CONNECT_LIST_DOMAINS_" + name))
             for name in ("ACTIVE", "PERSISTENT", "AUTOSTART", "MANAGEDSAVE", "HAS_SNAPSHOT")}
    definitions, gaps = [], []  # type: List[Definition], List[Gap]
    for domain in connection.listAllDomains(0):
        uuid = domain.UUIDString()
        try:
            definitions.append(_definition(
                uuid, {name: uuid in members for name, members in marks.items()}, _STATES[domain.state()[0]],
                domain.XMLDesc, libvirt.VIR_DOMAIN_XML_INACTIVE, domain.listAllSnapshots))
        except libvirt.libvirtError as error:
            gaps.append(gap("guest %s: %s" % (uuid, shortened(str(error))), item=uuid))
    return Inventory(definitions, _connection_networks(libvirt, connection, gaps), gaps)


def _definition(uuid: str, marks: Dict[str, bool], state: str, dump: Callable[[int], str], inactive: int,
                snapshots: Callable[[], List[Any]]) -> Definition:
    live = dump(0) if marks["ACTIVE"] else ""
    stored = dump(inactive) if marks["PERSISTENT"] or not live else ""
    return Definition(uuid, state, live, stored, marks["PERSISTENT"], marks["AUTOSTART"], marks["MANAGEDSAVE"],
                      [snapshot.getXMLDesc() for snapshot in snapshots()] if marks["HAS_SNAPSHOT"] else [])


def _connection_networks(libvirt: Any, connection: Any, gaps: List[Gap]) -> List[str]:
    try:
        return [network.XMLDesc(0) for network in connection.listAllNetworks(0)]
    except libvirt.libvirtError as error:
        gaps.append(gap("networks: %s; bridges behind them stay unknown" % shortened(str(error)), _START, "networks"))
        return []


# --- through virsh: one process lists, one (or few) more dump everything; snapshots, where there are any, take one more

_LISTS = (("all", "list --all --uuid"), ("ACTIVE", "list --uuid"), ("PERSISTENT", "list --all --uuid --persistent"),
          ("AUTOSTART", "list --all --uuid --autostart"), ("MANAGEDSAVE", "list --all --uuid --with-managed-save"),
          ("HAS_SNAPSHOT", "list --all --uuid --with-snapshot"), ("networks", "net-list --all --uuid"))


def from_virsh(runner: Runner, uri: str = URI) -> Inventory:
    """Everything that libvirt at URI tells a read-only client; ReadError where it does not answer."""
    lists = batch(runner, uri, dict(_LISTS))
    found = {key: re.findall(r"^[0-9a-f-]{36}$", lists[key], re.MULTILINE) for key, _command in _LISTS}
    said = batch(runner, uri, _questions(found))
    snapshots = _virsh_snapshots(
        runner, uri, {uuid: said["snapshots " + uuid] for uuid in found["HAS_SNAPSHOT"] if uuid in found["all"]}
    )
    definitions = [_said(uuid, found, said, snapshots.get(uuid, [])) for uuid in found["all"]]
    gaps = [_vanished(one.label) for one in definitions if not (one.live or one.inactive)]
    return Inventory(definitions, [said["net " + uuid] for uuid in found["networks"] if said["net " + uuid]], gaps)


def _questions(found: Dict[str, List[str]]) -> Dict[str, str]:
    """The commands that tell all about the networks and guests that were FOUND, by what was found out: key of _LISTS ->
    UUIDs.
    """
    wanted = {"net " + uuid: "net-dumpxml %s" % uuid for uuid in found["networks"]}
    for uuid in found["all"]:
        wanted["state " + uuid] = "domstate %s" % uuid
        if uuid in found["ACTIVE"]:
            wanted["live " + uuid] = "dumpxml %s" % uuid
        if uuid in found["PERSISTENT"] or uuid not in found["ACTIVE"]:
            wanted["inactive " + uuid] = "dumpxml --inactive %s" % uuid
        if uuid in found["HAS_SNAPSHOT"]:
            wanted["snapshots " + uuid] = "snapshot-list --name %s" % uuid
    return wanted


def _vanished(label: str) -> Gap:
    return gap("guest %s: virsh printed no definition; it may have gone meanwhile" % label, "run it again", label)


def _virsh_snapshots(runner: Runner, uri: str, lists: Dict[str, str]) -> Dict[str, List[str]]:
    """XML of every snapshot, by guest. Their names are strangers' words: virsh takes quotes as a shell does."""
    names = [(uuid, name) for uuid, text in lists.items() for name in text.splitlines() if name.strip()]
    commands = {
        "%s %s" % pair: "snapshot-dumpxml %s --snapshotname %s" % (pair[0], shlex.quote(pair[1])) for pair in names
    }
    said = batch(runner, uri, commands)
    found = {}  # type: Dict[str, List[str]]
    for pair in names:
        found.setdefault(pair[0], []).append(said["%s %s" % pair])
    return found


def _said(uuid: str, found: Dict[str, List[str]], said: Dict[str, str], snapshots: List[str]) -> Definition:
    return Definition(
        uuid, said["state " + uuid] or "unknown", said.get("live " + uuid, ""), said.get("inactive " + uuid, ""),
        uuid in found["PERSISTENT"], uuid in found["AUTOSTART"], uuid in found["MANAGEDSAVE"], snapshots)


def batch(runner: Runner, uri: str, commands: Dict[str, str]) -> Dict[str, str]:
    """What virsh printed for each of COMMANDS, by key: many commands in one process.

    `echo` puts a mark before each; the mark is random, so no text inside a definition can pose as one.
    """
    nonce = binascii.hexlify(os.urandom(12)).decode("ascii")
    keys = list(commands)
    scripts = [""]
    for place, key in enumerate(keys):
        step = "echo %s-%d-; %s; " % (nonce, place, commands[key])
        if len(scripts[-1]) + len(step) > _LONGEST_ARGUMENT:
            scripts.append("")
        scripts[-1] += step
    said = dict.fromkeys(keys, "")
    for script in filter(None, scripts):
        output = _virsh(runner, uri, script)
        parts = re.split(nonce + "-([0-9]+)-", output.stdout)
        if len(parts) == 1:
            raise ReadError("virsh: %s" % (shortened(output.stderr) or "return code %d" % output.rc), _START)
        said.update((keys[int(place)], text.strip()) for place, text in zip(parts[1::2], parts[2::2]))
    return said


def _virsh(runner: Runner, uri: str, script: str) -> Output:
    try:
        return runner.output(["virsh", "--readonly", "--quiet", "--connect", uri, script])
    except ReadError as error:
        raise ReadError("virsh got no answer from libvirt within %g s" % runner.timeout, _START) from error


# --- from libvirt's own files, when no daemon answers

def _from_files_because(runner: Runner, error: ReadError) -> Inventory:
    try:
        inventory = _from_files(runner)
    except ReadError as second:
        hint = BECOME if isinstance(second, Denied) else error.hint
        raise ReadError("%s; its files: %s" % (error.reason, second.reason), hint) from second
    if inventory.definitions or inventory.gaps:
        reason = "%s; guests were read from libvirt's files, their state from their processes" % error.reason
        inventory.gaps.append(gap(reason, error.hint or ""))
    return inventory


def _from_files(runner: Runner) -> Inventory:
    """Definitions below /etc, status files below /run (root only). No file at all means: there is no guest."""
    stored, status = _xml_files(runner, _DEFINITIONS), _xml_files(runner, _STATUS)
    auto = _names(runner, _DEFINITIONS + "/autostart")
    saved = _names(runner, _STATE + "/save")
    gaps = []  # type: List[Gap]
    definitions = []
    for name in sorted(set(stored) | set(status)):
        state = _process_state(runner, name, status.get(name, ""), gaps)
        definitions.append(
            Definition(
                name,
                state or "shut off",
                status.get(name, "") if state else "",
                stored.get(name, ""),
                name in stored,
                name + ".xml" in auto,
                name + ".save" in saved,
                list(_xml_files(runner, _STATE + "/snapshot/" + name).values()),
            )
        )
    networks = _xml_files(runner, _DEFINITIONS + "/networks")
    networks.update(_xml_files(runner, "/run/libvirt/network"))  # running ones as they are now, transient ones too
    return Inventory(definitions, list(networks.values()), gaps)


def _names(runner: Runner, directory: str, ending: str = "") -> List[str]:
    try:
        return [name for name in runner.listdir(directory) if name.endswith(ending)]
    except Missing:
        return []


def _xml_files(runner: Runner, directory: str) -> Dict[str, str]:
    return {name[:-4]: runner.read("%s/%s" % (directory, name)) for name in _names(runner, directory, ".xml")}


def _process_state(runner: Runner, name: str, text: str, gaps: List[Gap]) -> str:
    """State of a guest by its status file, if the process that the file names still is this guest; else empty."""
    if not text:
        return ""
    try:
        status = parse_status(text)
        command_line = runner.read("/proc/%d/cmdline" % status.pid)
    except XmlError as error:
        gaps.append(gap("status file of guest %s: %s" % (name, error), item=name))
        return ""
    except ReadError:
        return ""
    return _STATUS_STATES.get(status.state, status.state) if _is_process_of(status.domain, command_line) else ""


def _is_process_of(domain: Domain, command_line: str) -> bool:
    """Whether QEMU was started for DOMAIN, by its UUID, else by its name as libvirt gives it (qemu(1): a comma is
    doubled).
    """
    if domain.uuid:
        return domain.uuid in command_line
    return bool(domain.name) and "\0guest=%s," % domain.name.replace(",", ",,") in command_line


LIBVIRT = Hypervisor("libvirt", _PRESENCE, read_guests)
