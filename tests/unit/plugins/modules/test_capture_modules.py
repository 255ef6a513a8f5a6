"""Modules flood_sample and packet_capture, really run by Ansible's own wrapper: check mode, wrong options, and no
rights.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time

import pytest

from ..may import needs_packet_sockets, without_packet_sockets


def run(module, options=None, *, check=False, before=()):
    """What the module prints: a fresh process, arguments as the wrapper hands them over. BEFORE: words that stand
    before the command.
    """
    arguments = {
        "ANSIBLE_MODULE_ARGS": {**(options or {}), "_ansible_check_mode": check, "_ansible_remote_tmp": "/tmp"}
    }
    code = (
        "from ansible.module_utils import basic\n"
        f"basic._ANSIBLE_ARGS = {json.dumps(arguments).encode()!r}\n"
        "if hasattr(basic, '_ANSIBLE_PROFILE'): basic._ANSIBLE_PROFILE = 'legacy'\n"
        f"from ansible_collections.netops.layer2.plugins.modules.{module} import main\n"
        "main()\n")
    environment = dict(
        os.environ, PYTHONPATH=os.pathsep.join(path for path in sys.path if path), PYTHONDONTWRITEBYTECODE="1"
    )
    done = subprocess.run(
        [*before, sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stdout, done.stderr
    return json.loads(done.stdout)


POINTS = [{"interface": "lo"}]
WRONG = [
    ("flood_sample", {"duration": 0}, "duration: 0.0 is not between 0.1 and 3600"),
    ("flood_sample", {"cpu": 200}, "cpu: 200.0 is not between 1 and 100"),
    ("flood_sample", {"own_macs": ["52:54:00"]}, "own_macs: not a MAC address: '52:54:00'"),
    ("packet_capture", {"points": []}, "points: name at least one interface"),
    ("packet_capture", {"points": POINTS, "snap_length": 10}, "snap_length: 10 is not between 64 and"),
    ("packet_capture", {"points": POINTS, "pcap": True}, "pcap: give `dest`"),
    ("packet_capture", {"points": POINTS, "start_at": time.time() + 10**6}, "ahead of this host's clock"),
    ("packet_capture", {"points": POINTS, "start_at": "nan"}, "ahead of this host's clock"),
    ("packet_capture", {"points": POINTS, "filter": "host"}, "filter: "),
    ("packet_capture", {"points": [{"interface": "none-such"}]}, "points: there is no none-such here. This host has"),
]


@pytest.mark.parametrize(("module", "options", "words"), WRONG, ids=[words[:25] for _module, _options, words in WRONG])
def test_wrong_options_are_named(module, options, words):
    result = run(module, options)
    assert result["failed"] and words in result["msg"]


def test_check_mode_of_a_capture_says_what_it_would_do(tmp_path):
    options = {
        "points": [{"interface": "lo", "name": "here"}],
        "filter": "port 22",
        "host": "web1",
        "duration": 600,
        "dest": str(tmp_path / "x"),
    }
    result = run("packet_capture", options, check=True)
    assert result["plan"] == ["here: lo, port 22, at most 600 s and 200000 packets"]
    assert result["changed"] is False and "captures" not in result and not (tmp_path / "x").exists()


@needs_packet_sockets
@pytest.mark.skipif(shutil.which("prlimit") is None, reason="prlimit (util-linux) is not installed")
@pytest.mark.parametrize("pcap", [True, False])
def test_a_full_disk_is_an_error_in_words_and_leaves_nothing_half_written(tmp_path, pcap):
    limited = ["prlimit", f"--fsize={20 if pcap else 100}"]  # stands for the disk: no file may become longer
    result = run(
        "packet_capture", {"points": POINTS, "duration": 0.2, "dest": str(tmp_path), "pcap": pcap}, before=limited
    )
    assert result["failed"] and result["msg"].startswith(f"dest: {tmp_path}: File too large")
    assert list(tmp_path.iterdir()) == []


@needs_packet_sockets
def test_check_mode_of_a_sample_samples():
    result = run("flood_sample", {"interfaces": ["lo"], "duration": 0.2, "host": "web1"}, check=True)
    sample = json.loads(result["ansible_facts"]["layer2_flood_sample"])
    assert result["changed"] is False and sample["host"] == "web1"
    assert result["summary"]["interfaces"]["lo"].startswith("cannot tell")


@needs_packet_sockets
def test_a_capture_of_the_loopback():
    (point,) = run("packet_capture", {"points": POINTS, "duration": 0.2, "host": "web1"})["captures"]
    document = json.loads(point["document"])
    assert (
        document["schema"] == "netops.layer2/capture"
        and document["point"] == point["point"] == "web1:lo"
        and point["ended"] == "time"
    )


@without_packet_sockets
@pytest.mark.parametrize(("module", "options"), [("flood_sample", {}), ("packet_capture", {"points": POINTS})])
def test_without_root_it_refuses_with_the_hint(module, options):
    result = run(module, options)
    assert result["failed"] and "needs root (CAP_NET_RAW)" in result["msg"] and "become: true" in result["msg"]
