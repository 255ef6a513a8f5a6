"""Runs on hosts of the lab, at the start of each Python: keeps what it compiles out of archives of Ansible's modules.

A module comes as an archive (zipimport) of a hundred files of Ansible and of this collection, which Python compiles
each time, since an archive has nowhere to keep what was compiled; here it is kept, named after the source.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

# What is imported here is there at the start of each Python already: it costs nothing.
import _imp
import marshal
import os
import zipimport
from _frozen_importlib_external import MAGIC_NUMBER

FOLDER = "/var/lib/layer2-lab/compiled"
_EDITION = int.from_bytes(MAGIC_NUMBER, "little")  # of the compiler
_compile = zipimport._compile_source  # type: ignore[attr-defined]


def compiled(path: str, source: bytes) -> object:
    """The code of SOURCE (octets), as zipimport compiles it, from where it was kept or new; PATH is what it says of its
    origin.
    """
    kept = f"{FOLDER}/{_imp.source_hash(_EDITION, source).hex()}-{len(source)}"
    try:
        with open(kept, "rb") as stream:
            code = marshal.loads(stream.read())
    except (OSError, EOFError, ValueError, TypeError):
        code = _compile(path, source)
        _keep(kept, marshal.dumps(code))
    else:
        _imp._fix_co_filename(code, path)
    return code


def _keep(path: str, octets: bytes) -> None:
    """Write it whole, or not at all; hosts share the folder, whose processes have the same ids."""
    draft = f"{path}.{os.urandom(6).hex()}"
    try:
        with open(draft, "xb") as stream:
            stream.write(octets)
        os.replace(draft, path)
    except OSError:
        pass  # no such folder, or no right to write there


zipimport._compile_source = compiled  # type: ignore[attr-defined]
