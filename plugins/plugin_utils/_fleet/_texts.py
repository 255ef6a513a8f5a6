"""One object for equal texts: a fleet has names and MACs by the million, and few different ones."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import sys
from collections.abc import Callable

# ansible-core 2.19 and newer wrap sys.intern for their tagged strings, at twice its cost; what comes here is plain
# text.
intern: Callable[[str], str] = getattr(sys.intern, "unpatched_implementation", sys.intern)
