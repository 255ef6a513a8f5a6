"""The callback quiet: what a run found and changed, and nothing of how its tasks went."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: quiet
type: stdout
short_description: Shows what a run found and changed instead of its tasks
version_added: 0.2.0
description:
  - Shows the name of each play, how far a long task is on its way through the hosts, what was changed on which host,
    failures that nothing in the play handles, and what the collection's own steps print, such as a verdict, which so
    comes last.
  - Failures that a play ignores or rescues are not shown. In the playbooks of this collection the report names each
    with its reason.
  - With C(-v) everything is shown as by P(ansible.builtin.default#callback).
extends_documentation_fragment:
  - default_callback
options:
  progress_every:
    description:
      - Seconds between two lines of progress where the output is no terminal, such as in a log or in AWX. On a terminal
        one line is renewed in place.
    type: float
    default: 15
    env:
      - name: LAYER2_PROGRESS_EVERY
    ini:
      - section: netops_layer2
        key: progress_every
requirements:
  - Set it as C(stdout_callback=netops.layer2.quiet) in F(ansible.cfg), or in the environment variable
    E(ANSIBLE_STDOUT_CALLBACK).
author: netops.layer2 contributors (@netops)
"""

EXAMPLES = r"""
# The same in ansible.cfg: [defaults] stdout_callback = netops.layer2.quiet
- name: Ask for it in one run
  ansible.builtin.command: ansible-playbook netops.layer2.detect_dup_mac -i hosts.ini
  environment:
    ANSIBLE_STDOUT_CALLBACK: netops.layer2.quiet
"""

import sys
import time
from typing import Any

from ansible import constants as C
from ansible.plugins.callback.default import CallbackModule as Default
from ansible_collections.netops.layer2.plugins.plugin_utils._common._problems import failure, trouble_of
from ansible_collections.netops.layer2.plugins.plugin_utils._common._text import cut, visible
from ansible_collections.netops.layer2.plugins.plugin_utils._progress import Progress

# Steps that say themselves what they wrote or show.
_TELL = frozenset(
    f"netops.layer2.{name}"
    for name in ("report_fleet", "save_document", "save_known_macs", "show_text", "write_report", "judge_trace")
)
_REPORT = frozenset({"netops.layer2.report_fleet"})    # shows a verdict, and tells its last line
_RENEWED = 0.2    # seconds between two states of the line on a terminal


class CallbackModule(Default):  # type: ignore[misc]
    """Quiet without -v; Ansible's own otherwise."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "netops.layer2.quiet"

    def __init__(self) -> None:
        super().__init__()
        self._hosts = 0
        self._progress = Progress("", 0, 0.0)
        self._is_drawn = False
        self._verdict = ""

    def v2_playbook_on_play_start(self, play: Any) -> None:
        """Name the play."""
        if self._display.verbosity:
            super().v2_playbook_on_play_start(play)
            return
        self._play = play
        self._hosts = len(play.get_variable_manager().get_vars(play=play).get("ansible_play_hosts_all", ()))
        self._say(f"\n{visible(play.get_name())}")

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:
        """Begin to count."""
        if self._display.verbosity:
            super().v2_playbook_on_task_start(task, is_conditional)
            return
        self._wipe()
        self._progress = Progress(
            visible(task.get_name().rpartition(" : ")[2]), 1 if task.run_once else self._hosts, time.monotonic()
        )

    def v2_playbook_on_handler_task_start(self, task: Any) -> None:
        """Begin to count."""
        self.v2_playbook_on_task_start(task, False)

    def v2_playbook_on_cleanup_task_start(self, task: Any) -> None:
        """Begin to count."""
        self.v2_playbook_on_task_start(task, False)

    def v2_runner_on_ok(self, result: Any) -> None:
        """Count; say what was changed."""
        if self._display.verbosity:
            super().v2_runner_on_ok(result)
            return
        self._count()
        task, host, outcome = _parts(result)
        self._handle_warnings(outcome)
        self._verdict = visible(str(outcome.get("line") or "")) if _is_of(task, _REPORT) else self._verdict
        if outcome.get("changed") and not _is_of(task, _TELL):
            word = "would change" if task.check_mode else "changed"
            self._say(f"{word:<12} {visible(host)}: {visible(task.get_name().rpartition(' : ')[2])}", C.COLOR_CHANGED)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        """Count; show a failure that nothing handles."""
        if self._display.verbosity:
            super().v2_runner_on_failed(result, ignore_errors)
            return
        self._count(is_failed=True)
        task, host, outcome = _parts(result)
        if not ignore_errors and not _is_rescued(task):
            words = trouble_of({**outcome, "failed": True, "msg": failure(outcome)}).removeprefix("failed: ")
            who = (
                "" if task.run_once else f"{visible(host)}: "
            )  # of a step for all hosts the first is named, which has no part in it
            # What the report has just said, as its last line, is not said again.
            if who or visible(words).partition(" Report: ")[0].rstrip(".") != self._verdict.rstrip("."):
                self._say(f"{'FAILED':<12} {who}{visible(words)}", C.COLOR_ERROR)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        """Count; show it where the play does not go on."""
        if self._display.verbosity:
            super().v2_runner_on_unreachable(result)
            return
        self._count(is_unreachable=True)
        task, host, outcome = _parts(result)
        if not task.ignore_unreachable:
            self._say(
                f"{'UNREACHABLE':<12} {visible(host)}: {visible(trouble_of(outcome).removeprefix('unreachable: '))}",
                C.COLOR_UNREACHABLE,
            )

    def v2_runner_on_skipped(self, result: Any) -> None:
        """Count."""
        if self._display.verbosity:
            super().v2_runner_on_skipped(result)
            return
        self._count()

    def v2_runner_item_on_ok(self, result: Any) -> None:
        """The task says it."""
        if self._display.verbosity:
            super().v2_runner_item_on_ok(result)

    def v2_runner_item_on_failed(self, result: Any) -> None:
        """The task says it."""
        if self._display.verbosity:
            super().v2_runner_item_on_failed(result)

    def v2_runner_item_on_skipped(self, result: Any) -> None:
        """The task says it."""
        if self._display.verbosity:
            super().v2_runner_item_on_skipped(result)

    def v2_playbook_on_include(self, included_file: Any) -> None:
        """No word of files."""
        if self._display.verbosity:
            super().v2_playbook_on_include(included_file)

    def v2_on_file_diff(self, result: Any) -> None:
        """Show a diff that was asked for, as Ansible does."""
        self._wipe()
        super().v2_on_file_diff(result)

    def v2_playbook_on_stats(self, stats: Any) -> None:
        """No counts of tasks; custom statistics where they are asked for."""
        self._wipe()
        if self._display.verbosity or self.get_option("show_custom_stats"):
            super().v2_playbook_on_stats(stats)

    def _print_task_banner(self, task: Any) -> None:
        if self._display.verbosity:
            super()._print_task_banner(task)

    def _count(self, **kinds: bool) -> None:
        """One host more; renew the line where that is due."""
        self._progress.count(**kinds)
        is_terminal, now = sys.stdout.isatty(), time.monotonic()
        if self._progress.answered >= self._progress.total:
            self._wipe()
        elif self._progress.is_due(now, _RENEWED if is_terminal else self.get_option("progress_every")):
            self._progress.shown = now
            if is_terminal:
                sys.stdout.write(f"\r\x1b[K{cut(self._progress.line(), self._display.columns)}")
                sys.stdout.flush()
                self._is_drawn = True
            else:
                self._say(self._progress.line())

    def _wipe(self) -> None:
        """Take the line of progress off the terminal."""
        if self._is_drawn:
            sys.stdout.write("\r\x1b[K")
            sys.stdout.flush()
            self._is_drawn = False

    def _say(self, text: str, colour: str | None = None) -> None:
        self._wipe()
        self._display.display(text, color=colour)


def _parts(result: Any) -> tuple[Any, str, dict[str, Any]]:
    """Task, host's name and outcome of a RESULT, which ansible-core 2.19 and newer call otherwise than older ones."""
    if hasattr(result, "task"):
        return result.task, result.host.get_name(), result.result
    return result._task, result._host.get_name(), result._result


def _is_of(task: Any, actions: frozenset[str]) -> bool:
    """Whether TASK runs one of ACTIONS, named in full or by a redirection."""
    return task.resolved_action in actions or task.action in actions


def _is_rescued(task: Any) -> bool:
    """Whether a block around TASK goes on with its rescue when it fails; a task of the rescue itself is not in that
    block any more.
    """
    node = task
    while node is not None:
        parent = getattr(node, "_parent", None)
        tried = parent.block if parent is not None and getattr(parent, "rescue", None) else ()
        if any(child._uuid == node._uuid for child in tried):
            return True
        node = parent
    return False
