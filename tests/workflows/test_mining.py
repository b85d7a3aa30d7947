"""Event logs against published and cross-checked figures, as files and after they became cases."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client

from apps.core import invariants
from apps.core.access import scope
from apps.core.errors import Refused
from apps.core.jobs.running import Progress
from apps.core.models import Job
from apps.workflows.mining.files import read_log, write_xes
from apps.workflows.mining.log import Figures, figures
from apps.workflows.models import Case, Step, Workflow
from apps.workflows.services import logs
from tests.factories import people
from tests.support.shared_data import SHARED
from tests.workflows.building import simple
from tests.workflows.running import answer, publish, start

FOLDER = SHARED / "event_logs"
EXPECTED = json.loads((FOLDER / "expected.json").read_text())["logs"] if FOLDER.exists() else {}
needs_logs = pytest.mark.skipif(not EXPECTED, reason="the published logs are not on this machine")


def agree(found: Figures, expected: dict[str, Any]) -> None:
    assert (found.events, found.cases) == (expected["events"], expected["cases"])
    assert (len(found.activities), len(found.variants)) == (expected["activities"], expected["variants"])
    assert found.variants[0][1] == expected["most_common_variant_cases"]
    assert (
        len(found.variants[0][0]) == expected["most_common_variant_length"]
        or found.variants[0][1] == found.variants[1][1]
    )
    assert sum(count == 1 for _, count in found.variants) == expected["single_case_variants"]
    assert {name: dict(found.starts)[name] for name in expected["start_activities"]} == expected["start_activities"]
    assert {name: dict(found.ends)[name] for name in expected["end_activities"]} == expected["end_activities"]
    times = expected["throughput_seconds"]
    assert found.mean_seconds == pytest.approx(times["mean"], abs=0.01)
    assert found.median_seconds == pytest.approx(times["median"], abs=0.01)
    assert found.p90_seconds == pytest.approx(times["p90_linear"], abs=0.01)
    assert found.reworked == expected["cases_with_rework"]
    assert len(found.follows) == expected["directly_follows_pairs"]
    pairs = {(one.before, one.after): one for one in found.follows}
    for wanted in expected["directly_follows_top"]:
        one = pairs[wanted["from"], wanted["to"]]
        assert one.count == wanted["count"]
        assert one.mean_seconds == pytest.approx(wanted["mean_seconds"], abs=0.01)
        assert one.median_seconds == pytest.approx(wanted["median_seconds"], abs=0.01)


@needs_logs
@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_figures_of_published_logs(name: str) -> None:
    traces = read_log((FOLDER / name).read_bytes(), name)
    expected = EXPECTED[name]
    if name == "sepsis.csv":
        # 24 rows carry no case id: the figures leave them out, except in the number of rows.
        lost = next(one for one in traces if not one.case)
        traces.remove(lost)
        expected = expected | {"events": expected["events"] - len(lost.events)}
    agree(figures(traces), expected)
    if name in ("running_example.csv", "patients.csv"):
        again = read_log("".join(write_xes(traces)).encode(), "log.xes")
        assert again == traces


@needs_logs
@pytest.mark.django_db
@pytest.mark.parametrize("name", ["running_example.csv", "patients.csv", "permit_receipt.csv"])
def test_a_log_becomes_cases_with_the_same_figures(name: str) -> None:
    with transaction.atomic(), scope.system("a test"):
        cast = people.cast()
        made = logs.import_log(
            content=(FOLDER / name).read_bytes(),
            name=name,
            code="log",
            department=cast.company.plant,
            actor=cast.admin,
        )
        assert Case.objects.filter(workflow=made).count() == EXPECTED[name]["cases"]
        assert Step.objects.filter(case__workflow=made).count() == EXPECTED[name]["events"]
        agree(figures(logs.traces(made)), EXPECTED[name])
        broken = [one.id for one in invariants.all_invariants() if one.id.startswith("I12") and one.find_violations()]
        assert broken == []


@pytest.mark.django_db
def test_cases_that_ran_here_are_a_log() -> None:
    with transaction.atomic(), scope.system("a test"):
        cast = people.cast()
        made = publish(simple("start:s user:a user:b end:e", "s>a;a>b;b>e"), cast.company.plant, cast.admin)
        case = start(made, cast.company.plant, cast.manager)
        answer(case, "a", cast.manager)
        answer(case, "b", cast.manager)
        (trace,) = logs.traces(made)
        assert trace.case == case.code
        assert trace.variant == ("a", "b")
        assert trace.events[0].resource == cast.manager.username
        text = "".join(write_xes(logs.traces(made)))
        assert 'value="a"' in text and read_log(text.encode(), "x.xes")[0].variant == ("a", "b")


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (b"a,b\n1,2\n", "x.csv", "columns"),
        (b"case_id,activity,timestamp\n1,a,yesterday\n", "x.csv", "bad_time"),
        (b"case_id,activity,timestamp\n", "x.csv", "no_events"),
        (b"<html/>", "x.xes", "not_xes"),
        (b"<log><trace><event><string key='x' value='y'/></event></trace></log>", "x.xes", "bad_event"),
        (b"<!DOCTYPE log [<!ENTITY a 'b'>]><log/>", "x.xes", "xml_doctype"),
        (b"\x1f\x8bnonsense", "x.xes.gz", "not_gzip"),
        (b"\xff\xfe,", "x.csv", "not_csv"),
    ],
)
def test_what_is_no_log_is_refused(content: bytes, name: str, code: str) -> None:
    with pytest.raises(Refused) as caught:
        read_log(content, name)
    assert caught.value.code == code


@pytest.mark.django_db
def test_a_large_log_is_read_by_a_worker(settings: Any, tmp_path: Path, client: Client) -> None:
    settings.MEDIA_ROOT = tmp_path
    with transaction.atomic(), scope.system("a test"):
        cast = people.cast()
    client.force_login(cast.by_role["OPM"])
    name = "a step with a long name " + "x" * 120
    lines = [f"c{at // 4},{name} {at % 4},2026-01-01T00:{at % 4:02}:00Z" for at in range(8_000)]
    content = ("case_id,activity,timestamp\n" + "\n".join(lines)).encode()
    assert logs.is_large(content) and logs.is_large(logs.PACKED + bytes(200_000))

    def send(code: str, content: bytes) -> Any:
        file = SimpleUploadedFile("large.csv", content)
        return client.post("/workflows/log/", {"code": code, "department": cast.company.plant.pk, "file": file})

    answer = send("large", content)
    with scope.system("a test"):
        row = Job.objects.get(kind="workflows.import_log")
        assert answer["Location"] == f"/jobs/{row.pk}/" and not Workflow.objects.filter(code="large").exists()
    for _ in range(2):  # a worker that dies after its work does it again
        with transaction.atomic():
            found = logs.run_import(row, cast.by_role["OPM"], Progress(row.pk))
    with scope.system("a test"):
        made = Workflow.objects.get(code="large")
        assert found == {"cases": 2_000, "url": f"/workflows/{made.pk}/figures/", "label": "Open the figures"}
        assert Step.objects.filter(case__workflow=made).count() == 8_000
    assert send("large", content).status_code == 422, "the short name is used"
    assert send("small", content[:900].rpartition(b"\n")[0])["Location"].endswith("/figures/")
