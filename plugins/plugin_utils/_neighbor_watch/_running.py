"""Commands that run for long, without a shell, read by lines within bounds; each ends with whoever reads it."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import asyncio
import contextlib
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Coroutine, Sequence
from typing import Any

from ansible_collections.netops.layer2.plugins.plugin_utils._messages import shortened

LONGEST_LINE = 1024  # octets; the longest honest one has about 150
MOST_OCTETS = 32_000_000  # of a whole table: about 400,000 entries
_PIECE = 65536
_GRACE = 2.0  # seconds in which a command that is asked to end ends


class CommandError(Exception):
    """A command did not start, failed, took too long, or said too much; the message says which, on one line."""


class Lines:
    """Octets in pieces, made whole lines. ``overlong``: lines that were left out since they had no end in sight."""

    def __init__(self) -> None:
        self._rest, self._skipping = b"", False
        self.overlong = 0

    def feed(self, piece: bytes) -> list[str]:
        """The lines that PIECE completes."""
        *whole, rest = (self._rest + piece).split(b"\n")
        if whole and self._skipping:
            whole, self._skipping = whole[1:], False
        kept = [line for line in whole if len(line) <= LONGEST_LINE]
        self.overlong += len(whole) - len(kept)
        if self._skipping or len(rest) > LONGEST_LINE:
            self.overlong += not self._skipping
            self._skipping, rest = True, b""
        self._rest = rest
        return [line.decode("utf-8", "backslashreplace") for line in kept]


@contextlib.asynccontextmanager
async def running(argv: Sequence[str]) -> AsyncIterator[Process]:
    """ARGV while the block lasts; CommandError if it cannot start."""
    try:
        process = await asyncio.create_subprocess_exec(
            *argv, stdin=DEVNULL, stdout=PIPE, stderr=PIPE, start_new_session=True
        )
    except OSError as error:
        raise CommandError(f"{argv[0]} does not start: {error.strerror}") from None
    try:
        yield process
    finally:
        await _surely(_end(process))
        # Pipes that nobody reads to their end would stay open.
        process._transport.close()  # type: ignore[attr-defined]  # pylint: disable=protected-access


async def _surely(work: Coroutine[Any, Any, None]) -> None:
    """Do WORK to its end, however often the task is cancelled meanwhile."""
    doing, cancelled = asyncio.ensure_future(work), False
    while not doing.done():
        try:
            await asyncio.shield(doing)
        except asyncio.CancelledError:
            cancelled = True
    if cancelled:
        raise asyncio.CancelledError


async def _end(process: Process) -> None:
    """End a command, kindly first."""
    for stop in (process.terminate, process.kill):
        with contextlib.suppress(ProcessLookupError):
            stop()
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(process.wait(), _GRACE)
            return


async def pieces(stream: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """What STREAM holds, piece by piece, to its end; others get their turn after each."""
    while piece := await stream.read(_PIECE):
        yield piece
        await asyncio.sleep(0)


async def last_words(stream: asyncio.StreamReader, enough: str = "") -> str:
    """The end of what a command said of its trouble, read to its end so that it never waits for us.

    Where ENOUGH is in it, that is all there is to know, and the command may go on.
    """
    said = b""
    async for piece in pieces(stream):
        said = (said + piece)[-2000:]
        if enough and enough.encode() in said:
            break
    lines = said.decode("utf-8", "backslashreplace").strip().splitlines()
    return shortened(lines[-1].strip(), 200) if lines else ""


async def output(argv: Sequence[str], timeout: float) -> list[str]:
    """All lines that ARGV prints; CommandError if it fails, takes longer than TIMEOUT seconds, or says too much."""
    try:
        return await asyncio.wait_for(_output(argv), timeout)
    except asyncio.TimeoutError:
        raise CommandError(f"{argv[0]} took longer than {timeout:g} s") from None


async def _output(argv: Sequence[str]) -> list[str]:
    async with running(argv) as process:
        complaint = asyncio.ensure_future(last_words(stream_of(process.stderr)))
        try:
            lines = await _all_lines(stream_of(process.stdout))
            status = await process.wait()
            if status != 0:
                raise CommandError(await complaint or f"{argv[0]} ended with exit status {status}")
            return lines
        finally:
            complaint.cancel()


async def _all_lines(stream: asyncio.StreamReader) -> list[str]:
    lines, found, taken = Lines(), [], 0
    async for piece in pieces(stream):
        taken += len(piece)
        if taken > MOST_OCTETS:
            raise CommandError(f"a table of more than {MOST_OCTETS} octets")
        found += lines.feed(piece)
    return [*found, *lines.feed(b"\n")]


def stream_of(stream: asyncio.StreamReader | None) -> asyncio.StreamReader:
    """STREAM, which is there since it was asked for."""
    if stream is None:
        raise CommandError("a command without its output")
    return stream
