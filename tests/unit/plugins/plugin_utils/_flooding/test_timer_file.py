"""The file of a switch's lines on the controller: its name, what stands in its place, how the lines are shown, and why
nothing takes them.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.netops.layer2.plugins.plugin_utils._documents import DocumentError
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding._timer_file import (
    file_name,
    refusal,
    table,
    write,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding._timers import (
    DIALECTS,
    TimerError,
    Wanted,
    is_installed,
    timer_lines,
)

EOS = timer_lines("eos", Wanted(1200, 1800, gateways=("Vlan10",)))


@pytest.mark.parametrize("host", ["core1", "_x", "2001:db8::1", "a.b.example", "user@sw-1+2"])
def test_a_plain_name_is_a_file(host: str) -> None:
    assert file_name(host) == f"{host}.cfg"


@pytest.mark.parametrize(
    "host", ["", ".", "..", ".hidden", "../up", "a/b", "/etc/x", "a b", "a\n", "a\x00", "-x", "{{ x }}", "ä"]
)
def test_a_name_that_could_lead_elsewhere_is_refused(host: str, tmp_path: Path) -> None:
    with pytest.raises(TimerError, match="rename the host in the inventory"):
        write(EOS, host, str(tmp_path / "made"))
    assert not (tmp_path / "made").exists()


def test_lines_are_written_once_and_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    folder, path = tmp_path / "made" / "deep", tmp_path / "made" / "deep" / "core1.cfg"
    foretold = write(EOS, "core1", str(folder), dry=True)
    assert (
        foretold.changed
        and foretold.diff["after"] == EOS["text"]
        and foretold.diff["before"] == ""
        and not folder.exists()
    )
    assert write(EOS, "core1", str(folder)).path == str(path) and path.read_text() == EOS["text"]
    assert not write(EOS, "core1", str(folder)).changed
    path.write_text("older\n")
    assert write(EOS, "core1", str(folder)).changed and path.read_text() == EOS["text"]
    assert [each.name for each in folder.iterdir()] == ["core1.cfg"]


def _link(path: Path) -> None:
    path.symlink_to(path.parent / "secret")


@pytest.mark.parametrize("dry", [False, True])
@pytest.mark.parametrize(
    ("plant", "says"),
    [
        (_link, "it is a link"),
        (os.mkfifo, "it is no file"),
        (os.mkdir, "it is no file"),
        (lambda path: path.write_bytes(b"\xff\xfe"), "it is not text"),
    ],
)
def test_what_is_no_file_of_text_is_neither_read_nor_followed(tmp_path: Path, plant: Any, says: str, dry: bool) -> None:
    (tmp_path / "secret").write_text("precious")
    plant(tmp_path / "core1.cfg")
    with pytest.raises(DocumentError, match=says):
        write(EOS, "core1", str(tmp_path), dry)
    assert (tmp_path / "secret").read_text() == "precious"


def test_the_lines_are_shown_with_their_notes() -> None:
    made = timer_lines("ios", Wanted(1200, 1800))
    assert table(made, "core1", "/x/core1.cfg").splitlines()[:2] == [
        "core1 (ios), /x/core1.cfg:",
        "  mac address-table aging-time 15000",
    ]
    assert "  note: no gateway interfaces are named" in table(made, "core1", "/x/core1.cfg")


@pytest.mark.parametrize("platform", sorted(DIALECTS))
def test_only_an_installed_module_of_the_table_takes_lines(platform: str) -> None:
    made = timer_lines(platform, Wanted(1200, 1800))
    assert made["push"] == DIALECTS[platform].push
    said = refusal({**made, "present": False}, "core1")
    assert said.startswith("core1: nothing was changed. ") and (
        "install" in said if made["push"] else "type them in" in said
    )
    assert refusal({**made, "present": True}, "core1") == ""


def test_a_module_is_installed_where_python_finds_it() -> None:
    assert (
        is_installed("netops.layer2.layer2_timers")
        and not is_installed("netops.nothing.there")
        and not is_installed(None)
    )
