"""The action of a module that runs on hosts: it takes from the answer what the module documents, and refuses planted
settings.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Final

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.netops.layer2.plugins.plugin_utils import _planted
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._run_token import with_token
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._this_run import this_run
from ansible_collections.netops.layer2.plugins.plugin_utils._answers import AnswerError, accept
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._received import mark, received_fact

PREFIX: Final = "netops.layer2."


class HostModule(ActionBase):  # type: ignore[misc]  # ansible-core brings no types
    """Runs the module of the same name; subclasses name it in MODULE, or choose one in `request`."""

    MODULE = ""
    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_async = False  # async_status would hand on an answer that nobody has read

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """The documented part of the module's answer, or a failure that names the host."""
        variables = task_vars or {}
        result: dict[str, Any] = super().run(tmp, variables)
        refused = planted_failure(variables) or self._elsewhere(variables)
        if refused:
            return {**result, **refused}
        module, arguments = self.request()
        return {**result, **self.answer(module, arguments, variables)}

    def request(self) -> tuple[str, Mapping[str, Any]]:
        """The module that is run, and its options; AnsibleActionFail where the task asks for none."""
        return self.MODULE, self._task.args

    def _elsewhere(self, variables: Mapping[str, Any]) -> dict[str, Any]:
        """A failed result where the connection leads to a command line: the module would run on the controller, and
        what it tells would pass for the device's. Otherwise nothing.
        """
        if not getattr(self._connection, "force_persistence", False):
            return {}
        return {
            "failed": True,
            "changed": False,
            "unchanged": True,
            "msg": f"{host_of(self._task, variables)} is reached by its command line, where no module runs: read it"
            " as a switch (role switch_snapshot; detect_dup_mac, gather_layer2: -e detect_switches=GROUP)",
        }

    def answer(self, module: str, arguments: Mapping[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        """What MODULE (a short name) answers on the host of this task, with nothing in it that the module does not
        document.
        """
        host = host_of(self._task, variables)
        said = self._execute_module(
            module_name=PREFIX + module, module_args=with_token(arguments, host), task_vars=variables
        )
        try:
            accepted = accept(module, said)
        except AnswerError as error:
            return {
                "failed": True,
                "changed": bool(said.get("changed")),
                "msg": f"{host}: {module} gave an answer that it cannot give: {error}. "
                f"Look at the host's Python and at who can change it; until then leave it out (--limit '!{host}')",
            }
        strays = [name for name in accepted.left_out if not self._is_discovered(name)]
        if strays:
            Display().warning(f"{host}: {module} answered more than it documents, left out: {', '.join(strays[:10])}")
        received = stamped(accepted.answer)
        return {**received, **self._discovered(received)}

    def _is_discovered(self, name: str) -> bool:
        return name in ("ansible_facts", f"ansible_facts.{self._discovered_interpreter_key}")

    def _discovered(self, answer: Mapping[str, Any]) -> dict[str, Any]:
        """The interpreter that the controller found, which ansible-core hands on as a fact."""
        if not self._discovered_interpreter_key:
            return {}
        found = {self._discovered_interpreter_key: self._discovered_interpreter}
        return {"ansible_facts": {**answer.get("ansible_facts", {}), **found}}


def stamped(answer: dict[str, Any]) -> dict[str, Any]:
    """ANSWER with a fact beside each fact in it that says when the controller got it, and in which run."""
    facts = answer.get("ansible_facts")
    if not facts:
        return answer
    stamp = mark(time.time(), this_run())
    return {**answer, "ansible_facts": {**facts, **{received_fact(name): stamp for name in facts}}}


def host_of(task: Any, variables: Mapping[str, Any]) -> str:
    """The host that a task is about: delegated, it is the other one."""
    return str(task.delegate_to or variables.get("inventory_hostname", "this host"))


def planted_failure(variables: Mapping[str, Any]) -> dict[str, Any]:
    """A failed result where the facts of the host whose variables a task uses hold settings of the collection;
    otherwise nothing.
    """
    facts = variables.get("ansible_facts")
    names = _planted.planted_names(facts) if isinstance(facts, Mapping) else []
    if not names:
        return {}
    # The name that it goes by may be one of them.
    host = None if "inventory_hostname" in names else str(variables.get("inventory_hostname"))
    return {
        "failed": True,
        "changed": False,
        "unchanged": True,
        "msg": _planted.refusal(host, names),
    }  # the module was not run
