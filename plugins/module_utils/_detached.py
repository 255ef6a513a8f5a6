"""Work in a process that outlives the connection: whoever hangs up, or waits no longer, does not break it off half way.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import json
import os
import signal
from contextlib import suppress
from typing import Any, Callable, Dict

Outcome = Dict[str, Any]
_BROKE = "broke off"


class BrokenOff(Exception):
    """The work did not come to its end, and nobody knows how far it came; the text says why."""


def detached(work: Callable[[], Outcome]) -> Outcome:
    """What WORK returned (JSON), done in a session of its own that no hangup ends. BrokenOff where it was killed, or
    raised anything.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        os.close(reader)
        _become_own()
        _tell(writer, work)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as stream:
        answer = stream.read()
    os.waitpid(child, 0)
    outcome: Outcome = (
        json.loads(answer.decode("utf-8"))
        if answer
        else {_BROKE: "the process that made the change was killed: look how far it came"}
    )
    if _BROKE in outcome:
        raise BrokenOff(outcome[_BROKE])
    return outcome


def conclude(module: Any, work: Callable[[], Outcome]) -> None:
    """End the task of MODULE (an AnsibleModule) with what WORK returned, done as above; ``told`` are its warnings."""
    try:
        outcome = detached(work)
    except BrokenOff as error:
        outcome = {"failed": True, "msg": "%s; run again, which finishes what was begun" % error}
    for text in outcome.pop("told", []):
        module.warn(text)
    if outcome.pop("failed", False):
        module.fail_json(**outcome)
    else:
        module.exit_json(**outcome)


def _become_own() -> None:
    os.setsid()
    # The session may hang up any moment, and its terminal with it.
    for number in (signal.SIGHUP, signal.SIGPIPE, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    null = os.open(os.devnull, os.O_RDWR)
    for handle in range(3):
        os.dup2(null, handle)


def _tell(writer: int, work: Callable[[], Outcome]) -> None:
    try:
        outcome = work()
    except Exception as error:  # pylint: disable=broad-except
        outcome = {_BROKE: "%s: %s" % (type(error).__name__, error)}
    # Nobody may listen any more. The stream writes the whole of it, however much that is.
    with suppress(OSError), os.fdopen(writer, "wb") as stream:
        stream.write(json.dumps(outcome).encode("utf-8"))
