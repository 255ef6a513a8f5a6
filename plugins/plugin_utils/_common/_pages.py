"""Pages of HTML that need nothing but themselves: their templates, their policy, and the data in them."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from ansible_collections.netops.layer2.plugins.plugin_utils._common._text import CUT, visible

LONGEST = 600           # letters of one text; the JSON in the page has it whole


def content_policy(style: str, script: str) -> str:
    """Return a Content-Security-Policy that allows this page's own style and script, and nothing else at all."""
    return (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def embedded(document: Any) -> str:
    """Return DOCUMENT as JSON that may stand in a script element: none of its characters can end or comment it out."""
    text = json.dumps(document, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")


@cache
def environment(folder: Path) -> jinja2.Environment:
    """Return the template engine for a FOLDER of templates: everything escaped, control characters shown, an unknown
    name an error.
    """
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder), autoescape=True, undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, finalize=_shown,
    )


def _shown(value: object) -> object:
    """Return a plain text made visible and cut; what the template marked as safe is left alone."""
    if type(value) is not str:  # Markup is a subclass of str  # pylint: disable=unidiomatic-typecheck
        return value
    return visible(value) if len(value) <= LONGEST else visible(value[:LONGEST]) + CUT
