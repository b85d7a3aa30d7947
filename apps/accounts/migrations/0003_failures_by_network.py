"""Failed sign-ins are counted by network too."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_sign_in_failures")]

    operations = [
        migrations.AddIndex("signinfailure", models.Index(fields=["place", "-last_at"], name="failure_place")),
        migrations.AddIndex("signinfailure", models.Index(fields=["-last_at"], name="failure_age")),
    ]
