"""Fixtures of the lab's tests: running labs, each built once, and the playbook run inside them."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from collections.abc import Iterator

import pytest

from . import lab, requirements
from .detect import Detection, detect
from .topology import Topology, load

__all__ = ["Detection", "detect"]


@pytest.fixture(scope="session")
def able() -> None:
    """Skips, with the reason, where the lab cannot run."""
    reasons = requirements.missing()
    if reasons:
        pytest.skip("; ".join(reasons))


@pytest.fixture(scope="module")
def incident1(able: None) -> Iterator[Topology]:
    """The lab of incident 1, running under the name incident1-test."""
    topology = load("incident1")
    with lab.running(topology, "incident1-test"):
        yield topology


@pytest.fixture(scope="module")
def smoke(able: None) -> Iterator[Topology]:
    """One host of every release, running under the name smoke-test."""
    topology = load("smoke")
    with lab.running(topology, "smoke-test"):
        yield topology
