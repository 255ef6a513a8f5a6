"""Every filter given what is no input of its own: it works, or it fails with words of its own, and never with Python's.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import importlib
import inspect
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleError

FILTERS = sorted(path.stem for path in (Path(__file__).resolve().parents[4] / "plugins" / "filter").glob("*.py"))
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
    object(),
]
LIKELY: list[Any] = [[], SNAPSHOT, [SNAPSHOT], "ios"]


def filter_of(name: str) -> Callable[..., Any]:
    """The filter of this name."""
    found: Callable[..., Any] = (
        importlib.import_module(f"ansible_collections.netops.layer2.plugins.filter.{name}")
        .FilterModule()
        .filters()[name]
    )
    return found


def calls(function: Callable[..., Any]) -> Iterator[tuple[tuple[Any, ...], dict[str, Any]]]:
    """Odd values for every required argument together, then for each other one by itself."""
    parameters = [
        one for one in inspect.signature(function).parameters.values() if one.kind is one.POSITIONAL_OR_KEYWORD
    ]
    required = [one for one in parameters if one.default is one.empty]
    rest: tuple[Any, ...] = tuple([] for _one in required[2:])
    for odd in itertools.product(ODD, repeat=min(len(required), 2)):
        yield odd + rest, {}
    for option, odd_one, first in itertools.product(parameters[len(required):], ODD, LIKELY):
        yield (first, *([] for _one in required[1:])), {option.name: odd_one}


@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_refuses_in_its_own_words(name: str) -> None:
    function = filter_of(name)
    for arguments, options in calls(function):
        try:
            function(*arguments, **options)
        except AnsibleError as error:
            assert str(error).startswith(f"{name}: ")
        except Exception as error:
            pytest.fail(f"{name}{arguments}, {options} raised {type(error).__name__}: {error}")
