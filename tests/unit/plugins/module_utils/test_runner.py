"""The door to the system, tried on the real one: paths, locale, time-outs, and errors that name what and why."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import os
import time

import pytest
from ansible_collections.netops.layer2.plugins.module_utils._runner import Denied, Missing, ReadError, Runner, shortened
from hypothesis import given
from hypothesis import strategies as st


def test_system_directories_come_before_path_and_work_without_it(tmp_path, monkeypatch):
    fake = tmp_path / "sh"
    fake.write_text("#!/bin/sh\necho mine\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert os.path.dirname(Runner().find("sh")) in ("/usr/bin", "/bin")
    fake.rename(tmp_path / "only-in-path")
    assert Runner().find("only-in-path") == str(tmp_path / "only-in-path")
    monkeypatch.setenv("PATH", "")
    assert Runner().find("sh") and Runner().find("only-in-path") is None


def test_a_relative_path_entry_is_never_searched(tmp_path, monkeypatch):
    tool = tmp_path / "tool-here"
    tool.write_text("#!/bin/sh\n")
    tool.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", ".")
    assert Runner().find("tool-here") is None


def test_output_in_the_c_locale_without_a_shell(monkeypatch):
    # Not LANGUAGE with a real language: the C library would keep messages in it for the tests that follow.
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    monkeypatch.setenv("LANGUAGE", "xx")
    assert Runner().run(["sh", "-c", "echo $LC_ALL $LANGUAGE; read line; echo -n $line"]) == "C\n"
    assert Runner().run(["echo", "$HOME; ls"]) == "$HOME; ls\n"


def test_failures_say_what_was_run_and_what_it_said():
    with pytest.raises(ReadError, match=r"`sh -c echo no >&2; exit 3` failed \(return code 3\): no"):
        Runner().run(["sh", "-c", "echo no >&2; exit 3"])
    assert Runner().output(["sh", "-c", "exit 3"]).rc == 3
    with pytest.raises(Missing, match="no-such-program is not installed"):
        Runner().run(["no-such-program"])


def test_what_hangs_is_ended():
    long = 10
    started = time.monotonic()
    with pytest.raises(ReadError, match=r"longer than 0\.2 s") as caught:
        Runner(timeout=0.2).run(["sleep", str(long)])
    assert time.monotonic() - started < long, "its own end was waited for"
    assert caught.value.hint == "raise `timeout`"


def test_files(tmp_path):
    (tmp_path / "file").write_bytes(b"text \xff\n\n")
    (tmp_path / "link").symlink_to("somewhere")
    runner = Runner()
    assert runner.read(str(tmp_path / "file")) == "text \ufffd"
    assert runner.read_bytes(str(tmp_path / "file"), 3) == b"tex"
    assert runner.readlink(str(tmp_path / "link")) == "somewhere"
    assert runner.listdir(str(tmp_path)) == ["file", "link"]
    with pytest.raises(Missing):
        runner.read(str(tmp_path / "none"))
    with pytest.raises(Missing):
        runner.listdir(str(tmp_path / "file" / "below"))
    with pytest.raises(ReadError):
        runner.read(str(tmp_path))


def test_long_files_are_read_in_pieces(tmp_path):
    (tmp_path / "long").write_bytes(b"0123456789" * 20000)
    assert len(Runner().read(str(tmp_path / "long"))) == 200000
    assert Runner().read("/proc/sys/kernel/random/boot_id")  # answers "out of memory" to whoever asks for 4 MiB at once


@pytest.mark.skipif(os.geteuid() in (0, os.stat("/proc/1").st_uid), reason="this user may read what process 1 has")
def test_denied_for_others():
    with pytest.raises(Denied) as caught:
        Runner().read("/proc/1/environ")
    assert "become: true" in caught.value.hint


def test_interfaces_without_any_program():
    assert ("lo", "127.0.0.1", 8) in Runner().ipv4_addresses()
    assert Runner().permanent_address("lo") == "00:00:00:00:00:00"
    with pytest.raises(ReadError):
        Runner().permanent_address("none-such")


@given(st.text())
def test_shortened_is_short_and_one_line(text):
    short = shortened(text, 40)
    assert len(short) <= 43 and "\n" not in short


def test_shortened_keeps_what_fits():
    assert shortened("a  b\nc", 40) == "a b c" and shortened("x" * 41, 40) == "x" * 40 + "..."
