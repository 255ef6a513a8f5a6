"""What docs/architecture.md promises of the tree: who may import whom, file heads, function sizes, complete docs."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PLUGINS = ROOT / "plugins"
OURS = "ansible_collections.netops.layer2.plugins"

# Room -> what it may import beside the standard library. A trailing dot means: and everything below.
MAY_IMPORT = {
    "module_utils": (f"{OURS}.module_utils.",),
    "modules": (f"{OURS}.module_utils.", "ansible.module_utils."),
    "plugin_utils": (f"{OURS}.module_utils.", f"{OURS}.plugin_utils.", "jmespath.", "jinja2.", "netaddr."),
    "filter": (f"{OURS}.module_utils.", f"{OURS}.plugin_utils.", "ansible."),
    "action": (f"{OURS}.module_utils.", f"{OURS}.plugin_utils.", "ansible."),
    "callback": (f"{OURS}.module_utils.", f"{OURS}.plugin_utils.", "ansible."),
    "doc_fragments": (),
}
# The system's own binding of libvirt: tried first on targets, virsh takes its place where it is absent. scapy: only arp_scan, on consent.
OPTIONAL_ON_TARGETS = {"libvirt", "scapy"}
# In today's standard library, but not in that of Python 3.6.
NOT_IN_36 = {"dataclasses", "contextvars", "graphlib", "tomllib", "zoneinfo", "_interpreters"}
LONGEST_FUNCTION = 60
GLUE_FUNCTION = 40  # filters and modules: check types, call a room, translate errors
CODE_FOLDERS = ("plugins", "tests", "tools")


def python_files(*folders: str) -> list[Path]:
    """Every Python file below these folders of the project."""
    found = (path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return sorted(path for path in found if "output" not in path.parts and path.stat().st_size)


@cache
def tree_of(path: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Yield (line, dotted name) of every import in a file; `from a import b` gives a.b, relative ones keep their dots."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)


def is_allowed(name: str, room: str) -> bool:
    """Whether a file in this room may import this name."""
    top = name.split(".")[0]
    if room in ("module_utils", "modules") and (top in NOT_IN_36 or name.startswith("__future__.annotations")):
        return False
    if top in sys.stdlib_module_names or (room == "module_utils" and top in OPTIONAL_ON_TARGETS):
        return True
    return any(f"{name}.".startswith(allowed) for allowed in MAY_IMPORT[room])


def short(path: Path) -> str:
    """A path as test ids and messages show it."""
    return str(path.relative_to(ROOT))


def ids(paths: list[Path]) -> dict[str, Any]:
    """Arguments of parametrize that show paths in short."""
    return {"argvalues": paths, "ids": [short(path) for path in paths]}


@pytest.mark.parametrize("path", **ids(python_files("plugins")))
def test_a_room_imports_only_what_it_may(path: Path) -> None:
    room = path.relative_to(PLUGINS).parts[0]
    strays = [f"line {line}: {name}" for line, name in imports(path) if not is_allowed(name, room)]
    assert not strays, f"{short(path)} is in the room {room}, which may not import {strays}"


@pytest.mark.parametrize(
    ("name", "room", "allowed"),
    [
        ("json", "module_utils", True),
        ("dataclasses", "module_utils", False),
        ("dataclasses.dataclass", "plugin_utils", True),
        ("__future__.annotations", "module_utils", False),
        (f"{OURS}.module_utils._mac.Mac", "plugin_utils", True),
        (f"{OURS}.plugin_utils._fleet._model.Fleet", "module_utils", False),
        (f"{OURS}.plugin_utils._fleet._model.Fleet", "modules", False),
        ("ansible.module_utils.basic.AnsibleModule", "modules", True),
        ("ansible.module_utils.basic.AnsibleModule", "module_utils", False),
        ("ansible.errors.AnsibleFilterError", "plugin_utils", False),
        ("ansible.errors.AnsibleFilterError", "filter", True),
        ("ansible_collections.community.general.plugins.module_utils.x", "filter", False),
        (".sibling.thing", "plugin_utils", False),
        ("yaml", "plugin_utils", False),
        ("libvirt", "module_utils", True),
        ("libvirt", "filter", False),
    ],
)
def test_the_import_rule_itself(name: str, room: str, allowed: bool) -> None:
    assert is_allowed(name, room) is allowed


def test_no_two_rooms_of_ours_import_each_other() -> None:
    files = {short(path)[:-3].replace("/", "."): path for path in python_files("plugins")}
    prefix = "ansible_collections.netops.layer2."
    edges: dict[str, set[str]] = {}
    for module, path in files.items():
        names = [name.removeprefix(prefix) for _line, name in imports(path) if name.startswith(prefix)]
        edges[module] = {target for name in names for target in (name, name.rpartition(".")[0]) if target in files}
    while edges:
        leaves = {module for module, targets in edges.items() if not targets & (edges.keys() - {module})}
        assert leaves, f"these import each other in a circle, or what does: {sorted(edges)}"
        edges = {module: targets for module, targets in edges.items() if module not in leaves}


@pytest.mark.parametrize("path", **ids(python_files(*CODE_FOLDERS)))
def test_the_first_line_says_what_lives_there(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    first = lines[1] if lines[0].startswith("#!") else lines[0]
    words = re.findall(r"[A-Za-z]{2,}", first)
    assert first.startswith(('"""', "#")) and len(words) >= 4 and "Copyright" not in first, f"{short(path)} starts with {first!r}"


@pytest.mark.parametrize("path", **ids(python_files(*CODE_FOLDERS)))
def test_functions_are_small(path: Path) -> None:
    room = path.relative_to(ROOT).parts[1]
    longest = GLUE_FUNCTION if room in ("filter", "modules", "action") else LONGEST_FUNCTION
    functions = [node for node in ast.walk(tree_of(path)) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
    sizes = {node.name: (node.end_lineno or node.lineno) - node.lineno + 1 for node in functions}
    long = {name: size for name, size in sizes.items() if size > longest}
    assert not long, f"{short(path)}: functions of more than {longest} lines: {long}"


def test_the_architecture_page_names_every_file_of_the_rooms() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rooms = [PLUGINS / "module_utils", PLUGINS / "plugin_utils"]
    tables = page.split("## The rooms")[1].split("### Everything else")[0]
    first_columns = [line.split("|")[1] for line in tables.splitlines() if line.startswith("| `")]
    named = {name for column in first_columns for name in re.findall(r"`(_\w+(?:/_\w+)?(?:\.py|/))`", column)}
    there = {path.name + "/" * path.is_dir() for room in rooms for path in room.glob("_*") if path.name != "__pycache__"}
    opened = {name.split("/")[0] for name in named if not name.endswith("/") and "/" in name}  # folders whose files have lines of their own
    inside = {f"{path.parent.name}/{path.name}" for room in rooms for path in room.glob("_*/_*.py") if path.name != "__init__.py"}
    assert named == there | {name for name in inside if name.split("/")[0] in opened}


def documented_plugins() -> list[Path]:
    """Every plugin that users call by name."""
    found = (path for kind in ("filter", "modules", "action", "callback") for path in (PLUGINS / kind).glob("*.py"))
    return sorted(path for path in found if not path.name.startswith("_"))


@pytest.mark.parametrize("path", **ids(documented_plugins()))
def test_every_plugin_is_documented(path: Path) -> None:
    module = PLUGINS / "modules" / path.name
    if path.parent.name == "action" and module.exists():
        path = module  # an action plugin beside a module is documented there
    assigned = {target.id: node.value for node in tree_of(path).body if isinstance(node, ast.Assign)
                for target in node.targets if isinstance(target, ast.Name)}
    texts = {name: value.value for name, value in assigned.items() if isinstance(value, ast.Constant) and isinstance(value.value, str)}
    assert {"DOCUMENTATION", "EXAMPLES", "RETURN"} <= texts.keys(), f"{short(path)} lacks a block of documentation"
    documentation = yaml.safe_load(texts["DOCUMENTATION"])
    assert documentation.get("module", documentation.get("name")) == path.stem
    assert yaml.safe_load(texts["EXAMPLES"]), f"{short(path)} has no example"


def roles() -> list[Path]:
    """The folders of the roles."""
    return sorted(path for path in (ROOT / "roles").glob("*") if path.is_dir())


@pytest.mark.parametrize("role", **ids(roles()))
def test_a_roles_defaults_are_those_of_its_specification(role: Path) -> None:
    specification = yaml.safe_load((role / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))["argument_specs"]
    specified = {name: option["default"] for entry in specification.values()
                 for name, option in entry.get("options", {}).items() if "default" in option}
    defaults_file = role / "defaults" / "main.yml"
    defaults = yaml.safe_load(defaults_file.read_text(encoding="utf-8")) or {} if defaults_file.exists() else {}
    assert defaults == specified


@pytest.mark.parametrize("role", **ids(roles()))
def test_every_role_is_documented(role: Path) -> None:
    readme = (role / "README.md").read_text(encoding="utf-8")
    specification = yaml.safe_load((role / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))["argument_specs"]
    options = {name for entry in specification.values() for name in entry.get("options", {})}
    missing = sorted(name for name in options if name not in readme)
    assert not missing, f"{short(role)}/README.md says nothing of {missing}"


@pytest.mark.parametrize("path", **ids(documented_plugins() + roles() + sorted((ROOT / "playbooks").glob("*.yml"))))
def test_the_readme_lists_what_there_is(path: Path) -> None:
    assert f"`{path.stem}`" in (ROOT / "README.md").read_text(encoding="utf-8"), f"README.md does not list {path.stem}"


def test_the_module_group_holds_every_module() -> None:
    groups = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text(encoding="utf-8"))["action_groups"]
    modules = sorted(path.stem for path in (PLUGINS / "modules").glob("*.py"))
    assert sorted(groups["all"]) == modules


def test_every_entry_of_an_ignore_file_has_its_reason() -> None:
    files = sorted((ROOT / "tests" / "sanity").glob("ignore-*.txt"))
    assert len({path.read_text(encoding="utf-8") for path in files}) <= 1, "the ignore files of all versions say the same"
    entries = [f"{path.name}: {line}" for path in files for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    unexplained = [entry for entry in entries if not re.search(r"\s#\s*\w+\s\w+", entry)]
    assert not unexplained


def test_the_changelog_knows_this_version() -> None:
    version = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))["version"]
    releases = yaml.safe_load((ROOT / "changelogs" / "changelog.yaml").read_text(encoding="utf-8"))["releases"]
    assert version in releases, f"galaxy.yml says {version}: run `antsibull-changelog release`"
    assert f"v{version}" in (ROOT / "CHANGELOG.rst").read_text(encoding="utf-8")


def test_changelog_fragments_say_something() -> None:
    sections = yaml.safe_load((ROOT / "changelogs" / "config.yaml").read_text(encoding="utf-8"))["sections"]
    known = {name for name, _title in sections} | {"release_summary", "trivial"}
    for path in sorted((ROOT / "changelogs" / "fragments").glob("*.y*ml")):
        fragment = yaml.safe_load(path.read_text(encoding="utf-8"))
        assert fragment and set(fragment) <= known, short(path)
