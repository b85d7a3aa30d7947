"""Whether any rule waits for a fact: asked while the fact is written, so that facts nobody waits for cost no delivery."""

from __future__ import annotations

from django.db import migrations

# Runs as the owner: the writer need not be able to read the rule that waits; all it learns is that there is one.
AWAITED = """
CREATE FUNCTION workflows_awaited(fact text, noun text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT EXISTS (SELECT 1 FROM workflows_rule WHERE state = 'on'
    AND ((trigger = 'fact' AND watches = fact) OR (trigger = 'change' AND watches = noun)))
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("workflows", "0005_messages_and_pauses")]

    operations = [
        migrations.RunSQL(AWAITED, "DROP FUNCTION workflows_awaited(text, text)"),
    ]
