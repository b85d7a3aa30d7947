"""Walls around budgets; approved versions and the ledger are frozen; the books balance at every commit."""

from django.db import migrations

from apps.core.access.rls import append_only, secure

BALANCES = """
CREATE FUNCTION budgets_keep_balance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO budgets_balance AS held (line_id, department_id, period, account, amount)
    SELECT line_id, department_id, period, account, sum(amount) FROM added
    GROUP BY line_id, department_id, period, account ORDER BY line_id, period, account
    ON CONFLICT (line_id, period, account) DO UPDATE SET amount = held.amount + excluded.amount;
    RETURN NULL;
END $$;
CREATE TRIGGER budgets_balance AFTER INSERT ON budgets_entry
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION budgets_keep_balance();
"""
# Runs as the owner, who sees every leg whatever scope the transaction ends in.
BOOKS = """
CREATE FUNCTION budgets_books_balance() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE wrong numeric;
BEGIN
    SELECT max(abs(total)) INTO wrong FROM (
        SELECT sum(amount) AS total FROM budgets_entry WHERE txn = NEW.txn GROUP BY line_id) AS legs WHERE total <> 0;
    IF wrong IS NULL AND NEW.kind = 'transfer' THEN
        SELECT abs(sum(amount)) INTO wrong FROM budgets_entry WHERE txn = NEW.txn AND account = 'budget' HAVING sum(amount) <> 0;
    END IF;
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'transaction % does not balance: % is left over', NEW.txn, wrong USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER budgets_books AFTER INSERT ON budgets_entry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION budgets_books_balance();
"""
FROZEN = """
CREATE FUNCTION budgets_plan_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state = 'draft' THEN
        RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    IF TG_OP = 'DELETE' OR (NEW.department_id, NEW.fiscal_year, NEW.starts_on, NEW.rhythm, NEW.period_ends, NEW.currency,
            NEW.version_kind, NEW.root_id, NEW.approved_at, NEW.archived_at)
        IS DISTINCT FROM (OLD.department_id, OLD.fiscal_year, OLD.starts_on, OLD.rhythm, OLD.period_ends, OLD.currency,
            OLD.version_kind, OLD.root_id, OLD.approved_at, OLD.archived_at)
        OR NEW.state = 'draft' OR (OLD.state = 'replaced' AND NEW.state <> 'replaced') THEN
        RAISE EXCEPTION 'budget % is approved and does not change; make a revised version', OLD.code
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER budgets_plan_frozen BEFORE UPDATE OR DELETE ON budgets_plan
    FOR EACH ROW EXECUTE FUNCTION budgets_plan_frozen();
CREATE FUNCTION budgets_line_frozen() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE parent bigint; standing text;
BEGIN
    parent := CASE WHEN TG_OP = 'INSERT' THEN NEW.plan_id ELSE OLD.plan_id END;
    SELECT state INTO standing FROM budgets_plan WHERE id = parent;
    IF standing = 'draft' AND (TG_OP <> 'UPDATE' OR NEW.plan_id = OLD.plan_id) THEN
        RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    IF TG_OP = 'INSERT' AND NEW.unplanned AND NEW.total = 0 THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' AND (NEW.plan_id, NEW.root_id, NEW.department_id, NEW.category_id, NEW.site_id, NEW.project,
            NEW.spread, NEW.total, NEW.weights, NEW.quantity, NEW.rate, NEW.output, NEW.amounts, NEW.base, NEW.archived_at, NEW.unplanned)
        IS NOT DISTINCT FROM (OLD.plan_id, OLD.root_id, OLD.department_id, OLD.category_id, OLD.site_id, OLD.project,
            OLD.spread, OLD.total, OLD.weights, OLD.quantity, OLD.rate, OLD.output, OLD.amounts, OLD.base, OLD.archived_at, OLD.unplanned) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'line % belongs to an approved budget and does not change', coalesce(OLD.id, NEW.id)
        USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER budgets_line_frozen BEFORE INSERT OR UPDATE OR DELETE ON budgets_line
    FOR EACH ROW EXECUTE FUNCTION budgets_line_frozen();
"""
UNDO = """
DROP TRIGGER IF EXISTS budgets_line_frozen ON budgets_line; DROP FUNCTION IF EXISTS budgets_line_frozen();
DROP TRIGGER IF EXISTS budgets_plan_frozen ON budgets_plan; DROP FUNCTION IF EXISTS budgets_plan_frozen();
DROP TRIGGER IF EXISTS budgets_books ON budgets_entry; DROP FUNCTION IF EXISTS budgets_books_balance();
DROP TRIGGER IF EXISTS budgets_balance ON budgets_entry; DROP FUNCTION IF EXISTS budgets_keep_balance();
DROP SEQUENCE IF EXISTS budgets_txn;
"""


class Migration(migrations.Migration):
    dependencies = [("budgets", "0001_plans_and_ledger"), ("core", "0002_walls")]
    operations = [
        secure("budgets_plan"),
        secure("budgets_line"),
        secure("budgets_entry"),
        secure("budgets_balance"),
        secure("budgets_commitment"),
        append_only("budgets_entry"),
        migrations.RunSQL(
            ["CREATE SEQUENCE budgets_txn CACHE 1", BALANCES, BOOKS, FROZEN],
            UNDO,
        ),
    ]
