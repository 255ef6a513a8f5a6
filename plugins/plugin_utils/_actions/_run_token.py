"""Tokens that confirm changes, made by the controller for one run: tasks only say ``run``, so none stands in a variable or on a screen."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from collections.abc import Mapping
from typing import Any, Final

from ansible import constants
from ansible.errors import AnsibleActionFail

OURS: Final = "run"  # shorter than any token may be
_FILE: Final = "netops-layer2-secret"
_OCTETS: Final = 32
# Argument that holds a token -> the argument that names its change.
_NAMED: Final = {"token": "id", "revert_token": "revert_id"}  # nosec B105  # names of options


def with_token(arguments: Mapping[str, Any], host: str) -> dict[str, Any]:
    """ARGUMENTS with this run's token for HOST and the named change wherever they say ``run``; AnsibleActionFail without a name."""
    made = dict(arguments)
    for option, name in _NAMED.items():
        if made.get(option) != OURS:
            continue
        if not made.get(name):
            raise AnsibleActionFail(f"{option}: {OURS} makes the token of a change that has a name: set {name}")
        made[option] = _token(host, str(made[name]))
    return made


def _token(host: str, identifier: str) -> str:
    """The same for all workers of this run; one host's tells nothing of another's."""
    return hmac.new(_secret(), f"{host}\0{identifier}".encode(), hashlib.sha256).hexdigest()[:32]


def _secret() -> bytes:
    """This run's secret, in the folder that ansible-core makes for each run (0700, and gone with it) and that its workers inherit."""
    path = os.path.join(str(constants.DEFAULT_LOCAL_TMP), _FILE)
    draft = f"{path}.{secrets.token_hex(8)}"
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "wb") as stream:
        stream.write(secrets.token_bytes(_OCTETS))
    try:
        os.link(draft, path)  # whole or not at all: of several workers one wins
    except FileExistsError:
        pass
    finally:
        os.unlink(draft)
    with open(path, "rb") as stream:
        return stream.read()
