"""Names of interfaces: what the kernel allows, less what shells, XML, INI and YAML take apart."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import re

LONGEST = 15  # IFNAMSIZ less the zero at the end (include/uapi/linux/if.h)
# The kernel takes everything but white space, "/" and ":" (dev_valid_name in net/core/dev.c), "$(reboot)" among it.
# Tools that name
# interfaces use no more than these.
_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@+-]{0,14}\Z")


def is_plain(name: str) -> bool:
    """Whether NAME can stand in a script, a unit, a configuration file or XML and mean nothing but itself."""
    return _PLAIN.match(name) is not None


def problem(name: str) -> str:
    """Why NAME is not written anywhere, and the way out."""
    return (
        "interface %r: its name has other characters than letters, digits and _ . @ + - (at most %d), which files of"
        " network managers and scripts would take apart: rename it first (ip link set dev ... name eth9)"
        % (name[:40], LONGEST)
    )
