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

# Place -> what it may import beside the standard library; of two places that hold a file the inner one counts. A
# trailing dot: and everything below.
MODULE_UTILS, PLUGIN_UTILS = f"{OURS}.module_utils.", f"{OURS}.plugin_utils."
FORMAT_MAY_IMPORT = (f"{PLUGIN_UTILS}_report._neutral.", f"{PLUGIN_UTILS}_report._groups.", f"{PLUGIN_UTILS}_common.")
MAY_IMPORT: dict[str, tuple[str, ...]] = {
    "plugins/module_utils": (MODULE_UTILS,),
    # The system's own binding, where there is one; virsh takes its place.
    "plugins/module_utils/_guests/_libvirt.py": (MODULE_UTILS, "libvirt."),
    # Where a task is delegated to, which asks a vCenter.
    "plugins/module_utils/_guests/_vsphere.py": (MODULE_UTILS, "pyVim.", "pyVmomi."),
    # Only to scan, which somebody has to allow.
    "plugins/module_utils/_scan": (MODULE_UTILS, "scapy."),
    "plugins/modules": (MODULE_UTILS, "ansible.module_utils."),
    "plugins/plugin_utils": (MODULE_UTILS, PLUGIN_UTILS),
    # What the action plugins and filters share of Ansible itself: the core is called from here, never the other way
    # round.
    "plugins/plugin_utils/_actions": (MODULE_UTILS, PLUGIN_UTILS, "ansible."),
    "plugins/plugin_utils/_scan/_vendor.py": (MODULE_UTILS, "netaddr."),
    # What parses the answers of switches, where somebody installed it.
    "plugins/plugin_utils/_switches/_templates.py": (PLUGIN_UTILS, "ntc_templates.", "textfsm."),
    "plugins/plugin_utils/_verdict/_exceptions.py": (PLUGIN_UTILS, "jmespath."),
    # Observations go one way: from sources to the fleet, from there to verdicts.
    "plugins/plugin_utils/_fleet": (
        MODULE_UTILS,
        f"{PLUGIN_UTILS}_fleet.",
        f"{PLUGIN_UTILS}_common.",
        f"{PLUGIN_UTILS}_documents.",
        f"{PLUGIN_UTILS}_messages.",
    ),
    "plugins/plugin_utils/_sources": (
        MODULE_UTILS,
        f"{PLUGIN_UTILS}_fleet.",
        f"{PLUGIN_UTILS}_sources.",
        f"{PLUGIN_UTILS}_rules.",
        f"{PLUGIN_UTILS}_common.",
        f"{PLUGIN_UTILS}_messages.",
    ),
    "plugins/plugin_utils/_rules": (
        MODULE_UTILS,
        f"{PLUGIN_UTILS}_fleet.",
        f"{PLUGIN_UTILS}_rules.",
        f"{PLUGIN_UTILS}_common.",
        f"{PLUGIN_UTILS}_messages.",
    ),
    # What rooms share knows none of them.
    "plugins/plugin_utils/_common": (f"{PLUGIN_UTILS}_common.", f"{PLUGIN_UTILS}_messages."),
    "plugins/plugin_utils/_common/_pages.py": (f"{PLUGIN_UTILS}_common.", "jinja2."),
    "plugins/plugin_utils/_documents.py": (f"{PLUGIN_UTILS}_common.",),
    "plugins/plugin_utils/_messages.py": (),
    # A format draws findings: it never looks at a snapshot, nor decides anything.
    "plugins/plugin_utils/_report": (
        MODULE_UTILS,
        f"{PLUGIN_UTILS}_report.",
        f"{PLUGIN_UTILS}_common.",
        f"{PLUGIN_UTILS}_messages.",
    ),
    # And it knows no family: what it draws is neutral.
    **{
        f"plugins/plugin_utils/_report/_{name}.py": FORMAT_MAY_IMPORT
        for name in ("table", "json", "csv", "prometheus", "html")
    },
    "plugins/plugin_utils/_report/_junit.py": (*FORMAT_MAY_IMPORT, f"{PLUGIN_UTILS}_report._table."),
    # A snapshot from text, and nobody else on the controller, parses what a command printed.
    "plugins/filter": (PLUGIN_UTILS, "ansible."),
    "plugins/lookup": (PLUGIN_UTILS, "ansible."),
    "plugins/callback": (PLUGIN_UTILS, "ansible."),
    "plugins/action": (MODULE_UTILS, PLUGIN_UTILS, "ansible."),
    "plugins/doc_fragments": (),
    "extensions/eda": (PLUGIN_UTILS,),
    # They make the environments in which other packages are.
    "tools": ("environments.", "links.", "packages.", "place."),
    "tools/changelog.py": ("yaml.",),
    "tools/execution_environment.py": ("containers.",),
    "tools/pictures.py": ("playwright.",),
    "tools/complexity.py": ("radon.",),
    "tools/run_tests.py": ("control_group.", "machine."),
    "tools/run_ansible_test.py": ("environments.", "ansible_test."),
    "tools/import_plugins.py": ("ansible.module_utils.", "ansible_test."),
    # What shows the truth is not made of what is to be judged by it.
    "tests/lab": (".", "ansible.", "pytest.", "tests.ansible_runs.", "yaml."),
}
# In today's standard library, but not in that of Python 3.6.
NOT_IN_36 = {"dataclasses", "contextvars", "graphlib", "tomllib", "zoneinfo", "_interpreters"}
LONGEST_FUNCTION = 60
GLUE_FUNCTION = 40  # filters and modules: check types, call a room, translate errors
CODE_FOLDERS = ("plugins", "extensions", "tests", "tools")


def python_files(*folders: str) -> list[Path]:
    """Every Python file below these folders of the project."""
    found = (path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return sorted(path for path in found if "output" not in path.parts and path.stat().st_size)


@cache
def tree_of(path: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Yield (line, dotted name) of every import in a file; `from a import b` gives a.b, relative ones keep their dots.
    """
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            yield from ((node.lineno, f"{base}{'.' if node.module else ''}{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in (
            "importlib.import_module",
            "import_module",
            "__import__",
        ):
            yield from ((node.lineno, name.value) for name in node.args[:1] if isinstance(name, ast.Constant))


def place_of(name: str) -> str:
    """The innermost place of the table that holds the file NAME."""
    return max((place for place in MAY_IMPORT if name == place or name.startswith(place + "/")), key=len)


def is_allowed(name: str, place: str) -> bool:
    """Whether a file in this place may import this name."""
    top = name.split(".")[0]
    on_targets = place.startswith(("plugins/module_utils", "plugins/modules"))
    if on_targets and (top in NOT_IN_36 or name.startswith("__future__.annotations")):
        return False
    return top in sys.stdlib_module_names or any(f"{name}.".startswith(allowed) for allowed in MAY_IMPORT[place])


def short(path: Path) -> str:
    """A path as test ids and messages show it."""
    return str(path.relative_to(ROOT))


def ids(paths: list[Path]) -> dict[str, Any]:
    """Arguments of parametrize that show paths in short."""
    return {"argvalues": paths, "ids": [short(path) for path in paths]}


def bound_files() -> list[Path]:
    """Every file that the table binds; tests may import what they test."""
    return [
        path
        for path in python_files("plugins", "extensions", "tools", "tests/lab")
        if not path.name.startswith("test_")
    ]


@pytest.mark.parametrize("path", **ids(bound_files()))
def test_a_place_imports_only_what_it_may(path: Path) -> None:
    place = place_of(short(path))
    strays = [f"line {line}: {name}" for line, name in imports(path) if not is_allowed(name, place)]
    assert not strays, f"{short(path)} is in {place}, which may not import {strays}"


def test_the_table_names_only_what_there_is() -> None:
    assert [place for place in MAY_IMPORT if not (ROOT / place).exists()] == []


@pytest.mark.parametrize(
    ("name", "file", "allowed"),
    [
        ("json", "plugins/module_utils/_x.py", True),
        ("dataclasses", "plugins/module_utils/_x.py", False),
        ("dataclasses.dataclass", "plugins/plugin_utils/_x.py", True),
        ("__future__.annotations", "plugins/module_utils/_scan/_x.py", False),
        (f"{OURS}.module_utils._mac.Mac", "plugins/plugin_utils/_x.py", True),
        (f"{OURS}.plugin_utils._fleet._model.Fleet", "plugins/module_utils/_x.py", False),
        (f"{OURS}.plugin_utils._fleet._model.Fleet", "plugins/modules/x.py", False),
        (f"{OURS}.plugin_utils._fleet._model.Fleet", "plugins/plugin_utils/_report/_x.py", False),
        (f"{OURS}.plugin_utils._sources._list.read", "plugins/plugin_utils/_fleet/_x.py", False),
        (f"{OURS}.plugin_utils._verdict._assessment.judged", "plugins/plugin_utils/_sources/_x.py", False),
        (f"{OURS}.plugin_utils._sources._observe.observe", "plugins/plugin_utils/_rules/_mac/_x.py", False),
        (f"{OURS}.plugin_utils._verdict._explain.cause", "plugins/plugin_utils/_rules/_x.py", False),
        (f"{OURS}.plugin_utils._report._flood_model.Flood", "plugins/plugin_utils/_report/_csv.py", False),
        (f"{OURS}.plugin_utils._report._table.render", "plugins/plugin_utils/_common/_x.py", False),
        ("jinja2", "plugins/plugin_utils/_common/_text.py", False),
        ("jinja2", "plugins/plugin_utils/_common/_pages.py", True),
        (f"{OURS}.module_utils._iptext.parse", "plugins/filter/x.py", False),
        ("ansible.module_utils.basic.AnsibleModule", "plugins/modules/x.py", True),
        ("ansible.module_utils.basic.AnsibleModule", "plugins/module_utils/_x.py", False),
        ("ansible.errors.AnsibleFilterError", "plugins/plugin_utils/_x.py", False),
        ("ansible.errors.AnsibleFilterError", "plugins/filter/x.py", True),
        ("ansible.errors.AnsibleActionFail", "plugins/plugin_utils/_actions/_x.py", True),
        ("ansible_collections.community.general.plugins.module_utils.x", "plugins/filter/x.py", False),
        (".sibling.thing", "plugins/plugin_utils/_x.py", False),
        (".sibling.thing", "tests/lab/x.py", True),
        ("tests.lab.thing", "plugins/plugin_utils/_x.py", False),
        (f"{OURS}.module_utils._mac.Mac", "tests/lab/x.py", False),
        ("yaml", "plugins/plugin_utils/_x.py", False),
        ("yaml", "tools/x.py", False),
        ("libvirt", "plugins/module_utils/_guests/_libvirt.py", True),
        ("libvirt", "plugins/module_utils/_libvirt_look.py", False),
        ("scapy.layers.l2", "plugins/module_utils/_scan/_x.py", True),
        ("scapy.layers.l2", "plugins/module_utils/_capture/_x.py", False),
    ],
)
def test_the_import_rule_itself(name: str, file: str, allowed: bool) -> None:
    assert is_allowed(name, place_of(file)) is allowed


def test_imports_that_are_made_as_the_program_runs_are_seen(tmp_path: Path) -> None:
    path = tmp_path / "x.py"
    path.write_text("import importlib\nfrom . import a\n\ndef late():\n    return importlib.import_module('yaml')\n")
    assert sorted(name for _line, name in imports(path)) == [".a", "importlib", "yaml"]


def module_of(path: Path) -> str:
    """The dotted name of a file, from the root of the project."""
    return short(path)[:-3].replace("/", ".").removesuffix(".__init__")


def names_of_ours(path: Path) -> Iterator[str]:
    """Every name of the project's own that a file imports, from its root."""
    package = short(path.parent).replace("/", ".").split(".")
    for _line, name in imports(path):
        up = len(name) - len(name.lstrip("."))
        base = ".".join(package[: len(package) + 1 - up])
        whole = f"{base}.{name.lstrip('.')}" if up else name.removeprefix("ansible_collections.netops.layer2.")
        yield whole if "." in whole else f"tools.{whole}"  # a script finds its neighbours


def test_no_two_files_of_ours_import_each_other() -> None:
    files = {module_of(path): path for path in python_files(*CODE_FOLDERS)}
    edges = {
        module: {
            target for name in names_of_ours(path) for target in (name, name.rpartition(".")[0]) if target in files
        }
        - {module}
        for module, path in files.items()
    }
    assert sum(map(len, edges.values())) > len(files), "imports of ours are found at all"
    while edges:
        leaves = {module for module, targets in edges.items() if not targets & edges.keys()}
        assert leaves, f"these import each other in a circle, or what does: {sorted(edges)}"
        edges = {module: targets for module, targets in edges.items() if module not in leaves}


@pytest.mark.parametrize("path", **ids(python_files(*CODE_FOLDERS)))
def test_the_first_line_says_what_lives_there(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    first = lines[1] if lines[0].startswith("#!") else lines[0]
    words = re.findall(r"[A-Za-z]{2,}", first)
    assert first.startswith(('"""', "#")) and len(words) >= 4 and "Copyright" not in first, (
        f"{short(path)} starts with {first!r}"
    )


@pytest.mark.parametrize("path", **ids(python_files(*CODE_FOLDERS)))
def test_functions_are_small(path: Path) -> None:
    room = path.relative_to(ROOT).parts[1]
    longest = GLUE_FUNCTION if room in ("filter", "lookup", "modules", "action", "callback") else LONGEST_FUNCTION
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
    there = {
        path.name + "/" * path.is_dir() for room in rooms for path in room.glob("_*") if path.name != "__pycache__"
    }
    opened = {
        name.split("/")[0] for name in named if not name.endswith("/") and "/" in name
    }  # folders whose files have lines of their own
    parts = [
        path
        for room in rooms
        for path in room.glob("_*/_*")
        if not path.name.startswith("__") and (path.is_dir() or path.suffix == ".py")
    ]
    inside = {f"{path.parent.name}/{path.name}{'/' * path.is_dir()}" for path in parts}
    assert named == there | {name for name in inside if name.split("/")[0] in opened}


def documented_plugins() -> list[Path]:
    """Every plugin that users call by name."""
    found = (
        path for kind in ("filter", "lookup", "modules", "action", "callback") for path in (PLUGINS / kind).glob("*.py")
    )
    return sorted(path for path in found if not path.name.startswith("_"))


@pytest.mark.parametrize("path", **ids(documented_plugins()))
def test_every_plugin_is_documented(path: Path) -> None:
    module = PLUGINS / "modules" / path.name
    if path.parent.name == "action" and module.exists():
        path = module  # an action plugin beside a module is documented there
    assigned = {target.id: node.value for node in tree_of(path).body if isinstance(node, ast.Assign)
                for target in node.targets if isinstance(target, ast.Name)}
    texts = {
        name: value.value
        for name, value in assigned.items()
        if isinstance(value, ast.Constant) and isinstance(value.value, str)
    }
    needed = {"DOCUMENTATION", "EXAMPLES"} | ({"RETURN"} if path.parent.name != "callback" else set())
    assert needed <= texts.keys(), f"{short(path)} lacks a block of documentation"
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


def event_driven() -> list[Path]:
    """Event sources, event filters and rulebooks."""
    return sorted(
        [
            *(ROOT / "extensions" / "eda" / "plugins").glob("*/*.py"),
            *(ROOT / "extensions" / "eda" / "rulebooks").glob("*.yml"),
        ]
    )


@pytest.mark.parametrize(
    "path", **ids(documented_plugins() + roles() + event_driven() + sorted((ROOT / "playbooks").glob("*.yml")))
)
def test_the_contents_list_what_there_is(path: Path) -> None:
    assert f"| `{path.stem}` |" in (ROOT / "docs" / "contents.md").read_text(encoding="utf-8"), (
        f"docs/contents.md does not list {path.stem}"
    )


def test_the_contents_list_nothing_else() -> None:
    listed = re.findall(r"^\| `(\w+)` \|", (ROOT / "docs" / "contents.md").read_text(encoding="utf-8"), re.MULTILINE)
    there = [
        path.stem
        for path in documented_plugins() + roles() + event_driven() + sorted((ROOT / "playbooks").glob("*.yml"))
        if not (path.parent.name == "action" and (PLUGINS / "modules" / path.name).exists())
    ]
    assert sorted(listed) == sorted(there)


def test_the_module_group_holds_every_module() -> None:
    groups = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text(encoding="utf-8"))["action_groups"]
    modules = sorted(path.stem for path in (PLUGINS / "modules").glob("*.py"))
    assert sorted(groups["all"]) == modules


def test_every_entry_of_an_ignore_file_has_its_reason() -> None:
    files = sorted((ROOT / "tests" / "sanity").glob("ignore-*.txt"))
    assert len({path.read_text(encoding="utf-8") for path in files}) <= 1, (
        "the ignore files of all versions say the same"
    )
    entries = [
        f"{path.name}: {line}"
        for path in files
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.strip()
    ]
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
