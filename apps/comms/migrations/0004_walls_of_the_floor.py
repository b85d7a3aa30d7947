"""Row-level security: announcements reach down, the shift log stays with its department."""

from django.db import migrations

from apps.core.access.rls import secure


class Migration(migrations.Migration):
    dependencies = [("comms", "0003_announcements_and_shifts")]

    operations = [
        secure("comms_announcement", "inherit"),
        secure("comms_shiftentry"),
        secure("comms_shifttakeover"),
    ]
