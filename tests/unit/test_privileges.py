"""The page on privileges is complete: what runs on targets, and each program and path that its code names, is on it."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from ansible_collections.netops.layer2.plugins.plugin_utils._neighbor_watch import _commands
from ansible_collections.netops.layer2.plugins.plugin_utils._neighbor_watch._settings import read_settings

ROOT = Path(__file__).resolve().parents[2]
PLUGINS = ROOT / "plugins"
PAGE = (ROOT / "docs" / "privileges.md").read_text(encoding="utf-8")
TABLES = "\n".join(line for line in PAGE.splitlines() if line.startswith("| "))
WORD = re.compile(r"(?:/[a-z]+)*/?[a-z][a-z0-9+.-]*")
DOCUMENTED = ("DOCUMENTATION", "EXAMPLES", "RETURN")
# A path as code holds it: whole, or in a pattern, a format, a script.
PATH = re.compile(r"(?<![\w$%s.}\"')>*/-])/(?:proc|sys|etc|var|run|boot|dev)(?:(?:/[\w.*%+@,-]+)+|(?![\w/-]))")
# First words of lists that are no commands: options, keys and values.
NO_PROGRAMS = {
    "address", "alias", "all", "allow-hotplug", "armed", "brd", "connection", "deadline", "detach", "dev", "domain",
    "ethernet", "generate", "get", "id", "identity", "iface", "label", "map", "match", "net", "nodad", "now", "off",
    "on", "peer", "present", "route", "rule", "scan", "table", "up",
}  # fmt: skip


def sources() -> list[Path]:
    """What runs on targets."""
    return sorted([*(PLUGINS / "module_utils").rglob("*.py"), *(PLUGINS / "modules").glob("*.py")])


@cache
def parsed(path: Path) -> tuple[ast.Module, list[ast.AST]]:
    """The tree of a file, and all its nodes: each file is read and walked once."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return tree, list(ast.walk(tree))


def constant(node: ast.AST) -> str:
    """The text of a constant; empty for anything else."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def words_of(node: ast.AST) -> list[str]:
    """The constant words of a list or tuple; the first one only where others are computed."""
    if not isinstance(node, (ast.List, ast.Tuple)):
        return []
    return [text for text in map(constant, node.elts) if text]


def commands(path: Path) -> Iterator[str]:
    """Words that may be programs: first in a list, or in a tuple that is added to; looked for, also in turn."""
    for node in parsed(path)[1]:
        if isinstance(node, ast.List) and node.elts and isinstance(node.elts[0], ast.Constant):
            yield from words_of(node)[:1]
        elif isinstance(node, ast.BinOp) and isinstance(node.left, ast.Tuple):
            yield from words_of(node.left)[:1]
        elif (
            isinstance(node, ast.Call)
            and getattr(node.func, "attr", "") == "find"
            and ast.unparse(node.func).endswith("runner.find")
        ):
            yield from words_of(ast.List(elts=node.args))
        elif isinstance(node, ast.For) and getattr(node.target, "id", "") == "program":
            yield from words_of(node.iter)


@cache
def programs() -> dict[str, str]:
    """Program -> a file that names it."""
    found = {word: path.name for path in sources() for word in commands(path) if WORD.fullmatch(word)}
    return {word: file for word, file in found.items() if word not in NO_PROGRAMS}


def strings(path: Path) -> Iterator[str]:
    """Texts of a module that are not empty, without its docstrings and documentation."""
    tree, nodes = parsed(path)
    documented = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    assigned = [node for node in tree.body if isinstance(node, ast.Assign)]
    documented |= {id(node.value) for node in assigned if ast.unparse(node.targets[0]) in DOCUMENTED}
    yield from (text for node in nodes if id(node) not in documented and (text := constant(node)))


@cache
def paths() -> dict[str, str]:
    """Path -> a file that names it; what a format fills in is *."""
    found = {}
    for path in sources():
        for text in strings(path):
            named = [re.sub(r"%[sd]", "*", match.group()).rstrip(".,") for match in PATH.finditer(text)]
            found.update(dict.fromkeys(named, path.name))
    del found["/sys"]  # a word of a message
    return found


@cache
def text_of_sources() -> str:
    """All of it, comments included."""
    return "\n".join(path.read_text(encoding="utf-8") for path in sources())


def modules() -> list[str]:
    """Modules that run on targets, and the one whose action runs another there."""
    marks = {"modules": "AnsibleModule(", "action": "_execute_module("}
    files = [(path, mark) for kind, mark in marks.items() for path in (PLUGINS / kind).glob("*.py")]
    return sorted({path.stem for path, mark in files if mark in path.read_text(encoding="utf-8")})


def marked(pattern: str) -> set[str]:
    """What stands in the tables between backticks and fits."""
    return {word for word in re.findall(r"`([^`|]+)`", TABLES) if re.fullmatch(pattern, word)}


def covers(row: str, path: str) -> bool:
    """Whether a row's path is the path, or a folder or pattern above it. A folder in / covers only itself."""
    start = re.escape(row).replace(r"\*", r"[^/]*")
    return re.fullmatch(start if row.count("/") == 1 else start + r"(?:/.*)?", path) is not None


@pytest.mark.parametrize("module", modules())
def test_each_module_that_runs_on_targets_has_its_row(module: str) -> None:
    row = rf"^\| `{module}` \|(?: [^|]+\|){{3}}$"
    assert re.search(row, PAGE, re.MULTILINE), f"{module} needs a row: what it changes, needs, lacks"


@pytest.mark.parametrize("module", modules())
def test_a_module_that_reads_more_than_a_snapshot_says_what(module: str) -> None:
    rest = PAGE.split("## What the other modules read and run")[1].split("\n## ")[0]
    assert module in ("layer2_facts", "arp_scan", "announce_guest", "confirm_reachable") or f"`{module}`" in rest


def test_programs_and_paths_are_found() -> None:
    assert {"ip", "bridge", "nsenter", "virsh", "libvirtd", "tcpdump", "systemd-run", "/bin/sh"} <= set(programs())
    assert {"/proc/1/environ", "/proc/*/ns/net", "/etc/libvirt/qemu", "/run"} <= set(paths())


@pytest.mark.parametrize("program", sorted(programs()))
def test_each_program_that_is_run_stands_in_a_table(program: str) -> None:
    named = {word.split()[0] for word in marked(r"[a-z/].*")}
    assert program in named, f"{program} of {programs()[program]} is run on targets and not in docs/privileges.md"


@pytest.mark.parametrize("path", sorted(paths()))
def test_each_path_that_is_named_stands_in_a_table(path: str) -> None:
    known = any(covers(row, path) for row in marked(r"/\S+"))
    assert known, f"{path} of {paths()[path]} is used on targets and not in docs/privileges.md"


@pytest.mark.parametrize("row", sorted(marked(r"/(?:proc|sys|etc|var|run|boot|dev)\S*")))
def test_each_path_of_the_tables_is_one_that_the_code_names(row: str) -> None:
    known = any(covers(*pair) for path in paths() for pair in ((row, path), (path, row)))
    assert known or row in text_of_sources(), f"nothing in the code names {row}"


@pytest.mark.parametrize("table", ["neighbor", "fdb"])
@pytest.mark.parametrize("command", [_commands.monitor, _commands.whole_table])
def test_each_command_of_a_watch_stands_in_a_table(command: Callable[..., list[str]], table: str) -> None:
    (here,) = read_settings({}).hosts
    words = [word for word in command(here, "", table) if word != "env" and "=" not in word]
    assert " ".join(words) in marked(r"[a-z].*")
