"""A plan, its steps and its outcome on a terminal: what is changed, why, what it takes, and what stands afterwards."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ansible_collections.netops.layer2.plugins.plugin_utils._common._lenient import objects_in
from ansible_collections.netops.layer2.plugins.plugin_utils._common._text import counted, cut, padded, wrapped
from ansible_collections.netops.layer2.plugins.plugin_utils._plan_digest import digest_note
from ansible_collections.netops.layer2.plugins.plugin_utils._renumber._plan_steps import DONE, HELD, TODO, WAITS
from ansible_collections.netops.layer2.plugins.plugin_utils._renumber._renumbering import Row

COLUMNS = 100
_INDENT = 12
_WORDS = {DONE: "done", TODO: "to do", WAITS: "waits", HELD: "held back"}


def plan_table(plan: Row, steps: Sequence[Row]) -> str:
    """PLAN with its STEPS, a block a change, lines of about 100 columns; whatever came from the network is shown as
    text.
    """
    lines = [line for place, change in enumerate(objects_in(plan.get("changes")))
             for line in _change(change, [step for step in steps if step["change"] == place])]
    lines += [line for refused in objects_in(plan.get("refused")) for line in _refused(refused)]
    note = digest_note(plan)
    return "\n".join([*lines, *([note] if note else []), summary(plan, steps)])


def _change(change: Row, steps: Sequence[Row]) -> Iterator[str]:
    new = change.get("new_mac") or "a new machine-id"
    yield (
        f"CHANGE  {cut(str(change.get('mac')), 20)} -> {cut(str(new), 20)} "
        f" {cut(str(change.get('owner') or change.get('host')), 60)}{_nic(change)}"
    )
    yield from _labelled("because", str(change.get("reason") or "the plan gives no reason"))
    for warning in change.get("warnings") or ():
        yield from _labelled("beware", str(warning))
    for step in steps:
        about = {"pins": f"inside, interface {step.get('interface')}: "}.get(step["kind"], "")
        yield from _labelled(_WORDS[step["state"]], f"on {step['host']}: {about}{step['says']}")
    yield ""


def _nic(change: Row) -> str:
    place = change.get("nic") or {}
    named = change.get("interface") or place.get("alias") or place.get("address") or place.get("tap")
    return f", NIC {cut(str(named), 40)}" if named else ""


def _refused(refused: Row) -> Iterator[str]:
    yield f"REFUSED  {cut(str(refused.get('mac')), 20)}"
    yield from _labelled("because", str(refused.get("reason")))
    yield ""


def _labelled(label: str, text: str) -> Iterator[str]:
    for number, line in enumerate(wrapped(text, COLUMNS - _INDENT, 4)):
        yield padded(f"  {label}" if number == 0 else "", _INDENT) + line


def summary(plan: Row, steps: Sequence[Row]) -> str:
    """The one line that says how much there is to do."""
    changes, refused = list(objects_in(plan.get("changes"))), list(objects_in(plan.get("refused")))
    if not changes and not refused:
        return "Nothing to do: no finding asks for another MAC."
    states = [f"{number} {_WORDS[state]}" for state in (TODO, DONE, WAITS, HELD)
              if (number := sum(1 for step in steps if step["state"] == state))]
    said = f"{counted(len(changes), 'change')}, {counted(len(steps), 'step')}" + (
        f" ({', '.join(states)})" if states else ""
    )
    return said + (f"; {len(refused)} refused" if refused else "") + "."
