"""The scripts behind the Makefile: what they count, copy, choose and install."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

TOOLS = Path(__file__).resolve().parents[2] / "tools"
needs_nice = pytest.mark.skipif(shutil.which("nice") is None, reason="nice (coreutils) is not installed")
JUNIT = """<?xml version="1.0"?><testsuites><testsuite>
<testcase name="a"/><testcase name="b"><failure message="no">x</failure></testcase>
<testcase name="c"><error message="setup">x</error></testcase>
<testcase name="d"><skipped message="no Chromium"/></testcase>
<testcase name="e"><skipped message="no Chromium"/></testcase>
</testsuite></testsuites>"""


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A function that loads one of the scripts as a module, its neighbours beside it."""
    monkeypatch.syspath_prepend(str(TOOLS))

    def loaded(name: str) -> ModuleType:
        specification = importlib.util.spec_from_file_location(f"layer2_tools_{name}", TOOLS / f"{name}.py")
        assert specification is not None and specification.loader is not None
        module = importlib.util.module_from_spec(specification)
        monkeypatch.setitem(sys.modules, specification.name, module)
        specification.loader.exec_module(module)
        return module

    return loaded


@pytest.fixture
def runner(load: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    module = load("run_tests")
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "BUILD", tmp_path / ".build")
    for folder in ("logs", "junit"):
        (tmp_path / ".build" / folder).mkdir(parents=True)
    return module


def test_each_case_of_a_report_is_counted_once(runner: ModuleType) -> None:
    (runner.BUILD / "junit" / "unit.xml").write_text(JUNIT)
    outcome = runner.count(runner.Step("unit", (), pytest=True), status=1)
    assert (outcome.passed, outcome.failed, outcome.skipped) == (1, 2, 2)
    assert outcome.reasons == {"no Chromium": 2}
    assert outcome.failures == ["b: no", "c: setup"]


@pytest.mark.parametrize(
    ("is_pytest", "status", "counted"),
    [
        (False, 0, (1, 0, 0)),
        (False, 2, (0, 1, 0)),
        (True, 5, (0, 1, 0)),  # pytest found no test at all
        (True, 0, (0, 0, 0)),
    ],
)
def test_a_step_without_a_report_counts_as_one(
    runner: ModuleType, is_pytest: bool, status: int, counted: tuple[int, ...]
) -> None:
    outcome = runner.count(runner.Step("x", (), pytest=is_pytest), status)
    assert (outcome.passed, outcome.failed, outcome.skipped) == counted


def test_a_run_that_died_after_good_cases_has_failed(runner: ModuleType) -> None:
    (runner.BUILD / "junit" / "unit.xml").write_text(
        '<testsuites><testsuite><testcase name="a"/></testsuite></testsuites>'
    )
    assert runner.count(runner.Step("unit", (), pytest=True), status=-9).failed == 1


def test_a_failed_target_is_named_with_its_task_and_what_was_meant_to_fail_is_not(runner: ModuleType) -> None:
    log = runner.BUILD / "logs" / "integration.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text(
        "fatal: [testhost]: FAILED! => meant\n...ignoring\n"
        'fatal: [testhost]: FAILED! => {"msg": "the port is taken"}\n'
        'ERROR: Command "ansible-playbook segment.yml" returned exit status 2.\n'
        "Running layer2_facts integration test role\n"
        "ERROR: The 1 integration test(s) listed below (out of 22) failed. See error output above for details:\n"
        "segment\n"
    )
    assert runner.count(runner.Step("integration", ()), status=1).failures == [
        "ended with exit status 1",
        'fatal: [testhost]: FAILED! => {"msg": "the port is taken"}',
        'ERROR: Command "ansible-playbook segment.yml" returned exit status 2.',
        "ERROR: The 1 integration test(s) listed below (out of 22) failed. See error output above for details:",
        "segment",
    ]


def test_a_failing_step_shows_its_end_and_the_last_line_is_what_ci_reads(runner: ModuleType) -> None:
    said: list[str] = []
    steps = [runner.Step(name, (sys.executable, "-c", code), folder=runner.ROOT)
             for name, code in (("good", "print('fine')"), ("bad", "print('this went wrong'); raise SystemExit(3)"))]
    outcomes = [runner.run(step, said.append) for step in steps]
    assert any("this went wrong" in text for text in said) and not any("fine" in text for text in said)
    closing = runner.closing(outcomes).splitlines()
    assert "failed in bad: ended with exit status 3" in closing
    assert closing[-1] == "1 passed, 1 failed, 0 skipped"


def test_steps_keep_what_they_compiled(runner: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    assert "PYTHONDONTWRITEBYTECODE" not in runner.environment()


def test_a_step_tells_the_cpu_time_of_its_processes(runner: ModuleType) -> None:
    outcome = runner.run(
        runner.Step("busy", (sys.executable, "-c", "sum(range(10**7))"), folder=runner.ROOT), lambda _text: None
    )
    assert (outcome.passed, outcome.failed) == (1, 0)
    assert 0 < outcome.cpu <= outcome.seconds * (os.cpu_count() or 1) + 1


def test_an_environment_is_made_once_by_the_first_step_that_wants_it(runner: ModuleType) -> None:
    tools = runner.ROOT / "tools"
    tools.mkdir()
    script = "import sys; open('made', 'a').write('x'); print('setting up', *sys.argv[1:]); sys.exit('no such package')"
    for name in ("environments.py", "matrix.py"):
        (tools / name).write_text(f"import os; os.chdir({str(runner.ROOT)!r}); {script}\n")
    said: list[str] = []
    tell = (sys.executable, "-c", "print(open('made').read())")
    for name in ("hostile-fix", "hostile-roles", "event_driven", "lab-smoke"):
        assert runner.run(runner.Step(name, tell, folder=runner.ROOT), said.append).failed == 0, "it runs without"
    assert [line for line in said if not line.startswith(("start", "ok"))] == [
        "setting up --cores", "no such package", "setting up eda", "no such package",
    ]
    assert [(runner.BUILD / "logs" / f"{name}.log").read_text() for name in ("hostile-roles", "lab-smoke")] == [
        "x\n", "xx\n",
    ]


def test_what_steps_want_can_be_made(load: Any) -> None:
    module = load("run_tests")
    wanted = {name for step in module.all_steps() for name in module.needs(step)}
    assert wanted == set(module.NEEDED) and all(
        (TOOLS.parent / f"requirements-{name}.txt").exists() for name in wanted - {"cores"}
    )


# Two versions of cgroups(7), both at once, and a container in which only its own part is mounted.
V1 = "36 32 0:31 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:9 - cgroup cgroup rw,cpu,cpuacct"
V2 = "31 23 0:27 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate"
UNIFIED = "40 32 0:35 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw"
PART = "50 49 0:27 /machine/c1 /sys/fs/cgroup ro - cgroup2 cgroup rw"


@pytest.mark.parametrize(
    ("own", "mounts", "folders"),
    [
        ("4:cpu,cpuacct:/user.slice\n1:name=systemd:/x\n", [V1], ["/sys/fs/cgroup/cpu,cpuacct/user.slice"]),
        ("0::/user.slice/a.scope\n", [V2], ["/sys/fs/cgroup/user.slice/a.scope"]),
        (
            "4:cpuacct:/\n0::/a\n",
            [V1, "25 1 8:1 / / rw - ext4 /dev/sda1 rw", UNIFIED],
            ["/sys/fs/cgroup/cpu,cpuacct", "/sys/fs/cgroup/unified/a"],
        ),
        ("0::/machine/c1/b\n", [PART], ["/sys/fs/cgroup/b"]),
        ("0::/../other\n", [PART], []),
        ("3:cpuset:/\n", [V1], []),
    ],
)
def test_the_folder_of_the_own_group_is_found(
    load: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own: str, mounts: list[str], folders: list[str]
) -> None:
    module = load("control_group")
    monkeypatch.setattr(module, "PROC", tmp_path)
    (tmp_path / "cgroup").write_text(own)
    (tmp_path / "mountinfo").write_text("\n".join(mounts) + "\n")
    assert [str(folder) for folder in module._folders()] == folders


def test_the_time_of_what_a_step_leaves_behind_is_told_where_groups_can_be_made(runner: ModuleType) -> None:
    with runner.own_group("is-there") as group:
        if group is None:
            pytest.skip("this user may make no control group here")
        path = group.path
    assert not path.exists(), "it goes with the step"
    # A process that leads a session of its own, and that nobody waits for: as a lab's host is.
    busy = "import os, sys; os.fork() and os._exit(0); os.setsid(); sum(range(3 * 10**7)); open(sys.argv[1], 'w')"
    start = "import pathlib, subprocess, sys, time\nsubprocess.run([sys.executable, '-c', *sys.argv[1:]], check=True)\n"
    start += "while not pathlib.Path(sys.argv[2]).exists(): time.sleep(0.02)"
    words = (sys.executable, "-c", start, busy, str(runner.BUILD / "ended"))
    outcome = runner.run(runner.Step("leaves", words, folder=runner.ROOT), lambda _text: None)
    alone = runner.run(runner.Step("none", (sys.executable, "-c", "pass"), folder=runner.ROOT), lambda _text: None)
    assert outcome.failed == 0 and outcome.cpu > 4 * alone.cpu, (outcome, alone)


def test_steps_run_side_by_side_as_they_fill_the_cores(runner: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    costs = {"waits": (900, 90), "half": (400, 200), "full": (300, 360), "more": (200, 240)}
    monkeypatch.setattr(runner, "known_costs", lambda: {name: runner.Cost(*took) for name, took in costs.items()})
    steps = {name: runner.Step(name, (), static=False) for name in costs}

    def room(step: str, *running: str, cores: int = 2, idle: float = 0.0) -> bool:
        return bool(runner.fits(steps[step], [steps[other] for other in running], cores, idle))

    assert room("more") and room("more", cores=1), "alone, whatever it takes"
    assert room("half", "waits", "full") and not room("full", "waits", "full") and room("full", "half", "waits")
    assert not room("more", "full") and room("more", "full", cores=3)
    assert not room("waits", *["waits"] * 4) and room("waits", *["waits"] * 4, cores=3), "each wants memory, too"
    assert room("half", "full", "full", idle=0.5) and not room("half", "full", "full", idle=0.4), "a fast machine waits"
    assert room("waits", *["waits"] * 7, idle=1.0) and not room("waits", *["waits"] * 8, idle=2.0), "not without end"
    assert runner.cost(runner.Step("new", ())).cores == 1, "a core for a step of which nothing is known"


def test_the_first_that_has_room_is_started_and_all_are_told_in_their_order(
    runner: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    costs = {"first": (9, 9), "second": (9, 9), "third": (9, 1)}
    monkeypatch.setattr(runner, "known_costs", lambda: {name: runner.Cost(*took) for name, took in costs.items()})
    # Each step waits for a file that the one before makes, in the order in which they can start on one core and a bit.
    code = "import pathlib, sys, time\nwhile not pathlib.Path(sys.argv[1]).exists(): time.sleep(0.02)\n"
    code += "pathlib.Path(sys.argv[2]).touch()"
    folder = runner.BUILD
    (folder / "now").touch()
    files = {"first": ("by-third", "by-first"), "second": ("by-first", "end"), "third": ("now", "by-third")}
    steps = [
        runner.Step(name, (sys.executable, "-c", code, *files[name]), folder=folder, static=False) for name in costs
    ]
    outcomes = runner.run_all(steps, cores=1.2)
    assert [outcome.step.name for outcome in outcomes] == list(costs) and not any(each.failed for each in outcomes)


@needs_nice
@pytest.mark.parametrize("busy", [True, False])
def test_what_reads_sources_gives_way_to_steps_but_not_to_others(
    runner: ModuleType, monkeypatch: pytest.MonkeyPatch, busy: bool
) -> None:
    monkeypatch.setattr(runner, "others_fill_the_cores", lambda: busy)
    tell = (sys.executable, "-c", "import os; print(os.nice(0))")
    steps = [runner.Step(name, tell, folder=runner.ROOT, static=name == "static") for name in ("static", "lab")]
    assert [outcome.failed for outcome in runner.run_all(steps, 2)] == [0, 0]
    static, lab = (int((runner.BUILD / "logs" / f"{step.name}.log").read_text()) for step in steps)
    assert lab == os.nice(0) and static == (lab if busy else 19)


def told(folder: Path, seconds: int, memory: int) -> None:
    """Write what the kernel would say: so many SECONDS of work since boot, so much MEMORY available, in KiB."""
    spent = seconds * os.sysconf("SC_CLK_TCK") // 2
    (folder / "stat").write_text(f"cpu  {spent} {spent} 0 987654 321 0 0 0 0 0\nprocs_running 1\n")
    (folder / "meminfo").write_text(f"MemTotal: 9999999 kB\nMemAvailable: {memory:>12} kB\n")


@pytest.mark.parametrize(
    ("passed", "worked", "memory", "idle"),
    [(20, 10, 3 << 20, 1.5), (20, 40, 3 << 20, 0.0), (20, 10, 1 << 20, 0.0), (10, 0, 3 << 20, 0.0)],
    ids=["idle", "busy", "short of memory", "a moment ago"],
)
def test_idle_cores_are_counted_since_something_was_started(
    load: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, passed: int, worked: int, memory: int, idle: float
) -> None:
    module, now = load("machine"), [1000.0]
    monkeypatch.setattr(module, "PROC", tmp_path)
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: now[0]))
    told(tmp_path, 500, memory)
    cores = module.IdleCores(2)
    now[0] += passed
    told(tmp_path, 500 + worked, memory)
    assert cores.count() == pytest.approx(idle)
    assert cores.count() == 0, "what is started for it shows later"


def test_no_core_is_idle_where_nobody_tells(load: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module, now = load("machine"), [1000.0]
    monkeypatch.setattr(module, "PROC", tmp_path)
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: now[0]))
    cores = module.IdleCores(2)
    now[0] += 60
    assert cores.count() == 0 and module.available_memory() == 0


@pytest.mark.skipif(not Path("/proc/stat").exists(), reason="there is no /proc/stat to look at")
def test_others_that_want_all_cores_are_seen(runner: ModuleType) -> None:
    with contextlib.ExitStack() as stack:
        for _core in range(2 * (os.cpu_count() or 1)):
            loop = stack.enter_context(subprocess.Popen([sys.executable, "-c", "while True: pass"]))
            stack.callback(loop.kill)
        assert runner.others_fill_the_cores()


def test_the_share_that_is_covered_stands_under_the_table(runner: ModuleType) -> None:
    log = runner.BUILD / "logs" / "coverage.log"
    log.write_text(
        "a.py      10      0      4      1  96.4%\nTOTAL  17304   5059   4986    667  66.2%\n1 passed in 1s\n"
    )
    outcome = runner.Outcome(runner.Step("coverage", (), pytest=True), passed=1, seconds=1.0)
    assert "covered by the unit tests, lines and branches of plugins/: 66.2%" in runner.closing([outcome]).splitlines()


def test_unit_tests_count_lines_against_a_floor_but_for_quick(
    runner: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    (runner.BUILD / "logs" / "unit.log").write_text("TOTAL  24002  12764  46.8%\n1177 passed in 1s\n")
    step = runner.pytest_step("unit", "tests/unit")
    assert (
        "covered by the unit tests, lines of plugins/: 46.8%"
        in runner.closing([runner.Outcome(step, passed=1, seconds=1.0)]).splitlines()
    )
    monkeypatch.delenv("LAYER2_QUICK", raising=False)
    counting = runner.counting_lines(step).command
    assert (f"--cov-fail-under={runner.LINES}" in counting) == (sys.version_info >= (3, 12)), (
        "older Pythons cannot count cheaply"
    )
    monkeypatch.setenv("LAYER2_QUICK", "1")
    assert runner.counting_lines(step) == step


def test_a_step_that_is_killed_has_failed(runner: ModuleType) -> None:
    code = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    assert (
        runner.run(
            runner.Step("killed", (sys.executable, "-c", code), folder=runner.ROOT, static=False), lambda _text: None
        ).failed
        == 1
    )


def test_quick_is_a_part_of_the_usual_run_and_what_runs_twice_is_no_part_of_it(runner: ModuleType) -> None:
    (runner.ROOT / "tests" / "unit").mkdir(parents=True)
    usual = {step.name for step in runner.chosen([])}
    quick = {step.name for step in runner.chosen([], quick=True)}
    assert {"style", "types", "unit"} <= quick < usual and {"bandit", "complexity", "spelling"} <= {
        step.name for step in runner.chosen(["static"])
    }
    assert usual.isdisjoint({"units", "coverage", "pylint"})
    assert [step.name for step in runner.chosen(["units"])] == ["units"]


def test_every_measured_step_is_one(load: Any) -> None:
    module = load("run_tests")
    assert module.known_costs().keys() | module.WORKERS.keys() <= {step.name for step in module.all_steps()}


@pytest.mark.parametrize(
    ("step", "log", "said"),
    [
        (
            "sanity",
            "Running a test\nERROR: a.py:1:1: E302\nFATAL: The test(s) listed below failed.\npep8\nWARNING: locale\n",
            ["ERROR: a.py:1:1: E302", "FATAL: The test(s) listed below failed.", "pep8"],
        ),
        (
            "integration",
            "fatal: [a]: meant\nfatal: [a]: one\nERROR: Command failed\nok: [a]\n",
            ["fatal: [a]: one", "ERROR: Command failed"],
        ),
        ("types", "checking\n\na.py:1: error: one\nb.py:2: error: two\nFound 2 errors\n", None),
        ("style", "", []),
    ],
)
def test_a_failed_step_says_what_failed(runner: ModuleType, step: str, log: str, said: list[str] | None) -> None:
    if log:
        (runner.BUILD / "logs" / f"{step}.log").write_text(log)
    expected = [line for line in log.splitlines() if line][-3:] if said is None else said
    assert list(runner.faults(runner.Step(step, ()))) == expected


def test_every_folder_of_tests_becomes_a_step_and_every_file_of_the_lab(
    runner: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("unit/deep", "lab", "sanity"):
        (runner.ROOT / "tests" / name).mkdir(parents=True)
    (runner.ROOT / "tests" / "unit" / "deep" / "test_a.py").touch()
    (runner.ROOT / "tests" / "lab" / "test_b.py").touch()
    (runner.ROOT / "tests" / "lab" / "test_long_one.py").touch()
    assert [step.name for step in runner.pytest_steps()] == ["lab-b", "lab-long-one", "unit", "coverage"]
    costs = {"lab-long-one": runner.Cost(500, 50), "style": runner.Cost(3, 3)}
    monkeypatch.setattr(runner, "known_costs", lambda: costs)
    chosen = [step.name for step in runner.chosen(["lab", "style"])]
    assert chosen == ["lab-long-one", "lab-b", "style"], "the longest first, what was never measured in between"
    with pytest.raises(SystemExit, match=r"there are: .*static, lab"):
        runner.chosen(["labs"])


@pytest.fixture
def place(load: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    module = load("place")
    root = tmp_path / "checkout"
    root.mkdir()
    monkeypatch.setattr(module, "ROOT", str(root))
    monkeypatch.setattr(module, "PLACE", str(root / ".build" / "ansible_collections" / "netops" / "layer2"))
    return module


def placed(place: ModuleType) -> set[str]:
    return {str(path.relative_to(place.PLACE)) for path in Path(place.PLACE).rglob("*") if not path.is_dir()}


@pytest.mark.parametrize("with_git", [True, False])
def test_the_copy_follows_the_checkout(place: ModuleType, with_git: bool) -> None:
    root = Path(place.ROOT)
    if with_git and shutil.which("git") is None:
        pytest.skip("git is not installed")
    if with_git:
        subprocess.run(["git", "init", "-q", str(root)], check=True)
    (root / ".gitignore").write_text(".build/\n.venv/\n")
    (root / "galaxy.yml").write_text("a")
    (root / "old.py").write_text("b")
    (root / ".venv").mkdir()
    (root / ".venv" / "ignored").touch()
    place.main()
    assert placed(place) == {".gitignore", "galaxy.yml", "old.py"}
    results = Path(place.PLACE) / "tests" / "output" / "result.xml"
    results.parent.mkdir(parents=True)
    results.touch()
    (root / "old.py").unlink()
    (root / "galaxy.yml").write_text("longer")
    place.main()
    assert placed(place) == {".gitignore", "galaxy.yml", "tests/output/result.xml"}
    assert (Path(place.PLACE) / "galaxy.yml").read_text() == "longer"


def test_an_environment_is_built_anew_when_an_included_file_changes_or_its_folder_moved(
    load: Any, tmp_path: Path
) -> None:
    environments = load("environments")
    (tmp_path / "base.txt").write_text("netaddr\n")
    (tmp_path / "all.txt").write_text("-r base.txt\nruff\n")
    before = environments.fingerprint(sys.executable, str(tmp_path / "all.txt"), "/srv/a")
    assert before == environments.fingerprint(sys.executable, str(tmp_path / "all.txt"), "/srv/a")
    assert before != environments.fingerprint(sys.executable, str(tmp_path / "all.txt"), "/srv/b")
    (tmp_path / "base.txt").write_text("netaddr>=1\n")
    assert before != environments.fingerprint(sys.executable, str(tmp_path / "all.txt"), "/srv/a")


def test_a_python_that_only_pretends_to_start_is_no_candidate(
    load: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environments = load("environments")
    monkeypatch.setattr(environments, "ROOT", str(tmp_path))
    shim = tmp_path / "python3.13"
    shim.write_text("#!/bin/sh\necho 'command not found' >&2\nexit 127\n")
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{Path(sys.executable).parent}")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    found = environments.find_all()
    assert [python.version for python in found] == [sys.version_info[:2]]
    assert str(shim) not in {python.path for python in found}


def test_an_environment_of_our_own_is_no_candidate(load: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environments = load("environments")
    monkeypatch.setattr(environments, "ROOT", str(tmp_path))
    own, name = tmp_path / ".venv" / "test" / "bin", f"python3.{sys.version_info[1]}"
    own.mkdir(parents=True)
    (own / name).symlink_to(sys.executable)
    monkeypatch.setenv("PATH", f"{own}{os.pathsep}{Path(sys.executable).parent}")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    assert not [path for path in environments.candidates(tuple(sys.version_info[:2])) if path.startswith(str(own))]


def test_a_wrong_interpreter_is_refused_with_the_hint(load: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    environments = load("environments")
    monkeypatch.setenv("LAYER2_PYTHON", "/bin/false")
    with pytest.raises(environments.SetupError, match=r"PYTHON=/bin/false.*name another"):
        environments.choose()


def test_the_bench_takes_the_distributions_python_where_it_is_suitable(
    load: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    environments = load("environments")
    monkeypatch.delenv("LAYER2_PYTHON", raising=False)
    newest = environments.Interpreter("/opt/python3.13", (3, 13), True)
    system = environments.Interpreter("/usr/bin/python3", (3, 11), True)
    monkeypatch.setattr(environments, "find_all", lambda: [newest])
    for found, chosen in (
        (system, system),
        (system._replace(version=(3, 9)), newest),
        (system._replace(complete=False), newest),
        (None, newest),
    ):
        monkeypatch.setattr(environments, "probe", lambda path, found=found: found)
        assert environments.choose("bench") == chosen.path
        assert environments.choose("test") == newest.path


@pytest.mark.parametrize(
    ("here", "ends", "at_once"),
    [
        (["3.8", "3.9", "3.10", "3.12", "3.13"], ["3.9", "3.13"], ["3.10", "3.12", "3.13"]),
        (["3.9", "3.13"], ["3.9", "3.13"], ["3.13"]),
        (["3.13"], ["3.13"], ["3.13"]),
    ],
)
def test_every_python_here_imports_everything(
    load: Any, tmp_path: Path, here: list[str], ends: list[str], at_once: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    sanity = load("run_ansible_test")
    for kind in ("action", "modules", "plugin_utils", "__pycache__"):
        (tmp_path / "place" / "plugins" / kind).mkdir(parents=True)
    monkeypatch.setattr(sanity, "PLACE", tmp_path / "place")
    monkeypatch.setattr(sanity, "supported", lambda: ["3.9", "3.10", "3.11", "3.12", "3.13", "3.14"])
    for version in here:
        (tmp_path / f"python{version}").touch()
    rest, pylint, *imports = sanity.commands(["sanity"], tmp_path)
    assert rest[2:7] == ["sanity", "--skip-test", "import", "--skip-test", "pylint"]
    assert pylint[2:5] == ["sanity", "--test", "pylint"] and pylint[-2:] == ["plugins/", "extensions/"]
    by_itself = [command for command in imports if "--python" in command]
    assert all(command[-5:-2] == ["plugins/action/", "plugins/modules/", "extensions/"] for command in by_itself)
    assert [command[command.index("--python") + 1] for command in by_itself] == ends
    assert [command[0] for command in imports if "--python" not in command] == [
        str(tmp_path / f"python{version}") for version in at_once
    ]
    (one,) = sanity.commands(["sanity", "--test", "import"], tmp_path)
    assert one[2:5] == ["sanity", "--test", "import"]


def test_a_plugin_that_cannot_be_imported_fails_its_python(tmp_path: Path) -> None:
    plugins = tmp_path / "ansible_collections" / "netops" / "layer2" / "plugins"
    bodies = {
        "module_utils/good.py": "",
        "module_utils/bad.py": "import nowhere_at_all\n",
        "action/ends.py": "raise SystemExit(0)\n",
        "modules/reads.py": (
            "from ansible.module_utils.basic import AnsibleModule\nif __name__ == '__main__':\n    AnsibleModule({})\n "
            "   1 / 0\n"
        ),
        "modules/breaks.py": "if __name__ == '__main__':\n    1 / 0\n",
    }
    for name, body in bodies.items():
        (plugins / name).parent.mkdir(parents=True, exist_ok=True)
        (plugins / name).write_text(body)
    command = [sys.executable, "-B", str(TOOLS / "import_plugins.py"), str(tmp_path), sysconfig.get_path("purelib")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={"PATH": os.environ["PATH"]})
    named = [line.split()[1].rpartition("plugins.")[2] for line in done.stdout.splitlines() if line.startswith("ERROR")]
    wanted = ["action.ends", "module_utils.bad", "modules.breaks"]
    assert (done.returncode, named) == (1, wanted), done.stdout + done.stderr


def test_package_lists_are_read_without_their_comments(load: Any, tmp_path: Path) -> None:
    (tmp_path / "packages.txt").write_text("# what for\n\nchromium   # a browser\nmake\n")
    assert load("packages").listed(str(tmp_path / "packages.txt")) == ["chromium", "make"]


@pytest.mark.parametrize("fails", [False, True])
def test_what_is_installed_starts_no_service(
    load: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: bool
) -> None:
    packages, policy, answers = load("packages"), tmp_path / "policy-rc.d", []
    monkeypatch.setattr(packages, "POLICY", str(policy))

    def apt(verb: str, *_rest: str) -> None:
        answers.append((verb, subprocess.run([policy], check=False).returncode if policy.exists() else None))
        if fails and verb == "install":
            raise packages.PackageError("no such package")

    monkeypatch.setattr(packages, "apt", apt)
    with contextlib.suppress(packages.PackageError):
        packages.install(["lldpd"])
    assert answers == [("update", None), ("install", 101)] and not policy.exists()


def test_a_machines_own_policy_on_services_stays(
    load: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packages, policy = load("packages"), tmp_path / "policy-rc.d"
    policy.write_text("its own")
    monkeypatch.setattr(packages, "POLICY", str(policy))
    monkeypatch.setattr(packages, "apt", lambda *_words: None)
    packages.install(["lldpd"])
    assert policy.read_text() == "its own"


def test_only_what_is_tracked_goes_into_the_artifact(
    load: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = load("place")
    monkeypatch.setattr(place, "ROOT", str(tmp_path))
    git = ("git", "-C", str(tmp_path))
    for name in ("galaxy.yml", "secrets.yml"):
        (tmp_path / name).write_text("a")
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "galaxy.yml"], check=True)
    assert place.source_files() == ["galaxy.yml", "secrets.yml"]
    assert place.source_files(tracked_only=True) == ["galaxy.yml"]


def test_one_content_gives_one_artifact(load: Any, tmp_path: Path) -> None:
    importer = load("import_artifact")
    digests = set()
    for number, order in enumerate((("a.txt", "b.txt"), ("b.txt", "a.txt"))):
        folder = tmp_path / str(number)
        folder.mkdir()
        for name in order:
            (folder / name).write_text(name)
            os.utime(folder / name, (number, number))
        artifact = tmp_path / f"{number}.tar.gz"
        with tarfile.open(artifact, "w:gz") as packed:
            for name in order:
                packed.add(folder / name, arcname=name)
        importer.make_reproducible(artifact)
        digests.add(hashlib.sha256(artifact.read_bytes()).hexdigest())
        with tarfile.open(artifact) as packed:
            assert packed.getnames() == ["a.txt", "b.txt"]
    assert len(digests) == 1


@pytest.fixture
def commands(load: Any) -> ModuleType:
    return load("run_playbook")  # type: ignore[no-any-return]


def extra_variables(line: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(line[line.index("--extra-vars") + 1])
    return found


def test_a_path_with_spaces_stays_one_value(
    commands: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = str(tmp_path / "my checkout" / "reports")
    detect = commands.Command("netops.layer2.detect_dup_mac", "x.html", {"report_directory": folder})
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my hosts.ini").touch()
    line = commands.command_line(detect, {"INVENTORY": "my hosts.ini", "LIMIT": "web*"}, ["-v"])
    assert extra_variables(line) == {"report_directory": folder}
    assert (
        line[line.index("--inventory") + 1] == "my hosts.ini"
        and line[line.index("--limit") + 1] == "web*"
        and line[-1] == "-v"
    )


def test_a_host_without_its_comma_is_told_from_an_inventory(commands: ModuleType, tmp_path: Path) -> None:
    for there in ("web1,", "web1,web2", str(tmp_path)):
        assert there in commands.command_line(commands.COMMANDS["detect"], {"INVENTORY": there}, [])
    with pytest.raises(commands.UsageError, match=r"INVENTORY=web1,$"):
        commands.command_line(commands.COMMANDS["detect"], {"INVENTORY": "web1"}, [])


def test_steps_are_told_the_words_of_the_makefile(commands: ModuleType) -> None:
    told = json.loads(commands.told(commands.COMMANDS["detect"]))
    assert told["targets"] == {"detect_dup_mac": "detect", "fix_dup_mac": "fix"} and told["tells"] == str(
        commands.REPORTS / "layer2-report.html"
    )
    assert not json.loads(commands.told(commands.COMMANDS["fix"]))["tells"]


@pytest.mark.parametrize(("answer", "is_applied"), [("", False), ("no", False), ("yes", True)])
def test_a_fix_changes_nothing_unless_told(commands: ModuleType, answer: str, is_applied: bool) -> None:
    assert (
        extra_variables(commands.command_line(commands.COMMANDS["fix"], {"APPLY": answer}, []))["fix_apply"]
        is is_applied
    )


@pytest.mark.parametrize("answer", ["true", "YES", "1", "y", "{{ true }}"])
def test_what_is_no_clear_yes_is_refused(commands: ModuleType, answer: str) -> None:
    with pytest.raises(commands.UsageError, match="APPLY=yes"):
        commands.command_line(commands.COMMANDS["fix"], {"APPLY": answer}, [])


@pytest.mark.parametrize(("locale", "chosen"), [("C", "C.UTF-8"), ("xx_YY.UTF-8", "C.UTF-8"), ("C.UTF-8", "C.UTF-8")])
def test_ansible_gets_a_locale_that_it_can_work_in(
    commands: ModuleType, monkeypatch: pytest.MonkeyPatch, locale: str, chosen: str
) -> None:
    monkeypatch.setenv("LC_ALL", locale)
    assert commands.environment()["LC_ALL"] == chosen


def test_a_function_above_the_complexity_that_is_allowed_is_named(load: Any, tmp_path: Path) -> None:
    pytest.importorskip("radon", reason="ansible-test runs without it; `make test` runs this file, too")
    module = load("complexity")
    (tmp_path / "plugins").mkdir()
    two = "    if a and b:\n        return 1\n"  # counts twice, and the function once
    (tmp_path / "plugins" / "x.py").write_text(
        f"def many(a, b):\n{two * 6}def most(a, b):\n{two * 5}    if a:\n        return 1\n"
        "class C:\n    def few(self, a, b):\n        return a or b\n"
    )
    (line,) = module.exceeding(tmp_path)
    assert line.startswith("plugins/x.py::many: complexity 13, 12 at most")


def test_pages_with_options_of_ansible_core_are_checked_by_its_own_release(
    load: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = load("render_docs")
    monkeypatch.setattr(module, "release", lambda: "2.19")
    (tmp_path / "callback").mkdir()
    for name, fragments in {
        "one": " default_callback\n", "ours": " netops.layer2.fleet\n", "own": "\n  - netops.layer2.fleet\n",
        "shared": "\n  - netops.layer2.fleet\n  - default_callback\n",
    }.items():  # fmt: skip
        text = f"DOCUMENTATION:\nextends_documentation_fragment:{fragments}options:\n"
        (tmp_path / "callback" / f"{name}.py").write_text(text)
    assert module.pages_of_core(tmp_path) == ["one_callback.rst", "shared_callback.rst"]
    said = "text\n\n.. Options taken over from ansible-core are those of {}.\n"
    for name, text in {"a": said.format("2.21"), "b": said.format("2.19"), "c": "text\n"}.items():
        (tmp_path / f"{name}.rst").write_text(text)
    others = [name for name in "abcd" if module.of_other_release(tmp_path / f"{name}.rst")]
    assert others == ["a"]
