"""Readings partitioned by month, rollups, and their walls. The application may add partitions only through a function."""

from django.db import migrations

from apps.core.access.rls import secure

READINGS = """
CREATE TABLE kpis_reading (
  kpi_id bigint NOT NULL, department_id bigint NOT NULL, at timestamptz NOT NULL,
  value numeric(24, 6) NOT NULL, weight numeric(24, 6), batch_id bigint NOT NULL, corrected boolean NOT NULL DEFAULT false,
  PRIMARY KEY (kpi_id, department_id, at)
) PARTITION BY RANGE (at);
CREATE INDEX kpis_reading_batch ON kpis_reading USING brin (batch_id) WITH (pages_per_range = 16, autosummarize = on);
"""

ROLLUPS = """
CREATE TABLE kpis_rollup (
  kpi_id bigint NOT NULL, department_id bigint NOT NULL, grain varchar(5) NOT NULL, start timestamptz NOT NULL,
  count bigint NOT NULL, total numeric(30, 6) NOT NULL, weight numeric(30, 6), squares numeric(40, 12) NOT NULL,
  minimum numeric(24, 6) NOT NULL, maximum numeric(24, 6) NOT NULL,
  first_at timestamptz NOT NULL, first_value numeric(24, 6) NOT NULL,
  last_at timestamptz NOT NULL, last_value numeric(24, 6) NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (kpi_id, department_id, grain, start),
  CONSTRAINT "a rollup has a known grain" CHECK (grain IN ('hour', 'day', 'week', 'month')),
  CONSTRAINT "a rollup counts at least one reading" CHECK (count > 0)
) WITH (fillfactor = 80);
"""

# Runs as the owner of the tables: the application role has no right to create tables, and none on single partitions.
PARTITIONS = """
CREATE FUNCTION kpis_ensure_partitions(first timestamptz, last timestamptz) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE month date := date_trunc('month', first AT TIME ZONE 'UTC')::date; name text; made integer := 0;
BEGIN
  IF first < '1970-01-01' OR last > '2200-01-01' THEN
    RAISE EXCEPTION 'readings lie between 1970 and 2200' USING ERRCODE = 'check_violation';
  END IF;
  WHILE month <= (last AT TIME ZONE 'UTC')::date LOOP
    name := 'kpis_reading_' || to_char(month, 'YYYYMM');
    IF to_regclass(name) IS NULL THEN
      PERFORM pg_advisory_xact_lock(hashtext('kpis_ensure_partitions'));
      IF to_regclass(name) IS NULL THEN
        EXECUTE format('CREATE TABLE %I PARTITION OF kpis_reading FOR VALUES FROM (%L) TO (%L)', name,
                       month::text || ' 00:00:00+00', (month + interval '1 month')::date::text || ' 00:00:00+00');
        IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'ops_app') THEN
          EXECUTE format('REVOKE ALL ON %I FROM ops_app', name);
        END IF;
        made := made + 1;
      END IF;
    END IF;
    month := (month + interval '1 month')::date;
  END LOOP;
  RETURN made;
END $$;
REVOKE ALL ON FUNCTION kpis_ensure_partitions(timestamptz, timestamptz) FROM PUBLIC;
DO $$ BEGIN IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'ops_app') THEN
  GRANT EXECUTE ON FUNCTION kpis_ensure_partitions(timestamptz, timestamptz) TO ops_app; END IF; END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("kpis", "0001_initial"), ("core", "0002_walls")]
    operations = [
        migrations.RunSQL(READINGS, "DROP TABLE kpis_reading"),
        migrations.RunSQL(ROLLUPS, "DROP TABLE kpis_rollup"),
        migrations.RunSQL(PARTITIONS, "DROP FUNCTION kpis_ensure_partitions(timestamptz, timestamptz)"),
        secure("kpis_reading"),
        secure("kpis_rollup"),
        secure("kpis_definition", "inherit"),
        secure("kpis_target", "inherit"),
        secure("kpis_readingbatch"),
    ]
