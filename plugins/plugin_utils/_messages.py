"""What messages show of data that may be hostile or came through Ansible: short, printable, and called as people call
it.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

_SHOWN = 120


def shortened(value: object, limit: int = _SHOWN) -> str:
    """VALUE as one short printable line, for messages about data that may be hostile."""
    text = value if isinstance(value, str) else _written(value)[: limit * 2]
    text = "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in text[: limit + 1])
    return text if len(text) <= limit else text[:limit] + "..."


def _written(value: object) -> str:
    try:
        return repr(value)
    except (ValueError, RecursionError):  # a number of thousands of digits, or lists in lists
        return type_name(value)


def type_name(value: object) -> str:
    """What VALUE is, as people say it; ansible-core 2.19 and newer hand over subclasses of their own."""
    name = type(value).__name__
    plain = name.removeprefix("_AnsibleTagged").removeprefix("_AnsibleLazyTemplate")
    return name if plain == name else plain.lower()
