"""The words of a filter, one after the other."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import re
from typing import List, Sequence

from ansible_collections.netops.layer2.plugins.module_utils._capture._filter_program import ExpressionError

_TOKEN = re.compile(r"\s*(&&|\|\||<<|>>|[<>=!]=|[][()!&|^<>=+*%]|[A-Za-z0-9_.:/\\-]+)")
_MEANINGS = {"&&": "and", "||": "or", "!": "not"}
_MOST_NESTED = 50


def tokens(text: str) -> List[str]:
    """TEXT in words and signs; ExpressionError at what is neither."""
    found: List[str] = []
    at = 0
    text = text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise ExpressionError("not understood from `%.40s` on" % text[at:].strip())
        found.append(_MEANINGS.get(match.group(1), match.group(1)))
        at = match.end()
    return found


class Tokens:
    """A filter's words, and how far they are read."""

    def __init__(self, words: Sequence[str]) -> None:
        self._words = words
        self._depth = 0
        self.at = 0

    def next(self, ahead: int = 0) -> str:
        """The word that comes, or one further on; empty behind the last."""
        at = self.at + ahead
        return self._words[at] if at < len(self._words) else ""

    def takes(self, *words: str) -> str:
        """The next word if it is one of WORDS, which is read then; else nothing."""
        word = self.next()
        if word not in words:
            return ""
        self.at += 1
        return word

    def needs(self, word: str) -> None:
        """Read WORD; ExpressionError where another comes."""
        if not self.takes(word):
            raise self.stuck()

    def value(self) -> str:
        """Read any word that is no sign and joins nothing."""
        word = self.next()
        if not word or word in ("and", "or", "not") or not re.match(r"[A-Za-z0-9.:\\]", word):
            raise self.stuck()
        self.at += 1
        return word

    def deeper(self) -> None:
        """One parenthesis or negation further in; ExpressionError where there are too many."""
        self._depth += 1
        if self._depth > _MOST_NESTED:
            raise ExpressionError("more than %d parentheses and negations in each other" % _MOST_NESTED)

    def back(self) -> None:
        """Out of it again."""
        self._depth -= 1

    @property
    def depth(self) -> int:
        """How far in; kept and put back where an attempt fails."""
        return self._depth

    def again(self, at: int, depth: int) -> None:
        """Read once more from AT."""
        self.at, self._depth = at, depth

    def stuck(self) -> ExpressionError:
        """The error for what comes now."""
        rest = " ".join(self._words[self.at:])
        return ExpressionError("not understood from `%.40s` on" % rest if rest else "it ends too early")
