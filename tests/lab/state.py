"""What is known of running labs, on disk before anything is made, so that a crash leaves nothing unknown."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from . import paths
from .system import LabError, Process, alive, wait_until


@dataclass(slots=True)
class State:
    """One lab: its members, who drives it, what runs. With bound, it ends with its driver."""

    lab: str
    topology: str
    driver: Process
    bound: bool
    boot: str
    phase: str = "starting"
    members: list[str] = field(default_factory=list)
    images: list[str] = field(default_factory=list)
    processes: dict[str, Process] = field(default_factory=dict)

    def dead(self) -> bool:
        """Whether nobody can want this lab any more: its driver died early, or none of its hosts runs."""
        if self.boot != boot_id():
            return True
        if self.bound or self.phase == "starting":
            return not alive(self.driver)
        return not any(alive(known) for known in self.processes.values())


def boot_id() -> str:
    """This boot of the machine."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def _file(lab: str) -> Path:
    return paths.folder(lab) / "state.json"


def write(state: State) -> None:
    """Keep the state, in one step: a reader never sees half of it."""
    data = {name: getattr(state, name) for name in State.__slots__}
    data["driver"] = [state.driver.pid, state.driver.started]
    data["processes"] = {name: [known.pid, known.started] for name, known in state.processes.items()}
    file = _file(state.lab)
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_suffix(".draft")
    draft.write_text(json.dumps(data, indent=1))
    draft.rename(file)


def read(lab: str) -> State:
    """The state of a lab; LabError if there is none."""
    try:
        data = json.loads(_file(lab).read_text())
    except OSError as error:
        raise LabError(f"no lab {lab!r} here: 'up {lab}' starts it, 'status' lists what runs") from error
    except ValueError as error:
        raise LabError(f"{_file(lab)} is damaged ({error}): 'down {lab}' clears it by name") from error
    data["driver"] = Process(*data["driver"])
    data["processes"] = {name: Process(*known) for name, known in data["processes"].items()}
    return State(**data)


def names() -> list[str]:
    """Every lab that left a trace."""
    return sorted(path.name for path in paths.RUN.glob("*") if path.is_dir()) if paths.RUN.is_dir() else []


@contextmanager
def lock(lab: str, patience: float = 5) -> Iterator[None]:
    """One up or down of a lab at a time; waits a moment for whoever only looks whether it is dead."""
    paths.RUN.mkdir(parents=True, exist_ok=True)
    file = paths.RUN / f".{lab}.lock"
    held: list[IO[str]] = []
    if not wait_until(lambda: _taken(file, held), patience, 0.1):
        raise LabError(f"another process is starting or stopping lab {lab!r}: wait for it")
    with held[0]:
        try:
            yield
        finally:
            file.unlink(missing_ok=True)


def _taken(file: Path, held: list[IO[str]]) -> bool:
    """Try once to lock a file; if that worked, it is held."""
    handle = file.open("w")
    with suppress(OSError):
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # The holder before removes the file at its end: a lock on a removed file guards nothing.
        if os.fstat(handle.fileno()).st_ino == file.stat().st_ino:
            held.append(handle)
            return True
    handle.close()
    return False
