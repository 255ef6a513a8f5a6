"""Tokens that confirm changes, made by the controller for one run: tasks only say ``run`` or ``run:ATTEMPT``, so none
stands in a variable.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Mapping
from typing import Any, Final

from ansible import constants
from ansible.errors import AnsibleActionFail

# What stands for a token; ATTEMPT tells apart several changes of one name in one run.
_OURS: Final = re.compile(r"run(?::([a-z0-9]{1,32}))?")
_FILE: Final = "netops-layer2-secret"
_OCTETS: Final = 32
# Argument that holds a token -> the argument that names its change.
_NAMED: Final = {"token": "id", "revert_token": "revert_id"}  # nosec B105  # names of options


def attempt() -> str:
    """What stands for a token that no other attempt of this run shares, and tells nobody the token."""
    return f"run:{secrets.token_hex(8)}"


def with_token(arguments: Mapping[str, Any], host: str) -> dict[str, Any]:
    """ARGUMENTS with this run's token for HOST and the named change wherever they ask for it; AnsibleActionFail without
    a name.
    """
    made = dict(arguments)
    for option, name in _NAMED.items():
        ours = _OURS.fullmatch(str(made.get(option)))
        if not ours:
            continue
        if not made.get(name):
            raise AnsibleActionFail(f"{option}: {made[option]} makes the token of a change that has a name: set {name}")
        made[option] = _token(host, str(made[name]), ours[1] or "")
    return made


def _token(host: str, identifier: str, tried: str) -> str:
    """The same for all workers of this run; one host's tells nothing of another's."""
    return hmac.new(_secret(), f"{host}\0{identifier}\0{tried}".encode(), hashlib.sha256).hexdigest()[:32]


def _secret() -> bytes:
    """This run's secret, in the folder that ansible-core makes for each run (0700, and gone with it) and that its
    workers inherit.
    """
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
