"""The nouns of processes: the catalogue, controlled documents, hand-offs and good practices."""

from apps.processes.models.document import Acknowledgement, Document, Revision, Signature
from apps.processes.models.handoff import Handoff
from apps.processes.models.practice import Adoption, Practice
from apps.processes.models.process import Process

__all__ = ["Acknowledgement", "Adoption", "Document", "Handoff", "Practice", "Process", "Revision", "Signature"]
