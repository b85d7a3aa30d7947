"""Row-level security and append-only rules for the kernel's tables."""

from django.db import migrations

from apps.core.access.rls import append_only, secure


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial")]
    operations = [
        secure("core_event", "event"),
        append_only("core_event"),
        append_only("core_seal"),
        secure("core_job", "job"),
        secure("core_attachment", "attachment"),
        secure("core_searchentry", "around"),
        secure("core_savedview", "shared"),
        secure("core_draft", "owner"),
        secure("core_importbatch", "owner"),
    ]
