"""Options that hold secrets say so wherever they are declared: also in actions, whose arguments no run of today shows.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PLUGINS = Path(__file__).resolve().parents[2] / "plugins"
SECRETS = {"seed", "token", "revert_token"}


def declared() -> Iterator[tuple[str, ast.Dict]]:
    """(file and option, its declaration) of each secret in an argument spec: a dictionary with a ``type`` under its
    name.
    """
    texts = {path: path.read_text(encoding="utf-8") for path in sorted(PLUGINS.rglob("*.py"))}
    for path in (
        path for path, text in texts.items() if any(secret in text for secret in SECRETS)
    ):  # to parse all takes seconds
        for node in ast.walk(ast.parse(texts[path])):
            for key, value in zip(node.keys, node.values, strict=True) if isinstance(node, ast.Dict) else ():
                if (
                    isinstance(key, ast.Constant)
                    and key.value in SECRETS
                    and isinstance(value, ast.Dict)
                    and "type" in _keys(value)
                ):
                    yield f"{path.relative_to(PLUGINS)}: {key.value}", value


def _keys(node: ast.Dict) -> dict[object, ast.expr]:
    return {
        key.value: value for key, value in zip(node.keys, node.values, strict=True) if isinstance(key, ast.Constant)
    }


DECLARED = dict(declared())


def test_they_are_found() -> None:
    files = {place.split(":")[0] for place in DECLARED}
    assert {
        "action/confirm_reachable.py",
        "action/plan_renumbering.py",
        "action/reserve_macs.py",
        "modules/confirmed_change.py",
        "module_utils/_netconfig/_carry_out.py",
    } <= files


@pytest.mark.parametrize("place", DECLARED)
def test_a_secret_is_declared_as_one(place: str) -> None:
    no_log = _keys(DECLARED[place]).get("no_log")
    assert isinstance(no_log, ast.Constant) and no_log.value is True
