"""The action report_fleet: judge what the hosts of the play told, show it, write it, and return a summary."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from ansible.plugins.loader import lookup_loader
from ansible_collections.netops.layer2.plugins.plugin_utils import _documents, _reporting
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._handed_on import is_report, opened, verdict_of
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._show import columns, show
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._step import ControllerStep
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._this_call import in_words_of_caller, is_told_last
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._this_run import now
from ansible_collections.netops.layer2.plugins.plugin_utils._common._called import first_command
from ansible_collections.netops.layer2.plugins.plugin_utils._common._fields import Fields, ReportError, plain
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet import _known
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._arguments import ArgumentError, read_days
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._snapshots import SnapshotError
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding._ageing import SwitchFactsError
from ansible_collections.netops.layer2.plugins.plugin_utils._given import given
from ansible_collections.netops.layer2.plugins.plugin_utils._report import _files, _formats
from ansible_collections.netops.layer2.plugins.plugin_utils._report._kinds import FAIL_ON, statuses_of
from ansible_collections.netops.layer2.plugins.plugin_utils._slices import claimed_runs, part_of, unmet
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._exceptions import ExceptionError, read_exceptions

DAY = 86_400  # seconds
# What can be judged of what hosts told, in the order of the reports: the last one stands at the end of the screen.
WHAT = ("ip", "flood", "mac")


class ActionModule(ControllerStep):
    """Everything between reading the hosts and failing the play; the documents go to files, never into the result."""

    ARGUMENTS: ClassVar[Mapping[str, Any]] = {
        "hosts": {"type": "list", "elements": "str"},
        "target": {"type": "str", "default": ""},
        "exceptions": {"type": "list", "elements": "dict", "default": []},
        "list_shared": {"type": "bool", "default": False},
        "verdict": {"type": "raw", "default": {}},
        "notes": {"type": "dict", "default": {}},
        "scans": {"type": "bool", "default": False},
        "addresses": {"type": "bool", "default": False},
        "what": {"type": "list", "elements": "str", "choices": list(WHAT), "default": []},
        "flood_exceptions": {"type": "list", "elements": "dict", "default": []},
        "switches": {"type": "raw"},
        "stats_size": {"type": "int", "default": 0},
        "documents": {"type": "list", "elements": "raw", "default": []},
        "cached": {"type": "bool", "default": False},
        "max_age": {"type": "float", "default": 1},
        "directory": {"type": "path", "required": True},
        "formats": {
            "type": "list",
            "elements": "str",
            "choices": list(_formats.FORMATS),
            "default": _formats.defaults(),
        },
        "prometheus_directory": {"type": "str", "default": ""},
        "known_macs": {"type": "str", "default": ""},
        "compare_with": {"type": "str", "default": ""},
        "fail_on": {"type": "list", "elements": "str", "choices": list(FAIL_ON), "default": ["conflict"]},
    }
    # ImportError: exceptions need the Python library jmespath.
    ERRORS = (
        ArgumentError,
        SnapshotError,
        SwitchFactsError,
        ExceptionError,
        ReportError,
        _documents.DocumentError,
        _known.KnownError,
        ImportError,
    )

    def decide(self, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        """Report on what is asked for, that on MACs or the given verdict last."""
        asked = plain(arguments)
        asked.update(_given(asked))
        what = _what(asked)
        outcome: dict[str, Any] = {"changed": False, "failures": [], "addresses": {}, "floods": {}, "reports": {}}
        if asked["cached"] and not asked["verdict"]:
            self._add_stale(variables, outcome)
        reporting = self._reporting(asked, variables)
        for each in what:
            self._report(each, reporting, asked, outcome)
        if asked["known_macs"]:
            _documents.save(_known.known_macs(variables["hostvars"]), asked["known_macs"], self._task.check_mode)
        return outcome

    def _add_stale(self, variables: dict[str, Any], outcome: dict[str, Any]) -> None:
        """Show, and enter into the OUTCOME, that the fact cache lacks what jobs before this one claim to have read."""
        for problem in unmet(variables):
            show(f"STALE FACTS: {problem}")
            outcome["failures"].append(problem)

    def _report(
        self, each: str, reporting: _reporting.Reporting, asked: dict[str, Any], outcome: dict[str, Any]
    ) -> None:
        """Make, show and write the report on EACH; the figures of the main one stand in the OUTCOME itself."""
        if each == "ip":
            judged = reporting.addresses()
            if judged.document is None:
                outcome["failures"].append(judged.error)
                return
            made = judged.document
        else:
            made = _made(each, reporting, asked)
            if asked["compare_with"] and each == _main(asked):
                made = self._compared(made, asked)
        told = self._told(made, {**asked, "fail_on": _fail_on(made, asked)}, outcome)
        if each == _main(asked):
            outcome.update(told)
        if each != "mac":
            outcome["addresses" if each == "ip" else "floods"] = told
        outcome["reports"].update(_in_stats(each, made, asked["stats_size"]))

    def _compared(self, made: dict[str, Any], asked: dict[str, Any]) -> dict[str, Any]:
        """MADE with what changed since the earlier report, if there can be one yet."""
        if _reporting.is_first(made, asked["compare_with"], asked["directory"], asked["formats"]):
            show(f"First report here: there is no {asked['compare_with']} yet to compare with")
            return made
        return _reporting.compared(made, asked["compare_with"])

    def _reporting(self, asked: dict[str, Any], variables: dict[str, Any]) -> _reporting.Reporting:
        hosts, limit = self.hosts(variables, asked["hosts"]), self.limit()
        circumstances = _reporting.Circumstances(
            target=asked["target"],
            limit=limit,
            not_asked=self._not_asked(asked["target"], hosts, variables) if limit and asked["target"] else (),
            notes=asked["notes"],
            part=part_of(variables),
            written=in_words_of_caller(asked["target"]),
        )
        days = read_days("max_age", asked["max_age"])
        is_cached = asked["cached"] and not asked["verdict"]
        counts_as_now = now(days * DAY if is_cached else None, claimed_runs(variables) if is_cached else ())
        return _reporting.Reporting(
            variables["hostvars"],
            hosts,
            counts_as_now,
            circumstances,
            read_exceptions(asked["exceptions"]),
            asked["list_shared"],
            asked["scans"],
            chosen_vantages(variables),
            read_exceptions(asked["flood_exceptions"]),
            given(asked["documents"], counts_as_now.time, days * DAY, variables["hostvars"]),
        )

    def _not_asked(self, target: str, hosts: list[str], variables: dict[str, Any]) -> list[str]:
        """Who belongs to the target and was left out by --limit."""
        lookup = lookup_loader.get("ansible.builtin.inventory_hostnames", loader=self._loader, templar=self._templar)
        return [str(host) for host in lookup.run([target], variables) if host not in set(hosts)]

    def _told(self, made: dict[str, Any], asked: dict[str, Any], outcome: dict[str, Any]) -> dict[str, Any]:
        """Show and write a report; return its figures, and enter its failures into the OUTCOME."""
        dry = self._task.check_mode
        if len(_what(asked)) > 1:
            show(f"{_formats.opened(made).kind.title}:")
        show(_formats.on_screen(made, columns()))
        written = _files.write(made, asked["directory"], asked["formats"], dry, asked["fail_on"])
        if asked["prometheus_directory"]:
            _files.write(made, asked["prometheus_directory"], ["prometheus"], dry)
        outcome["changed"] |= written.changed
        if self._task.diff:
            outcome.setdefault("diff", []).append({"before": written.before, "after": written.after})
        summary = _formats.summary(made, asked["fail_on"])
        path = written.paths.get("html") or next(iter(written.paths.values()), "")
        if command := first_command(_fixes(made)):
            show(f"Next: {command}")
        tells = path and not is_told_last(path)
        if tells:
            show(f"{'Would write' if dry else 'Report'}: {path}")
        failures = [*summary.pop("failures"), *filter(None, [summary.pop("compare_error")])]
        if failures:
            outcome["failures"].append(
                "; ".join(each.rstrip(".") for each in failures) + (f". Report: {path}" if tells else "")
            )
        return {**summary, "paths": dict(written.paths)}


def _fixes(made: Mapping[str, Any]) -> list[str]:
    """What ends each finding of a report, the most serious first."""
    return [str(finding.get("fix", "")) for finding in made["verdict"]["findings"]]


def _given(asked: Mapping[str, Any]) -> dict[str, Any]:
    """The verdict that was given, by itself or in a report, and the notes of the report; neither where there is none.
    """
    if not asked["verdict"]:
        return {"verdict": {}}
    found = opened(asked["verdict"], "verdict")
    told = Fields.of(found, "verdict").objects("notes") if is_report(found) else []
    notes = {note.text("host"): note.text("text") for note in told}
    return {"verdict": verdict_of(found, "verdict"), "notes": {**notes, **asked["notes"]}}


def _made(each: str, reporting: _reporting.Reporting, asked: Mapping[str, Any]) -> dict[str, Any]:
    """The report on MACs or floods, or on the verdict that was given."""
    if asked["verdict"]:
        return reporting.of_verdict(asked["verdict"])
    return reporting.floods(asked["switches"]) if each == "flood" else reporting.macs()


def _what(asked: Mapping[str, Any]) -> list[str]:
    """What is asked for, in the order of the reports; of a given verdict there is one, whatever it is on."""
    if asked["verdict"]:
        return ["mac"]
    wanted = asked["what"] or (["ip", "mac"] if asked["addresses"] else ["mac"])
    return [each for each in WHAT if each in wanted]


def _main(asked: Mapping[str, Any]) -> str:
    """The report whose figures are the result's own: that on MACs, or the last one without it."""
    return _what(asked)[-1]


def _fail_on(made: Mapping[str, Any], asked: Mapping[str, Any]) -> list[str]:
    """Those of the statuses to fail on that the report MADE can have; all, right or wrong, where WHAT says nothing."""
    chosen: list[str] = asked["fail_on"]
    known = statuses_of(_formats.opened(made).kind)
    return [status for status in chosen if status in known] if asked["what"] else chosen


def _in_stats(each: str, made: Mapping[str, Any], most: int) -> dict[str, Any]:
    """The report as one JSON text for the jobs after this one, if it has at most so many characters; or why not."""
    if most <= 0:
        return {}
    text = json.dumps(made, separators=(",", ":"))
    return {each: text if len(text) <= most else f"{len(text)} characters, more than {most}: see the report files"}


def chosen_vantages(variables: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The vantages that the step choose_vantages of this run chose; None where it did not run."""
    chosen = variables.get("snapshot_scan_chosen")
    found = chosen.get("vantages") if isinstance(chosen, Mapping) else None
    return found if isinstance(found, Mapping) else None
