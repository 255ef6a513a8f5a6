"""Namespaces of containers: whose they are by real cgroup paths, and real ones made here where the test is root."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys

import pytest
from ansible_collections.netops.layer2.plugins.module_utils import _containers as containers
from ansible_collections.netops.layer2.plugins.module_utils._runner import Denied, Missing, Runner
from hypothesis import given, settings
from hypothesis import strategies as st

HEX = "52e0e37552cb225afdb9853081e9cb1bb96bf5421153c86d8514f4bc9f03c1fa"
POD = "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1a_2b.slice"
# lxc.payload, libpod_parent and nspawn's payload were captured (LXC 5.0.2, podman 4.3.1, systemd 252). The others
# (moby,
# containerd/cri, cri-o, kubelet's cgroup drivers, LXD, Proxmox, libvirt_lxc) were written from knowledge, not captured:
# replace them as samples turn up.
CGROUPS = [
    (
        f"9:name=systemd:/libpod_parent/libpod-{HEX}\n0::/libpod_parent/libpod-{HEX}",
        "podman-52e0e37552cb",
        "podman",
        "52e0e37552cb",
    ),
    (f"0::/machine.slice/libpod-{HEX}.scope/container", "podman-52e0e37552cb", "podman", "52e0e37552cb"),
    ("9:name=systemd:/lxc.payload.cnt1\n0::/lxc.payload.cnt1", "lxc-cnt1", "lxc", "cnt1"),
    ("0::/lxc/101/ns/init.scope", "lxc-101", "lxc", "101"),
    (f"0::/system.slice/docker-{HEX}.scope", "docker-52e0e37552cb", "docker", "52e0e37552cb"),
    (f"12:pids:/docker/{HEX}\n1:name=systemd:/docker/{HEX}\n0::/", "docker-52e0e37552cb", "docker", "52e0e37552cb"),
    (f"0::/lxc.payload.web/system.slice/docker-{HEX}.scope", "lxc-web-docker-52e0e37552cb", "docker", "52e0e37552cb"),
    (f"0::{POD}/cri-containerd-{HEX}.scope", "containerd-52e0e37552cb", "containerd", "52e0e37552cb"),
    (f"0::{POD}/crio-{HEX}.scope", "cri-o-52e0e37552cb", "cri-o", "52e0e37552cb"),
    (f"5:cpu:/kubepods/burstable/pod1a-2b/{HEX}", "kubernetes-52e0e37552cb", "kubernetes", "52e0e37552cb"),
    (r"0::/machine.slice/machine-my\x2dvm.scope/payload", "nspawn-my-vm", "nspawn", "my-vm"),
    ("0::/machine.slice/systemd-nspawn@hv1.service/payload/init.scope", "nspawn-hv1", "nspawn", "hv1"),
    (r"0::/machine.slice/machine-lxc\x2d4242\x2dold.scope", "lxc-old", "lxc", "old"),
    (r"0::/machine.slice/machine-qemu\x2d1\x2dguest.scope", "", "unknown", r"machine-qemu\x2d1\x2dguest.scope"),
    # machined escapes; LXC and nspawn's own unit do not.
    (r"0::/machine.slice/machine-my\x1b\xffvm.scope", "nspawn-my%1B%FFvm", "nspawn", "my%1B%FFvm"),
    (r"0::/machine.slice/machine-my-vm.scope", "nspawn-my%2Fvm", "nspawn", "my%2Fvm"),
    (r"0::/machine.slice/machine-my+vm.scope", "nspawn-%.my+vm", "nspawn", "%.my+vm"),
    (r"0::/lxc.payload.my\x2dweb", "lxc-my%5Cx2dweb", "lxc", "my%5Cx2dweb"),
    ("0::/lxc.payload.{{ x }}", "lxc-%7B%7B%20x%20%7D%7D", "lxc", "%7B%7B%20x%20%7D%7D"),
    ("0::/user.slice/\x1b[2J{{x}}.scope", "", "unknown", "user-unknown:%1B%5B2J%7B%7Bx%7D%7D.scope"),
    # What a user may name is told from what root's runtimes do.
    ("0::/user.slice/user-1000.slice/user@1000.service/app.slice/lxc.payload.web", "user-1000-lxc-web", "lxc", ""),
    (
        f"0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-{HEX}.scope",
        "user-1000-podman-52e0e37552cb",
        "podman",
        "",
    ),
    (
        "0::/user.slice/user-1000.slice/user@1000.service/lxc.payload.a/lxc.payload.b",
        "user-1000-lxc-a-lxc-b",
        "lxc",
        "",
    ),
    ("0::/user.slice/user-0.slice/session-1.scope/lxc.payload.web", "lxc-web", "lxc", "web"),
    (
        "0::/user.slice/user-1000.slice/user@1000.service/app.slice/nginx.service",
        "",
        "unknown",
        "user-1000:nginx.service",
    ),
    ("0::/lxc.payload.web/user.slice/user-1000.slice/lxc.payload.b", "lxc-web-lxc-b", "lxc", "b"),
    # No character but the newline, which the kernel refuses, begins another line.
    ("0::/user.slice/a\x0b1::/lxc.payload.web", "user-unknown-lxc-web", "lxc", ""),
    ("0::/user.slice/a\x0b1::\u2028/docker.scope", "", "unknown", "user-unknown:docker.scope"),
    ("0::/system.slice/systemd-hostnamed.service", "", "unknown", "systemd-hostnamed.service"),
    (f"0::/system.slice/crio-conmon-{HEX}.scope", "", "unknown", f"crio-conmon-{HEX}.scope"),
    ("0::/lxc.monitor.web", "", "unknown", ""),
    ("9:name=systemd:/payload\n0::/payload", "", "unknown", ""),
    ("0::/", "", "unknown", ""),
    ("", "", "unknown", ""),
    ("garbage\n::\n:", "", "unknown", ""),
]


@pytest.mark.parametrize(
    ("text", "identifier", "runtime", "name"), CGROUPS, ids=[row[0][-40:] or "empty" for row in CGROUPS]
)
def test_a_cgroup_tells_the_runtime(text, identifier, runtime, name):
    assert containers._of_cgroup(text) == (identifier, runtime, name)


@pytest.mark.parametrize(
    ("uid", "place", "expected"),
    [
        (1000, "/lxc.payload.web", ("user-1000-lxc-web", "lxc", "")),
        (
            0,
            "/user.slice/user-1000.slice/lxc.payload.web",
            ("lxc-web", "lxc", "web"),
        ),  # root's, whatever the place: a user's would be the user's own
        (65534, "/a/b.service", ("", "unknown", "user-65534:b.service")),
        (0, "/a/b.service", ("", "unknown", "b.service")),
    ],
)
def test_who_owns_the_cgroup_above_decides_whose_name_it_is(uid, place, expected):
    asked = []
    assert (
        containers._of_cgroup("0::" + place, lambda controllers, path: asked.append((controllers, path)) or uid)
        == expected
    )
    assert asked == [("", place.rpartition("/")[0] + "/")]


def test_the_owner_is_looked_up_in_the_hierarchy_of_the_line(tmp_path, monkeypatch):
    monkeypatch.setattr(containers, "_ROOTS", (str(tmp_path / "unified"), str(tmp_path)))
    for folder in ("unified/x", "systemd/y", "z"):
        (tmp_path / folder).mkdir(parents=True)
    assert [containers._owner_of(*where) for where in (("", "/x/"), ("name=systemd", "/y/"), ("", "/z/"))] == [
        os.getuid()
    ] * 3
    assert [containers._owner_of(*where) for where in (("", "/y/"), ("cpu,cpuacct", "/x/"), ("", "/a\0b/"))] == [
        None
    ] * 3


def test_a_container_cannot_pose_as_another_by_naming_cgroups_below_its_own():
    assert containers._of_cgroup(f"0::/lxc.payload.evil/docker/{HEX}")[0] == "lxc-evil-docker-52e0e37552cb"


@given(st.text(), st.sampled_from([row[0] for row in CGROUPS]))
@settings(max_examples=150, deadline=None)
def test_an_id_fits_into_a_column_whatever_a_cgroup_is_called(text, base):
    identifier, runtime, _name = containers._of_cgroup(f"0::/lxc.payload.{text}\n{base}/{text}")
    assert runtime
    assert re.fullmatch(r"[A-Za-z0-9:_.@+%~-]{1,160}", identifier)


SCOPES = st.text(st.sampled_from("ab-_.:+@\\x2d\x1b\xe9{%~"), min_size=1, max_size=8) | st.sampled_from(
    [r"a\x2db", "a-b", r"a\xc3\xa9", "a\xe9", "a%2Fb"]
)


@given(
    SCOPES, SCOPES, st.sampled_from(["/lxc.payload.{}", "/machine.slice/machine-{}.scope", "/user.slice/{}.service"])
)
@settings(max_examples=400, deadline=None)
def test_two_names_stay_two(one, other, place):
    shown = [containers._of_cgroup("0::" + place.format(name))[2] for name in (one, other)]
    assert (shown[0] == shown[1]) == (one == other)
    assert all(re.fullmatch(r"[A-Za-z0-9:_.@+%~\\-]*", name) for name in shown)


def test_a_joined_id_that_another_container_is_called_by_is_not_taken_twice(monkeypatch):
    monkeypatch.setattr(containers, "_named_namespaces", dict)
    monkeypatch.setattr(containers, "_insides", lambda _pid: {})
    found, _gaps = containers.find_namespaces(
        Proc(
            {
                5: ("net:[200]", "0::/lxc.payload.web-300"),
                6: ("net:[250]", "0::/lxc.payload.web"),
                7: ("net:[300]", "0::/lxc.payload.web"),
            }
        )
    )
    assert [one["id"] for one in found] == ["lxc-web-300", "lxc-web", "lxc-web-300-300"]


# --- a /proc of our own making, for what this machine does not have

class Proc:
    """A runner that shows links and cgroups from a table: pid -> (namespace or error, cgroup)."""

    def __init__(self, table, root=True, nsenter="/usr/bin/nsenter"):
        self.table, self.root, self.nsenter = table, root, nsenter

    def is_root(self):
        return self.root

    def find(self, _name):
        return self.nsenter

    def listdir(self, _path):
        return ["self", "net", *map(str, self.table)]

    def readlink(self, path):
        if path == "/proc/self/ns/net":
            return "net:[100]"
        answer = self.table[int(path.split("/")[2])][0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def read(self, path, _limit):
        assert path.endswith(("environ", "status"))
        raise Denied("no")

    def read_bytes(self, path, _limit):
        return self.table[int(path.split("/")[2])][1].encode("utf-8", "surrogateescape")


@pytest.fixture
def _bare(monkeypatch):
    monkeypatch.setattr(containers, "_named_namespaces", dict)
    monkeypatch.setattr(containers, "_read_inside", lambda _pid, _name: "")


@pytest.mark.usefixtures("_bare")
def test_one_record_a_namespace_by_its_first_process_and_none_for_our_own():
    found, gaps = containers.find_namespaces(
        Proc(
            {
                10: ("net:[100]", "0::/"),
                77: ("net:[300]", f"0::/system.slice/docker-{HEX}.scope"),
                9: ("net:[300]", f"0::/docker/{HEX}"),
                300: ("net:[200]", "0::/"),
                12: (Missing("ended"), ""),
                13: ("pid:[1]", ""),
            }
        )
    )
    assert [(one["id"], one["pid"], one["netns"], one["path"]) for one in found] == [
        ("netns-200", 300, "200", "/proc/300/ns/net"), ("docker-52e0e37552cb", 9, "300", "/proc/9/ns/net")]
    assert gaps == []


@pytest.mark.usefixtures("_bare")
def test_ids_stay_unique_where_one_container_has_two_namespaces():
    found, _gaps = containers.find_namespaces(
        Proc(
            {
                5: ("net:[200]", "0::/lxc.payload.web"),
                6: ("net:[300]", "0::/lxc.payload.web/system.slice/hostnamed.service"),
            }
        )
    )
    assert [one["id"] for one in found] == ["lxc-web", "lxc-web-300"]


@pytest.mark.usefixtures("_bare")
def test_hidden_processes_and_a_missing_nsenter_are_gaps():
    _found, gaps = containers.find_namespaces(Proc({1: (Denied("no"), ""), 5: ("net:[200]", "0::/")}, nsenter=None))
    assert "first: 1" in gaps[0]["reason"]
    assert [gap["hint"] for gap in gaps] == ["give the task CAP_SYS_PTRACE", "install util-linux"]


def test_another_user_than_root_learns_nothing_and_the_hint():
    with pytest.raises(Denied, match="only root") as caught:
        containers.find_namespaces(Proc({}, root=False))
    assert "become" in caught.value.hint


# --- the real thing

def needs_namespaces():
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        return "making network namespaces takes root on Linux"
    if not shutil.which("unshare") or not shutil.which("nsenter"):
        return "unshare and nsenter (util-linux) are not installed"
    if subprocess.call(["unshare", "--net", "--mount", "true"], stderr=subprocess.DEVNULL):
        return "this machine lets nobody make a network namespace"
    return ""


real = pytest.mark.skipif(bool(needs_namespaces()), reason=needs_namespaces())


@contextlib.contextmanager
def process(*argv):
    """A process in a network namespace of its own; it has begun when this yields."""
    with subprocess.Popen([*argv, "sh", "-c", "echo ready; exec sleep 60"], stdout=subprocess.PIPE) as child:
        try:
            assert child.stdout.readline() == b"ready\n"
            yield child.pid
        finally:
            child.kill()


@real
def test_a_real_namespace_is_found_and_its_own_links_are_read():
    with process("unshare", "--net") as pid:
        found, _gaps = containers.find_namespaces(Runner())
        [one] = [one for one in found if one.get("pid") == pid]
        assert one["netns"] == str(os.stat(f"/proc/{pid}/ns/net").st_ino)
        links = Runner().read(f"/proc/{pid}/net/dev")
        inside = Runner().output(containers.command_in(one, ["cat", "/proc/self/net/dev"])).stdout
        assert [line.split(":")[0] for line in inside.splitlines()] == [
            line.split(":")[0] for line in links.splitlines()
        ]
        assert Runner().readlink("/proc/self/ns/net") != f"net:[{one['netns']}]"


@real
@pytest.mark.skipif(not shutil.which("ip"), reason="ip (iproute2) is not installed")
def test_a_namespace_that_only_a_name_keeps_is_found_and_a_stale_name_is_not():
    script = """mount --make-rprivate / && mount -t tmpfs none /run && mkdir /run/netns &&
    ip netns add 'a b' && touch /run/netns/stale
    exec "$0" -c 'import sys, json; sys.path[:0] = json.loads(sys.argv[1])
from ansible_collections.netops.layer2.plugins.module_utils import _containers, _runner
runner = _runner.Runner()
found = [one for one in _containers.find_namespaces(runner)[0] if one["runtime"] == "netns"]
print(json.dumps([found, runner.run(_containers.command_in(found[0], ["ip", "-o", "link"]))]))' "$1" """
    # Collections may come in through an import hook of pytest's; the child needs the plain folder that holds them.
    roots = [os.path.abspath(containers.__file__).split("/ansible_collections/")[0], *sys.path]
    said = subprocess.check_output(
        ["unshare", "--mount", "--net", "sh", "-c", script, sys.executable, json.dumps(roots)]
    )
    found, links = json.loads(said.decode("utf-8"))
    assert [(one["id"], one["name"], one["path"], "pid" in one) for one in found] == [
        ("netns:a%20b", "a%20b", "/run/netns/a b", False)
    ]
    assert "lo" in links and len(links.splitlines()) == 1


@real
@pytest.mark.parametrize(("make", "expected"), [
    ("echo web1 > etc/hostname; echo 0123456789abcdef0123456789abcdef > etc/machine-id", {"hostname", "machine_id"}),
    ("ln -s /etc/hostname etc/hostname; ln -s /etc/machine-id etc/machine-id", set()),
    ("rmdir etc; ln -s /etc etc", set()),
    ("mkfifo etc/hostname etc/machine-id", set()),
    ("echo '<script> ' > etc/hostname; echo short > etc/machine-id", set()),
    ("rmdir etc", set()),
], ids=["plain", "links-out-to-the-host", "etc-links-out", "pipes", "nonsense", "nothing"])
def test_what_lies_in_a_strangers_tree_is_never_followed_out_of_it(tmp_path, make, expected):
    subprocess.run(["sh", "-ec", f"mkdir etc; {make}"], cwd=tmp_path, check=True)
    code = "import os, sys, time; os.chroot(sys.argv[1]); print('ready', flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE) as child:
        try:
            assert child.stdout.readline() == b"ready\n"
            assert set(containers._insides(child.pid)) == expected
        finally:
            child.kill()


@pytest.mark.parametrize(
    ("numbers", "runtime"),
    [("77\t1", "podman"), ("77\t9\t1", "podman"), ("77", "unknown"), ("77\t4", "unknown"), ("1", "unknown")],
)
def test_only_the_first_process_of_a_pid_namespace_is_believed_who_runs_it(numbers, runtime):
    """Anybody may start a process with `container=` in its environment, in a network namespace of its own."""
    class Told:
        def read(self, path, _limit):
            return (
                f"Name:\tx\nNSpid:\t{numbers}\nThreads:\t1\n" if path.endswith("status") else "A=b\0container=podman\0"
            )

    assert containers._of_environment(Told(), 77) == runtime
