"""The event log: facts, their delivery to handlers, the relay, the schedule and the audit seal."""
