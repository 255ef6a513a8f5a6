"""Network namespaces of containers, found in /proc and /run without any runtime's client."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import os
import re
import stat
from typing import Any, Callable, Dict, List, Optional, Sequence, Set, Tuple

from ansible_collections.netops.layer2.plugins.module_utils._identity import machine_id_digest
from ansible_collections.netops.layer2.plugins.module_utils._runner import BECOME, Denied, ReadError, Runner
from ansible_collections.netops.layer2.plugins.module_utils._shown_name import CONTAINER, FILE, JOINED, UNIT, shown

_OWN = "/proc/self/ns/net"
# Directories of namespaces kept by name: ip-netns(8), CNI plugins; Docker's sandboxes (its overlay networks have no
# process).
_NAMED = (("netns:", "netns", "/run/netns"), ("docker-netns-", "docker", "/run/docker/netns"))
# How runtimes name their cgroups, under systemd and without it. A match says (runtime, name).
_CGROUPS = (
    ("podman", r"/libpod-(?!conmon-)([0-9a-f]{64})"), ("cri-o", r"/crio-(?!conmon-)([0-9a-f]{64})"),
    ("containerd", r"/(?:cri-containerd|nerdctl)[:-]([0-9a-f]{64})"), ("docker", r"/docker[/-]([0-9a-f]{64})"),
    ("kubernetes", r"/(?:kubepods|burstable|besteffort)/(?:[^/]+/)*([0-9a-f]{64})"),
    ("lxc", r"/machine-lxc\\x2d[0-9]+\\x2d([^/]+)\.scope"), ("lxc", r"/lxc(?:\.payload)?[./](?!monitor)([^/]+)"),
    ("nspawn", r"/systemd-nspawn@([^/]+)\.service"), ("nspawn", r"/machine-(?!lxc|qemu)([^/]+)\.scope"),
)  # type: Tuple[Tuple[str, str], ...]
_SCOPE = r"\.scope"  # what machined names: it escapes
_ANY_CGROUP = re.compile("|".join(pattern for _runtime, pattern in _CGROUPS))
# Where systemd lets users make cgroups of their own.
_OF_USER = re.compile(r"/user\.slice(?:/user-([0-9]+)\.slice)?/")
_ROOTS = ("/sys/fs/cgroup/unified", "/sys/fs/cgroup")
_UNIT = re.compile(r"/([^/]+\.(?:service|scope))(?:/|\Z)")

Container = Dict[str, Any]
Gap = Dict[str, Any]
# Controllers of a hierarchy, path in it -> user id of the directory's owner, None where nobody can tell.
Owner = Callable[[str, str], Optional[int]]


def find_namespaces(runner: Runner) -> Tuple[List[Container], List[Gap]]:
    """Return (containers, gaps): every network namespace that a process uses or a name keeps, but this process' own.

    Records as docs/snapshot.md has them. One readlink a process; files are read once a namespace. Denied to others than
    root.
    """
    if not runner.is_root():
        raise Denied("only root may see which namespaces other users' processes are in", BECOME)
    own = _inode(runner.readlink(_OWN))
    pids, gaps = _scan(runner)
    named = _named_namespaces()
    containers = []  # type: List[Container]
    taken: Set[str] = set()
    for inode in sorted((set(pids) | set(named)) - {own}):
        container = _container(runner, inode, pids.get(inode), named.get(inode))
        while container["id"] in taken:  # say, a service with a private network inside a container
            container["id"] += "-%d" % inode
        taken.add(container["id"])
        containers.append(container)
    if containers and runner.find("nsenter") is None:
        gaps.append(
            _gap("nsenter is not installed, so nothing inside the namespaces can be read", "install util-linux")
        )
    return containers, gaps


def command_in(container: Container, argv: Sequence[str]) -> List[str]:
    """ARGV as nsenter(1) runs it in CONTAINER's network namespace, with the host's own programs and files.

    /sys/class/net stays the host's inside: sysfs belongs to the namespace that mounted it.
    """
    return ["nsenter", "--net=" + container["path"], "--"] + list(argv)


def _gap(reason: str, hint: Optional[str] = None, item: Optional[str] = None) -> Gap:
    gap = {"subset": "containers", "reason": reason}
    gap.update((key, value) for key, value in (("hint", hint), ("item", item)) if value)
    return gap


def _inode(link: str) -> int:
    """Number in ``net:[4026531840]``; 0 for anything else."""
    match = re.match(r"net:\[([0-9]{1,20})\]\Z", link)
    return int(match.group(1)) if match else 0


def _scan(runner: Runner) -> Tuple[Dict[int, int], List[Gap]]:
    """Network namespace -> its lowest pid (a container's first process as a rule), and a gap for what hid itself."""
    pids = {}  # type: Dict[int, int]
    denied = []  # type: List[int]
    for pid in sorted(int(name) for name in runner.listdir("/proc") if name.isdigit()):
        try:
            pids.setdefault(_inode(runner.readlink("/proc/%d/ns/net" % pid)), pid)
        except Denied:
            denied.append(pid)
        except ReadError:
            pass  # it ended meanwhile
    pids.pop(0, None)
    if not denied:
        return pids, []
    reason = "%d of the processes (first: %d) do not show their namespaces to root" % (len(denied), denied[0])
    return pids, [_gap(reason, "give the task CAP_SYS_PTRACE")]


def _named_namespaces() -> Dict[int, Tuple[str, str, str, str]]:
    """Network namespace -> (id, runtime, name, path) of the file that keeps it."""
    kind = os.stat(_OWN).st_dev  # all namespaces lie on one nsfs; a stale name is a plain file elsewhere
    found = {}  # type: Dict[int, Tuple[str, str, str, str]]
    for prefix, runtime, directory in _NAMED:
        for name in _entries(directory):
            path = os.path.join(directory, name)
            try:
                status = os.stat(path)
            except OSError:
                continue
            if status.st_dev == kind:
                known = shown(name, CONTAINER)
                found.setdefault(status.st_ino, (prefix + known, runtime, known, path))
    return found


def _entries(directory: str) -> List[str]:
    try:
        return sorted(os.listdir(directory))
    except OSError:
        return []


def _container(runner: Runner, inode: int, pid: Optional[int], named: Optional[Tuple[str, str, str, str]]) -> Container:
    who = _of_cgroup(_cgroup(runner, pid), _owner_of) if pid else ("", "unknown", "")
    if pid and not who[0]:
        who = ("", _of_environment(runner, pid), who[2])
    container = {"netns": str(inode), "path": "/proc/%d/ns/net" % pid if pid else ""}  # type: Container
    if named:
        container["path"] = named[3]
        who = who if who[0] else named[:3]
    container.update(id=who[0] or "netns-%d" % inode, runtime=who[1])
    if who[2]:
        container["name"] = who[2]
    if pid:
        container["pid"] = pid
        container.update(_insides(pid))
    return container


def _cgroup(runner: Runner, pid: int) -> str:
    try:
        return runner.read_bytes("/proc/%d/cgroup" % pid, 65536).decode("utf-8", "surrogateescape")
    except ReadError:
        return ""


def _of_cgroup(text: str, owner: Owner = lambda _controllers, _path: None) -> Tuple[str, str, str]:
    """(id, runtime, name) by TEXT of /proc/PID/cgroup; an empty id if no runtime shows, with the systemd unit as name.

    Containers inside containers get a joined id. A container can name only cgroups below its own, so it cannot pose as
    another. What a user other than root made may be called like a runtime's: its id begins with ``user-UID``, and it
    has no name.
    """
    # The kernel keeps newlines out of names; splitlines() would also cut at characters that a name may hold.
    places = [line.split(":", 2)[1:] for line in text.split("\n") if line.count(":") >= 2]
    matches, controllers, path = max(
        ((list(_ANY_CGROUP.finditer(path)), controllers, path) for controllers, path in places),
        key=lambda found: len(found[0]),
        default=([], "", ""),
    )
    if not matches:
        return "", "unknown", _unit(places, owner)
    levels = [_level(match) for match in matches]
    user = _user(controllers, path[:matches[0].start() + 1], owner)
    identifier = "-".join("%s-%s" % level for level in ([("user", user)] if user else []) + levels)
    return shown(identifier, JOINED), levels[-1][0], "" if user else levels[-1][1]


def _unit(places: Sequence[List[str]], owner: Owner) -> str:
    """The last systemd unit in PLACES, each the controllers of a hierarchy and the path in it, as ``user-UID:NAME``
    where it is a user's; empty for none.
    """
    units = [
        (match.group(1), _user(controllers, path[:match.start() + 1], owner))
        for controllers, path in places
        for match in _UNIT.finditer(path)
    ]
    if not units:
        return ""
    name, user = units[-1]
    return shown("user-%s:%s" % (user, name) if user else name, UNIT)


def _user(controllers: str, above: str, owner: Owner) -> str:
    """The user, if not root, who may make cgroups in the one ABOVE; ``unknown`` where only the place tells that it is a
    user's.
    """
    of_user = _OF_USER.match(above)
    uid = owner(controllers, above)
    if uid is None:
        uid = int(of_user.group(1)) if of_user and of_user.group(1) else None
        return "" if not of_user or uid == 0 else "unknown" if uid is None else str(uid)
    return str(uid) if uid else ""


def _owner_of(controllers: str, path: str) -> Optional[int]:
    """Who owns a cgroup's directory, by /proc/PID/cgroup's CONTROLLERS of its hierarchy and PATH in it; None where it
    is not found.
    """
    hierarchy = controllers[len("name="):] if controllers.startswith("name=") else controllers
    folders = [os.path.join(_ROOTS[-1], hierarchy)] if hierarchy else list(_ROOTS)
    for folder in folders:
        try:
            return os.stat(folder + path, follow_symlinks=False).st_uid
        except (OSError, ValueError):
            continue
    return None


def _of_environment(runner: Runner, pid: int) -> str:
    """Runtime as process PID was told: `container=` of systemd's Container Interface, which LXC and podman follow.

    Anybody may set a variable: only the first process of a PID namespace of its own is believed.
    """
    try:
        numbers = re.search(r"^NSpid:((?:\t[0-9]+)+)$", runner.read("/proc/%d/status" % pid, 65536), re.MULTILINE)
        if numbers is None or numbers.group(1).split("\t")[2:][-1:] != ["1"]:
            return "unknown"
        match = re.search(
            r"(?:\A|\0)container=(?:systemd-)?(nspawn|lxc|podman|docker)\b",
            runner.read("/proc/%d/environ" % pid, 65536),
        )
    except ReadError:
        return "unknown"
    return match.group(1) if match else "unknown"


def _level(match: Any) -> Tuple[str, str]:
    """(runtime, name as it is shown) of one cgroup."""
    runtime, pattern = _CGROUPS[match.lastindex - 1]
    name = match.group(match.lastindex)
    if re.match(r"[0-9a-f]{64}\Z", name):
        return runtime, name[:12]  # the short form that docker and podman print
    return runtime, _shown_scope(name) if pattern.endswith(_SCOPE) else shown(name, CONTAINER)


def _shown_scope(name: str) -> str:
    """NAME without systemd's escapes (unit_name_escape in src/basic/unit-name.c); what it cannot have escaped begins
    with ``%.``.

    So no two names become one: only what has exactly one escaped form is taken out of it.
    """
    octets = name.encode("utf-8", "surrogateescape")
    plain = re.sub(
        rb"\\x([0-9a-f]{2})|-",
        lambda found: bytes(bytearray([int(found.group(1), 16)])) if found.group(1) else b"/",
        octets,
    )
    again = b"".join(b"-" if octet == 0x2f else _as_systemd(octet, not at) for at, octet in enumerate(bytearray(plain)))
    if again != octets:
        return "%." + shown(name, CONTAINER)
    return shown(plain.decode("utf-8", "surrogateescape"), CONTAINER)


def _as_systemd(octet: int, first: bool) -> bytes:
    character = bytes(bytearray([octet]))
    return (
        character
        if re.match(b"[A-Za-z0-9:_]" if first else b"[A-Za-z0-9:_.]", character)
        else ("\\x%02x" % octet).encode("ascii")
    )


def shown_path(path: str) -> str:
    """PATH of a container's namespace as documents hold it: the name in it is somebody's choice."""
    return shown(path, FILE)


def _insides(pid: int) -> Dict[str, str]:
    """Machine-id digest and host name of the system that process PID lives in."""
    found = {}  # type: Dict[str, str]
    machine_id, hostname = _read_inside(pid, "machine-id"), _read_inside(pid, "hostname")
    if re.match(r"[0-9a-fA-F]{32}\Z", machine_id):
        found["machine_id"] = machine_id_digest(machine_id)
    if re.match(r"[\w.-]{1,64}\Z", hostname):
        found["hostname"] = hostname
    return found


def _read_inside(pid: int, name: str) -> str:
    """First line of /etc/NAME in the file system of process PID, empty if there is none.

    That tree belongs to a stranger: links in it would lead out into the host's files, a pipe would wait for ever.
    """
    descriptors = []  # type: List[int]
    try:
        descriptors.append(os.open("/proc/%d/root" % pid, os.O_RDONLY | os.O_DIRECTORY))
        descriptors.append(os.open("etc", os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=descriptors[-1]))
        descriptors.append(os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=descriptors[-1]))
        if not stat.S_ISREG(os.fstat(descriptors[-1]).st_mode):
            return ""
        return os.read(descriptors[-1], 256).decode("ascii", "replace").split("\n", 1)[0].strip()
    except OSError:
        return ""
    finally:
        for descriptor in descriptors:
            os.close(descriptor)
