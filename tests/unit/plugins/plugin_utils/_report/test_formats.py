"""A format is one file and one row: a toy one draws every family, and the documentation offers what there is."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import importlib
from pathlib import Path

import pytest
import yaml
from ansible_collections.netops.layer2.plugins.filter.render_trace import draw
from ansible_collections.netops.layer2.plugins.plugin_utils._report import _files, _formats
from ansible_collections.netops.layer2.plugins.plugin_utils._report._kinds import KINDS

from .._trace.sample_traces import lossy
from .sample_reports import address_verdict, flood_verdict, verdict, wrapped

ROOT = Path(__file__).resolve().parents[5]
SAMPLES = {
    "netops.layer2/verdict": verdict,
    "netops.layer2/ip-verdict": address_verdict,
    "netops.layer2/flood-verdict": flood_verdict,
}
# The whole file of a new format.
TOY = '''
def render(sheet):
    """Markdown, or nearly."""
    lines = [f"# {sheet.headline}"]
    for finding in sheet.findings:
        lines += [f"## {finding.line}", finding.reason]
        lines += [f"- {part.label}: {text}" for part in finding.parts for text in part.texts]
        lines += ["| " + " | ".join(", ".join(cell) for cell in row) + " |" for row in finding.grid.rows]
    lines += [f"not judged: {remark.host}" for remark in sheet.covered.missing]
    return "\\n".join([*lines, sheet.outcome.line, ""])
'''


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """The format `toy`: a file, and its row."""
    (tmp_path / "layer2_toy_format.py").write_text(TOY)
    monkeypatch.syspath_prepend(str(tmp_path))
    row = _formats.Format(".md", importlib.import_module("layer2_toy_format").render)
    monkeypatch.setitem(_formats.FORMATS, "toy", row)


@pytest.mark.usefixtures("toy")
@pytest.mark.parametrize(
    ("schema", "said"),
    [
        (
            "netops.layer2/verdict",
            ["# 1 conflict: machines share a MAC", "| hv2 | web25 | vnet3 |", "- evidence: client: 192.168.100.30"],
        ),
        (
            "netops.layer2/ip-verdict",
            ["# 1 conflict: machines have one IP address", "| web1 |  | eth0 | 52:54:00:0c:1d:f5 |"],
        ),
        (
            "netops.layer2/flood-verdict",
            [
                "# 1 flood: 2 interfaces receive up to 8 Mbit/s",
                "| near2 | eth0 | 7.9 Mbit/s | 658 |",
                "- timers: ARP 50 s",
            ],
        ),
    ],
)
def test_a_new_format_draws_every_family(schema, said, tmp_path):
    made = wrapped(
        {
            **SAMPLES[schema](),
            "coverage": {**SAMPLES[schema]()["coverage"], "missing": [{"host": "hv9", "reason": "x"}]},
        }
    )
    text = _formats.render(made, "toy")
    assert all(words in text for words in [*said, "not judged: hv9", _formats.summary(made)["line"]])
    assert (
        _files.write(made, str(tmp_path / "out"), ["toy"], dry=False).paths["toy"].endswith(f"{KINDS[schema].stem}.md")
    )
    assert "toy" in _formats.defaults()


@pytest.mark.usefixtures("toy")
def test_a_new_format_draws_traces():
    text = draw(lossy(), "toy")
    sentence = "Frames for 192.0.2.30 leave lossy-client, but 19 % (8 of 42) never arrive at lossy-guest."
    hop = "| there | lossy-client | lossy-guest | 42 | 34 | 8 (19 %) | 0 | 0 | 26 µs | 75 µs | 75 µs |"
    assert text.splitlines() == [f"# {sentence}", f"## loss: {sentence}", sentence, hop, sentence]


@pytest.mark.parametrize(
    "path",
    [
        "plugins/modules/write_report.py",
        "plugins/modules/report_fleet.py",
        "plugins/filter/render_report.py",
        "plugins/filter/render_trace.py",
    ],
)
def test_plugins_offer_every_format(path):
    text = (ROOT / path).read_text()
    assert f"choices: [{', '.join(_formats.FORMATS)}]" in text
    assert f"default: [{', '.join(_formats.defaults())}]" in text or "default: table" in text


def test_the_role_offers_every_format_and_writes_those_that_are_written_by_default():
    options = yaml.safe_load((ROOT / "roles/report/meta/argument_specs.yml").read_text())["argument_specs"]["main"][
        "options"
    ]["report_formats"]
    assert options["choices"] == list(_formats.FORMATS) and options["default"] == _formats.defaults()
