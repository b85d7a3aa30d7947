"""Token semantics of BPMN as pure functions: a process, a state and what happened give the next state and its effects."""
