"""Fixtures of the lab's tests: labs that run for the length of a test module."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from . import lab, requirements
from .topology import Topology, load


@dataclass(frozen=True, slots=True)
class Running:
    """A lab that runs for the length of a test module; its name holds the process id, so that test runs do not meet."""

    name: str
    topology: Topology


@pytest.fixture(scope="session")
def able() -> None:
    """Skips, with the reason, where the lab cannot run."""
    reasons = requirements.missing()
    if reasons:
        pytest.skip("; ".join(reasons))


def running(which: str) -> Iterator[Running]:
    """Up for a fixture, down after it."""
    topology = load(which)
    name = f"{which}-t{os.getpid()}"
    with lab.running(topology, name):
        yield Running(name, topology)


@pytest.fixture(scope="module")
def incident1(able: None) -> Iterator[Running]:
    """The lab of incident 1."""
    yield from running("incident1")


@pytest.fixture(scope="module")
def incident2(able: None) -> Iterator[Running]:
    """The lab of incident 2."""
    yield from running("incident2")


@pytest.fixture(scope="module")
def twins(able: None) -> Iterator[Running]:
    """The twins of incident 1 and little else."""
    yield from running("twins")


@pytest.fixture(scope="module")
def guest(able: None) -> Iterator[Running]:
    """A guest that is a host of the inventory too."""
    yield from running("guest")


@pytest.fixture(scope="module")
def smoke(able: None) -> Iterator[Running]:
    """One host of every release."""
    yield from running("smoke")
