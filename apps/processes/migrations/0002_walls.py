"""Walls around the catalogue, documents, hand-offs and practices; signatures and confirmations are never changed."""

from django.db import migrations

from apps.core.access.rls import append_only, secure


class Migration(migrations.Migration):
    dependencies = [("processes", "0001_catalogue_documents_handoffs"), ("core", "0002_walls")]
    operations = [
        secure("processes_process", "inherit"),
        secure("processes_document", "inherit"),
        secure("processes_revision", "inherit"),
        secure("processes_signature", "inherit"),
        secure("processes_acknowledgement"),
        secure("processes_practice", "inherit"),
        secure("processes_adoption"),
        secure("processes_handoff", "handoff"),
        append_only("processes_signature"),
        append_only("processes_acknowledgement"),
    ]
