"""What one task may write and hold: neither its own files and memory nor those of programs that it starts grow beyond,
and limits come back.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import errno
import resource
import subprocess
from pathlib import Path

import pytest
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._bounded import bounded

LIMITS = (resource.RLIMIT_FSIZE, resource.RLIMIT_AS)


def test_neither_file_nor_process_grows_beyond_its_bound(tmp_path: Path) -> None:
    before = [resource.getrlimit(kind) for kind in LIMITS]
    with bounded(1000):
        (tmp_path / "fits").write_bytes(b"x" * 1000)
        with pytest.raises(OSError) as refused, open(tmp_path / "large", "wb", buffering=0) as file:
            while True:
                file.write(b"x" * 600)
        assert refused.value.errno == errno.EFBIG
        with pytest.raises(MemoryError):
            bytearray(2 << 30)
        script = f"head -c 5000 /dev/zero > {tmp_path}/theirs"
        assert subprocess.run(["sh", "-c", script], check=False, capture_output=True).returncode != 0
    assert [(tmp_path / name).stat().st_size for name in ("large", "theirs")] == [1000, 1000]
    assert [resource.getrlimit(kind) for kind in LIMITS] == before
    (tmp_path / "large").write_bytes(b"x" * 5000)
