"""AWX as code: the data is held to the modules of awx.awx, to the playbooks, and to what AWX's API refuses."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import itertools
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from tests import from_ansible
from tests.lab.system import slowness
from tests.playbooks.conftest import COLLECTIONS, PLAYBOOKS

ROOT = PLAYBOOKS.parent
# The arguments of awx.awx 24.6.1, which the PyPI packages ansible 10.7 and 13.0 carry; its modules know no others.
ARGUMENTS = json.loads((Path(__file__).parent / "awx_awx_24.6.1.json").read_text())
LISTS = {
    "labels": "label",
    "execution_environments": "execution_environment",
    "projects": "project",
    "inventories": "inventory",
    "notifications": "notification_template",
    "templates": "job_template",
    "workflows": "workflow_job_template",
    "schedules": "schedule",
}
NOT_LISTED = {"configure_awx"}  # sets AWX up, and so runs before there is any template
BOOLEAN = ["false", "true"]


class Loader(yaml.SafeLoader):
    """Reads the marks of Ansible, too."""


Loader.add_constructor("!unsafe", lambda loader, node: loader.construct_scalar(node))


def filled(value: Any, settings: dict[str, Any]) -> Any:
    """VALUE with the settings of the file in place of their names."""
    if isinstance(value, dict):
        return {key: filled(item, settings) for key, item in value.items()}
    if isinstance(value, list):
        return [filled(item, settings) for item in value]
    named = re.fullmatch(r"\{\{ (layer2_awx_\w+) \}\}", value) if isinstance(value, str) else None
    return settings[named[1]] if named else value


TEXT = (PLAYBOOKS / "vars" / "awx.yml").read_text()
RAW = yaml.load(TEXT, Loader)  # a SafeLoader with one more mark
DATA = {name: filled(RAW[f"controller_{name}"], RAW) for name in LISTS}
TEMPLATES = {each["name"]: each for each in DATA["templates"]}


def questions(template: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Variable -> question of a survey."""
    return {each["variable"]: each for each in template["survey_spec"]["spec"]}


@pytest.mark.parametrize("name", LISTS)
def test_the_modules_of_awx_take_every_entry(name):
    for entry in DATA[name]:
        checked = ArgumentSpecValidator(ARGUMENTS[LISTS[name]]).validate(entry)
        assert checked.error_messages == [], entry["name"]


@pytest.fixture(scope="module", name="awx")
def _awx() -> Path:
    """A folder with the collection awx.awx."""
    environment = ROOT / ".venv" / "network"
    return from_ansible.collections(environment, "awx/awx", package="ansible==13.0.0", into="collections-awx")


def test_the_playbook_is_one_with_awx_awx_and_gets_as_far_as_to_the_api(awx: Path, tmp_path: Path) -> None:
    program = str(Path(sys.executable).with_name("ansible-playbook"))
    environment = {
        **os.environ,
        "ANSIBLE_COLLECTIONS_PATH": f"{COLLECTIONS}:{awx}",
        "ANSIBLE_LOCAL_TEMP": str(tmp_path),
        "CONTROLLER_HOST": "http://127.0.0.1:1",
        "CONTROLLER_OAUTH_TOKEN": "x",
    }
    done = subprocess.run(
        [program, str(PLAYBOOKS / "configure_awx.yml")],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120 * slowness(),
    )
    assert "when trying to connect to http://127.0.0.1:1" in done.stdout + done.stderr


@pytest.mark.parametrize("module", LISTS.values())
def test_the_arguments_kept_here_are_those_of_the_modules(awx: Path, module: str) -> None:
    text = (awx / "ansible_collections" / "awx" / "awx" / "plugins" / "modules" / f"{module}.py").read_text()
    documented = yaml.safe_load(re.search(r"DOCUMENTATION = '''(.*?)'''", text, re.DOTALL)[1])["options"]
    assert set(documented) == set(ARGUMENTS[module])


def test_every_playbook_that_is_meant_for_it_has_a_template():
    named = {Path(each["playbook"]).stem for each in DATA["templates"]}
    assert named == {path.stem for path in PLAYBOOKS.glob("*.yml")} - NOT_LISTED
    assert all(each["project"] == DATA["projects"][0]["name"] for each in DATA["templates"])


@pytest.mark.parametrize("name", TEMPLATES)
def test_surveys_ask_for_what_the_playbook_reads(name):
    template = TEMPLATES[name]
    text = (ROOT / template["playbook"]).read_text() + sources()
    for variable, asked in questions(template).items():
        assert re.search(rf"\b{variable}\b", text), variable
        kind, default = asked["type"], asked["default"]
        choices = asked.get("choices", [])
        assert (kind in ("multiplechoice", "multiselect")) is bool(choices) and bool(asked["question_description"])
        if kind == "multiplechoice":
            assert default in choices
        elif kind == "multiselect":
            assert set(default.splitlines()) <= set(choices)  # AWX keeps several defaults as the lines of one text
        elif kind in ("integer", "float"):
            assert asked["min"] <= default <= asked["max"]


def sources() -> str:
    """All that the playbooks run as YAML."""
    return "\n".join(
        path.read_text() for path in (*PLAYBOOKS.glob("tasks/*.yml"), *sorted((ROOT / "roles").glob("*/*/*.yml")))
    )


def test_answers_that_are_texts_are_taken_as_booleans():
    """A survey gives the text "false", which is true wherever it is taken for a condition."""
    asked = {
        name for each in TEMPLATES.values() for name, row in questions(each).items() if row.get("choices") == BOOLEAN
    }
    assert {"fix_apply", "mac_regenerate_live", "layer2_become", "detect_scan"} <= asked
    files = [*PLAYBOOKS.glob("*.yml"), *PLAYBOOKS.glob("tasks/*.yml"), *(ROOT / "roles").glob("*/tasks/*.yml")]
    for path in files:
        for line in path.read_text().splitlines():
            if not re.search(r"\{\{|^ *(?:- |when:|until:)", line):
                continue  # words
            for name in asked:
                for found in re.finditer(rf"(?<![\w.'-]){name}\b(?![:=])", line.partition("#")[0]):
                    assert re.match(r"(?: \| default\([^)]*\))? \| bool\b", line[found.end() :]), (
                        f"{path.name}: {line.strip()}"
                    )


@pytest.mark.parametrize("workflow", DATA["workflows"], ids=lambda each: each["name"])
def test_workflows_are_ones_that_awx_takes(workflow):
    nodes = {each["identifier"]: each for each in workflow["workflow_nodes"]}
    assert len(nodes) == len(workflow["workflow_nodes"]) and workflow["destroy_current_nodes"] is True
    order = list(nodes)
    for name, node in nodes.items():
        edges = {kind: [each["identifier"] for each in to] for kind, to in node.get("related", {}).items()}
        assert set(edges) <= {"success_nodes", "failure_nodes", "always_nodes"}
        children = [child for to in edges.values() for child in to]
        assert len(children) == len(set(children)), f"{name}: one child under two kinds of edges; use always"
        assert all(order.index(child) > order.index(name) for child in children)  # so no circle, and all exist
        job = node["unified_job_template"]
        if job["type"] == "job_template":
            assert set(node.get("extra_data", {})) <= set(questions(TEMPLATES[job["name"]]))
            assert TEMPLATES[job["name"]][
                "ask_inventory_on_launch"
            ]  # the workflow's inventory would be refused otherwise
    ways = {name: node.get("related", {}) for name, node in nodes.items()}
    assert ways["read"] == {"always_nodes": [{"identifier": "judge"}]}  # hosts that are down end no night
    assert ways["judge"] == {"failure_nodes": [{"identifier": "approve"}]}
    assert nodes["approve"]["unified_job_template"]["type"] == "workflow_approval"
    assert ways["approve"] == {"success_nodes": [{"identifier": "fix"}]}  # nothing is changed without a person
    assert [name for name, to in ways.items() if {"identifier": "fix"} in itertools.chain(*to.values())] == ["approve"]
    # What the workflow asks reaches the jobs whose survey asks it, too.
    fixes = questions(TEMPLATES[nodes["fix"]["unified_job_template"]["name"]])
    assert set(questions(workflow)) <= set(fixes)


def test_facts_are_stored_where_they_are_read_and_judged_and_only_the_reading_is_sliced():
    for template in DATA["templates"]:
        stores = template["playbook"] in ("playbooks/gather_layer2.yml", "playbooks/judge_layer2.yml")
        assert template["use_fact_cache"] is stores, template["name"]
        assert ("job_slice_count" in template) is (template["playbook"] == "playbooks/gather_layer2.yml")


def test_schedules_are_literal_and_known():
    known = {*TEMPLATES, *(each["name"] for each in DATA["workflows"])}
    for schedule in RAW["controller_schedules"]:
        assert re.fullmatch(r"DTSTART:\d{8}T\d{6}Z RRULE:FREQ=(?!SECONDLY)[A-Z]+;INTERVAL=\d+", schedule["rrule"])
        assert schedule["unified_job_template"] in known


@pytest.mark.parametrize(
    "artifacts, line",
    [
        ({}, "no verdict: see the job"),
        ({"layer2_line": '1 conflict "x"', "layer2_findings": ["a\n{{ b }}"]}, '1 conflict "x"'),
    ],
)
def test_notifications_are_json_whatever_was_found(artifacts, line):
    """AWX fills the bodies in as Jinja, of which it knows these names; a webhook's body has to be JSON."""
    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined)
    messages = DATA["notifications"][0]["messages"]
    job = {"name": "layer2 judge", "artifacts": artifacts}
    told = json.loads(environment.from_string(messages["error"]["body"]).render(job=job, url="https://awx/#/jobs/7"))
    assert told["line"] == line and told["findings"] == artifacts.get("layer2_findings", [])
    asked = environment.from_string(messages["workflow_approval"]["running"]["body"])
    assert json.loads(asked.render(approval_node_name="x", workflow_url="https://awx"))["approval"] == "x"
    assert not any("\n" in each.get("message", "") for each in messages.values())


# What AWX lists as playbooks to choose: a line like one of these in a YAML file outside of such folders.
LISTED = re.compile(rb"^\s*?-?\s*?(?:hosts|(ansible\.builtin\.)?import_playbook|include):\s*?.*?$")
SKIPPED = {"roles", "tasks", "group_vars", "host_vars"}


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="this is no checkout, which is what AWX lists")
def test_what_awx_lists_is_meant_to_be_run():
    done = subprocess.run(["git", "ls-files", "*.yml", "*.yaml"], cwd=ROOT, capture_output=True, text=True, check=True)
    listed = []
    for name in done.stdout.split():
        folders = Path(name).parts[:-1]
        if not any(part in SKIPPED or part.startswith(".") for part in folders):
            listed += [name] if any(map(LISTED.match, (ROOT / name).read_bytes().splitlines())) else []
    assert sorted(listed) == sorted(f"playbooks/{path.name}" for path in PLAYBOOKS.glob("*.yml")), (
        'elsewhere write "hosts": in quotes'
    )


def test_the_collection_is_found_beside_the_playbooks():
    assert COLLECTIONS.exists()
