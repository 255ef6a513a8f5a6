"""Which run of ansible-playbook this is: a name that all its workers know and that no other run has."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import time
from collections.abc import Iterable

from ansible import constants
from ansible_collections.netops.layer2.plugins.plugin_utils._gathered import Now


def this_run() -> str:
    """The name of this run.

    ansible-core makes a folder of its own, with a random name, as each run begins (``local_tmp``), and its workers
    inherit the name.
    """
    return os.path.basename(os.path.normpath(str(constants.DEFAULT_LOCAL_TMP)))


def now(max_age: float | None = None, also: Iterable[str] = ()) -> Now:
    """What counts as now in this run, by the controller's clock; MAX_AGE and ALSO as in Now."""
    return Now(this_run(), time.time(), max_age, frozenset(also))
