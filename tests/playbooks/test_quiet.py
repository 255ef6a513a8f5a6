"""The callback quiet as an operator sees it: a real run in a pipe and on a terminal, progress, failures, -v."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import fcntl
import json
import os
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from .conftest import COLLECTIONS, NOWHERE, PLAYBOOKS, QUIET, extra, here, telling

DETECT = PLAYBOOKS / "detect_dup_mac.yml"
CALLBACK = {"ANSIBLE_STDOUT_CALLBACK": "netops.layer2.quiet", "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS)}
PLAY = [{"name": "A play", "hosts": "all", "gather_facts": False, "tasks": []}]


def clean(name, number):
    """What a host says that shares nothing with another."""
    mac = f"02:00:00:00:01:{number:02x}"
    return {
        "schema": "netops.layer2/snapshot",
        "version": 1,
        "host": name,
        "gaps": [],
        "identity": {"machine_id": name * 9},
        "observed": ["identity", "interfaces", "neighbors"],
        "neighbors": {"columns": ["netns", "interface", "address", "mac", "state", "flags"], "rows": []},
        "interfaces": [
            {
                "name": "eth0",
                "index": 2,
                "mac": mac,
                "permanent_mac": mac,
                "link_type": "ether",
                "up": True,
                "carrier": True,
                "assign_type": 0,
                "addresses": [{"address": f"192.0.2.{number}", "prefix": 24}],
            }
        ],
    }


def five(folder):
    return {
        name: telling(folder, clean(name, number))
        for number, name in enumerate(("web1", "web2", "web3", "web4", "web5"), 1)
    }


@pytest.fixture
def play(ansible_playbook, tmp_path):
    """A function that runs TASKS on this machine and a host that is down, quietly; returns (exit code, output)."""

    def start(tasks, *arguments):
        book = tmp_path / "play.json"
        book.write_text(json.dumps([{**PLAY[0], "tasks": tasks}]))
        return ansible_playbook(book, *arguments, hosts={"here": here(), "lost": NOWHERE}, **CALLBACK)

    return start


def test_a_clean_run_fits_on_a_screen_and_ends_with_the_verdict(ansible_playbook, tmp_path):
    code, output = ansible_playbook(DETECT, *extra(**QUIET), hosts=five(tmp_path), **CALLBACK)
    lines = output.rstrip().splitlines()
    assert code == 0 and len(lines) <= 20, output
    assert lines[-1] == f"Report: {tmp_path}/layer2-report/layer2-report.html" and "5 of 5 hosts judged" in output, (
        output
    )
    assert "TASK" not in output and "PLAY" not in output, output


def test_a_run_that_judged_nobody_says_so_once(ansible_playbook):
    code, output = ansible_playbook(DETECT, *extra(**QUIET), hosts={"lost": NOWHERE}, **CALLBACK)
    assert code == 2 and output.count("NO VERDICT") == 1 and "FAILED" not in output, output


def test_progress_is_told_where_the_output_is_no_terminal(ansible_playbook, tmp_path):
    _code, output = ansible_playbook(
        DETECT, *extra(**QUIET), hosts={**five(tmp_path), "lost": NOWHERE}, LAYER2_PROGRESS_EVERY="0", **CALLBACK
    )
    assert "Read the layer-2 state: 5 of 6 hosts" in output, output


@pytest.mark.parametrize("width", [80, 200])
def test_on_a_terminal_the_line_is_renewed_and_the_verdict_as_wide(tmp_path, width):
    inventory = tmp_path / "inventory.json"
    inventory.write_text(json.dumps({"all": {"hosts": {**five(tmp_path), "lost-" + 40 * "l": NOWHERE}}}))
    master, slave = os.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, width, 0, 0))
    command = [
        str(Path(sys.executable).with_name("ansible-playbook")),
        "-i",
        str(inventory),
        str(DETECT),
        *extra(**QUIET, snapshot_become=False),  # where there is no sudo, nobody would be read at first
    ]
    settings = {
        **{name: os.environ[name] for name in ("HOME", "PATH") if name in os.environ},
        "LC_ALL": "C.UTF-8",
        "TERM": "xterm",
        **CALLBACK,
    }
    with subprocess.Popen(
        command, cwd=tmp_path, env=settings, stdin=subprocess.DEVNULL, stdout=slave, stderr=slave
    ) as running:
        os.close(slave)
        text = b""
        try:
            while piece := os.read(master, 65536):
                text += piece
        except OSError:  # how a terminal ends
            pass
        assert running.wait() == 0, text
    os.close(master)
    assert re.search(rb"\r\x1b\[KRead the layer-2 state: \d of 6 hosts(, 1 unreachable)?\r\x1b\[K", text), text
    said = re.sub(r"\x1b\[[0-9;]*m", "", text.decode()).replace("\r\n", "\n")
    missing = re.search(r"  missing .*?(?=\n  \w|\n\n)", said, re.DOTALL)[0].splitlines()
    assert max(map(len, missing)) <= width and (len(missing) > 1) == (width == 80), missing


def test_a_verdict_without_trouble_is_green(ansible_playbook, tmp_path):
    colours = {"ANSIBLE_FORCE_COLOR": "1", "ANSIBLE_NOCOLOR": "0"}
    assert (
        "\x1b[0;32m0 conflicts, 0 latent, 0 suspected"
        in ansible_playbook(DETECT, *extra(**QUIET), hosts=five(tmp_path), **CALLBACK, **colours)[1]
    )
    with_one_missing = {**five(tmp_path), "lost": NOWHERE}
    assert (
        "\x1b[0;32m0 conflicts"
        not in ansible_playbook(DETECT, *extra(**QUIET), hosts=with_one_missing, **CALLBACK, **colours)[1]
    )


def test_failures_that_a_play_handles_make_no_noise(play):
    code, output = play(
        [
            {
                "name": "Ignored",
                "ansible.builtin.fail": {"msg": "a handled word"},
                "ignore_errors": True,
                "when": "inventory_hostname == 'here'",
            },
            {
                "block": [{"name": "Try", "ansible.builtin.fail": {"msg": "a rescued word"}}],
                "rescue": [{"ansible.builtin.set_fact": {"a": 1}}],
            },
            {
                "name": "Down",
                "ansible.builtin.ping": {},
                "ignore_unreachable": True,
                "when": "inventory_hostname == 'lost'",
            },
        ]
    )
    assert code == 0 and output.split() == ["A", "play"], output


def test_what_nothing_handles_is_shown(play):
    code, output = play(
        [
            {
                "name": "Try",
                "block": [{"ansible.builtin.fail": {"msg": "first"}}],
                "rescue": [{"ansible.builtin.fail": {"msg": "{{ 'x\u001b[31mred' }}"}}],
                "when": "inventory_hostname == 'here'",
            },
            {"name": "Down", "ansible.builtin.ping": {}, "when": "inventory_hostname == 'lost'"},
        ]
    )
    assert code != 0 and "FAILED       here: x\\x1b[31mred" in output and "first" not in output, output
    assert "UNREACHABLE  lost: " in output, output


def test_what_was_changed_is_said_and_what_would_be(play):
    tasks = [
        {
            "name": "Write it",
            "ansible.builtin.copy": {"content": "a", "dest": "{{ playbook_dir }}/written"},
            "when": "inventory_hostname == 'here'",
        }
    ]
    assert "would change here: Write it" in play(tasks, "--check")[1]
    assert "changed      here: Write it" in play(tasks)[1]
    assert "Write it" not in play(tasks)[1], "the second run changes nothing"


def test_verbose_shows_the_tasks(play):
    code, output = play(
        [
            {
                "name": "Ignored",
                "ansible.builtin.fail": {"msg": "a word"},
                "ignore_errors": True,
                "when": "inventory_hostname == 'here'",
            }
        ],
        "-v",
    )
    assert code == 0 and "TASK [Ignored]" in output and "a word" in output and "PLAY RECAP" in output, output
