"""The action bring_capture: fetch one file of a capture from a host, no larger than what was asked for."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import errno
import os
from contextlib import suppress
from typing import Any

from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.plugins.action.fetch import ActionModule as Fetch
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._bounded import bounded
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._host_module import host_of, planted_failure
from ansible_collections.netops.layer2.plugins.plugin_utils._messages import shortened

ARGUMENTS = {
    "src": {"type": "str", "required": True},
    "dest": {"type": "path", "required": True},
    "most": {"type": "int", "required": True},
}
_LEAST = 4 << 20  # octets: ansible-core writes the modules that it sends, too
# Of ansible.builtin.fetch's result; what its modules answered beside that is the host's.
_KEPT = ("changed", "failed", "msg", "skipped")


class ActionModule(Fetch):
    """Ask how large the file is, then fetch it, and break off where it is larger after all."""

    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """The file in its place, or a failure that says why not, with nothing left there."""
        variables = task_vars or {}
        if refused := planted_failure(variables):
            return refused
        _checked, arguments = self.validate_argument_spec(ARGUMENTS)
        if self._task.check_mode:
            return {"changed": False, "skipped": True, "msg": "check mode: nothing was captured"}
        most, dest = arguments["most"], arguments["dest"]
        self._task.args = {"src": arguments["src"], "dest": dest, "flat": True}
        said = self._fetched(arguments["src"], dest, most, variables)
        if said.get("failed"):
            with suppress(OSError):
                os.unlink(dest)
        result = {key: said[key] for key in _KEPT if key in said}
        return (
            {"changed": False, **result, "msg": f"{host_of(self._task, variables)}: {shortened(said['msg'], 400)}"}
            if said.get("failed")
            else result
        )

    def _fetched(self, path: str, dest: str, most: int, variables: dict[str, Any]) -> dict[str, Any]:
        """What ansible.builtin.fetch says, or why it was not asked, broke off or brought too much."""
        try:
            with bounded(max(most, _LEAST)):
                problem = self._announced(path, most, variables)
                said = {"failed": True, "msg": problem} if problem else super().run(None, variables)
            if not said.get("failed") and os.stat(dest, follow_symlinks=False).st_size > most:
                return {"failed": True, "msg": _beyond(most)}
        except AnsibleConnectionFailure:
            raise
        except (AnsibleError, MemoryError, OSError, ValueError, KeyError, TypeError) as error:
            return {"failed": True, "msg": _why(error, most)}
        return said

    def _announced(self, path: str, most: int, variables: dict[str, Any]) -> str:
        """Why the file is not even fetched, by what the host says of it; empty where it may be."""
        about = self._execute_remote_stat(path, all_vars=variables, follow=False, checksum=False)
        size = about.get("size")
        if about.get("exists") is not True or about.get("isreg") is not True:
            return f"{path} is no file there"
        if not isinstance(size, int) or size > most:
            return (
                f"{path} has {shortened(size, 40)} octets there, and what was asked for needs no more than {most}: it"
                " was not fetched"
            )
        return ""


def _beyond(most: int) -> str:
    return f"it sent more than the {most} octets that what was asked for needs: broken off"


def _why(error: BaseException, most: int) -> str:
    cause = error.__cause__ or error
    if isinstance(cause, MemoryError) or getattr(cause, "errno", None) == errno.EFBIG or "too large" in str(error):
        return _beyond(most)
    return str(error) or type(error).__name__
