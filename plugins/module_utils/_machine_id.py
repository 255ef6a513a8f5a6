"""Gives a host a machine-id of its own, in the place of one that it shares with a clone; the id never leaves the host.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import os
import tempfile
import time
import uuid
from typing import Any, Dict, List, NamedTuple, Optional

from ansible_collections.netops.layer2.plugins.module_utils._identity import machine_id_digest

Places = NamedTuple("Places", [("own", str), ("dbus", str)])
PLACES = Places("/etc/machine-id", "/var/lib/dbus/machine-id")
_LONGEST = 256  # octets that are read; an id has 33


class MachineIdError(Exception):
    """The machine-id cannot be changed; the text names the file and the way out."""


def renew(expects: Optional[str], check_mode: bool, places: Places = PLACES) -> Dict[str, Any]:
    """A new machine-id where the digest of the one there is EXPECTS, or whatever it is without; ``files`` that changed,
    ``backup`` of the old id.

    D-Bus' copy becomes a link first, so that a host where this is interrupted is still to do. MachineIdError.
    """
    try:
        old = _read(places.own)
        is_cloned = expects is None or (bool(old) and machine_id_digest(old) == expects)
        done: List[str] = []
        if os.path.lexists(places.dbus) and not os.path.islink(places.dbus):
            done.append(places.dbus)
            if not check_mode:
                _link(places)
        outcome: Dict[str, Any] = {"files": done}
        if is_cloned:
            done.append(places.own)
            if not check_mode:
                outcome["backup"] = _keep(places.own, old)
                _put(places.own, uuid.uuid4().hex + "\n", 0o444)
        return outcome
    except OSError as error:
        raise MachineIdError(
            "%s: %s; run as root, on a file system that may be written" % (error.filename or places.own, error.strerror)
        ) from None


def _read(path: str) -> str:
    """The id that is there, empty where there is none."""
    try:
        with open(path, "rb") as stream:
            return stream.read(_LONGEST).decode("ascii", "replace").strip()
    except FileNotFoundError:
        return ""


def _keep(path: str, old: str) -> str:
    """A copy of the OLD id beside it, for its owner alone."""
    copy = "%s.%s~" % (path, time.strftime("%Y%m%dT%H%M%S", time.gmtime()))
    _put(copy, old + "\n", 0o400)
    return copy


def _put(path: str, text: str, mode: int) -> None:
    """TEXT in the file PATH, whole or not at all, in the place of a link as well."""
    handle, draft = tempfile.mkstemp(prefix=".layer2-", dir=os.path.dirname(path))
    try:
        with os.fdopen(handle, "w") as stream:
            stream.write(text)
            stream.flush()
            os.fchmod(stream.fileno(), mode)
            os.fsync(stream.fileno())
        os.rename(draft, path)
    except OSError:
        os.unlink(draft)
        raise


def _link(places: Places) -> None:
    draft = "%s.layer2-%s" % (places.dbus, uuid.uuid4().hex)
    os.symlink(places.own, draft)
    try:
        os.rename(draft, places.dbus)
    except OSError:
        os.unlink(draft)
        raise
