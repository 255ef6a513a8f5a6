"""The action of a step on the controller: planted settings refused, arguments checked, one call of the core, errors
translated.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from ansible import context
from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.netops.layer2.plugins.plugin_utils import _planted
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._untrusted import untrusted
from ansible_collections.netops.layer2.plugins.plugin_utils._common._text import visible_lines
from ansible_collections.netops.layer2.plugins.plugin_utils._documents import Saved
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._hostvars import Remembered


class ControllerStep(ActionBase):  # type: ignore[misc]  # ansible-core brings no types
    """A step between reading and report: nothing runs on a host, and the registered result is never a template
    (ansible-core marks it).

    Subclasses give ARGUMENTS (as AnsibleModule's argument_spec), ERRORS (what the core raises), and `decide`.
    """

    ARGUMENTS: ClassVar[Mapping[str, Any]] = {}
    ERRORS: ClassVar[tuple[type[Exception], ...]] = ()
    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """The outcome of the step; a task error that names the step where it cannot be taken."""
        given = task_vars or {}
        result: dict[str, Any] = super().run(tmp, given)
        # Thousands of hosts are asked once, for the planted settings and for all that the step reads of them.
        # Without an inventory hostvars are empty, and know this machine all the same.
        variables = {**given, "hostvars": Remembered(given.get("hostvars", {}))}
        refuse_planted(variables["hostvars"], self.hosts(variables))
        arguments = self._checked_arguments()
        try:
            outcome = self.decide(arguments, variables)
        except self.ERRORS as error:
            # A failure that is raised is the one result that ansible-core does not mark, and a rescue may show it.
            # ansible-core 2.19 and newer print it as it is, and the cause too where that has other words.
            said = visible_lines(f"{self._task.action.rpartition('.')[2]}: {error}")
            raise AnsibleActionFail(untrusted(said)) from (error if str(error) in said else None)
        return {"changed": False, **result, **outcome}

    def _checked_arguments(self) -> dict[str, Any]:
        """The arguments as ARGUMENTS has them; a task error where one is none."""
        try:
            self._task.args = {name: self._listed(name, value) for name, value in self._task.args.items()}
            _checked, arguments = self.validate_argument_spec(dict(self.ARGUMENTS))
        except OverflowError as error:  # ansible-core lets it through
            name = self._task.action.rpartition(".")[2]
            raise AnsibleActionFail(f"{name}: a number is too large: {error}") from error
        return dict(arguments)

    def _listed(self, name: str, value: object) -> object:
        """VALUE; for a list of texts the lines of one text, as a survey of AWX gives several choices."""
        spec = self.ARGUMENTS.get(name, {})
        if spec.get("elements") != "str" or not isinstance(value, str) or "\n" not in value:
            return value
        return [line.strip() for line in value.splitlines() if line.strip()]

    def decide(self, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        """What the step comes to, as keys of its result; VARIABLES hold `hostvars` and the play's hosts."""
        raise NotImplementedError

    @staticmethod
    def hosts(variables: Mapping[str, Any], named: Sequence[str] | None = None) -> list[str]:
        """The hosts that the step is about: those NAMED, or without any those of the play; a task error where one NAMED
        holds planted settings.
        """
        played = [str(host) for host in variables.get("ansible_play_hosts_all") or []]
        if named is None:
            return played
        chosen = [str(host) for host in named]
        refuse_planted(variables["hostvars"], set(chosen).difference(played))  # those of the play were looked at before
        return chosen

    @staticmethod
    def limit() -> str:
        """What --limit says, empty without it; asked of the command line, since no variable of this name is out of
        hosts' reach.
        """
        return str(context.CLIARGS.get("subset") or "")

    def saved_result(self, saved: Saved) -> dict[str, Any]:
        """A file that was written, as keys of the result."""
        return {"changed": saved.changed, "path": saved.path, **({"diff": saved.diff} if self._task.diff else {})}


def refuse_planted(hostvars: Mapping[str, Any], hosts: Iterable[str]) -> None:
    """Fail where any of HOSTS holds settings of the collection as facts: the step's arguments may be made of them."""
    for host, names in _planted.planted(hostvars, hosts).items():
        raise AnsibleActionFail(untrusted(_planted.refusal(host, names)))
