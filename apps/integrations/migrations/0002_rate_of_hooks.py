"""How many messages a minute an inbound webhook takes."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0001_initial"),
        ("org", "0002_walls"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="inboundhook",
            name="max_per_minute",
            field=models.PositiveIntegerField(
                default=300,
                help_text="More than this many in a minute are asked to come later (429)",
                verbose_name="messages a minute",
            ),
        ),
        migrations.AddConstraint(
            model_name="inboundhook",
            constraint=models.CheckConstraint(
                condition=models.Q(("max_per_minute__gte", 1), ("max_per_minute__lte", 60000)),
                name="an inbound webhook takes 1 to 60000 messages a minute",
            ),
        ),
    ]
