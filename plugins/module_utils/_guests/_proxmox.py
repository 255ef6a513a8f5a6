"""Proxmox VE's guests: the configuration of the whole cluster, which each node holds, and which of its own run."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Sources of the formats: qm.conf(5), pct.conf(5); PVE::QemuServer::parse_vm_config and
# PVE::LXC::Config::parse_pct_config (sections), PVE::QemuServer::Network (net[n]),
# PVE::QemuServer::Helpers::vm_running_locally (pid files), PVE::LXC::list_active_containers.

import hashlib
import re
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Set, Tuple

from ansible_collections.netops.layer2.plugins.module_utils._guests._hypervisor import (
    NOTHING,
    OFF,
    RUNS,
    UNKNOWN,
    Found,
    Gap,
    Hypervisor,
    Record,
    gap,
)
from ansible_collections.netops.layer2.plugins.module_utils._identity import hostname
from ansible_collections.netops.layer2.plugins.module_utils._mac import MacError, canonical
from ansible_collections.netops.layer2.plugins.module_utils._runner import (
    BECOME,
    Denied,
    Missing,
    ReadError,
    Runner,
    shortened,
)

PLACE = "/etc/pve"
_NODES = "/etc/pve/nodes"
_RUN = "/run/qemu-server"
MOST = 1 << 20  # octets of one guest's configuration; pmxcfs itself holds no file that is larger
_MOST_DAMAGED = 5  # lines of one guest that are shown
_FILE = re.compile(r"([1-9][0-9]{2,8})\.conf\Z")
_NODE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\Z")
_SECTION = re.compile(r"\[([^\]]*)\]\s*\Z")
_SNAPSHOT = re.compile(r"[A-Za-z][A-Za-z0-9_-]+\Z")
_SETTING = re.compile(r"([a-z][a-z_-]*[0-9]*):\s*(.*\S)\s*\Z")
_LXC = re.compile(r"lxc\.[a-z0-9_.-]+\s*[:=]")  # lines that are handed to LXC as they are
NET = re.compile(r"net([0-9]{1,2})\Z")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
_ACTIVE = re.compile(r"\s@/var/lib/lxc/([0-9]+)/command$", re.MULTILINE)
_MAC_PREFIX = re.compile(r"^\s*mac_prefix:\s*(\S+)\s*$", re.MULTILINE)
_PREFIX = re.compile(r"[0-9a-f][02468ace](?::[0-9a-f]{2}){0,2}:?\Z")  # as PVE::JSONSchema::pve_verify_mac_prefix wants
_CLUSTER = re.compile(r"^\s*cluster_name:\s*([A-Za-z0-9._-]{1,64})\s*$", re.MULTILINE)
# Settings of net[n] that are no model of a NIC; any other key holds the MAC under the model's name.
OPTIONS = (
    "bridge",
    "firewall",
    "gw",
    "gw6",
    "host-managed",
    "host-tunnel",
    "hwaddr",
    "ip",
    "ip6",
    "link_down",
    "macaddr",
    "model",
    "mtu",
    "name",
    "queues",
    "rate",
    "tag",
    "trunks",
    "type",
)
_STATES = {"running": RUNS, "stopped": OFF}  # qm status, pct status

# The folder below a node's, the kind of its guests, what one without a name is called, its own interface's name, where
# its name stands.
Kind = NamedTuple("Kind", [("folder", str), ("name", str), ("called", str), ("port", str), ("named", str)])
KINDS = (Kind("qemu-server", "vm", "VM", "tap", "name"), Kind("lxc", "container", "CT", "veth", "hostname"))
Settings = Dict[str, str]
# What holds now, what waits for the next start (None where nothing does), and each snapshot.
Config = NamedTuple("Config", [
    ("current", Settings), ("pending", Optional[Settings]), ("snapshots", Dict[str, Settings]), ("damaged", List[str])])


def parse_config(text: str) -> Config:
    """What TEXT, the .conf of a guest, says. Sections are [PENDING] or [pve:pending], [special:...] and one a snapshot.
    """
    current: Settings = {}
    config = Config(current, None, {}, [])
    here: Optional[Settings] = current
    for number, line in enumerate(text.split("\n"), 1):
        section = _SECTION.match(line)
        if section:
            config, here = _opened(config, section.group(1), number)
        elif here is not None and line.strip() and not line.startswith("#"):
            _note(here, line, number, config.damaged)
    return config


def _opened(config: Config, name: str, number: int) -> Tuple[Config, Optional[Settings]]:
    """CONFIG with section NAME begun, and where its settings go; None for what is none of the guest's states."""
    settings: Settings = {}
    if name.lower() in ("pending", "pve:pending"):
        return config._replace(pending=settings), settings
    if _SNAPSHOT.match(name):
        config.snapshots[name] = settings
        return config, settings
    if not name.lower().startswith("special:"):
        config.damaged.append("line %d: section [%s] is not known" % (number, shortened(name, 40)))
    return config, None


def _note(settings: Settings, line: str, number: int, damaged: List[str]) -> None:
    found = _SETTING.match(line)
    if found:
        settings[found.group(1)] = found.group(2)
    elif not _LXC.match(line):
        damaged.append("line %d: no setting: %s" % (number, shortened(line, 60)))


def parse_nic(text: str) -> Dict[str, str]:
    """What TEXT, the value of net[n], says: its options, ``mac`` (canonical) and ``model``; MacError for a MAC that is
    none.
    """
    options: Dict[str, str] = {}
    for part in text.split(","):
        key, separator, value = part.strip().partition("=")
        if key in OPTIONS:
            options[key] = value
        elif key:
            options.update({"model": key, "macaddr": value} if separator else {"model": key})
    mac = options.pop("hwaddr", "") or options.pop("macaddr", "")
    if mac:
        options["mac"] = canonical(mac)
    return options


def hotplugs(kind: str, current: Settings) -> bool:
    """Whether a running guest of KIND gets its NIC anew at once (PVE::QemuServer::parse_hotplug_features)."""
    features = current.get("hotplug", "1")
    return kind == "container" or features == "1" or "network" in re.split(r"[,;\s]+", features)


def guests_folder(node: str, kind: Kind) -> str:
    """Where the configuration of NODE's guests of one KIND lies, on every node of the cluster."""
    return "%s/%s/%s" % (_NODES, node, kind.folder)


def read_guests(runner: Runner) -> Found:
    """Guests of the node's whole cluster, those of other nodes with ``node`` and in an unknown state; nothing on other
    hosts.

    ReadError where the host is a node and its configuration cannot be read: then nothing is known of its guests.
    """
    if not runner.exists(PLACE):
        return NOTHING
    try:
        nodes = [name for name in runner.listdir(_NODES) if _NODE.match(name)]
    except Missing as error:
        raise ReadError("%s is not mounted: nothing is known of the guests of this Proxmox node" % PLACE,
                        "see `systemctl status pve-cluster`") from error
    reading = _Reading(runner)
    for node in nodes:
        for kind in KINDS:
            reading.folder(node, kind)
    return Found(reading.guests, [], reading.gaps)


class _Reading:
    """One reading of a cluster's configuration."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self.gaps: List[Gap] = []
        self._own = own_node(runner)
        self._manager = _manager(runner, self._own)
        self._mac_prefix = self._read_mac_prefix()
        self._containers: Optional[Set[str]] = None
        self.guests: List[Record] = []

    def _read_mac_prefix(self) -> str:
        """What the cluster makes new MACs of, where its options say so (datacenter.cfg(5)); empty otherwise."""
        path = PLACE + "/datacenter.cfg"
        try:
            found = _MAC_PREFIX.search(self._runner.read(path, 1 << 16))
        except Missing:
            return ""
        except ReadError as error:
            self.gaps.append(gap("what new MACs are made of: %s" % error.reason, error.hint or ""))
            return ""
        prefix = found.group(1).lower() if found else ""
        if prefix and not _PREFIX.match(prefix):
            self.gaps.append(gap("mac_prefix: %s is no beginning of a MAC" % shortened(repr(prefix), 40),
                                 "look at %s" % path))
            return ""
        return prefix.rstrip(":")

    def folder(self, node: str, kind: Kind) -> None:
        """Read the guests of one KIND that NODE has."""
        folder = guests_folder(node, kind)
        try:
            names = self._runner.listdir(folder)
        except Missing:
            return
        for file in filter(None, map(_FILE.match, names)):
            self._guest(node, kind, file.group(1), "%s/%s" % (folder, file.group()))

    def _guest(self, node: str, kind: Kind, number: str, path: str) -> None:
        called = "%s %s of node %s" % (kind.called, number, node)
        try:
            text = self._runner.read(path, MOST)
        except Missing:
            return  # it was removed, or moved to another node, meanwhile
        except Denied as error:
            raise Denied(error.reason, BECOME) from error  # the next ones are closed to this user as well
        except ReadError as error:
            self.gaps.append(gap("%s: %s" % (called, error.reason), error.hint or "", number))
            return
        config = parse_config(text)
        problems = list(config.damaged)
        self.guests.append(self._record(node, kind, number, config, problems))
        shown = problems[:_MOST_DAMAGED]
        if len(problems) > len(shown):
            shown.append("and %d more" % (len(problems) - len(shown)))
        self.gaps.extend(gap("%s: %s" % (called, problem), "look at %s" % path, number) for problem in shown)

    def _record(self, node: str, kind: Kind, number: str, config: Config, problems: List[str]) -> Record:
        current, is_here = config.current, node == self._own
        guest: Record = {
            "name": current.get(kind.named) or "%s %s" % (kind.called, number),
            "hypervisor": PROXMOX.name,
            "id": number,
            "manager": self._manager,
            "kind": kind.name,
            "persistent": True,
            "autostart": current.get("onboot") == "1",
            "snapshots": len(config.snapshots),
            "state": self._state(kind, number) if is_here else "unknown",
        }
        uuid = re.search(r"(?:\A|,)uuid=([0-9A-Fa-f-]{36})(?:,|\Z)", current.get("smbios1", ""))
        if uuid and _UUID.match(uuid.group(1).lower()):
            guest["product_uuid"] = uuid.group(1).lower()
        if current.get("template") == "1":
            guest["template"] = True
        if not is_here:
            guest["node"] = node
        if not hotplugs(kind.name, current):
            guest["hotplug"] = False
        if self._mac_prefix:
            guest["mac_prefix"] = self._mac_prefix
        if config.snapshots:
            guest["snapshot_macs"] = _macs(config.snapshots, problems)
        now = _STATES.get(guest["state"], UNKNOWN)
        guest["nics"] = [self._placed(nic, kind, number, now.on_wire) for nic in _nics(config, now.active, problems)]
        return guest

    def _state(self, kind: Kind, number: str) -> str:
        try:
            runs = self._vm_runs(number) if kind.name == "vm" else number in self._active()
        except ReadError as error:
            reason = "whether guests of this node run: %s" % error.reason
            if not any(one["reason"] == reason for one in self.gaps):
                self.gaps.append(gap(reason, error.hint or ""))
            return "unknown"
        return "running" if runs else "stopped"

    def _vm_runs(self, number: str) -> bool:
        """Whether the process that the VM's pid file names still is this VM's, as Proxmox itself asks."""
        try:
            pid = self._runner.read("%s/%s.pid" % (_RUN, number), 32)
            words = self._runner.read("/proc/%d/cmdline" % int(pid)).split("\0")
        except (Missing, ValueError):
            return False
        return "-pidfile" in words and any(word.endswith("/qemu-server/%s.pid" % number) for word in words)

    def _active(self) -> Set[str]:
        """Ids of containers whose monitor listens."""
        if self._containers is None:
            self._containers = set(_ACTIVE.findall(self._runner.read("/proc/net/unix")))
        return self._containers

    def _placed(self, nic: Record, kind: Kind, number: str, runs: bool) -> Record:
        """NIC with the interface and the bridge that it really has on this node."""
        port, place = "%s%si%s" % (kind.port, number, nic["alias"][3:]), "fwpr%sp%s" % (number, nic["alias"][3:])
        if not runs or not self._runner.exists("/sys/class/net/" + port):
            return _with_vlan_bridge(nic, self._tells_vlans)
        bridge = self._master(port)
        if bridge.startswith("fwbr"):
            bridge = self._master(place)
        found = dict(nic, tap=port)
        if bridge:
            found["bridge"] = bridge
        return _with_vlan_bridge(found, self._tells_vlans)

    def _master(self, port: str) -> str:
        try:
            return self._runner.readlink("/sys/class/net/%s/master" % port).rsplit("/", 1)[-1]
        except ReadError:
            return ""

    def _tells_vlans(self, bridge: str) -> bool:
        """Whether BRIDGE keeps VLANs apart itself: a bridge with VLAN filtering, or what is no bridge of the kernel
        (Open vSwitch).
        """
        try:
            return self._runner.read("/sys/class/net/%s/bridge/vlan_filtering" % bridge, 16).strip() == "1"
        except ReadError:
            return True


def _with_vlan_bridge(nic: Record, tells_vlans: Callable[[str], bool]) -> Record:
    """A tag on a bridge that knows no VLANs: Proxmox makes one bridge more for each (vmbr0v20), and there is no VLAN on
    that one.
    """
    bridge, vlans = nic.get("bridge", ""), nic.get("vlan", [])
    if not vlans or not re.match(r"[A-Za-z0-9_.-]{1,15}\Z", bridge) or tells_vlans(bridge):
        return nic
    found = dict(nic)
    del found["vlan"]
    if bridge == nic.get("source"):
        found["bridge"] = "%sv%d" % (bridge, vlans[0])
    return found


def own_node(runner: Runner) -> str:
    """What this node is called: where Proxmox' own link leads, else the host's name without its domain."""
    try:
        return runner.readlink(PLACE + "/local").rstrip("/").rsplit("/", 1)[-1]
    except ReadError:
        return hostname(runner).split(".")[0]


def _manager(runner: Runner, own: str) -> str:
    """What ids are unique in: the cluster, by its name and a digest of its certificate authority, which no other
    cluster shares.
    """
    try:
        authority = hashlib.sha256(runner.read_bytes(PLACE + "/pve-root-ca.pem", 1 << 16)).hexdigest()[:12]
    except ReadError:
        authority = ""
    try:
        named = _CLUSTER.search(runner.read(PLACE + "/corosync.conf", 1 << 16))
    except ReadError:
        named = None  # a node of its own
    return " ".join(filter(None, (named.group(1) if named else own, authority))) or "node"


def _nics(config: Config, may_run: bool, problems: List[str]) -> List[Record]:
    """NIC records by their numbers. What holds now is a running guest's, what waits is of its next start."""
    after = after_start(config)
    keys = {key for settings in (config.current, after) for key in settings if NET.match(key)}
    found = []
    for key in sorted(keys, key=lambda key: int(key[3:])):
        live = _read_nic(config.current.get(key) if may_run else None, key, problems)
        same = may_run and after.get(key) == config.current.get(key)
        stored = live if same else _read_nic(after.get(key), key, problems)
        found.append(_nic(key, live, stored, after.get(key) or config.current.get(key, "")))
    return found


def after_start(config: Config) -> Settings:
    """What holds when the guest was off once, and started: what waits for that included."""
    pending = config.pending or {}
    gone = {name.lstrip("!") for name in re.split(r"[,;\s]+", pending.get("delete", ""))}
    return dict({key: value for key, value in config.current.items() if key not in gone},
                **{key: value for key, value in pending.items() if key != "delete"})


def _read_nic(text: Optional[str], key: str, problems: List[str]) -> Dict[str, str]:
    if not text:
        return {}
    try:
        return parse_nic(text)
    except MacError as error:
        problems.append("%s: %s" % (key, error))
        return {}


def _nic(key: str, live: Dict[str, str], stored: Dict[str, str], text: str) -> Record:
    one = live or stored
    record: Record = {"alias": key, "type": "bridge" if one.get("bridge") else "user", "definition": text,
                      "link": "down" if one.get("link_down") == "1" else "up"}
    macs = (("mac", one.get("mac")), ("live_mac", live.get("mac")), ("persistent_mac", stored.get("mac")))
    bridge = (("bridge", one.get("bridge")), ("source", one.get("bridge")), ("model", one.get("model")))
    record.update((name, value) for name, value in macs + bridge if value)
    if re.match(r"[0-9]{1,4}\Z", one.get("tag", "")):
        record["vlan"] = [int(one["tag"])]
    return record


def _macs(snapshots: Dict[str, Settings], problems: List[str]) -> List[str]:
    macs: Set[str] = set()
    for name, settings in snapshots.items():
        for key in filter(NET.match, settings):
            nic: Dict[str, Any] = _read_nic(settings[key], "snapshot %s: %s" % (shortened(name, 40), key), problems)
            macs.update(filter(None, [nic.get("mac")]))
    return sorted(macs)


PROXMOX = Hypervisor("proxmox", _STATES, read_guests)
