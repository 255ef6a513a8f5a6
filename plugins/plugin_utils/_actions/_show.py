"""Text on the screen as it is, line by line, control characters shown as escapes."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from ansible import constants as C
from ansible.utils.color import ANSIBLE_COLOR
from ansible.utils.display import Display
from ansible_collections.netops.layer2.plugins.plugin_utils._common._text import visible

# How a line begins that is to be seen first. Ansible leaves colours out where the output is no terminal, or NO_COLOR is
# set.
_COLOURS = (
    (("CONFLICT ", "FLOODING ", "NO VERDICT"), C.COLOR_ERROR),
    (("SUSPECTED ", "  missing ", "  compared   NOT"), C.COLOR_WARN),
    (("LATENT ", "  not read ", "  cached "), C.COLOR_CHANGED),
    (("0 conflicts", "0 floods"), C.COLOR_OK),
)
_ANSIBLE_DEFAULT, _NARROWEST, _IN_A_FILE, _WIDEST = 79, 60, 100, 200  # columns
_NO_TROUBLE = ("0 conflicts, 0 latent, 0 suspected", "0 floods, 0 latent")


def columns() -> int:
    """How wide a text may be: as the terminal, within reason; where the output is none, as a line of a file."""
    found = int(Display().columns)
    # Ansible says 79 both of a narrow terminal and of no terminal; it has colours on the first only.
    is_terminal = found != _ANSIBLE_DEFAULT or ANSIBLE_COLOR
    return max(_NARROWEST, min(found, _WIDEST)) if is_terminal else _IN_A_FILE


def show(text: str) -> None:
    """Print TEXT after an empty line, what matters most in colour; nothing in it reaches the terminal as an escape
    sequence.
    """
    for colour, lines in _in_colours(["", *(visible(line) for line in text.rstrip().split("\n"))]):
        # Ansible adds an end to a text that has none: after an empty line there is one already.
        Display().display("\n".join(lines) + ("" if lines[-1] else "\n"), color=colour)


def _in_colours(lines: list[str]) -> Iterator[tuple[str | None, list[str]]]:
    """The lines in runs of one colour; None for that of the terminal."""
    for colour, run in groupby(lines, _colour):
        yield colour, list(run)


def _colour(line: str) -> str | None:
    colour = next((colour for openings, colour in _COLOURS if line.startswith(openings)), None)
    # Only where there is nothing else to see and nobody is missing, green says so.
    if colour == C.COLOR_OK and not (line.startswith(_NO_TROUBLE) and "MISSING" not in line and "NOT " not in line):
        return None
    return colour
