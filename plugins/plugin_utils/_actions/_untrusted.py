"""Marks what filters return as data that is never a template."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from ansible.release import __version__
from ansible.utils.unsafe_proxy import wrap_var

# From 2.19 on ansible-core evaluates only texts that it knows from playbooks and inventories; before, any text that is
# not marked.
MARKS_ARE_NEEDED = tuple(int(part) for part in __version__.split(".")[:2]) < (2, 19)


def untrusted(value: Any) -> Any:
    """VALUE so that Ansible never evaluates a text in it, however deep."""
    return wrap_var(value) if MARKS_ARE_NEEDED else value


def untrusted_filters(filters: Mapping[str, Callable[..., Any]]) -> dict[str, Callable[..., Any]]:
    """FILTERS whose results are marked: they are made of what hosts, guests and neighbours said."""
    return {name: _marking(function) for name, function in filters.items()}


def _marking(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def marked(*arguments: Any, **options: Any) -> Any:
        return untrusted(function(*arguments, **options))

    return marked
