"""A libvirtd of one's own, in namespaces over the lab's hypervisor image: seconds instead of a booted lab."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from xml.sax.saxutils import escape

import ansible

from . import images
from .system import entering, wait_until

PLUGINS = Path(__file__).resolve().parents[2] / "plugins"

# $1 is the image, $2 the collection's plugins, $3 ansible-core's package, $4 a script for the new root. Whatever is
# written stays in a tmpfs that nobody else
# sees; the PID namespace takes every process down at the end.
OUTER = """
set -e
mount --make-rprivate /
mount -t tmpfs tmpfs /mnt
mkdir /mnt/upper /mnt/work /mnt/root
mount -t overlay -o "lowerdir=$1,upperdir=/mnt/upper,workdir=/mnt/work" overlay /mnt/root
cd /mnt/root
mkdir -p collections/ansible_collections/netops/layer2/plugins
mkdir collections/ansible
mount --bind "$2" collections/ansible_collections/netops/layer2/plugins
mount --bind "$3" collections/ansible
mount -t proc proc proc
mount -t sysfs sysfs sys
mount --bind /dev dev
mount -t tmpfs tmpfs run
exec chroot . sh -c "$4"
"""
INNER = r"""
set -e
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
mkdir -p /run/libvirt /run/lock /var/lib/libvirt/dnsmasq
rm -rf /etc/libvirt/qemu/networks/*
printf '%s\n' 'user = "root"' 'group = "root"' 'security_driver = "none"' 'namespaces = []' 'cgroup_controllers = []' \
    'remember_owner = 0' 'stdio_handler = "file"' > /etc/libvirt/qemu.conf
printf '%s\n' 'auth_unix_ro = "none"' 'auth_unix_rw = "none"' > /etc/libvirt/libvirtd.conf
ip link set lo up
ip link add br-guests type bridge
ip link set br-guests up
ip link add veth-a type veth peer name veth-b
ip link set veth-a up
ip link set veth-b up
libvirtd --daemon
sleep 600 &
wait $!  # unlike sleep itself, a waiting shell buries QEMU's orphans; libvirt waits for each to be gone
"""
PATH = "/usr/sbin:/usr/bin:/sbin:/bin"


class Host:
    """A private libvirtd: commands run where it lives."""

    def __init__(self, pid: int) -> None:
        self.root = Path(f"/proc/{pid}/root")  # its files, from outside
        self.enter = [*entering(pid), "env", "-i", f"PATH={PATH}", "LC_ALL=C.UTF-8"]

    def run(self, *argv: str, given: str | None = None) -> str:
        done = subprocess.run(
            [*self.enter, *argv], input=given, capture_output=True, text=True, check=False, timeout=120
        )
        assert done.returncode == 0, f"{argv}: {done.stderr}"
        return done.stdout

    def virsh(self, *words: str) -> str:
        return self.run("virsh", "-q", *words)

    def define(self, command: str, xml: str) -> None:
        """A virsh command that takes an XML file, here as its standard input."""
        self.run("virsh", "-q", *command.split(), "/dev/stdin", given=xml)


@contextmanager
def libvirtd(release: str) -> Iterator[Host]:
    image = images.build(images.host_recipe(release, hypervisor=True)) / "root"
    command = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child",
               "sh", "-c", OUTER, "libvirtd", str(image), str(PLUGINS), str(Path(ansible.__file__).parent), INNER]
    with subprocess.Popen(command, start_new_session=True) as outer:
        try:
            yield answering(outer.pid)
        finally:
            outer.send_signal(signal.SIGKILL)


def answering(pid: int) -> Host:
    """The host whose first process is the child of `unshare --fork` with this pid, once libvirtd answers in it."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    assert wait_until(lambda: bool(children.read_text().split()), 30), f"process {pid} has no child"
    host = Host(int(children.read_text().split()[0]))
    asked = [*host.enter, "virsh", "-q", "-r", "list"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    assert wait_until(lambda: not subprocess.call(asked, **quiet), 30, 0.3), "libvirtd does not answer"
    return host


def domain(name: str, nics: str, uuid: str = "", more: str = "") -> str:
    named = f"<name>{escape(name)}</name>" + (f"<uuid>{uuid}</uuid>" if uuid else "")
    return f"""<domain type='qemu'>{named}{more}<memory unit='MiB'>64</memory>
<os><type arch='x86_64' machine='q35'>hvm</type></os><devices><emulator>/usr/bin/qemu-system-x86_64</emulator>{nics}
<memballoon model='none'/></devices></domain>"""


def bridged(mac: str) -> str:
    return (
        f"<interface type='bridge'><mac address='{mac}'/><source bridge='br-guests'/><model type='virtio'/></interface>"
    )


def on_network(mac: str, network: str) -> str:
    return (
        f"<interface type='network'><mac address='{mac}'/><source network='{network}'/><model"
        " type='virtio'/></interface>"
    )
