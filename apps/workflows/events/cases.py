"""What happened to cases. The happenings in them, played again in order, give the case's stored state."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from apps.core.events.facts import Changed, Fact, Recorded

Moves = list[dict[str, Any]]
KEEP_MINUTES = 24 * 60  # how long a message waits for somebody to wait for it


@dataclass(frozen=True, kw_only=True)
class CaseStarted(Recorded, name="workflows.case_started", sentence="Case started", icon="play"):
    """A workflow began to run."""

    workflow: str
    revision_id: int


@dataclass(frozen=True, kw_only=True)
class CaseMoved(Changed, name="workflows.case_moved", sentence="Case went on", icon="arrow-right"):
    """Steps of a case were entered or left."""

    workflow: str
    revision_id: int
    happenings: Moves = field(default_factory=list)
    entered: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class CaseEnded(Changed, name="workflows.case_ended", sentence="Case ended", icon="flag"):
    """Nothing is left to do in a case. `state` is finished, failed or cancelled."""

    case_id: int
    workflow: str
    state: str
    outcome: str
    values: dict[str, Any] = field(default_factory=dict)
    parent_id: int | None = None
    parent_token: int | None = None


@dataclass(frozen=True, kw_only=True)
class CaseStuck(Fact, name="workflows.case_stuck", sentence="Case needs help", icon="circle-alert"):
    """A step cannot go on by itself; a person puts it right and retries."""

    case_id: int
    token: int
    element: str
    name: str
    problem: str


@dataclass(frozen=True, kw_only=True)
class CaseChanged(Changed, name="workflows.case_changed", sentence="Case changed", icon="pencil"):
    """What surrounds a case changed: its title or who is responsible."""


@dataclass(frozen=True, kw_only=True)
class CaseMigrated(
    Changed, name="workflows.case_migrated", sentence="Case moved to another version", icon="git-branch"
):
    """A running case goes on with another version of its workflow, or back."""

    workflow: str
    revision_id: int
    happenings: Moves = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class LogImported(Fact, name="workflows.log_imported", sentence="Event log imported", icon="file-up"):
    """The cases of another system's event log were kept."""

    cases: int
    events: int


@dataclass(frozen=True, kw_only=True)
class ServiceDue(Fact, name="workflows.service_due", sentence="Service task is due", icon="cog"):
    """A service task's action is to be run."""

    case_id: int
    token: int


@dataclass(frozen=True, kw_only=True)
class CaseCalled(Fact, name="workflows.case_called", sentence="Workflow called", icon="corner-down-right"):
    """A call activity asks for a case of another workflow."""

    case_id: int
    token: int
    called: str
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class CallWithdrawn(Fact, name="workflows.call_withdrawn", sentence="Called workflow not needed"):
    """A call activity was interrupted; what it called ends."""

    case_id: int
    token: int


@dataclass(frozen=True, kw_only=True)
class CaseEscalated(Fact, name="workflows.case_escalated", sentence="Case escalated", icon="arrow-up"):
    """Nothing in the case took an escalation; the case that called it may."""

    case_id: int
    code: str


@dataclass(frozen=True, kw_only=True)
class MessageSent(Fact, name="workflows.message_sent", sentence="Message sent", icon="mail"):
    """A case, a person or a program sent a message to whoever waits for it."""

    message: str
    key: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    keep_minutes: int = KEEP_MINUTES


@dataclass(frozen=True, kw_only=True)
class SignalSent(Fact, name="workflows.signal_sent", sentence="Signal sent", icon="radio"):
    """A signal for everybody who waits for it."""

    signal: str
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class TimerSet(Fact, name="workflows.timer_set", sentence="A time comes soon", icon="alarm-clock"):
    """A time comes before the clock's next round; its delivery waits until then."""

    wait_id: int


@dataclass(frozen=True, kw_only=True)
class WaitOver(Fact, name="workflows.wait_over", sentence="What was awaited has come", icon="bell"):
    """A time has come, or a message or signal has reached one that waits for it.

    `message` is named where nobody else was reached: if its waiter is gone meanwhile, another may hear it.
    """

    wait_id: int
    values: dict[str, Any] = field(default_factory=dict)
    message: str = ""
    key: str = ""
    keep_minutes: int = 0
