"""Names say what they hold in the field's words: riddles and metaphors that once stood here do not come back."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# word -> what says it
BANNED = {
    "court": "assessment",
    "hearing": "evaluation",
    "ignorant": "not_learning",
    "laid": "applied",
    "dress": "format",
    "bear": "carry",
    "way_out": "hint",
    "sit": "evaluate",
    "source_route": "policy_route (RFC 791's source route is another thing)",
}
_PARTS = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")


def names(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """(line, name) of all that a file defines or uses by name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.lineno, node.id
        elif isinstance(node, ast.Attribute):
            yield node.lineno, node.attr
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.AsyncFunctionDef)):
            yield node.lineno, node.name
        elif isinstance(node, ast.arg):
            yield node.lineno, node.arg
        elif isinstance(node, ast.alias):
            yield node.lineno, (node.asname or node.name).rpartition(".")[2]


@cache
def words_of(name: str) -> str:
    """A name as words between underscores, in small letters."""
    return f"_{'_'.join(_PARTS.findall(name)).lower()}_"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Court", "_court_"),
        ("way_out", "_way_out_"),
        ("SourceRoute", "_source_route_"),
        ("_x1", "_x1_"),
        ("HTMLPage", "_html_page_"),
    ],
)
def test_a_name_is_taken_apart(name: str, words: str) -> None:
    assert words_of(name) == words


def test_no_name_is_a_riddle() -> None:
    found = []
    for folder in ("plugins", "tools", "tests"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "output" in path.parts:
                continue
            for line, name in names(ast.parse(path.read_text(encoding="utf-8"))):
                found += [
                    f"{path.relative_to(ROOT)}:{line}: {name}: say {BANNED[word]}"
                    for word in BANNED
                    if f"_{word}_" in words_of(name)
                ]
    assert not found, "\n".join(found)


def test_no_file_or_folder_is_one() -> None:
    paths = [
        path.relative_to(ROOT)
        for folder in ("plugins", "roles", "playbooks", "tools", "tests")
        for path in (ROOT / folder).rglob("*")
    ]
    assert not [
        str(path)
        for path in paths
        if "output" not in path.parts and any(f"_{word}_" in words_of(path.stem) for word in BANNED)
    ]
