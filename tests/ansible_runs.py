"""Runs of ansible and ansible-playbook in tests, as subprocess.run would run them: the second one with the same
settings, and all after it, are forked from a process that has imported Ansible already (`ansible_parent.py`).

What a run does is what the program does, in a process of its own: reading its command line and inventory, building
modules, forking workers. Two things are shared: imported code, and the folder in which ansible-core keeps the modules
that it has built. What takes part in choosing either (the program, the environment, what comes before the program, a
file of settings) makes another parent.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import atexit
import json
import os
import select
import shutil
import signal
import subprocess
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

PROGRAMS = ("ansible", "ansible-playbook")
PARENT = Path(__file__).with_name("ansible_parent.py")
MOST = 3  # parents at a time: 80 MB each
STARTING = 300.0  # seconds until a parent counts as hung, on a machine as busy as can be
PASSING = ("PYTEST_CURRENT_TEST",)  # variables that differ from test to test and decide nothing

Key = tuple[str, ...]
_parents: OrderedDict[Key, Parent | None] = OrderedDict()  # None: asked for once
_looking = threading.Lock()


class Gone(Exception):
    """The parent has ended; the text is what it said last."""


class Parent:
    """A process that forks runs, one at a time."""

    def __init__(self, before: Sequence[str], python: str, cwd: str, env: Mapping[str, str]) -> None:
        self.busy = threading.Lock()
        self._folder = TemporaryDirectory(prefix="ansible-runs-")
        self._said = Path(self._folder.name, "said")
        with self._said.open("w") as said:
            self._process = subprocess.Popen(
                [*before, python, str(PARENT)],
                cwd=cwd,
                env=env,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=said,
                start_new_session=True,
            )

    def start(self, argv: Sequence[str], cwd: str, merged: bool) -> ForkedRun:
        """Fork a run; `busy` is released at its end."""
        names = ("out", "out") if merged else ("out", "err")
        out, err = (Path(self._folder.name, name) for name in names)
        for path in (out, err):
            path.write_bytes(b"")
        asked = {"argv": list(argv), "cwd": cwd, "out": str(out), "err": str(err)}
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(asked).encode() + b"\n")
            self._process.stdin.flush()
        except OSError as error:
            raise Gone(self._said.read_text()) from error
        pid = self.answer(STARTING)
        if pid is None:
            raise Gone(f"no run was forked within {STARTING:.0f} s: {self._said.read_text()}")
        return ForkedRun(self, list(argv), pid, out, None if merged else err)

    def answer(self, timeout: float | None) -> int | None:
        """The next number that it says; None if it says none within so many seconds."""
        stdout = self._process.stdout
        assert stdout is not None
        if not select.select([stdout], [], [], timeout)[0]:
            return None
        line = stdout.readline()
        if not line:
            raise Gone(self._said.read_text())
        return int(json.loads(line))

    def ended(self) -> bool:
        """Whether it is there no more."""
        return self._process.poll() is not None

    def close(self) -> None:
        """End it, and with it the folder of temporary files."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
        self._folder.cleanup()


class ForkedRun:
    """A run that was forked, to be waited for as a subprocess.Popen[str] is."""

    def __init__(self, parent: Parent, argv: list[str], pid: int, out: Path, err: Path | None) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._parent, self._argv, self._out, self._err = parent, argv, out, err

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; its status."""
        if self.returncode is None:
            self.returncode = self._parent.answer(timeout)
            if self.returncode is None:
                raise subprocess.TimeoutExpired(self._argv, timeout or 0)
            self._printed = self._out.read_text(), self._err.read_text() if self._err else ""
            self._parent.busy.release()
        return self.returncode

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """Wait for its end; what it printed."""
        self.wait(timeout)
        return self._printed


Run = subprocess.Popen[str] | ForkedRun


def start(
    argv: Sequence[str | Path],
    *,
    env: Mapping[str, str],
    cwd: str | Path | None = None,
    before: Sequence[str] = (),
    merged: bool = False,
) -> Run:
    """Start a program of Ansible in a session of its own, by the words BEFORE it if there are any; MERGED has its
    errors among what it prints.
    """
    words = [str(word) for word in argv]
    folder = str(cwd or Path.cwd())
    settings = {name: value for name, value in env.items() if name not in PASSING}
    parent = _free_parent(before, words[0], folder, settings)
    if parent is not None:
        with suppress(Gone):  # its network namespace was taken down, and it with that
            return parent.start(words, folder, merged)
    return subprocess.Popen(
        [*before, *words],
        cwd=folder,
        env=settings,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT if merged else subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def _free_parent(before: Sequence[str], program: str, folder: str, settings: Mapping[str, str]) -> Parent | None:
    """A parent for these settings that forks no run now; None for the first run, which may be the only one."""
    path = shutil.which(program, path=settings.get("PATH"))
    python = Path(path or program).with_name("python")
    if not python.exists():
        return None
    key = (str(python), *before, *_settings_file(folder, settings), *map("=".join, sorted(settings.items())))
    with _looking:
        known = key in _parents
        parent = _parents.pop(key, None)
        if known and (parent is None or parent.ended()):
            parent = Parent(before, str(python), folder, settings)
        _parents[key] = parent
        _close_oldest()
    return parent if parent is not None and parent.busy.acquire(blocking=False) else None


def _settings_file(folder: str, settings: Mapping[str, str]) -> tuple[str, ...]:
    """Path and content of the ansible.cfg that is no part of the environment, nor at a place named by it."""
    path = Path(settings.get("ANSIBLE_CONFIG", Path(folder, "ansible.cfg")))
    return (str(path), path.read_text()) if path.is_file() else ()


def _close_oldest() -> None:
    """End the parents that were asked longest ago, but for so many."""
    asked = [key for key, parent in _parents.items() if parent is not None and not parent.busy.locked()]
    for key in asked[:-MOST]:
        parent = _parents.pop(key)
        if parent is not None:
            parent.close()


def run(
    argv: Sequence[str | Path],
    *,
    env: Mapping[str, str],
    cwd: str | Path | None = None,
    before: Sequence[str] = (),
    timeout: float,
) -> subprocess.CompletedProcess[str]:
    """Run a program of Ansible to its end, whatever its status; TimeoutExpired after so many seconds."""
    started = start(argv, env=env, cwd=cwd, before=before)
    try:
        out, err = started.communicate(timeout=timeout)
    except BaseException:
        kill(started)
        raise
    assert started.returncode is not None
    return subprocess.CompletedProcess(list(map(str, argv)), started.returncode, out, err or "")


def kill(started: Run) -> None:
    """End a run and what it started."""
    if started.returncode is None:
        try:
            os.killpg(started.pid, signal.SIGKILL)
        except ProcessLookupError:  # forked a moment ago, and not yet at the head of its session
            os.kill(started.pid, signal.SIGKILL)
        started.wait()  # for it alone: what it started may lead sessions of its own, and still hold what it prints to


def close() -> None:
    """End all parents."""
    with _looking:
        for parent in _parents.values():
            if parent is not None:
                parent.close()
        _parents.clear()


atexit.register(close)
