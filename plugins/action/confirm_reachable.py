"""The action confirm_reachable: confirm a change over a new connection, after peers have reached the host too."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import time
from typing import Any

from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure, AnsibleError
from ansible.plugins.action import ActionBase
from ansible.plugins.loader import connection_loader
from ansible_collections.netops.layer2.plugins.module_utils._mac import MacError, canonical
from ansible_collections.netops.layer2.plugins.plugin_utils import _reachability
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._run_token import with_token
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._step import refuse_planted
from ansible_collections.netops.layer2.plugins.plugin_utils._answers import AnswerError, accept
from ansible_collections.netops.layer2.plugins.plugin_utils._common._text import visible
from ansible_collections.netops.layer2.plugins.plugin_utils._messages import shortened
from ansible_collections.netops.layer2.plugins.plugin_utils._reachability import Probe, Wanted

ARGUMENTS = {
    "id": {"type": "str", "required": True},
    "token": {"type": "str", "required": True, "no_log": True},
    "timeout": {"type": "float", "default": 60},
    "deadline": {"type": "str"},
    "probe_from": {"type": "list", "elements": "str", "default": []},
    "probe_address": {"type": "str"},
    "probe_ping": {"type": "bool", "default": True},
    "probe_ports": {"type": "list", "elements": "int", "default": []},
    "probe_mac": {"type": "str"},
}
MODULE = "confirmed_change"
PAUSE = 1.0


class Unsettled(Exception):
    """Not proved yet: the text says what was tried; another try may succeed."""


class Settled(Exception):
    """The host gave an answer that no further try changes."""


class ActionModule(ActionBase):
    """Connect anew, ask, probe, confirm; whatever fails leaves the revert armed."""

    TRANSFERS_FILES = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Confirm within the timeout, or fail and say when the host comes back by itself."""
        variables = task_vars or {}
        result: dict[str, Any] = super().run(tmp, variables)
        refuse_planted(variables.get("hostvars", {}), variables.get("ansible_play_hosts_all") or [])
        _checked, arguments = self.validate_argument_spec(ARGUMENTS)
        # Delegated, the task is about the other host, whatever host of the play it runs for.
        self._host = str(self._task.delegate_to or variables["inventory_hostname"])
        arguments = with_token(arguments, self._host)
        wanted = self._wanted(arguments, variables)
        # One list may serve a whole play: that a host reaches itself proves nothing.
        arguments["probe_from"] = [peer for peer in arguments["probe_from"] if peer != self._host]
        if self._task.check_mode:
            return {**result, "changed": False, "msg": "check mode: nothing was armed, so there is nothing to confirm"}
        self._remaining: float | None = None
        self._refuse_local(arguments)
        began = time.monotonic()
        tried: list[str] = []
        while True:
            try:
                outcome = self._attempt(arguments, wanted, variables)
                break
            except Unsettled as error:
                tried.append(visible(str(error)))  # ssh repeats what a stranger's server says
            except Settled as error:
                return {**result, "failed": True, "msg": f"{self._host}: {error}", "attempts": len(tried) + 1}
            if time.monotonic() - began + PAUSE > float(arguments["timeout"]):
                return {**result, **self._given_up(arguments, tried), "attempts": len(tried)}
            time.sleep(PAUSE)
        return {**result, **outcome, "attempts": len(tried) + 1, "seconds": round(time.monotonic() - began, 2)}

    def _given_up(self, arguments: dict[str, Any], tried: list[str]) -> dict[str, Any]:
        back = _reachability.comes_back(arguments["deadline"], self._remaining)
        message = _reachability.not_proved(self._host, arguments["id"], tried, back)
        return {
            "failed": True,
            "msg": message,
            "tried": list(dict.fromkeys(tried)),
            "state": "armed",
            "remaining": self._remaining,
        }

    def _wanted(self, arguments: dict[str, Any], variables: dict[str, Any]) -> Wanted:
        theirs = variables["hostvars"][self._host] if self._task.delegate_to in variables["hostvars"] else variables
        address = arguments["probe_address"] or theirs.get("ansible_host") or self._host
        try:
            mac = canonical(arguments["probe_mac"]) if arguments["probe_mac"] else None
        except MacError as error:
            raise AnsibleActionFail(f"confirm_reachable: probe_mac: {error}") from error
        wanted = Wanted(str(address), arguments["probe_ping"], tuple(arguments["probe_ports"]), mac)
        if arguments["probe_from"] and not wanted.asks:
            raise AnsibleActionFail(
                "confirm_reachable: probe_from has nothing to look for: set probe_ping, probe_ports or probe_mac"
            )
        return wanted

    def _refuse_local(self, arguments: dict[str, Any]) -> None:
        """A connection that crosses no network proves nothing by itself."""
        if self._connection.transport == "local" and not arguments["probe_from"]:
            raise AnsibleActionFail(
                "confirm_reachable: a local connection proves nothing of the network: name a peer in probe_from"
            )

    def _attempt(self, arguments: dict[str, Any], wanted: Wanted, variables: dict[str, Any]) -> dict[str, Any]:
        """One try from a new connection to the confirmation."""
        self._connect_anew()
        status = self._module({"state": "query", "id": arguments["id"]}, variables)
        self._remaining = status.get("remaining")
        state = shortened(status.get("state"), 40)
        if state not in ("armed", "confirmed"):
            raise Settled(f"change {arguments['id']} cannot be confirmed, it is {state}; nothing keeps what it changed")
        probes = [self._probe(peer, wanted, variables) for peer in arguments["probe_from"]]
        failed = [f"from {probe.peer}: {', '.join(probe.problems)}" for probe in probes if probe.problems]
        if failed:
            raise Unsettled("; ".join(failed))
        answer = self._module({"state": "confirmed", "id": arguments["id"], "token": arguments["token"]}, variables)
        if answer.get("state") != "confirmed":
            raise Settled(f"change {arguments['id']} was not confirmed, it is {shortened(answer.get('state'), 40)}")
        # The id is what was asked for, whatever the host calls it.
        shown = {"changed": bool(answer.get("changed")), "state": "confirmed", "id": arguments["id"]}
        return {**shown, "connection": self._connection.transport, "probes": [probe.as_result() for probe in probes]}

    def _connect_anew(self) -> None:
        """Leave every connection that lives on from before the change, and have none outlive its command."""
        reset = getattr(self._connection, "reset", None)
        if reset is not None:
            reset()
        if self._connection.transport == "ssh" and not getattr(self, "_is_fresh", False):
            given = self._connection.get_option("ssh_args") or ""
            self._connection.set_option("ssh_args", f"{_reachability.FRESH_SSH} {given}".strip())
            self._is_fresh = True
        self._connection._shell.tmpdir = None

    def _module(self, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        """The module's answer; Unsettled where the host was not reached, Settled where it refused."""
        try:
            said = self._execute_module(
                module_name=f"netops.layer2.{MODULE}", module_args=arguments, task_vars=variables
            )
            if said.get("unreachable"):
                raise Unsettled(f"no new connection: {said.get('msg')}")
            answer: dict[str, Any] = accept(MODULE, said).answer
        except AnsibleConnectionFailure as error:
            raise Unsettled(f"no new connection: {' '.join(str(error).split())}") from error
        except AnswerError as error:
            raise Settled(
                f"{MODULE} gave an answer that it cannot give: {error}; nothing is taken for confirmed"
            ) from error
        if answer.get("failed") and "state" not in answer:
            raise Unsettled(f"{MODULE} did not end well: {answer.get('msg')} {answer.get('module_stderr', '')}".strip())
        if answer.get("failed"):
            raise Settled(str(answer.get("msg")))
        return answer

    def _probe(self, peer: str, wanted: Wanted, variables: dict[str, Any]) -> Probe:
        """What a peer finds, asked over a connection to that peer."""
        if peer not in variables["hostvars"]:
            raise AnsibleActionFail(f"confirm_reachable: probe_from: no host {peer!r} in the inventory")
        theirs = variables["hostvars"][peer]
        command = _reachability.probe_command(str(theirs.get("ansible_python_interpreter") or "python3"), wanted)
        try:
            rc, stdout, stderr = self._peer_connection(peer, theirs).exec_command(command, in_data=None, sudoable=False)
        except AnsibleError as error:
            return Probe(peer, (f"{peer} itself cannot be reached: {' '.join(str(error).split())}",))
        return _reachability.read_probe(
            peer, wanted, rc, stdout.decode("utf-8", "replace"), stderr.decode("utf-8", "replace")
        )

    def _peer_connection(self, peer: str, theirs: Any) -> Any:
        """A connection to a peer by the peer's own variables, as a delegated task would have."""
        context = self._play_context.copy()
        context.remote_addr = theirs.get("ansible_host") or peer
        context.port = theirs.get("ansible_port")
        context.remote_user = theirs.get("ansible_user") or self._play_context.remote_user
        name = theirs.get("ansible_connection") or "ssh"
        connection = connection_loader.get("ssh" if name == "smart" else name, context, None)
        if connection is None:
            raise AnsibleActionFail(f"confirm_reachable: probe_from: {peer}: no connection plugin {name!r} here")
        connection.set_options(var_options=theirs)
        return connection
