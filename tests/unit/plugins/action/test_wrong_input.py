"""Every step on the controller given what is no input of its own: it works, or it fails with words of its own, and
never with Python's.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleError
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._step import ControllerStep

from .steps import step, take

FOLDER = Path(__file__).resolve().parents[4] / "plugins" / "action"
STEPS = sorted(path.stem for path in FOLDER.glob("*.py") if issubclass(step(path.stem), ControllerStep))
SNAPSHOT = {"schema": "netops.layer2/snapshot", "version": 1, "host": "a"}
ODD: list[Any] = [
    10**400,
    float("inf"),
    float("nan"),
    -1,
    None,
    5,
    True,
    "",
    "x",
    "\x1b[2J/x",
    "{",
    "[]",
    [],
    {},
    [None],
    [5],
    ["x"],
    [{}],
    [[]],
    {"a": 5},
    {"schema": "x"},
    SNAPSHOT,
    [SNAPSHOT],
    {"findings": 5},
    {"findings": [5]},
    {"findings": [{}]},
    {"changes": []},
    {"schema": "netops.layer2/trace"},
]
LIKELY: dict[str, list[Any]] = {
    "str": ["", "x"],
    "path": ["x"],
    "dict": [{}, {"findings": [], "schema": "x"}],
    "list": [[]],
    "raw": [[SNAPSHOT], {}],
}
FLEETS: list[dict[str, Any]] = [{}, {"a": {"layer2_snapshot": SNAPSHOT}, "b": {"layer2_snapshot": "{"}}]


def calls(specification: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Odd values for each argument by itself, beside the likely ones of those that the step requires."""
    needed = [
        {
            name: choice
            for name, option in specification.items()
            if option.get("required")
            for choice in LIKELY[option["type"]][number : number + 1] or LIKELY[option["type"]][:1]
        }
        for number in (0, 1)
    ]
    for name in specification:
        for odd in ODD:
            yield from ({**rest, name: odd} for rest in needed)


@pytest.mark.parametrize("name", STEPS)
def test_a_step_refuses_in_its_own_words(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for arguments in calls(step(name).ARGUMENTS):
        for fleet in FLEETS:
            try:
                take(name, arguments, fleet, check=True)
            except AnsibleError as error:
                assert "Traceback" not in str(error)
                # What ansible-core says of an argument is its own.
                assert "\x1b" not in str(error) or not str(error).startswith(f"{name}: ")
            except Exception as error:
                pytest.fail(f"{name} with {arguments} raised {type(error).__name__}: {error}")
    assert list(tmp_path.iterdir()) == [], "check mode writes nothing"
