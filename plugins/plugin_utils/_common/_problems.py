"""Why a host gave no snapshot, why nobody listened there, why a task failed: read from the results that tasks left."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.netops.layer2.plugins.plugin_utils._common._connection_hints import hint_of
from ansible_collections.netops.layer2.plugins.plugin_utils._common._text import CUT

LONGEST = 400
# What ansible-core and OpenSSH put around the words that count: openings, a frame of at signs, a farewell.
_NOISE = re.compile(
    r"Task failed: |Action failed: |Failed to connect to the host via ssh: (ssh: )?"
    r"|Premature end of stream waiting for become success( or become password prompt)?\. (>>> Standard Error )?"
    r"|@( ?@)+ ?|\(?Shared connection to \S{1,255} closed\.\)?"
)


def problem(variables: Mapping[str, Any]) -> str:
    """Return why the host with these VARIABLES gave no snapshot, empty if it did or was not asked (the last of
    SNAPSHOT_RESULTS that ran).
    """
    ran = [outcome for outcome in (result(variables, name) for name in SNAPSHOT_RESULTS) if _ran(outcome)]
    asked = ran[-1] if ran else result(variables, "snapshot_result")
    if trouble := trouble_of(asked):
        return trouble
    facts = asked.get("ansible_facts")
    if _ran(asked) and not (isinstance(facts, Mapping) and facts.get("layer2_snapshot")):
        return "answered without a snapshot"  # or one of an earlier run would pass for its answer
    return ""


def is_asked(variables: Mapping[str, Any]) -> bool:
    """Return whether a role asked the host or switch with these VARIABLES for a snapshot in this run."""
    return any(_ran(result(variables, name)) for name in SNAPSHOT_RESULTS)


def result(variables: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return the registered result NAME; an empty one where a host has none, or something else stands in its place."""
    found = variables.get(name)
    return found if isinstance(found, Mapping) else {}


def refusal(variables: Mapping[str, Any]) -> str:
    """Return why the host was read without root, empty if it was not."""
    retry = result(variables, "snapshot_retry")
    if not _ran(retry) or trouble_of(retry):
        return ""
    return f"read without root: {_message(result(variables, 'snapshot_result'))}"


def failure(outcome: Mapping[str, Any]) -> str:
    """Return what the OUTCOME of a failed task says; of a loop, what the first item says that failed."""
    items = outcome.get("results")
    failed = (
        [item for item in items if isinstance(item, Mapping) and item.get("failed")]
        if isinstance(items, (list, tuple))
        else []
    )
    return str((failed and failed[0].get("msg")) or outcome.get("msg") or "no reason given")


def heard(variables: Mapping[str, Any]) -> tuple[Any, str]:
    """Return the sample that this very run took on the host with these VARIABLES (``flood_sampled``), or why it took
    none.

    None and nothing if it was not to. A sample that a fact cache remembers is none of this run.
    """
    sampled = result(variables, "flood_sampled")
    facts = sampled.get("ansible_facts")
    sample = facts.get("layer2_flood_sample") if isinstance(facts, Mapping) else None
    if sample is not None and not trouble_of(sampled):
        return sample, ""
    return None, f"could not listen: {sampled.get('msg') or ''}" if sampled else ""


def scan_problem(variables: Mapping[str, Any]) -> tuple[str, str]:
    """Return (reason, way out) of a vantage whose scan or watch did not come about, empty texts if it did or was not
    to.

    ``snapshot_scan_*`` are what the tasks of the role `snapshot`, scan, registered, in their order.
    """
    for name in SCAN_RESULTS:
        outcome = result(variables, name)
        if trouble := trouble_of(outcome):
            reason = outcome.get("reason")
            return (str(reason) if reason else trouble)[:LONGEST], str(outcome.get("hint") or "")[:LONGEST]
        if _ran(outcome) and outcome.get("plan") is not None:
            return f"check mode: nothing was sent; {_message(outcome)}", "Run it without --check"
    return "", ""


# What the tasks of the roles `switch_snapshot` and `snapshot` register, in the order of what counts.
SNAPSHOT_RESULTS = ("switch_snapshot_result", "snapshot_result", "snapshot_retry")
# What the tasks of a scan register: scapy installed, asked, listened.
SCAN_RESULTS = (
    "snapshot_scan_package_result",
    "snapshot_scan_venv_result",
    "snapshot_scan_result",
    "snapshot_scan_watch_result",
)


def _ran(outcome: Mapping[str, Any]) -> bool:
    return bool(outcome) and not outcome.get("skipped")


def trouble_of(outcome: Mapping[str, Any]) -> str:
    """Return the reason in the result of a task that failed or did not reach the host."""
    if outcome.get("unreachable"):
        return f"unreachable: {_message(outcome)}"
    if outcome.get("failed"):
        return f"failed: {_message(outcome)}"
    return ""


def _message(outcome: Mapping[str, Any]) -> str:
    """Return the message of a result as one line, with what the module said before it died, and the way out where one
    is known.
    """
    message = str(outcome.get("msg") or "no reason given")
    words = _without_noise(message) or " ".join(message.split())
    said = _without_noise(_last_words(str(outcome.get("module_stderr") or outcome.get("module_stdout") or "")))
    if words.startswith("MODULE FAILURE") and said:
        words = said
    text = f"{words} ({said})" if said and said not in words else words
    hint = hint_of(text)
    shown = text if len(text) <= LONGEST else text[:LONGEST] + CUT
    return f"{shown} -> {hint}" if hint else shown


def _without_noise(text: str) -> str:
    """Return TEXT as one line of the words that count, empty where none does."""
    return " ".join(_NOISE.sub("", " ".join(text.split())).split())


def _last_words(output: str) -> str:
    """Return OUTPUT as one line; of a traceback the error alone, because its paths differ from run to run."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    if any(line.startswith("Traceback") for line in lines):
        lines = lines[-1:]
    return " ".join(lines)
