"""Documents that steps hand on: whole, their owner's alone, gone with the run; and what is taken for one."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.netops.layer2.plugins.plugin_utils._actions import _handed_on
from ansible_collections.netops.layer2.plugins.plugin_utils._common._fields import ReportError

from .._report.sample_reports import document, verdict


def test_what_is_kept_is_opened_and_nobody_else_may_read_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_handed_on.constants, "DEFAULT_LOCAL_TMP", str(tmp_path))
    first, second = (_handed_on.keep(document(), "macs") for _number in range(2))
    assert first != second and {Path(path).parent for path in (first, second)} == {tmp_path}
    assert Path(first).stat().st_mode & 0o777 == 0o600
    assert _handed_on.opened(first, "report") == document() == _handed_on.opened(document(), "report")
    assert _handed_on.verdict_of(first, "verdict") == verdict() == _handed_on.verdict_of(verdict(), "verdict")


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (5, "before: give a document"),
        (["x"], "before: give a document"),
        (None, "before: give a document"),
        (
            "/nowhere/x.json",
            "before: /nowhere/x.json: no such file; what a step of an earlier run returned went with that run",
        ),
        ("/", "before: /: Is a directory"),
        ("a\0b", "before: .*can be no path"),
        ("cut.json", "cut.json: it is no JSON"),
        ("list.json", "before: give a document"),
    ],
)
def test_what_is_neither_document_nor_file_is_refused(
    given: Any, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("cut.json").write_text("{")
    Path("list.json").write_text("[]")
    with pytest.raises(ReportError, match=says):
        _handed_on.opened(given, "before")


def test_a_report_without_a_verdict_has_none() -> None:
    with pytest.raises(ReportError, match=r"before\.verdict"):
        _handed_on.verdict_of({**json.loads(json.dumps(document())), "verdict": 5}, "before")
