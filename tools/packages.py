"""Install the Debian packages that tests need, as root; elsewhere say which ones are missing.

Usage: python3 tools/packages.py FILE...      each FILE lists one package a line, `#` starts a comment

Exits 0 if all are there (or were installed), 3 if some are missing and may not be installed here, 1 if apt-get failed.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from typing import Iterator, List

MISSING = 3
POLICY = "/usr/sbin/policy-rc.d"  # asked before a package's service is started (invoke-rc.d(8)): 101 forbids it


class PackageError(Exception):
    """apt-get failed; the text holds what it said."""


def can_install() -> bool:
    """Whether this is a Debian-like machine on which we may install."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def listed(path: str) -> List[str]:
    """The packages that a file names."""
    with open(path) as handle:
        lines = [line.split("#", 1)[0].strip() for line in handle]
    return [line for line in lines if line]


def missing(names: List[str]) -> List[str]:
    """Those that are not installed; without dpkg there is no way to tell, so all of them."""
    if shutil.which("dpkg-query") is None:
        return list(names)
    absent = []
    for name in names:
        query = ["dpkg-query", "-W", "-f=${db:Status-Status}", name]
        done = subprocess.run(query, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
        if done.stdout != b"installed":
            absent.append(name)
    return absent


def apt(*arguments: str) -> None:
    """Run apt-get without questions; other users of apt are waited for."""
    command = ("apt-get", "-q", "-o", "DPkg::Lock::Timeout=300") + arguments
    done = subprocess.run(command, env=dict(os.environ, DEBIAN_FRONTEND="noninteractive"), stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if done.returncode != 0:
        raise PackageError("%s failed:\n%s" % (" ".join(command), done.stdout.decode(errors="replace")[-2000:]))


@contextmanager
def without_services() -> Iterator[None]:
    """What is installed meanwhile starts no service: tests start their own, in namespaces. A policy of the machine's
    own stays.
    """
    try:
        handle = os.open(POLICY, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o755)
    except OSError:
        yield
        return
    try:
        with os.fdopen(handle, "w") as policy:
            policy.write("#!/bin/sh\nexit 101\n")
        yield
    finally:
        os.unlink(POLICY)


def install(names: List[str]) -> None:
    """Install packages from the archive that the machine is set up for; PackageError if that fails."""
    print("installing packages: %s" % " ".join(names), flush=True)
    apt("update")
    with without_services():
        apt("install", "-y", "--no-install-recommends", *names)


def main(paths: List[str]) -> int:
    """Install or name what is missing."""
    names = missing(sorted({name for path in paths for name in listed(path)}))
    if not names:
        return 0
    if not can_install():
        print("missing packages (only root on Debian or Ubuntu gets them installed): %s" % " ".join(names), flush=True)
        return MISSING
    try:
        install(names)
    except PackageError as error:
        sys.stderr.write("error: %s\n" % error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
