"""The parser of command lines, ntc-templates, which is there only where somebody installed it on the controller."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible_collections.netops.layer2.plugins.plugin_utils._messages import shortened
from ansible_collections.netops.layer2.plugins.plugin_utils._switches._rows import AnswerError

try:
    from ntc_templates.parse import ParsingException, parse_output
    from textfsm import TextFSMError  # which ntc-templates needs, and lets through
except ImportError:
    parse_output = None

PACKAGE = "ntc-templates"


class ParserMissing(RuntimeError):
    """ntc-templates is not installed; the message says how it gets there."""


def require() -> None:
    """ParserMissing where ntc-templates is not installed for the Python that runs Ansible."""
    if parse_output is None:
        raise ParserMissing(
            f"the Python package {PACKAGE} is missing, which parses what switches answer: install it where Ansible"
            f" runs (python3 -m pip install {PACKAGE}), in AWX into the execution environment"
        )


def parse(platform: str, command: str, text: str) -> list[t.Any]:
    """The rows of TEXT as ntc-templates gives them; AnswerError where no template fits."""
    require()
    try:
        return list(parse_output(platform=platform, command=command.removeprefix("/"), data=text))
    except (ParsingException, TextFSMError) as error:
        raise AnswerError(
            f"no template of {PACKAGE} reads the answer ({shortened(_cause(error), 160)})",
            f"a newer {PACKAGE} may, or a folder of your own in NTC_TEMPLATES_DIR; SNMP needs none",
        ) from None


def _cause(error: Exception) -> str:
    return " ".join(str(error).split()).rpartition(" - ")[2]
