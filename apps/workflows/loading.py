"""Published diagrams as processes in memory: a version never changes, so each is read once."""

from __future__ import annotations

from functools import lru_cache

from apps.workflows.bpmn.model import Model, Process
from apps.workflows.bpmn.reading import read
from apps.workflows.models import Revision


@lru_cache(maxsize=64)
def _model(revision_id: int, sha256: str) -> Model:
    return read(Revision.objects.values_list("xml", flat=True).get(pk=revision_id).encode())


def model_of(revision: Revision) -> Model:
    return _model(revision.pk, revision.sha256)


def process_of(revision_id: int, sha256: str) -> Process:
    return _model(revision_id, sha256).process()
