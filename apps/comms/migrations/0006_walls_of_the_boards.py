"""Row-level security: a board is seen from below, its marks and issues by the department and those above."""

from django.db import migrations

from apps.core.access.rls import secure


class Migration(migrations.Migration):
    dependencies = [("comms", "0005_tier_boards")]

    operations = [
        secure("comms_tierboard", "inherit"),
        secure("comms_tiermark"),
        secure("comms_tierissue"),
    ]
