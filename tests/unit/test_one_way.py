"""A snapshot walks one way from a task's result to the report: no file is returned to more than twice."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import pytest
from ansible_collections.netops.layer2.plugins.plugin_utils._report import _formats

from .plugins.action.steps import take
from .plugins.plugin_utils.builders import TWIN, guest, hypervisor

ROOT = Path(__file__).resolve().parents[2]
PLUGINS = "/netops/layer2/plugins/"
# What every room asks, and no stage of the walk: words, fields and MACs, and the glue to Ansible.
HELPERS = ("plugin_utils/_common/", "plugin_utils/_messages.py", "plugin_utils/_actions/", "module_utils/")
RETURNS_MOST = 2


def file_of(code: CodeType) -> str:
    """The file that holds CODE, from the plugins' folder on; empty for a helper, and for what is not ours."""
    _before, ours, name = code.co_filename.partition(PLUGINS)
    return name if ours and name.endswith(".py") and not name.startswith(HELPERS) else ""


def room_of(name: str) -> str:
    """The folder of a file, or the file where it is a room of its own."""
    kind, _slash, rest = name.partition("/")
    return f"{kind}/{rest.partition('/')[0]}"


def is_asked_of_what_was_handed_on(code: CodeType) -> bool:
    """Whether CODE is a method: whoever calls it holds the object, which came along on the walk. Making one is not."""
    return code.co_name != "__init__" and code.co_varnames[: min(1, code.co_argcount)] in (("self",), ("cls",))


class Walk:
    """Notes every call from one room of the collection to a function of another: the file that turns to another, and
    which.
    """

    def __init__(self) -> None:
        self.steps: list[tuple[str, str]] = []
        self.passed: set[str] = set()
        self._begun: dict[int, FrameType] = {}  # held, so that no other frame gets the place of one
        self._before = sys.getprofile()

    def __enter__(self) -> Walk:
        sys.setprofile(self._note)
        return self

    def __exit__(self, *_error: object) -> None:
        sys.setprofile(self._before)

    def _note(self, frame: FrameType, event: str, _given: object) -> None:
        name = file_of(frame.f_code) if event == "call" else ""
        if not name or id(frame) in self._begun:  # a generator goes on: nobody turns to it anew
            return
        self._begun[id(frame)] = frame
        self.passed.add(name)
        caller = next(filter(None, (file_of(outer.f_code) for outer in _outside(frame))), "")
        if caller and room_of(caller) != room_of(name) and not is_asked_of_what_was_handed_on(frame.f_code):
            self.steps.append((caller, name))


def _outside(frame: FrameType) -> Iterator[FrameType]:
    outer = frame.f_back
    while outer is not None:
        yield outer
        outer = outer.f_back


def visits(steps: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """File -> the files that turned to it, one after another; one that asks several times in a row has it open still.
    """
    found: dict[str, list[str]] = {}
    for caller, name in steps:
        before = found.setdefault(name, [])
        if before[-1:] != [caller]:
            before.append(caller)
    return found


def too_many(steps: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """The files that a walk in these STEPS returns to more often than it may."""
    return {name: callers for name, callers in visits(steps).items() if len(callers) - 1 > RETURNS_MOST}


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Walk:
    """One host with two guests of one MAC, judged and written in every format; what is done once was done before."""
    told = hypervisor("hv1", 1, guest("web30", TWIN), guest("web25", TWIN))
    hostvars = {"hv1": {"layer2_snapshot": json.dumps(told)}}

    def reported() -> dict[str, Any]:
        asked = {"directory": str(tmp_path_factory.mktemp("out")), "formats": list(_formats.FORMATS)}
        return take("report_fleet", asked, hostvars)

    reported()
    with Walk() as made:
        result = reported()
    assert result["counts"]["conflict"] == 1
    return made


def test_no_file_is_returned_to_more_than_twice(walk: Walk) -> None:
    assert too_many(walk.steps) == {}


def test_the_walk_passes_what_the_architecture_page_says(walk: Walk) -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    paragraph = page.split("**A snapshot walks one way.**")[1].split("\n\n")[0]
    named = re.findall(r"`(_[\w/]+(?:\.py|/))`", paragraph)
    assert len(named) >= 10
    missed = [name for name in named if not any(f"/{name}" in f"/{passed}" for passed in walk.passed)]
    assert not missed


def test_what_a_return_is() -> None:
    there_and_back = [("a", "x"), ("b", "y"), ("a", "x"), ("b", "x"), ("a", "x")]
    assert visits(there_and_back) == {"x": ["a", "b", "a"], "y": ["b"]} and too_many(there_and_back) == {}
    assert too_many([*there_and_back, ("a", "x"), ("c", "x")]) == {"x": ["a", "b", "a", "c"]}
