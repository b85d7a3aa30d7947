"""The kernel's tables."""

from apps.core.models.around import Attachment, Draft, ImportBatch, SavedView, SearchEntry
from apps.core.models.base import Noun, plain, snapshot
from apps.core.models.eventlog import Delivery, Event, Seal
from apps.core.models.work import Counter, IdempotencyKey, Job, JobRun

__all__ = [
    "Attachment",
    "Counter",
    "Delivery",
    "Draft",
    "Event",
    "IdempotencyKey",
    "ImportBatch",
    "Job",
    "JobRun",
    "Noun",
    "SavedView",
    "Seal",
    "SearchEntry",
    "plain",
    "snapshot",
]
