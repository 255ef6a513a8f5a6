"""A Python with scapy for arp_scan: a virtual environment of its own, filled by pip from requirements with digests."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import os
import tempfile
from typing import Any, Dict, List

from ansible_collections.netops.layer2.plugins.module_utils._private_files import open_to_others
from ansible_collections.netops.layer2.plugins.module_utils._runner import BECOME, ReadError, Runner

# Nothing of the working directory, of the user's site-packages or of PYTHON* variables is imported.
_ALONE = ["-I"]
_PIP = [
    "-m", "pip", "install", "--disable-pip-version-check", "--require-hashes", "--no-deps",
    "--no-build-isolation",  # what a build would fetch is held to no digest
    "--requirement",
]


def provide(python: str, venv: str, requirements: str, check_mode: bool, runner: Runner) -> Dict[str, Any]:
    """See to it that the virtual environment VENV, made by PYTHON where it is missing, has scapy; ``python`` of it, and
    the ``steps`` that were taken, or would be.

    REQUIREMENTS: the content of pip's file. ReadError with the way out.
    """
    own = os.path.join(venv, "bin", "python")
    steps: List[str] = []
    if runner.exists(venv):
        _check_owner(venv)
    if not runner.exists(os.path.join(venv, "bin", "pip")):
        steps.append("made %s" % venv)
        if not check_mode:
            _make(python, venv, runner)
    if not _has_scapy(own, runner):
        steps.append("installed scapy")
        if not check_mode:
            _install(own, venv, requirements, runner)
    return {"python": own, "steps": steps}


def _check_owner(venv: str) -> None:
    """ReadError where somebody else could have put programs into VENV, which are run as this user, or could yet."""
    others = open_to_others(os.stat(venv))
    if others:
        raise ReadError(
            "%s %s, so that others could put programs there" % (venv, others),
            "remove it, or name a folder that is not there yet",
        )


def _make(python: str, venv: str, runner: Runner) -> None:
    try:
        runner.run([python] + _ALONE + ["-m", "venv", venv])
    except ReadError as error:
        raise ReadError(
            error.reason, error.hint or "Debian and Ubuntu have it in the package python3-venv; %s" % BECOME
        ) from None


def _has_scapy(own: str, runner: Runner) -> bool:
    try:
        return runner.output([own] + _ALONE + ["-c", "import scapy"]).rc == 0
    except ReadError:  # it is not there yet
        return False


def _install(own: str, venv: str, requirements: str, runner: Runner) -> None:
    handle, path = tempfile.mkstemp(prefix=".layer2-", suffix=".txt", dir=venv)
    try:
        with os.fdopen(handle, "w") as stream:
            stream.write(requirements.rstrip("\n") + "\n")
        runner.run([own] + _ALONE + _PIP + [path])
    except ReadError as error:
        raise ReadError(
            error.reason, error.hint or "a host without an index takes the package python3-scapy of its distribution"
        ) from None
    finally:
        os.unlink(path)
