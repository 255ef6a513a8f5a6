"""Suggested commands as the caller of a run would type them: what a shell and make take them for."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import shlex

import pytest
from ansible_collections.netops.layer2.plugins.plugin_utils._common._called import (
    Call,
    MakeCall,
    as_called,
    first_command,
)

FIX = (
    'ansible-playbook netops.layer2.fix_dup_mac -e \'{"fix_statuses": ["latent"]}\'\nor by hand on hv1:\nvirsh define'
    " nic.xml"
)
CALL = Call(
    "/opt/my env/bin/ansible-playbook", (("ANSIBLE_CONFIG", "/srv/a b.cfg"),), ("-i", "/srv/my hosts.ini", "-l", "web*")
)
MAKE = MakeCall(
    "/srv/lay er2",
    {"INVENTORY": "it's $HOME.ini", "LIMIT": ""},
    ("-K",),
    CALL,
    {"fix_dup_mac": "fix", "detect_dup_mac": "detect"},
)


def test_the_words_are_those_that_a_shell_takes_apart_again():
    first, *rest = as_called(FIX, CALL, "web:db").split("\n")
    assert shlex.split(first) == [
        "ANSIBLE_CONFIG=/srv/a b.cfg",
        "/opt/my env/bin/ansible-playbook",
        "netops.layer2.fix_dup_mac",
        "-i",
        "/srv/my hosts.ini",
        "-l",
        "web*",
        "-e",
        "target=web:db",
        "-e",
        '{"fix_statuses": ["latent"]}',
    ]
    assert rest == FIX.split("\n")[1:]


@pytest.mark.parametrize("target", ["", "all"])
def test_everybody_needs_no_target(target):
    assert "target" not in as_called(FIX, CALL, target)


def test_make_gets_its_own_words_and_the_rest_in_args():
    words = shlex.split(as_called(FIX, MAKE).partition("\n")[0])
    assert words == [
        "make",
        "-s",
        "-C",
        "/srv/lay er2",
        "fix",
        "INVENTORY=it's $$HOME.ini",
        """ARGS=-K -e '{"fix_statuses": ["latent"]}'""",
    ]


def test_consent_is_apply_for_make():
    words = shlex.split(
        as_called("ansible-playbook netops.layer2.fix_dup_mac -e fix_apply=true -e fix_plan=/p.json", MAKE)
    )
    assert words[-2:] == ["APPLY=yes", "ARGS=-K -e fix_plan=/p.json"]


def test_what_make_has_no_word_for_is_called_by_itself():
    assert as_called("ansible-playbook netops.layer2.fix_return_path", MAKE) == CALL.line("fix_return_path", "")


def test_a_playbook_that_was_named_by_its_path_is_named_so_again(tmp_path):
    (tmp_path / "fix_dup_mac.yml").touch()
    call = Call(playbooks=str(tmp_path))
    assert as_called(FIX, call).startswith(f"ansible-playbook {tmp_path}/fix_dup_mac.yml -e ")
    assert (
        as_called("ansible-playbook netops.layer2.fix_return_path", call)
        == "ansible-playbook netops.layer2.fix_return_path"
    )


@pytest.mark.parametrize(
    "text",
    [
        "say ansible-playbook netops.layer2.fix_dup_mac",
        "ansible-playbook netops.layer2.$(id)",
        "ansible-playbook other.yml",
        "",
        "web1: up",
    ],
)
def test_all_else_stays_as_it_is(text):
    assert as_called(text, CALL, "web") == text


@pytest.mark.parametrize(
    ("fixes", "first"),
    [
        ([], ""),
        (["look at it by hand"], ""),
        (["say make it so", "in Xen first\nmake -s -C /x fix\nmake -s -C /y fix"], "make -s -C /x fix"),
        ([as_called(FIX, CALL)], as_called(FIX, CALL).partition("\n")[0]),
        (["ANSIBLE_CONFIG=/a /b/ansible-playbook c"], "ANSIBLE_CONFIG=/a /b/ansible-playbook c"),
    ],
)
def test_the_next_command_is_the_first_one(fixes, first):
    assert first_command(fixes) == first
