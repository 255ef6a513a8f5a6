"""Captures stay out of results: the action puts them into files, whatever a host says, and judge_trace reads no other
file for one.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.netops.layer2.plugins.plugin_utils._actions import _handed_on

from .steps import step, take

POINTS = [{"interface": "eth0"}, {"interface": "eth1"}]


@pytest.fixture
def answered(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A function: the result of the task where the host answers these captures."""

    def start(captures: Any) -> dict[str, Any]:
        answer = {"changed": False, "captures": captures, "plan": []}
        monkeypatch.setattr(step("packet_capture"), "_execute_module", lambda *_arguments, **_options: answer)
        monkeypatch.setattr(step("packet_capture"), "_discovered_interpreter_key", "", raising=False)
        return take("packet_capture", {"points": POINTS})

    return start


@pytest.mark.parametrize("text", ['{"a": 1}', "", "/etc/passwd", "\ud800 {{ 7 * 7 }}", "x" * 1_000_000])
def test_a_document_is_a_file_of_the_run(answered: Any, text: str) -> None:
    (kept, other) = answered([{"document": text, "point": "p"}, {"path": "/var/tmp/x"}])["captures"]
    assert kept["point"] == "p" and len(kept["document"]) < 300 and other == {"path": "/var/tmp/x"}
    assert _handed_on.kept_text(kept["document"]) == text
    assert Path(kept["document"]).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("captures", [[5, "x"], [{"document": 5}, {"document": None}], []])
def test_what_is_none_stays_what_it_is(answered: Any, captures: list[Any]) -> None:
    assert answered(captures)["captures"] == captures


def test_no_host_fills_the_folder(answered: Any) -> None:
    assert len(answered([{"document": "{}"}] * 1000)["captures"]) == len(POINTS)


def test_no_other_file_is_read_for_a_capture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_handed_on.constants, "DEFAULT_LOCAL_TMP", str(tmp_path / "run"))
    (tmp_path / "run").mkdir()
    secret = tmp_path / "netops-layer2-capture-0123456789abcdef.json"
    secret.write_text("precious")
    (tmp_path / "run" / "netops-layer2-secret").write_text("precious")
    for place in (str(secret), f"{tmp_path}/run/../{secret.name}", f"{tmp_path}/run/netops-layer2-secret",
                  f"{tmp_path}/run/{secret.name}", 5, None, ""):
        assert _handed_on.kept_text(place) == place
