"""Images: Debian roots, the guest kernel and the guest disk, built once and kept under a digest of their recipe."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import struct
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from . import paths
from .system import LabError, remove_tree, run

EDITION = 2  # raised when the code below makes something else of the same recipe
KEEP_DAYS = 14
GUEST_FILES = paths.PACKAGE / "guest"
HOST_FILES = paths.PACKAGE / "host"
COMPILED = "/var/lib/layer2-lab/compiled"  # on hosts and guests: what keep_compiled.py keeps
HOST_PACKAGES = (
    "bridge-utils",
    "dbus",
    "ethtool",
    "ifupdown",
    "iproute2",
    "iputils-ping",
    "netplan.io",
    "network-manager",
    "nftables",
    "openssh-server",
    "procps",
    "python3",
    "systemd",
    "systemd-sysv",
    "tcpdump",
)
OTHER_IFUPDOWNS = ("ifupdown2", "ifupdown-ng")  # each takes the place of ifupdown
HYPERVISOR_PACKAGES = (
    *HOST_PACKAGES,
    "dnsmasq-base",
    "libvirt-clients",
    "libvirt-daemon-system",
    "python3-libvirt",
    "qemu-system-x86",
)
GUEST_PACKAGES = ("iproute2", "openssh-server", "python3")
# In the order in which the kernel takes them.
GUEST_MODULES = (
    "virtio_ring", "virtio", "virtio_pci_legacy_dev", "virtio_pci_modern_dev", "virtio_pci", "failover", "net_failover",
    "virtio_net", "virtio_blk", "overlay",
)  # fmt: skip
# How the payload of a kernel begins (boot protocol of the kernel's documentation) -> the program that unpacks it.
UNPACKERS = {b"\x02\x21\x4c\x18": "lz4", b"\x28\xb5\x2f\xfd": "zstd"}
LEAN = (
    "--dpkgopt=path-exclude=/usr/share/doc/*",
    "--dpkgopt=path-exclude=/usr/share/man/*",
    "--dpkgopt=path-exclude=/usr/share/locale/*",
)


@dataclass(frozen=True, slots=True)
class Recipe:
    """What an image is made of; equal recipes are one image."""

    name: str
    kind: str
    release: str = "bookworm"
    packages: tuple[str, ...] = ()
    files: tuple[tuple[str, str], ...] = field(default=())

    @property
    def digest(self) -> str:
        """Changes with everything that changes the image."""
        return hashlib.sha256(json.dumps([EDITION, LEAN, asdict(self)], sort_keys=True).encode()).hexdigest()[:12]

    @property
    def path(self) -> Path:
        """Folder of the finished image."""
        return paths.cache() / "images" / f"{self.name}-{self.digest}"


def host_recipe(release: str, hypervisor: bool, manager: str = "") -> Recipe:
    """The root of a booted host; MANAGER matters where it cannot lie beside the others."""
    if hypervisor:
        return Recipe(f"hypervisor-{release}", "root", release, HYPERVISOR_PACKAGES)
    if manager in OTHER_IFUPDOWNS:
        packages = tuple(manager if name == "ifupdown" else name for name in HOST_PACKAGES)
        return Recipe(f"host-{manager}-{release}", "root", release, packages)
    return Recipe(f"host-{release}", "root", release, HOST_PACKAGES)


def kernel_recipe() -> Recipe:
    """Kernel and initramfs that every guest boots."""
    files = (("init", (GUEST_FILES / "init").read_text()), ("modules", " ".join(GUEST_MODULES)))
    return Recipe("guest-kernel", "kernel", packages=("linux-image-cloud-amd64", "busybox-static"), files=files)


def disk_recipe() -> Recipe:
    """Disk of the guests that Ansible reaches."""
    files = (("lab-guest", (GUEST_FILES / "lab-guest").read_text()), *kept_compiled())
    return Recipe("guest-disk", "disk", packages=GUEST_PACKAGES, files=files)


def kept_compiled() -> tuple[tuple[str, str], ...]:
    """Path below a root and content of the files by which a host's Python keeps what it compiles of modules."""
    folder = "usr/lib/python3/dist-packages"
    code = (HOST_FILES / "keep_compiled.py").read_text()
    # On the host itself nothing is written: tests look at its files before and after.
    begin = "import sys; kept, sys.dont_write_bytecode = sys.dont_write_bytecode, True"
    line = f"{begin}; import keep_compiled; sys.dont_write_bytecode = kept; del kept\n"
    return (f"{folder}/keep_compiled.py", code), (f"{folder}/keep_compiled.pth", line)


def compiled() -> Path:
    """Folder of what hosts compiled, which is good for the next lab."""
    folder = paths.cache() / "compiled"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def mirror() -> str:
    """The Debian mirror of this machine's own apt configuration; LAYER2_LAB_MIRROR overrides it."""
    chosen = os.environ.get("LAYER2_LAB_MIRROR")
    if chosen:
        return chosen
    form = "$(ORIGIN)|$(COMPONENT)|$(RELEASE)|$(REPO_URI)"
    lines = run(["apt-get", "indextargets", "--format", form, "Created-By: Packages"]).stdout.splitlines()
    own = _own_codename()
    for origin, component, release, address in (line.split("|") for line in lines):
        # Before the first 'apt-get update' apt does not know the origins.
        if component == "main" and (release == own or (origin == "Debian" and "-" not in release)):
            return address
    raise LabError("apt knows no Debian mirror here: run 'apt-get update', or set LAYER2_LAB_MIRROR to one")


def _own_codename() -> str | None:
    """The codename of this machine's Debian release; None on other systems."""
    lines = Path("/etc/os-release").read_text().splitlines()
    known = dict(line.replace('"', "").split("=", 1) for line in lines if "=" in line)
    return known.get("VERSION_CODENAME") if known.get("ID") == "debian" else None


def bootstrap(recipe: Recipe, root: Path, variant: str, *options: str) -> None:
    """A Debian root from packages."""
    argv = ["mmdebstrap", "--quiet", f"--variant={variant}", f"--include={','.join(recipe.packages)}", *LEAN, *options]
    run([*argv, recipe.release, root, mirror()], timeout=900)


def _build_root(recipe: Recipe, target: Path) -> None:
    root = target / "root"
    bootstrap(recipe, root, "minbase")
    for key in (root / "etc/ssh").glob("ssh_host_*"):
        key.unlink()  # every host gets its own
    # Without a shadowed password the account is locked, and sshd refuses keys too.
    run(["chroot", root, "usermod", "--password", "*", "root"])
    (root / "etc/resolv.conf").unlink(missing_ok=True)


def _build_kernel(recipe: Recipe, target: Path) -> None:
    extracted, tree = target / "extracted", target / "tree"
    bootstrap(recipe, extracted, "extract")
    (tree / "bin").mkdir(parents=True)
    (tree / "modules").mkdir()
    unpack_kernel(next(extracted.glob("boot/vmlinuz-*")), target / "linux")
    shutil.copy(extracted / "bin/busybox", tree / "bin/busybox")
    (tree / "bin/sh").symlink_to("busybox")
    _install(GUEST_FILES / "init", tree / "init")
    for name in GUEST_MODULES:
        shutil.copy(next(extracted.glob(f"lib/modules/*/kernel/**/{name}.ko")), tree / "modules" / f"{name}.ko")
    (tree / "modules/order").write_text("\n".join(GUEST_MODULES) + "\n")
    busybox = tree / "bin/busybox"
    run(["sh", "-c", f'cd "{tree}" && find . | "{busybox}" cpio -o -H newc > ../initrd'])
    shutil.rmtree(extracted)
    shutil.rmtree(tree)


def unpack_kernel(packed: Path, target: Path) -> None:
    """The ELF file in PACKED (boot protocol of x86, 2.08: setup_sects, payload_offset, payload_length), which an
    emulated machine need not unpack at each boot: 0.8 of the 3.8 s of CPU that one takes. PACKED itself where nothing
    here unpacks it.
    """
    octets = packed.read_bytes()
    offset, length = struct.unpack_from("<II", octets, 0x248)
    start = (octets[0x1F1] + 1) * 512 + offset
    payload = octets[start:start + length - 4]  # its last four octets hold the size
    program = shutil.which(UNPACKERS.get(payload[:4], "")) or ""
    if not program:
        shutil.copy(packed, target)
        return
    with target.open("wb") as output:
        subprocess.run([program, "-dc"], input=payload, stdout=output, check=True)


def _build_disk(recipe: Recipe, target: Path) -> None:
    root = target / "root"
    bootstrap(recipe, root, "minbase")
    _install(GUEST_FILES / "lab-guest", root / "sbin/lab-guest")
    for name, text in kept_compiled():
        (root / name).write_text(text)
    (root / COMPILED[1:]).mkdir(parents=True)
    run(["chroot", root, "usermod", "--password", "*", "root"])
    shutil.copy(root / "etc/ssh/ssh_host_ed25519_key.pub", target / "host_key.pub")
    for name in ("var/lib/apt/lists", "var/cache/apt"):
        shutil.rmtree(root / name, ignore_errors=True)
    # No journal: the disk is only ever mounted read-only.
    run(["mke2fs", "-q", "-t", "ext4", "-O", "^has_journal", "-d", root, target / "disk.img", "512M"])
    shutil.rmtree(root)


def _install(source: Path, target: Path) -> None:
    shutil.copy(source, target)
    target.chmod(0o755)


BUILDERS: dict[str, Callable[[Recipe, Path], None]] = {
    "root": _build_root,
    "kernel": _build_kernel,
    "disk": _build_disk,
}


def build(recipe: Recipe, say: Callable[[str], None] = print) -> Path:
    """The finished image's folder, built now if it is not there yet."""
    with _locked(recipe.name):
        if recipe.path.exists():
            os.utime(recipe.path)  # prune() goes by the last use
            return recipe.path
        say(f"image {recipe.name}: building (once)")
        draft = recipe.path.with_name(f".{recipe.path.name}.draft")
        remove_tree(draft)  # a builder that was killed may have left mounts
        draft.mkdir(parents=True)
        BUILDERS[recipe.kind](recipe, draft)
        draft.rename(recipe.path)
        say(f"image {recipe.name}: ready")
    return recipe.path


def build_all(recipes: Iterable[Recipe], say: Callable[[str], None] = print) -> None:
    """Build what is missing, two at a time."""
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda recipe: build(recipe, say), dict.fromkeys(recipes)))


def prune(in_use: set[str]) -> list[Path]:
    """Delete images that no lab uses and that nobody has used for long, and what was compiled as long ago; returns the
    images.
    """
    oldest = time.time() - KEEP_DAYS * 86400
    every = [path for kind in ("host", "hypervisor", "guest") for path in (paths.cache() / "images").glob(f"{kind}-*")]
    gone = [path for path in every if str(path) not in in_use and path.stat().st_mtime < oldest]
    for path in gone:
        shutil.rmtree(path, ignore_errors=True)
    for path in compiled().iterdir():
        with suppress(FileNotFoundError):  # another lab looks, too
            if path.stat().st_mtime < oldest:
                path.unlink()
    return gone


@contextmanager
def _locked(name: str) -> Iterator[None]:
    """One builder per image, also among processes."""
    folder = paths.cache() / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / name).open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
