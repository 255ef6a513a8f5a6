"""Which run of ansible-playbook this is: a name that all its workers know and that no other run has."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os

from ansible import constants


def this_run() -> str:
    """The name of this run.

    ansible-core makes a folder of its own, with a random name, as each run begins (``local_tmp``), and its workers inherit the name.
    """
    return os.path.basename(os.path.normpath(str(constants.DEFAULT_LOCAL_TMP)))
