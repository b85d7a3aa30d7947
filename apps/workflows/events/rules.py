"""What happened to automation rules and their runs."""

from __future__ import annotations

from dataclasses import dataclass

from apps.core.events.facts import Changed, Fact, Recorded


@dataclass(frozen=True, kw_only=True)
class RuleDrafted(Recorded, name="workflows.rule_drafted", sentence="Automation rule added", icon="zap"):
    """An automation rule was begun."""


@dataclass(frozen=True, kw_only=True)
class RuleChanged(Changed, name="workflows.rule_changed", sentence="Automation rule changed", icon="zap"):
    """An automation rule was changed, switched on or off, or paused."""


@dataclass(frozen=True, kw_only=True)
class RuleMissed(
    Fact, name="workflows.rule_missed", sentence="An expected run of a rule did not happen", icon="alarm-clock-off"
):
    """A rule that should have run did not."""

    rule_id: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class MissedDue(Fact, name="workflows.missed_due", sentence="Rule makes up what it missed", icon="history"):
    """A rule was switched on after a pause and makes up what happened meanwhile, some at a time; `after` is the last one done."""

    rule_id: int
    since: str
    until: str
    after: int = 0


@dataclass(frozen=True, kw_only=True)
class RunQueued(Fact, name="workflows.run_queued", sentence="Automation rule fired", icon="zap"):
    """A run waits for a worker; the subject is the run, so that its deliveries stay in order."""

    run_id: int
    rule_id: int


@dataclass(frozen=True, kw_only=True)
class RunFailed(Fact, name="workflows.run_failed", sentence="A run of a rule failed", icon="circle-x"):
    """A run gave up: a permanent refusal, or all attempts used up."""

    run_id: int
    rule_id: int
    problem: str


@dataclass(frozen=True, kw_only=True)
class RunChanged(Changed, name="workflows.run_changed", sentence="Run replayed or put aside", icon="rotate-cw"):
    """A person started a run again or put it aside."""
