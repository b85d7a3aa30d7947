"""Walls around stock, and the ledger's own law: moves are never changed, and only their trigger writes levels."""

from django.db import migrations

from apps.core.access.rls import append_only, secure

APPLY = """
CREATE FUNCTION inventory_apply_move() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public AS $$
DECLARE
    ending record;
BEGIN
    FOR ending IN
        SELECT place.*, side.sign FROM (VALUES (NEW.from_location_id, -1), (NEW.to_location_id, 1)) AS side (location_id, sign)
        JOIN inventory_location place ON place.id = side.location_id
        WHERE place.kind IN ('stock', 'inspection', 'transit')
        ORDER BY place.id  -- the same order in every transaction, so that two moves never wait for each other
    LOOP
        IF (NEW.effective_at AT TIME ZONE 'UTC')::date <= ending.closed_until THEN
            RAISE EXCEPTION 'the place is closed until %', ending.closed_until
                USING ERRCODE = 'check_violation', CONSTRAINT = 'closed periods take no moves';
        END IF;
        UPDATE inventory_level SET quantity = quantity + ending.sign * NEW.quantity,
                                   negative_allowed = ending.negative_allowed
        WHERE item_id = NEW.item_id AND location_id = ending.id AND lot_id IS NOT DISTINCT FROM NEW.lot_id;
        IF NOT FOUND THEN
            INSERT INTO inventory_level (item_id, location_id, lot_id, department_id, quantity, negative_allowed)
            VALUES (NEW.item_id, ending.id, NEW.lot_id, ending.department_id, ending.sign * NEW.quantity, ending.negative_allowed)
            ON CONFLICT (item_id, location_id, lot_id) DO UPDATE SET quantity = inventory_level.quantity + EXCLUDED.quantity;
        END IF;
    END LOOP;
    RETURN NULL;
END $$;
CREATE TRIGGER inventory_apply_move AFTER INSERT ON inventory_move FOR EACH ROW EXECUTE FUNCTION inventory_apply_move();
DO $$ BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'ops_app')
    THEN REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON inventory_level FROM ops_app; END IF;
END $$;
"""
UNDO = """
DROP TRIGGER IF EXISTS inventory_apply_move ON inventory_move;
DROP FUNCTION IF EXISTS inventory_apply_move();
"""


class Migration(migrations.Migration):
    dependencies = [("inventory", "0001_stock"), ("core", "0002_walls")]
    operations = [
        secure("inventory_item", "inherit"),
        secure("inventory_location", "inherit"),
        secure("inventory_lot", "inherit"),
        secure("inventory_move", "handoff"),
        secure("inventory_level"),
        secure("inventory_count"),
        secure("inventory_countline"),
        secure("inventory_stockpolicy"),
        secure("inventory_proposal"),
        append_only("inventory_move"),
        migrations.RunSQL(APPLY, UNDO),
    ]
