"""Instances of Incus and LXD (containers and VMs of all projects), asked at the daemon's own socket."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Sources of the formats: Incus and LXD, REST API (/1.0, /1.0/instances), instance options (volatile.NIC.*), devices of
# type nic. LXC calls an instance of another project than "default" PROJECT_NAME (project.Instance); neither name holds
# an underscore, so this one text is unique in a server, and it is what control groups are called by.

import json
import re
from typing import Any, Callable, Dict, List, Optional, Sequence, Set, Tuple

from ansible_collections.netops.layer2.plugins.module_utils._guests._hypervisor import (
    UNKNOWN,
    Found,
    Gap,
    Presence,
    Record,
    gap,
)
from ansible_collections.netops.layer2.plugins.module_utils._guests._unix_http import get
from ansible_collections.netops.layer2.plugins.module_utils._mac import MacError, canonical
from ansible_collections.netops.layer2.plugins.module_utils._runner import Missing, ReadError, Runner, shortened

_MOST = 1 << 26  # octets of one answer: some 10,000 instances
_MOST_INSTANCES = 20000
_MOST_NICS = 64  # of one instance
_MOST_GAPS = 5  # of one kind that are shown by name
_KINDS = {"container": "container", "virtual-machine": "vm"}
_INSTANCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,62}\Z")
_PROJECT = re.compile(r"[^\s_/'\"*\x00-\x1f\x7f]{1,63}\Z")
_INTERFACE = re.compile(r"[A-Za-z0-9_.-]{1,15}\Z")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
_DIGEST = re.compile(r"[0-9a-f]{12,64}\Z")
# What a device's nictype is in the words of a snapshot's NIC; all others end in a pair of veth or a tap of their own.
_TYPES = {"bridged": "bridge", "macvlan": "direct", "ipvlan": "direct", "physical": "hostdev", "sriov": "hostdev"}


def read_instances(runner: Runner, name: str, states: Dict[str, Presence], sockets: Sequence[str]) -> Found:
    """Instances of daemon NAME, asked at each of SOCKETS that is there; those of other members of its cluster with
    ``node`` and in an unknown state; nothing where there is no socket.

    ReadError where a socket is there and its daemon cannot be asked: then nothing is known of its instances.
    """
    found = Found([], [], [])
    for path in sockets:
        if not runner.exists(path.rpartition("/")[0]):
            continue
        try:
            one = _Reading(runner, name, states, path).found()
        except Missing:
            _refuse_unasked(runner, path)
            continue
        told = {(guest["manager"], guest["id"]) for guest in found.guests}  # one place may be a link to the other
        found.guests.extend(guest for guest in one.guests if (guest["manager"], guest["id"]) not in told)
        found.gaps.extend(one.gaps)
    return found


def _refuse_unasked(runner: Runner, path: str) -> None:
    """ReadError where the folder of PATH, which has no socket, holds instances: they run on while their daemon does
    not. An uninstalled daemon leaves an empty one.
    """
    for kind in ("containers", "virtual-machines"):
        folder = "%s/%s" % (path.rpartition("/")[0], kind)
        try:
            names = runner.listdir(folder)
        except Missing:
            continue
        if names:
            raise ReadError("%s does not exist, and %s holds instances: nothing is known of them" % (path, folder),
                            "start the daemon, or remove what it left")


class _Reading:
    """One reading of one daemon."""

    def __init__(self, runner: Runner, name: str, states: Dict[str, Presence], path: str) -> None:
        self._runner, self._name, self._states, self._path = runner, name, states, path
        self._gaps: List[Gap] = []
        self._omitted: Dict[str, int] = {}

    def found(self) -> Found:
        """All that the daemon tells."""
        server = self._ask("/1.0", dict)
        environment = _object(server.get("environment"))
        if server.get("auth") != "trusted":
            raise ReadError("%s does not trust this user" % self._path, "run the task with `become: true`")
        projects = "instance_all_projects" in _texts(server.get("api_extensions"))
        if not projects:
            self._note("the server cannot list all projects: only the project \"default\" was read", "update it")
        rows = self._ask("/1.0/instances?recursion=1" + ("&all-projects=true" if projects else ""), list)
        if len(rows) > _MOST_INSTANCES:
            self._note("%d instances are too many: the first %d were read" % (len(rows), _MOST_INSTANCES))
        clustered = environment.get("server_clustered") is True
        own = _text(environment.get("server_name")) if clustered else ""
        guests = [self._guest(row, own, _manager(environment)) for row in rows[:_MOST_INSTANCES]]
        for kind, count in self._omitted.items():
            if count > _MOST_GAPS:
                self._note("%s: %d more" % (kind, count - _MOST_GAPS))
        return Found([guest for guest in guests if guest], [], self._gaps)

    def _ask(self, target: str, kind: type) -> Any:
        """The ``metadata`` of the answer to TARGET, which is of KIND."""
        status, octets = get(self._path, target, self._runner.timeout, _MOST)
        hint = "look at `%s` on this host" % self._client("query " + target.split("?", 1)[0])
        try:
            answer = json.loads(octets.decode("utf-8"))
        except (ValueError, RecursionError):
            raise ReadError("%s: the answer to %s is no JSON (status %d)" % (self._path, target, status),
                            hint) from None
        metadata = _object(answer).get("metadata")
        if status != 200 or not isinstance(metadata, kind):
            said = shortened(_text(_object(answer).get("error")) or "the answer has another shape")
            raise ReadError("%s: %s: status %d: %s" % (self._path, target, status, _printable(said)), hint)
        return metadata

    def _client(self, words: str) -> str:
        return "%s %s" % ("incus" if self._name == "incus" else "lxc", words)

    def _note(self, reason: str, hint: str = "", item: str = "") -> None:
        self._gaps.append(gap("%s: %s" % (self._path, reason), hint, item))

    def _omit(self, kind: str, what: Any, item: str = "") -> None:
        """A gap of KIND, by name for the first few of them."""
        self._omitted[kind] = self._omitted.get(kind, 0) + 1
        if self._omitted[kind] <= _MOST_GAPS:
            shown = _printable(shortened(what if isinstance(what, str) else repr(what)[:200], 60))
            self._note("%s: %s" % (kind, shown), "look at `%s`" % self._client("list --all-projects"), item)

    def _guest(self, row: Any, own: str, manager: str) -> Optional[Record]:
        """The record of one instance; None, and a gap, for what is none. OWN: this member of a cluster."""
        row = _object(row)
        name, identifier = row.get("name"), _identifier(row)
        if not identifier:
            self._omit("no instance can be called so, its NICs are not known", name)
            return None
        devices = row.get("expanded_devices")
        if not isinstance(devices, dict) or _text(row.get("type")) not in _KINDS:
            self._omit("an instance is told without its devices, as of a member that is off", identifier, identifier)
            return None
        config = dict(_object(row.get("expanded_config")), **_object(row.get("config")))
        guest: Record = {
            "name": name, "hypervisor": self._name, "id": identifier, "manager": manager, "kind": _KINDS[row["type"]],
            "persistent": row.get("ephemeral") is not True,
            "autostart": config.get("boot.autostart") in ("true", "1", "yes", "on"),
            "state": self._state(row.get("status")),
        }
        guest.update(_abroad(_text(row.get("location")), own))
        uuid = config.get("volatile.uuid") or config.get("volatile.vm.uuid")
        if guest["kind"] == "vm" and _matches(_UUID, uuid):
            guest["product_uuid"] = uuid
        guest["nics"] = self._nics(devices, _object(row.get("devices")), config, guest)
        return guest

    def _state(self, status: Any) -> str:
        return status if isinstance(status, str) and status in self._states else "unknown"

    def _nics(self, devices: Record, own: Record, config: Record, guest: Record) -> List[Record]:
        names = [name for name, device in sorted(devices.items()) if _object(device).get("type") == "nic"]
        if len(names) > _MOST_NICS:
            self._omit("of an instance with more than %d NICs only these were read" % _MOST_NICS, guest["id"],
                       guest["id"])
        presence = self._states.get(guest["state"], UNKNOWN)
        found: List[Record] = []
        for name in names[:_MOST_NICS]:
            if not name or len(name) > 64 or not name.isprintable():
                self._omit("no NIC can be called so", name, guest["id"])
                continue
            nic = _nic(name, _object(devices[name]), name in own)
            mac = self._mac(name, _object(devices[name]), config, guest)
            if mac:
                nic.update(mac=mac, persistent_mac=mac, **({"live_mac": mac} if presence.active else {}))
            if presence.active and "node" not in guest:
                nic.update(self._placed(config.get("volatile.%s.host_name" % name), nic))
            found.append(nic)
        return found

    def _mac(self, name: str, device: Record, config: Record, guest: Record) -> str:
        """The MAC that the device sets, else the one that was made for it; empty, and a gap, for one that is none."""
        fixed, made = device.get("hwaddr"), config.get("volatile.%s.hwaddr" % name)
        # A profile may hold a pattern (00:16:3e:xx:xx:xx), of which the daemon makes one.
        text = made if not fixed or "x" in str(fixed).lower() else fixed
        if not text:
            return ""  # a NIC that has none before its first start, or the host's own
        try:
            return canonical(text if isinstance(text, str) else "")
        except MacError:
            self._omit("NIC %s has no MAC that is one" % _printable(shortened(name, 40)), guest["id"], guest["id"])
            return ""

    def _placed(self, port: Any, nic: Record) -> Record:
        """The interface of the host that the NIC ends in, and the bridge that this is a port of."""
        if not _matches(_INTERFACE, port) or not self._runner.exists("/sys/class/net/" + port):
            return {}
        try:
            bridge = self._runner.readlink("/sys/class/net/%s/master" % port).rsplit("/", 1)[-1]
        except ReadError:
            return {"tap": port}
        return {"tap": port, "bridge": bridge} if nic["type"] == "bridge" else {"tap": port}


def _identifier(row: Record) -> str:
    """What LXC calls the instance of ROW; empty for a name or a project that cannot be one."""
    name, project = row.get("name"), row.get("project", "default")
    if not (_matches(_INSTANCE, name) and _matches(_PROJECT, project) and project.isprintable()):
        return ""
    return str(name) if project == "default" else "%s_%s" % (project, name)


def _abroad(location: str, own: str) -> Record:
    """Which member of the cluster has an instance at LOCATION, where that is another than OWN; of it no state is
    taken.
    """
    if not own or location in (own, "none", ""):
        return {}
    return {"node": _printable(shortened(location, 63)), "state": "unknown"}


def _nic(name: str, device: Record, is_own: bool) -> Record:
    """NIC device NAME; ``definition`` says whether the instance itself or a profile has it, which the cure asks."""
    kind, parent, network = (_text(device.get(key)) for key in ("nictype", "parent", "network"))
    record: Record = {
        "alias": name, "definition": "instance" if is_own else "profile",
        "type": _TYPES.get(kind, "ethernet") if kind else "bridge" if network else "ethernet",
    }
    place = parent or network
    if place and place.isprintable():
        record["source"] = place[:64]
        if record["type"] == "bridge" and _matches(_INTERFACE, place):
            record["bridge"] = place
    if _matches(re.compile(r"[0-9]{1,4}\Z"), device.get("vlan")):
        record["vlan"] = [int(device["vlan"])]
    return record


def _manager(environment: Record) -> str:
    """What names are unique in: the server or its cluster, by its name and a digest of its certificate."""
    digest = environment.get("certificate_fingerprint")
    name = "cluster" if environment.get("server_clustered") is True else _text(environment.get("server_name"))
    known = digest[:12] if isinstance(digest, str) and _DIGEST.match(digest) else ""
    return " ".join(filter(None, (_printable(shortened(name, 63)), known))) or "server"


def _object(value: Any) -> Record:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _texts(value: Any) -> Set[str]:
    return {one for one in value if isinstance(one, str)} if isinstance(value, list) else set()


def _matches(pattern: Any, value: Any) -> bool:
    return isinstance(value, str) and pattern.match(value) is not None


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in text)


Reader = Callable[[Runner], Found]


def reader(name: str, states: Dict[str, Presence], sockets: Tuple[str, ...]) -> Reader:
    """A hypervisor's ``read`` for daemon NAME with these STATES and SOCKETS."""
    def read(runner: Runner) -> Found:
        return read_instances(runner, name, states, sockets)
    return read
