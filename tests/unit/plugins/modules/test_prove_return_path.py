"""Module prove_return_path without the right to ask on the wire: it says what it takes. The rest is shown in tests/lab
and tests/integration.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.netops.layer2.plugins.modules import prove_return_path


class Ended(Exception):
    """What a module's end is."""


class Module:
    """The module's frame, which only keeps its last words."""

    def __init__(self) -> None:
        self.params: dict[str, Any] = {
            "vip": "192.0.2.10",
            "interface": "eth0",
            "gateway": "192.0.2.1",
            "clients": [],
            "seconds": 1.0,
        }

    def fail_json(self, **result: Any) -> None:
        raise Ended(result["msg"])


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            PermissionError(1, "Operation not permitted"),
            "on eth0 needs root .CAP_NET_RAW.: run the task with `become: true`",
        ),
        (OSError(100, "Network is down"), "eth0: Network is down"),
    ],
)
def test_a_refusal_of_the_kernel_is_told_with_the_hint(
    monkeypatch: pytest.MonkeyPatch, error: OSError, words: str
) -> None:
    def refused(*_arguments: object) -> None:
        raise error

    monkeypatch.setattr(prove_return_path, "_proof", refused)
    monkeypatch.setattr(prove_return_path, "AnsibleModule", lambda **_options: Module())
    with pytest.raises(Ended, match=words):
        prove_return_path.main()
