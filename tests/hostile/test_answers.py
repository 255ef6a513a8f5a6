"""One host answers more than it was asked: its settings reach nobody, its templates are shown as they are."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import subprocess
import sys
import unicodedata

from .conftest import COLLECTIONS, PATIENCE, extra

NOT_ASKED = extra(snapshot_gather_subset=["identity"], layer2_become=False)


def snapshot(host, **fields):
    """The smallest snapshot that is taken."""
    made = {
        "schema": "netops.layer2/snapshot",
        "version": 1,
        "host": host,
        "collected_at": 1.0,
        "collector": "0.1.0",
        "duration": 0.1,
        "identity": {},
        "interfaces": [],
        "gaps": [],
        **fields,
    }
    return json.dumps(made)


def test_a_host_chooses_no_folder(hostile, run, tmp_path):
    facts = {"layer2_snapshot": snapshot("first"), "report_directory": str(tmp_path / "chosen")}
    hosts = {"first": hostile("first", {"layer2_facts": {"changed": False, "ansible_facts": facts}})}
    _status, output = run("detect_dup_mac", *NOT_ASKED, hosts=hosts)
    assert not (tmp_path / "chosen").exists()
    assert "left out: ansible_facts.report_directory" in " ".join(output.split())


def test_a_reason_is_no_template(hostile, run, marker):
    path, template = marker
    gap = {"subset": "guests", "reason": template, "hint": template}
    facts = {"layer2_snapshot": snapshot("first", gaps=[gap])}
    hosts = {"first": hostile("first", {"layer2_facts": {"changed": False, "ansible_facts": facts}})}
    _status, output = run("detect_dup_mac", *NOT_ASKED, hosts=hosts)
    assert not path.exists(), output
    assert "lookup('ansible.builtin.pipe'" in output


STEERING = "\x1b[2J\x1b]0;title\x07\x9b2J\r\u202e"
# As ansible-core 2.19 and newer send it from a host.
SUMMARY = {"__ansible_type": "ErrorSummary", "event": {"__ansible_type": "Event", "msg": STEERING}}


def test_what_a_host_answers_steers_no_terminal(hostile, run, core):
    failed = {"failed": True, "msg": STEERING, "module_stdout": STEERING, "module_stderr": STEERING}
    answers = {
        "text": {**failed, "exception": STEERING},
        "typed": {**failed, "exception": SUMMARY},
        "diff": {"changed": True, "diff": {"before": STEERING, "after": "", "before_header": STEERING}},
    }
    if core.parent.name != "test":  # the newest ansible-core keeps warnings for itself before an action sees them
        answers["warnings"] = {"changed": False, "warnings": [STEERING], "deprecations": [{"msg": STEERING}]}
    hosts = {name: hostile(name, {"layer2_facts": answer}) for name, answer in answers.items()}
    _status, output = run("detect_dup_mac", "--diff", "-vvv", *NOT_ASKED, hosts=hosts)
    assert not [char for char in output if char != "\n" and unicodedata.category(char) in ("Cc", "Cf")], output
    assert r"\x1b]0;title\x07\x9b2J\r\u202e" in output, output


def test_a_module_that_fails_says_why(core, tmp_path):
    command = [
        str(core / "ansible"),
        "localhost",
        "-i",
        "localhost,",
        "-c",
        "local",
        "-m",
        "netops.layer2.interface_mac",
        "-a",
        "interface=none9 mac=02:00:5e:10:00:01 persistent=false",
        "-e",
        f"ansible_python_interpreter={sys.executable}",
    ]
    environment = dict(
        os.environ,
        ANSIBLE_COLLECTIONS_PATH=str(COLLECTIONS),
        ANSIBLE_NOCOLOR="1",
        ANSIBLE_LOCAL_TEMP=str(tmp_path / "local"),
    )
    done = subprocess.run(command, env=environment, check=False, capture_output=True, text=True, timeout=PATIENCE)
    reason = "only root may change a MAC" if os.geteuid() else "interface none9 does not exist here"
    assert reason in done.stdout, done.stdout + done.stderr
