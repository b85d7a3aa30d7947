"""What must always hold in the event log, the jobs and the schedule; `verify` runs these under the owner's role."""

from __future__ import annotations

from apps.core.events import schedule, seal
from apps.core.invariants import SHOWN_ROWS, Invariant, Rows, invariant, register

LATE = "5 minutes"

invariant(
    "I5.delivery",
    "Every delivery belongs to a recorded event",
    "SELECT d.id, d.handler FROM core_delivery d LEFT JOIN core_event e ON e.id = d.event_id WHERE e.id IS NULL",
)
invariant(
    "I5.job",
    "Every requested job has its fact",
    """SELECT j.id, j.kind FROM core_job j WHERE NOT EXISTS (
         SELECT 1 FROM core_event e WHERE e.name = 'core.job_requested' AND e.subject = 'job:' || j.id)""",
)
invariant(
    "I5.run",
    "Every planned run has its fact and every due fact its run",
    """SELECT coalesce(r.job, e.subject), r.period_start FROM core_jobrun r
       FULL JOIN (SELECT * FROM core_event WHERE name = 'core.job_due') e ON e.id = r.event_id
       WHERE e.id IS NULL OR r.id IS NULL""",
)
invariant(
    "I6.late",
    "No effect waits longer than five minutes, unless it is parked for a person",
    f"""SELECT id, handler, attempts, available_at FROM core_delivery
       WHERE done_at IS NULL AND parked_at IS NULL AND NOT slow AND available_at < now() - interval '{LATE}'""",
)
invariant(
    "I6.parked",
    "No effect is parked and forgotten for a month",
    "SELECT id, handler FROM core_delivery WHERE done_at IS NULL AND parked_at < now() - interval '30 days'",
)
invariant(
    "I7.job",
    "A job says when it finished exactly when it is finished",
    """SELECT id, kind, state FROM core_job
       WHERE (state IN ('done', 'failed', 'cancelled')) <> (finished_at IS NOT NULL)""",
)
invariant(
    "I8.sealed",
    "Every event is sealed soon after it became visible",
    f"""SELECT e.id, e.name FROM core_event e
       LEFT JOIN LATERAL (SELECT last_xact::xid8 AS xact, last_event_id FROM core_seal ORDER BY number DESC LIMIT 1) s ON true
       WHERE e.at < now() - interval '{LATE}' AND (s.xact IS NULL OR (e.xact, e.id) > (s.xact, s.last_event_id))""",
)


def _broken_seals() -> Rows:
    return [(problem,) for problem in seal.verify()][:SHOWN_ROWS]


def _gaps_in_schedule() -> Rows:
    return schedule.missing_runs()[:SHOWN_ROWS]


register(
    Invariant(id="I8.chain", sentence="The audit seals chain over unchanged events", find_violations=_broken_seals)
)
register(Invariant(id="I9.gap", sentence="No scheduled period was left out", find_violations=_gaps_in_schedule))
