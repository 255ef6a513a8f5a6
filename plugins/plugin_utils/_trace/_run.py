"""From captures, whatever they come as, to the document of a trace: what the filter and judge_trace call."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from collections.abc import Mapping, Sequence

from ansible_collections.netops.layer2.plugins.plugin_utils._messages import shortened
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._captures import Capture, TraceError
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._correlation import correlated
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._document import document
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._open import captures_of
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._plan import applied
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._returned import Kept, Results, returned
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._sides import address

_MOST_SAID = 10     # points without a capture, in an error


def correlate(
    data: object,
    points: object = None,
    source: object = None,
    destination: object = None,
    beside: object = None,
    reasons: object = None,
) -> dict[str, t.Any]:
    """The trace of captures DATA; the other arguments as in the filter's documentation. TraceError names the field and
    the way out.
    """
    if reasons is not None and not isinstance(reasons, Mapping):
        raise TraceError("reasons: a mapping of host to reason is expected")
    return followed(captures_of(data), points or [], source, destination, beside, reasons)


def followed(
    captures: Sequence[Capture],
    points: object,
    source: object,
    destination: object,
    beside: object = None,
    reasons: Mapping[str, t.Any] | None = None,
) -> dict[str, t.Any]:
    """The same of captures that are open already."""
    plan = applied(captures, points, reasons or {})
    aside = [*plan.beside, *(name for name in _texts(beside, "beside") if name not in plan.beside)]
    ends = [
        [address(text) for text in _texts(value, name)]
        for value, name in ((source, "source"), (destination, "destination"))
    ]
    try:
        made = document(correlated(plan.captures, aside, *ends), plan.labels, plan.rivals)
    except TraceError as error:
        if plan.gaps:
            raise TraceError(f"{error}. {'; '.join(_in_words(gap) for gap in plan.gaps[:_MOST_SAID])}") from error
        raise
    made["gaps"] = plan.gaps + made["gaps"]
    return made


def judged(
    request: Mapping[str, t.Any], results: Mapping[str, Results], source: object, destination: object
) -> tuple[dict[str, t.Any], list[Kept]]:
    """The trace of what the hosts of a REQUEST (of ``requested``) returned, and the files that are worth keeping;
    TraceError where too few did.
    """
    back = returned(request, results)
    made = followed(back.captures, request["points"], source, destination, reasons=back.reasons)
    made["gaps"] = [*request["gaps"], *back.gaps, *made["gaps"]]
    return made, back.kept


def _in_words(gap: Mapping[str, str]) -> str:
    return f"{shortened(gap['point'])}: {shortened(gap['reason'], 400)}"


def _texts(value: object, name: str) -> list[str]:
    """A list of texts, or one text for a list of one."""
    items = [value] if isinstance(value, str) else [] if value is None else value
    if not isinstance(items, (list, tuple)) or not all(isinstance(item, str) for item in items):
        raise TraceError(f"{name}: a list of texts is expected, not {value!r:.60}")
    return [str(item) for item in items if item]
