"""The drawing of one finding: each segment a bus line, those who use the MAC hanging on it, two to a row."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ansible_collections.netops.layer2.plugins.module_utils._guests._hypervisors import presence_in
from ansible_collections.netops.layer2.plugins.plugin_utils._common._text import counted, cut
from ansible_collections.netops.layer2.plugins.plugin_utils._report._model import Finding, Owner

OWNERS_MOST = 12
# Pixels. Two boxes side by side still fit a telephone.
WIDTH, BOX_WIDTH, BOX_HEIGHT, COLUMN, LEFT = 384, 176, 92, 188, 14
LABEL, TAP, GAP = 24, 20, 14
_LETTERS, _BOLD_LETTERS = 22, 20     # of monospace in a box, in 12 and bold 13 pixels

# (class of the box, mark that says the same without colour)
_UP, _PAUSED, _OFF, _UNKNOWN = ("up", "\u25cf"), ("paused", "\u25d0"), ("off", "\u25cb"), ("unknown", "?")


@dataclass(frozen=True, slots=True)
class Box:
    """Somebody who uses the MAC, drawn."""

    x: int
    y: int
    look: str
    state: str
    lines: tuple[str, ...]
    title: str


@dataclass(frozen=True, slots=True)
class Rail:
    """One straight piece of a bus line."""

    x1: int
    y1: int
    x2: int
    y2: int


@dataclass(frozen=True, slots=True)
class Bus:
    """One segment, drawn: its name, its line and the boxes on it."""

    label: str
    label_y: int
    rails: tuple[Rail, ...]
    taps: tuple[Rail, ...]
    boxes: tuple[Box, ...]
    bottom: int


@dataclass(frozen=True, slots=True)
class Drawing:
    """The whole drawing, `width` x `height` pixels."""

    width: int
    height: int
    buses: tuple[Bus, ...]
    title: str
    more: str


def draw(finding: Finding) -> Drawing:
    """Return the drawing of FINDING."""
    buses: list[Bus] = []
    top = 0
    for name, owners in _by_segment(finding).items():
        buses.append(_bus(name, owners, top))
        top = buses[-1].bottom + GAP
    hidden = len(finding.owners) - OWNERS_MOST
    more = f"and {counted(hidden, 'more owner')}, listed beside" if hidden > 0 else ""
    owners_named = ", ".join(cut(owner.label, 40) for owner in finding.owners[:OWNERS_MOST])
    return Drawing(
        width=WIDTH, height=top + (20 if more else 0), buses=tuple(buses), more=more,
        title=f"{cut(finding.subject, 40)} is used by {owners_named or 'an unknown owner'}",
    )


def _by_segment(finding: Finding) -> dict[str, list[Owner]]:
    """Return the owners that are drawn, by the name of their segment."""
    segments: dict[str, list[Owner]] = {}
    for owner in finding.owners[:OWNERS_MOST]:
        segments.setdefault(owner.segment or finding.segment or "segment unknown", []).append(owner)
    return segments


def _bus(name: str, owners: Sequence[Owner], top: int) -> Bus:
    """Return the bus NAME from TOP downwards; a further row of owners hangs on the same line, led down at the left."""
    tops = [top + LABEL + row * (TAP + BOX_HEIGHT + GAP) for row in range((len(owners) + 1) // 2)]
    boxes = [_box(owner, LEFT + index % 2 * COLUMN, tops[index // 2] + TAP) for index, owner in enumerate(owners)]
    rails = [Rail(4, y, WIDTH - 4, y) for y in tops]
    if len(tops) > 1:
        rails.append(Rail(4, tops[0], 4, tops[-1]))
    taps = [Rail(box.x + BOX_WIDTH // 2, box.y - TAP, box.x + BOX_WIDTH // 2, box.y) for box in boxes]
    return Bus(
        label=cut(name, 50), label_y=top + 14, rails=tuple(rails), taps=tuple(taps), boxes=tuple(boxes),
        bottom=tops[-1] + TAP + BOX_HEIGHT,
    )


def _mark(owner: Owner) -> tuple[str, str]:
    """How the state of OWNER is drawn: an interface's, or a guest's in the words of its hypervisor."""
    now = presence_in(owner.state, owner.hypervisor or None)
    if owner.state in ("up", "down"):
        return _UP if owner.state == "up" else _OFF
    return _UP if now.on_wire else _OFF if not now.active else _PAUSED if now.known else _UNKNOWN


def _box(owner: Owner, x: int, y: int) -> Box:
    look, mark = _mark(owner)
    state = owner.state or "unknown"
    more = f" +{len(owner.addresses) - 1}" if len(owner.addresses) > 1 else ""
    address = cut(owner.addresses[0], _LETTERS - len(more)) + more if owner.addresses else "no address known"
    address = owner.mac or address  # of those who share an address, the MAC is what tells them apart
    lines = (
        cut(owner.guest or owner.host, _BOLD_LETTERS),
        cut(f"on {owner.host}" if owner.guest else owner.kind or "host", _LETTERS),
        cut(owner.interface or "NIC unknown", _LETTERS),
        address,
    )
    whole = ", ".join(text for text in (owner.label, owner.interface, *owner.addresses[:8], state) if text)
    return Box(x=x, y=y, look=look, state=f"{mark} {cut(state, _LETTERS - 2)}", lines=lines, title=cut(whole, 300))
