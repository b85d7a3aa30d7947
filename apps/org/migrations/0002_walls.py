"""Row-level security for teams, and a tree that cannot have a circle."""

from django.db import migrations

from apps.core.access.rls import secure

NO_CIRCLE = """
CREATE FUNCTION ops_department_no_circle() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.parent_id IS NOT NULL AND EXISTS (
    WITH RECURSIVE up(id, parent_id, n) AS (
      SELECT id, parent_id, 1 FROM org_department WHERE id = NEW.parent_id
      UNION ALL SELECT d.id, d.parent_id, n + 1 FROM org_department d JOIN up ON d.id = up.parent_id WHERE n < 100)
    SELECT 1 FROM up WHERE id = NEW.id)
  THEN RAISE EXCEPTION 'a department cannot stand below itself' USING ERRCODE = 'check_violation',
       CONSTRAINT = 'a department cannot stand below itself'; END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER ops_department_no_circle BEFORE INSERT OR UPDATE OF parent_id ON org_department
  FOR EACH ROW EXECUTE FUNCTION ops_department_no_circle();
"""


class Migration(migrations.Migration):
    dependencies = [("org", "0001_initial"), ("core", "0002_walls")]
    operations = [
        secure("org_team"),
        migrations.RunSQL(NO_CIRCLE, "DROP FUNCTION ops_department_no_circle() CASCADE"),
    ]
