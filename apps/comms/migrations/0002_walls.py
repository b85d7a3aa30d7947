"""Row-level security: comments like their records, notices and browsers for their owner only."""

from django.db import migrations

from apps.core.access.rls import secure


class Migration(migrations.Migration):
    dependencies = [("comms", "0001_initial"), ("core", "0002_walls")]

    operations = [
        secure("comms_comment", "comment"),
        secure("comms_notice", "owner"),
        secure("comms_sending", "owner"),
        secure("comms_noticesettings", "owner"),
        secure("comms_pushsubscription", "owner"),
    ]
