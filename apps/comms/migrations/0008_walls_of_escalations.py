"""Row-level security: policies reach down to whom they are for, what is on its way up stays with its department."""

from django.db import migrations

from apps.core.access.rls import secure


class Migration(migrations.Migration):
    dependencies = [("comms", "0007_escalations")]

    operations = [
        secure("comms_escalationpolicy", "inherit"),
        secure("comms_escalationstep", "inherit"),
        secure("comms_escalation"),
    ]
