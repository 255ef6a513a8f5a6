"""Run every check of the project side by side, and close with one line: N passed, N failed, N skipped.

Usage: .venv/test/bin/python tools/run_tests.py [--cores N] [--quick] [STEP...]      no STEP: all that `make test` runs

A line tells when a step starts and ends; its output goes to .build/logs/STEP.log, whose end is shown if it failed.
A pytest step counts its test cases, any other step counts as one case, so each case is counted once. The lab is a step
a file, because each file brings up a lab of its own, and so are hostile hosts; `lab` and `hostile` as STEP mean all of
theirs, `static` those that read sources only.
docs/testing.md says how the steps share a machine and what they cost.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from threading import Lock
from xml.etree import ElementTree  # nosec B405  # reads what our own pytest wrote

from control_group import own_group
from machine import ENDED, IdleCores, busy_seconds, others_fill_the_cores

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / ".build"
PLACE = BUILD / "ansible_collections" / "netops" / "layer2"
BIN = Path(sys.executable).parent
COSTS = ROOT / "tools" / "step_costs.json"  # what each step took in the last whole run that was kept, on two cores
BY_FILE = ("lab", "hostile")  # folders in tests/ of which each file is a step
ROOM = 1.15  # of the cores that steps may be known to fill: what they fill is an average, and they wait in turns
MOST_A_CORE = 2  # steps side by side for each core, however little they take: labs want memory, too
MOST_IDLE = 4  # steps side by side for each core where cores are seen to be idle: on a fast machine labs mostly wait
WORKERS = {
    "hostile-fix": 3,
    "hostile-roles": 3,
}  # cases side by side in steps that mostly wait, for hosts that never answer: together they fill one core
# Environments in .venv that steps want beside that of all, made when the first of them begins: `cores` are older
# ansible-cores. A step of which one cannot be made leaves out what needs it, and says so.
NEEDS = {
    "awx": ("cores", "network"),
    "event_driven": ("eda",),
    "execution_environment": ("ee",),
    "hostile": ("cores",),
    "network_cli": ("network",),
    "openstack": ("openstack",),
}
LOG_TAIL = 60  # lines of a failed step's log that are shown
# Steps that say in their log what they left out, and how.
SAID = {
    "sanity": re.compile(r"^(?:WARNING: )?(.*(?:Skipping|skipped).*)"),
    "integration": re.compile(r'left out: (.*?)"?,?$'),
    "reference": re.compile(r"^left out: (.*)"),
}
# Of a step that is no pytest run, the lines of its log that say what failed: a task's failure counts where an error of
# the whole follows, for a task may be meant to fail. ansible-test lists the targets that failed last.
TASK_FAILED = re.compile(r"(?:fatal|failed): \[")
WHOLE_FAILED = {step: re.compile(r"(?:ERROR|FATAL): ") for step in ("integration", "sanity")}
FAULT_LENGTH = 400  # characters that are shown of such a line
LAST_LINES = 3  # of the log of any other step
LINES = (
    85  # per cent of the lines of plugins/ that the unit tests run at least: 91.4 as root with all tools, fewer without
)
COUNTED = {"unit": "lines", "coverage": "lines and branches"}  # steps that count what they run of the plugins
COVERED = re.compile(r"^TOTAL\s.*?(\S+%)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Step:
    """One check: what to run, and where."""

    name: str
    command: tuple[str, ...]
    folder: Path = ROOT
    pytest: bool = False
    static: bool = True  # reads the sources only: part of `make lint`
    quick: bool = False  # part of `make quick`
    named: bool = False  # runs only where it is named: what it shows, others show as well


@dataclass(frozen=True, slots=True)
class Cost:
    """What a step took, or is taken for where it has never been measured: seconds, and seconds of CPU of all that it
    started, as the closing table has them.
    """

    seconds: int = 120
    cpu: int = 120

    @property
    def cores(self) -> float:
        """How many cores it fills."""
        return self.cpu / max(self.seconds, 1)


@dataclass(slots=True)
class Outcome:
    """How a step ended: cases by kind, and the reasons of what was left out."""

    step: Step
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: float = 0.0
    cpu: float = 0.0  # seconds of all that the step started, or of those that it has waited for, where no more is told
    reasons: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)


def tool(name: str, *arguments: str) -> tuple[str, ...]:
    """The command line of a program of this environment."""
    return (str(BIN / name), *arguments)


def script(name: str, *arguments: str) -> tuple[str, ...]:
    """The command line of one of our own scripts."""
    return (sys.executable, str(ROOT / "tools" / name), *arguments)


def pytest_steps() -> Iterator[Step]:
    """A pytest run for each file of the folders in BY_FILE, then one for each other folder in tests/ that holds tests.
    """
    for folder in BY_FILE:
        for path in sorted((ROOT / "tests" / folder).glob("test_*.py")):
            name = f"{folder}-" + path.stem.removeprefix("test_").replace("_", "-")
            side_by_side = ("-n", str(WORKERS[name])) if name in WORKERS else ()
            yield pytest_step(name, *side_by_side, f"tests/{folder}/{path.name}")
    folders = {path.relative_to(ROOT / "tests").parts[0] for path in (ROOT / "tests").rglob("test_*.py")}
    for name in sorted(folders - {*BY_FILE, "output", "unit"}):
        yield pytest_step(name, f"tests/{name}")  # a browser or a network is shared by each of these
    # A test marked slow is left out where LAYER2_QUICK is set. Beside the other steps they fill one core: each more
    # worker would collect all cases once more, and have each told to it.
    fast = ("-n", str(os.cpu_count() or 2)) if os.environ.get("LAYER2_QUICK") else ()
    unit = (*fast, "tests/unit")
    yield replace(counting_lines(pytest_step("unit", *unit)), quick=True)
    # The same cases, counting lines and branches: before Python 3.14 branches cost more than twice the time, so only
    # where it is named.
    yield replace(pytest_step("coverage", "--cov", "--cov-branch", "--cov-report=term", *unit), named=True)


def counting_lines(step: Step) -> Step:
    """The same step, failing where it runs too few lines of plugins/; unchanged in `make quick`, and where Python
    cannot count cheaply.
    """
    if os.environ.get("LAYER2_QUICK") or sys.version_info < (3, 12):
        return step
    counting = ("--cov", "--cov-report=term", f"--cov-fail-under={LINES}")
    return replace(step, command=("env", "COVERAGE_CORE=sysmon", *step.command, *counting))


def pytest_step(name: str, *arguments: str) -> Step:
    """A step that runs pytest and leaves a report to count."""
    report = f"--junitxml={BUILD / 'junit' / name}.xml"
    return Step(name, tool("pytest", "-q", "-ra", report, *arguments), pytest=True, static=False)


def all_steps() -> list[Step]:
    """Every step, the long ones first so that the short ones fill the gaps."""
    this_python = "{}.{}".format(*sys.version_info)
    as_root = (
        ("--allow-root",) if os.geteuid() == 0 else ()
    )  # ansible-test leaves out what needs root otherwise, and says so
    config = ("--config-file", str(ROOT / "pyproject.toml"))
    checks = [
        Step("sanity", script("run_ansible_test.py", "sanity")),
        # The cases of `unit` once more, under ansible-test; the other Pythons have no pytest, `make matrix` runs the
        # module code under them.
        Step("units", script("run_ansible_test.py", "units", "--python", this_python), static=False, named=True),
        # Tests and tools, too: in each run ruff reads those, by those of pylint's rules that it has.
        Step("pylint", script("run_ansible_test.py", "sanity", "--test", "pylint"), named=True),
        Step(
            "integration",
            script("run_ansible_test.py", "integration", "--local", *as_root, "--continue-on-error"),
            static=False,
        ),
        Step("ansible-lint", tool("ansible-lint", "--offline"), folder=PLACE),
        Step("galaxy-importer", script("import_artifact.py")),
        Step("plugin-docs", tool("antsibull-docs", "lint-collection-docs", "--plugin-docs", "."), folder=PLACE),
        Step("reference", script("render_docs.py", "--check")),
        Step("changelog", tool("antsibull-changelog", "lint"), quick=True),
        Step(
            "types",
            tool(
                "mypy",
                *config,
                "ansible_collections/netops/layer2/plugins",
                "ansible_collections/netops/layer2/extensions/eda/plugins",
            ),
            folder=BUILD,
            quick=True,
        ),
        Step("types-tools", tool("mypy", *config, "."), folder=ROOT / "tools", quick=True),
        Step("style", tool("ruff", "check", "."), quick=True),
        Step("complexity", script("complexity.py"), quick=True),
        Step("spelling", tool("codespell"), quick=True),
        Step("links", script("links.py"), quick=True),
        Step("reuse", tool("reuse", "lint")),
        Step("bandit", tool("bandit", "-q", "-c", "pyproject.toml", "-r", "plugins", "extensions", "tools")),
    ]
    return sorted([*pytest_steps(), *checks], key=lambda step: (-cost(step).seconds, step.name))


@cache
def known_costs() -> dict[str, Cost]:
    """Step -> what it took beside the others, on a machine of two cores."""
    measured: dict[str, dict[str, int]] = json.loads(COSTS.read_text(encoding="utf-8"))
    return {name: Cost(**took) for name, took in measured.items()}


def cost(step: Step) -> Cost:
    """What a step is expected to take."""
    return known_costs().get(step.name, Cost())


def environment() -> dict[str, str]:
    """What the steps see: the placed collection, no colours, and older ansible-cores where there are any."""
    seen = dict(os.environ, NO_COLOR="1", PY_COLORS="0", ANSIBLE_NOCOLOR="1", PYTHONPATH=str(BUILD))
    seen["PATH"] = os.pathsep.join([str(BIN), seen.get("PATH", os.defpath)])
    seen["ANSIBLE_COLLECTIONS_PATH"] = str(BUILD)
    seen["MYPYPATH"] = str(BUILD)
    # Compiled once for all steps: where it is set, each of some hundred processes compiles what it imports.
    seen.pop("PYTHONDONTWRITEBYTECODE", None)
    older = sorted((ROOT / ".venv" / "matrix").glob("hostile-*/bin"))
    seen.setdefault("LAYER2_ANSIBLE_CORES", os.pathsep.join(map(str, older)))
    return seen


def cases(junit: Path) -> Iterator[tuple[str, str]]:
    """Yield (kind, reason) of every test case in a JUnit report; of a failed one its name and the first line of what it
    said.
    """
    for case in ElementTree.parse(junit).iter("testcase"):  # nosec B314  # what our own pytest wrote
        problem = next((found for kind in ("failure", "error") if (found := case.find(kind)) is not None), None)
        if problem is not None:
            yield "failed", f"{case.get('name')}: {(problem.get('message') or 'no message').splitlines()[0]}"
        elif (skipped := case.find("skipped")) is not None:
            yield "skipped", skipped.get("message", "no reason given")
        else:
            yield "passed", ""


def count(step: Step, status: int) -> Outcome:
    """Turn a step's exit status, and its report if it has one, into counted cases."""
    outcome = Outcome(step)
    junit = BUILD / "junit" / f"{step.name}.xml"
    if step.pytest and junit.exists():
        for kind, reason in cases(junit):
            setattr(outcome, kind, getattr(outcome, kind) + 1)
            if kind == "failed":
                outcome.failures.append(reason)
            elif reason:
                outcome.reasons[reason] += 1
    elif status == 0 and not step.pytest:
        outcome.passed = 1
    if status != 0 and outcome.failed == 0:  # it failed as a whole: crashed, collected nothing, or is no pytest run
        outcome.failed = 1
        outcome.failures.append(f"ended with exit status {status}")
        outcome.failures += faults(step)
    return outcome


def faults(step: Step) -> Iterator[str]:
    """Yield what the log of a failed step says of its failures."""
    log = BUILD / "logs" / f"{step.name}.log"
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()] if log.exists() else []
    said = errors(lines, WHOLE_FAILED[step.name]) if step.name in WHOLE_FAILED else lines[-LAST_LINES:]
    yield from (line[:FAULT_LENGTH] for line in said)


def errors(lines: Iterable[str], error: re.Pattern[str]) -> Iterator[str]:
    """Yield each error of a log with the failed task before it, and the names that the last of them lists."""
    task, listed = "", False
    for line in lines:
        if TASK_FAILED.match(line):
            task = line
        elif error.match(line):
            yield from (said for said in (task, line) if said)
            task, listed = "", "listed below" in line
        elif listed and " " not in line:
            yield line


@dataclass(slots=True)
class Needed:
    """An environment that steps want: made by the first of them, while others wait for it."""

    name: str
    _lock: Lock = field(default_factory=Lock)
    _made: bool = False

    def make(self, say: Callable[[str], None]) -> None:
        """Make it unless that was tried in this run, and pass on what its script says, as it says it."""
        words = ("matrix.py", "--cores") if self.name == "cores" else ("environments.py", self.name)
        with self._lock:
            if not self._made:
                # By the machine's own Python: what makes environments looks for Pythons where the operator has them.
                command = ("python3", str(ROOT / "tools" / words[0]), *words[1:])
                with subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
                ) as making:
                    for line in making.stdout or ():
                        say(line.rstrip())
            self._made = True


NEEDED = {name: Needed(name) for name in sorted(set().union(*NEEDS.values()))}


def needs(step: Step) -> tuple[str, ...]:
    """What a step wants: as its name says, or as that of its folder does."""
    return NEEDS.get(step.name) or NEEDS.get(step.name.split("-", maxsplit=1)[0], ())


def run(step: Step, say: Callable[[str], None], before: tuple[str, ...] = ()) -> Outcome:
    """Run one step to its end, by the words BEFORE its command if there are any, and tell how it went."""
    for name in needs(step):
        NEEDED[name].make(say)
    log = BUILD / "logs" / f"{step.name}.log"
    say(f"start {step.name}")
    begun = time.monotonic()
    with (
        own_group(step.name) as group,
        log.open("wb") as output,
        subprocess.Popen(
            (*(group.before if group else ()), *before, *step.command),
            cwd=step.folder,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        _pid, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        cpu = max(used.ru_utime + used.ru_stime, group.cpu() if group else 0.0)
    outcome = count(step, process.returncode)
    outcome.seconds, outcome.cpu = time.monotonic() - begun, cpu
    say(f"{'FAIL ' if outcome.failed else 'ok   '} {step.name} ({outcome.seconds:.0f} s)")
    if outcome.failed:
        tail = log.read_text(errors="replace").splitlines()[-LOG_TAIL:]
        say("\n".join([f"----- end of {log.relative_to(ROOT)}", *tail, "-----"]))
    return outcome


def notes(outcome: Outcome) -> Iterator[str]:
    """Yield the lines that say what a step left out, and why."""
    for reason, times in sorted(outcome.reasons.items()):
        yield f"left out in {outcome.step.name}: {reason}" + (f" ({times} cases)" if times > 1 else "")
    if outcome.step.name in COUNTED and outcome.seconds:
        log = (BUILD / "logs" / f"{outcome.step.name}.log").read_text(errors="replace")
        yield from (
            f"covered by the unit tests, {COUNTED[outcome.step.name]} of plugins/: {total}"
            for total in COVERED.findall(log)
        )
    if outcome.step.name in SAID and outcome.seconds:
        log = (BUILD / "logs" / f"{outcome.step.name}.log").read_text(errors="replace")
        for said in sorted(
            {found.group(1) for found in map(SAID[outcome.step.name].search, log.splitlines()) if found}
        ):
            yield f"left out in {outcome.step.name}: {said}"


def closing(outcomes: list[Outcome], took: float = 0.0, busy: float = 0.0) -> str:
    """The table of steps, what was left out, how long it TOOK and the machine was BUSY in seconds, and the one line
    that CI reads.
    """
    lines = ["", f"{'step':20} {'passed':>7} {'failed':>7} {'skipped':>8} {'seconds':>8} {'CPU':>6}"]
    for outcome in outcomes:
        lines.append(
            f"{outcome.step.name:20} {outcome.passed:7} {outcome.failed:7} {outcome.skipped:8} {outcome.seconds:8.0f}"
            f" {outcome.cpu:6.0f}"
        )
    lines += ["", *(note for outcome in outcomes for note in notes(outcome))]
    lines += [f"failed in {outcome.step.name}: {failure}" for outcome in outcomes for failure in outcome.failures]
    totals = [sum(getattr(outcome, kind) for outcome in outcomes) for kind in ("passed", "failed", "skipped")]
    cpu = sum(outcome.cpu for outcome in outcomes)
    cores = os.cpu_count() or 1
    share = f", which were busy for {100 * busy / (took * cores):.0f} % of it" if took and busy else ""
    lines += [
        "",
        f"{took:.0f} s on {cores} cores{share}, {cpu:.0f} s of CPU in the steps",
        "{} passed, {} failed, {} skipped".format(*totals),
    ]
    return "\n".join(lines)


def chosen(names: list[str], quick: bool = False) -> list[Step]:
    """The steps to run: the usual ones, the named ones, with `lab` all of the lab, with `static` those that read
    sources only.
    """
    steps = all_steps()
    groups = _groups(steps)
    unknown = set(names) - groups.keys()
    if unknown:
        raise SystemExit(f"error: no step {', '.join(sorted(unknown))}; there are: {', '.join(groups)}")
    if names:
        wanted = set().union(*(groups[name] for name in names))
    else:
        wanted = {step.name for step in steps if not step.named and (step.quick or not quick)}
    return [step for step in steps if step.name in wanted]


def _groups(steps: list[Step]) -> dict[str, set[str]]:
    """What can be asked for by name: each step, those that read sources only, and the steps of a folder's files."""
    groups = {step.name: {step.name} for step in steps}
    groups["static"] = {step.name for step in steps if step.static}
    groups.update({folder: {step.name for step in steps if step.name.startswith(f"{folder}-")} for folder in BY_FILE})
    return groups


def fits(step: Step, running: Iterable[Step], cores: float, idle: float = 0.0) -> bool:
    """Whether a step has room beside those that run: by what they are known to fill, or among cores that are IDLE; it
    always has where none runs.
    """
    others = [cost(other).cores for other in running]
    known = len(others) < MOST_A_CORE * cores and sum(others) + cost(step).cores <= ROOM * cores
    seen = len(others) < MOST_IDLE * cores and cost(step).cores <= idle
    return not others or known or seen


def run_all(steps: list[Step], cores: float) -> list[Outcome]:
    """Run as many steps side by side as fill the CORES, and beside them, one after another at the lowest priority, what
    only reads sources.
    """
    lock = Lock()

    def say(text: str) -> None:
        with lock:
            print(time.strftime("%H:%M:%S"), text, flush=True)

    # What only reads sources fills the time in which the lab waits, and takes none from it; where others want all of
    # the machine, the lowest priority would get none at all.
    lowest = () if others_fill_the_cores() else ("nice", "-n", "19")
    with ThreadPoolExecutor(max(len(steps), 1)) as pool, ThreadPoolExecutor(1) as beside:
        started = {step.name: beside.submit(run, step, say, lowest) for step in steps if step.static}
        waiting = [step for step in steps if not step.static]
        running: dict[Future[Outcome], Step] = {}
        idle = IdleCores(cores)
        while waiting:
            free = idle.count()
            step = next((step for step in waiting if fits(step, running.values(), cores, free)), None)
            if step is None:
                for ended in wait(running, ENDED, return_when=FIRST_COMPLETED).done:
                    del running[ended]
                    idle.something_ended()
                continue
            idle.something_began()
            waiting.remove(step)
            started[step.name] = future = pool.submit(run, step, say)
            running[future] = step
        return [started[step.name].result() for step in steps]


def main() -> int:
    """Run the chosen steps side by side and print the closing table."""
    parser = argparse.ArgumentParser(description="Run the project's checks.")
    parser.add_argument("--cores", type=int, default=os.cpu_count() or 1, help="of the machine, to be filled")
    parser.add_argument(
        "--quick", action="store_true", help="only style, types and unit tests, the latter with fewer examples"
    )
    parser.add_argument("steps", nargs="*", metavar="STEP")
    arguments = parser.parse_args()
    (BUILD / "logs").mkdir(parents=True, exist_ok=True)
    shutil.rmtree(BUILD / "junit", ignore_errors=True)
    if arguments.quick:
        os.environ["LAYER2_QUICK"] = "1"
    began, busy = time.monotonic(), busy_seconds()
    outcomes = run_all(chosen(arguments.steps, arguments.quick), arguments.cores)
    print(closing(outcomes, time.monotonic() - began, busy_seconds() - busy), flush=True)
    return 1 if any(outcome.failed for outcome in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
