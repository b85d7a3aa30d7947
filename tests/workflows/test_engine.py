"""Every element of BPMN that runs here, by its token semantics."""

from __future__ import annotations

from tests.workflows.building import (
    Escalated,
    Player,
    Sent,
    Signalled,
    Stopped,
    diagram,
    event,
    extension,
    field,
    flows,
    link,
    loop,
    node,
    nodes,
    simple,
    timer,
)


def test_plain_start_and_end() -> None:
    one = Player(simple("start:s user:a end:e", "s>a;a>e"))
    assert one.tasks() == ["a"]
    assert one.done("a") == []
    assert (one.status, one.state.outcome) == ("finished", "e")


def test_every_kind_of_task_asks_for_its_work() -> None:
    one = Player(
        simple("start:s user:a manual:b service:c rule:d task:f end:e", "s>a;a>b;b>c;c>d;d>f;f>e"),
    )
    for key in "abcdf":
        assert one.tasks() == [key]
        one.done(key)
    assert [work.kind for work in one.log if hasattr(work, "kind")] == ["user", "user", "service", "rule", "user"]
    assert one.status == "finished"


def test_send_task_and_message_throw_and_message_end_send() -> None:
    inner = extension('<ops:input name="amount" value="amount * 2"/>')
    content = (
        nodes("start:s end:e0") + node("send", "a", inner, messageRef="M1", ops__key="number")
        + node("throw", "t", event("message", "M1")) + node("end", "e", event("message", "M1"))
        + flows("s>a;a>t;t>e")
    )  # fmt: skip
    one = Player(
        diagram(content.replace('<bpmn:endEvent id="e0" name="e0"></bpmn:endEvent>', "")), amount=4, number="A7"
    )
    assert [(sent.name, sent.key, sent.values) for sent in one.of(Sent)] == [
        ("paid", "A7", {"amount": 8}), ("paid", "", {}), ("paid", "", {}),
    ]  # fmt: skip
    assert one.status == "finished"


def test_receive_task_and_message_catch_wait_for_their_message_and_key() -> None:
    content = (
        nodes("start:s end:e") + node("receive", "r", messageRef="M1")
        + node("catch", "c", event("message", "M1")) + flows("s>r;r>c;c>e")
    )  # fmt: skip
    one = Player(diagram(content, key='ops:key="number"'), number="A7")
    wait = next(iter(one.state.waits.values()))
    assert (wait.kind, wait.name, wait.key) == ("message", "paid", "A7")
    one.tell("message", "paid", amount=3)
    assert one.status == "running"
    one.tell("message", "paid", amount=5)
    assert (one.status, one.state.values["amount"]) == ("finished", 5)


def test_call_activity_hands_values_over_and_takes_results() -> None:
    inner = extension('<ops:input name="sum" value="amount"/><ops:output name="ok" value="approved"/>')
    content = nodes("start:s end:e") + node("call", "c", inner, calledElement="other") + flows("s>c;c>e")
    one = Player(diagram(content), amount=4)
    assert next(work.values for work in one.log if hasattr(work, "kind")) == {"sum": 4}
    one.done("c", approved=True, secret=1)
    assert one.state.values == {"amount": 4, "ok": True}


def test_message_timer_and_signal_starts_begin_where_told() -> None:
    content = (
        nodes("start:s user:a user:b end:e") + node("start", "m", event("message", "M1"))
        + node("start", "t", timer("PT1H")) + flows("s>a;m>b;t>b;a>e;b>e")
    )  # fmt: skip
    assert Player(diagram(content)).tasks() == ["a"]
    assert Player(diagram(content), node="m").tasks() == ["b"]
    assert Player(diagram(content), node="t").tasks() == ["b"]


def test_exclusive_gateway_takes_the_first_that_holds_else_the_default() -> None:
    content = (
        nodes("start:s user:a user:b user:c end:e") + node("xor", "g", default="g_c")
        + flows("s>g;g>a[amount > 100];g>b[amount > 10];g>c;a>e;b>e;c>e")
    )  # fmt: skip
    assert Player(diagram(content), amount=500).tasks() == ["a"]
    assert Player(diagram(content), amount=50).tasks() == ["b"]
    assert Player(diagram(content), amount=5).tasks() == ["c"]


def test_a_gateway_without_a_way_stops_until_the_values_are_put_right() -> None:
    one = Player(simple("start:s xor:g user:a user:b end:e", "s>g;g>a[amount > 10];g>b[amount < 5];a>e;b>e"), amount=7)
    assert "none of" in one.of(Stopped)[0].message
    assert one.status == "running"
    one.do({"kind": "retry", "token": one.of(Stopped)[0].token, "values": {"amount": 20}})
    assert one.tasks() == ["a"]


def test_a_formula_over_an_unknown_value_stops_with_its_words() -> None:
    one = Player(simple("start:s xor:g user:a user:b end:e", "s>g;g>a[amuont > 10];g>b[true];a>e;b>e"), amount=7)
    assert "amuont" in one.of(Stopped)[0].message


def test_parallel_gateway_splits_and_waits_for_all() -> None:
    one = Player(simple("start:s and:f user:a user:b and:j user:c end:e", "s>f;f>a;f>b;a>j;b>j;j>c;c>e"))
    assert one.tasks() == ["a", "b"]
    assert one.done("b") == ["a"]
    assert one.done("a") == ["c"]
    assert one.visited.count("j") == 1


def test_inclusive_gateway_waits_only_for_the_ways_it_took() -> None:
    content = (
        nodes("start:s or:f user:a user:b user:c or:j user:d end:e")
        + flows("s>f;f>a[x > 1];f>b[x > 2];f>c[x > 3];a>j;b>j;c>j;j>d;d>e")
    )  # fmt: skip
    one = Player(diagram(content), x=2)
    assert one.tasks() == ["a"]
    assert one.done("a") == ["d"]
    two = Player(diagram(content), x=3)
    assert two.tasks() == ["a", "b"]
    assert two.done("a") == ["b"]
    assert two.done("b") == ["d"]


def test_inclusive_join_does_not_wait_for_a_token_that_has_gone_another_way() -> None:
    content = (
        nodes("start:s or:f user:a user:b xor:g or:j user:d end:e end:e2")
        + flows("s>f;f>a[true];f>b[true];a>j;b>g;g>j[go];g>e2[not go];j>d;d>e")
    )  # fmt: skip
    one = Player(diagram(content))
    one.done("a")
    assert one.tasks() == ["b"]
    assert one.done("b", go=False) == ["d"]


def test_event_gateway_goes_with_the_first_event_and_drops_the_others() -> None:
    content = (
        nodes("start:s race:g user:a user:b end:e") + node("catch", "m", event("message", "M1"))
        + node("catch", "t", timer("PT2H")) + flows("s>g;g>m;g>t;m>a;t>b;a>e;b>e")
    )  # fmt: skip
    one = Player(diagram(content))
    assert one.tell("message", "paid") == ["a"]
    assert not one.state.waits
    two = Player(diagram(content))
    assert two.pass_time(hours=1) == []
    assert two.pass_time(hours=1) == ["b"]
    assert two.tell("message", "paid") == ["b"]


def test_timer_catch_by_duration_date_and_formula() -> None:
    for inner in (timer("P1DT2H"), timer("2026-11-25T14:00:00Z", "timeDate"), timer("day", "timeDate")):
        content = nodes("start:s user:a end:e") + node("catch", "t", inner) + flows("s>t;t>a;a>e")
        one = Player(diagram(content), day="2026-11-25")
        assert one.pass_time(hours=11) == []
        assert one.pass_time(hours=15) == ["a"]


def test_signal_throw_end_and_catch() -> None:
    content = (
        nodes("start:s end:e")
        + node("throw", "t", event("signal", "S1"))
        + node("catch", "c", event("signal", "S1"))
        + node("end", "x", event("signal", "S1"))
        + flows("s>t;t>c;c>x")
    ).replace('<bpmn:endEvent id="e" name="e"></bpmn:endEvent>', "")
    one = Player(diagram(content))
    one.tell("signal", "alarm")
    assert [signal.name for signal in one.of(Signalled)] == ["alarm", "alarm"]
    assert one.status == "finished"


def test_link_events_jump() -> None:
    content = (
        nodes("start:s user:a end:e") + node("throw", "t", link("there")) + node("catch", "c", link("there"))
        + flows("s>t;c>a;a>e")
    )  # fmt: skip
    assert Player(diagram(content)).tasks() == ["a"]


def test_plain_throw_passes() -> None:
    assert Player(simple("start:s throw:t user:a end:e", "s>t;t>a;a>e")).tasks() == ["a"]


def test_terminate_ends_everything_at_once() -> None:
    content = (
        nodes("start:s and:f user:a user:b end:e") + node("end", "x", event("terminate")) + flows("s>f;f>a;f>b;a>x;b>e")
    )
    one = Player(diagram(content))
    assert one.done("a") == []
    assert one.status == "finished"


def sub(inner: str, key: str = "sub", **attributes: str) -> str:
    return node("sub", key, inner, **attributes)


def test_sub_process_ends_when_its_last_token_does() -> None:
    inner = nodes("start:is and:if user:a user:b end:ie") + flows("is>if;if>a;if>b;a>ie;b>ie")
    one = Player(diagram(nodes("start:s user:c end:e") + sub(inner) + flows("s>sub;sub>c;c>e")))
    assert one.tasks() == ["a", "b"]
    assert one.done("a") == ["b"]
    assert one.done("b") == ["c"]


def test_terminate_inside_a_sub_process_ends_only_that() -> None:
    inner = (
        nodes("start:is and:if user:a user:b end:ie")
        + node("end", "ix", event("terminate"))
        + flows("is>if;if>a;if>b;a>ix;b>ie")
    )
    one = Player(diagram(nodes("start:s user:c end:e") + sub(inner) + flows("s>sub;sub>c;c>e")))
    assert one.done("a") == ["c"]


def caught(kind: str, ref: str, *, interrupting: bool = True) -> str:
    inner = nodes("start:is user:a end:ie") + flows("is>a;a>ie")
    definition = timer("PT1H") if kind == "timer" else event(kind, ref)
    boundary = node("boundary", "b", definition, attachedToRef="sub", cancelActivity=str(interrupting).lower())
    return nodes("start:s user:c user:d end:e") + sub(inner) + boundary + flows("s>sub;sub>c;b>d;c>e;d>e")


def test_boundary_timer_interrupts_or_not() -> None:
    one = Player(diagram(caught("timer", "")))
    assert one.pass_time(hours=1) == ["d"]
    two = Player(diagram(caught("timer", "", interrupting=False)))
    assert two.pass_time(hours=1) == ["a", "d"]
    two.done("d")
    assert two.done("a") == ["c"]


def test_a_cycle_fires_as_often_as_it_says() -> None:
    content = caught("timer", "", interrupting=False).replace(timer("PT1H"), timer("R2/PT1H", "timeCycle"))
    one = Player(diagram(content))
    assert one.pass_time(hours=1) == ["a", "d"]
    assert one.pass_time(hours=9) == ["a", "d", "d"]
    assert not one.state.waits


def test_boundary_message_and_signal_interrupt_or_not() -> None:
    for kind, ref, name in (("message", "M1", "paid"), ("signal", "S1", "alarm")):
        assert Player(diagram(caught(kind, ref))).tell(kind, name) == ["d"]
        two = Player(diagram(caught(kind, ref, interrupting=False)))
        assert two.tell(kind, name) == ["a", "d"]
        assert two.tell(kind, name) == ["a", "d", "d"]


def test_an_answered_activity_takes_its_boundary_events_with_it() -> None:
    one = Player(diagram(caught("timer", "")))
    assert one.done("a") == ["c"]
    assert one.pass_time(hours=9) == ["c"]


def test_error_end_is_caught_on_the_border_by_its_code() -> None:
    inner = nodes("start:is user:a end:ie") + node("end", "ix", event("error", "E1")) + node("xor", "g", default="g_ie")
    inner += flows("is>a;a>g;g>ix[bad];g>ie")
    border = node("boundary", "b", event("error", "E1"), attachedToRef="sub")
    other = node("boundary", "o", event("error", "E2"), attachedToRef="sub")
    content = nodes("start:s user:c user:d user:f end:e") + sub(inner) + border + other
    one = Player(diagram(content + flows("s>sub;sub>c;b>d;o>f;c>e;d>e;f>e")))
    assert one.done("a", bad=True) == ["d"]
    two = Player(diagram(content + flows("s>sub;sub>c;b>d;o>f;c>e;d>e;f>e")))
    assert two.done("a", bad=False) == ["c"]


def test_error_of_a_task_is_caught_on_its_border_or_stops_it() -> None:
    border = node("boundary", "b", event("error", "E1"), attachedToRef="a")
    content = nodes("start:s service:a user:d end:e") + border + flows("s>a;a>e;b>d;d>e")
    one = Player(diagram(content))
    assert one.fail("a", "E1") == ["d"]
    two = Player(diagram(content))
    two.fail("a", "E9")
    assert two.of(Stopped) and two.status == "running"


def test_uncaught_error_end_fails_the_case() -> None:
    content = (
        nodes("start:s and:f user:a user:b end:e")
        + node("end", "x", event("error", "E1"))
        + flows("s>f;f>a;f>b;a>x;b>e")
    )
    one = Player(diagram(content))
    assert one.done("a") == []
    assert (one.status, one.state.outcome) == ("failed", "E1")


def escalating(*, interrupting: bool) -> str:
    inner = nodes("start:is user:a end:ie") + node("throw", "t", event("escalation", "X1")) + flows("is>t;t>a;a>ie")
    border = node(
        "boundary", "b", event("escalation", "X1"), attachedToRef="sub", cancelActivity=str(interrupting).lower()
    )
    return nodes("start:s user:c user:d end:e") + sub(inner) + border + flows("s>sub;sub>c;b>d;c>e;d>e")


def test_escalation_is_caught_with_and_without_interrupting() -> None:
    assert Player(diagram(escalating(interrupting=False))).tasks() == ["a", "d"]
    assert Player(diagram(escalating(interrupting=True))).tasks() == ["d"]


def test_escalation_end_and_uncaught_escalation_go_on() -> None:
    content = nodes("start:s end:e") + node("end", "x", event("escalation", "X1")) + flows("s>x")
    one = Player(diagram(content.replace('<bpmn:endEvent id="e" name="e"></bpmn:endEvent>', "")))
    assert one.status == "finished"
    assert one.of(Escalated)[0].code == "X1"


def event_sub(definition: str, *, interrupting: bool) -> str:
    start = node("start", "es", definition, isInterrupting=str(interrupting).lower())
    return sub(start + nodes("user:h end:ee") + flows("es>h;h>ee"), "ev", triggeredByEvent="true")


def test_event_sub_process_interrupts_or_runs_beside() -> None:
    base = nodes("start:s user:a end:e") + flows("s>a;a>e")
    for kind, ref, name in (("message", "M1", "paid"), ("signal", "S1", "alarm")):
        one = Player(diagram(base + event_sub(event(kind, ref), interrupting=True)))
        assert one.tell(kind, name) == ["h"]
        assert one.done("h") == [] and one.status == "finished"
        two = Player(diagram(base + event_sub(event(kind, ref), interrupting=False)))
        assert two.tell(kind, name) == ["a", "h"]
        two.done("a")
        assert two.status == "running"
        two.done("h")
        assert two.status == "finished"


def test_event_sub_process_by_timer() -> None:
    base = nodes("start:s user:a end:e") + flows("s>a;a>e")
    one = Player(diagram(base + event_sub(timer("PT1H"), interrupting=True)))
    assert one.pass_time(hours=1) == ["h"]
    two = Player(diagram(base + event_sub(timer("R2/PT1H", "timeCycle"), interrupting=False)))
    assert two.pass_time(hours=5) == ["a", "h", "h"]


def test_event_sub_process_catches_error_and_escalation() -> None:
    base = nodes("start:s user:a end:e") + node("end", "x", event("error", "E1")) + node("xor", "g", default="g_e")
    base += flows("s>a;a>g;g>x[bad];g>e")
    one = Player(diagram(base + event_sub(event("error", "E1"), interrupting=True)))
    assert one.done("a", bad=True) == ["h"]
    base = nodes("start:s user:a end:e") + node("throw", "t", event("escalation", "X1")) + flows("s>t;t>a;a>e")
    two = Player(diagram(base + event_sub(event("escalation", "X1"), interrupting=False)))
    assert sorted(two.tasks()) == ["a", "h"]


def test_parallel_multi_instance_over_a_list() -> None:
    inner = loop(collection="people", item="who", collect="answers")
    one = Player(
        diagram(nodes("start:s user:b end:e") + node("user", "a", inner) + flows("s>a;a>b;b>e")), people=["x", "y", "z"]
    )
    assert one.tasks() == ["a", "a", "a"]
    assert [work.values["who"] for work in one.log if hasattr(work, "kind")] == ["x", "y", "z"]
    one.done("a", ok=True)
    one.done("a", ok=False)
    assert one.done("a", ok=True) == ["b"]
    assert one.state.values["answers"] == [True, False, True]
    assert one.state.values["ok_count"] == 2


def test_sequential_multi_instance_by_number() -> None:
    one = Player(
        diagram(
            nodes("start:s user:b end:e") + node("user", "a", loop(sequential=True, count="n")) + flows("s>a;a>b;b>e")
        ),
        n=2,
    )
    assert one.tasks() == ["a"]
    assert one.done("a") == ["a"]
    assert one.done("a") == ["b"]


def test_multi_instance_of_nothing_goes_on() -> None:
    one = Player(diagram(nodes("start:s user:b end:e") + node("user", "a", loop(count="0")) + flows("s>a;a>b;b>e")))
    assert one.tasks() == ["b"]


def test_multi_instance_ends_early_by_its_condition() -> None:
    inner = loop(count="5", until="nrOfCompletedInstances &gt;= 2")
    one = Player(diagram(nodes("start:s user:b end:e") + node("user", "a", inner) + flows("s>a;a>b;b>e")))
    one.done("a")
    assert one.done("a") == ["b"]


def test_multi_instance_of_a_sub_process_keeps_items_apart() -> None:
    inner = loop(collection="items", item="it") + nodes("start:is user:a end:ie") + flows("is>a;a>ie")
    one = Player(diagram(nodes("start:s user:b end:e") + sub(inner) + flows("s>sub;sub>b;b>e")), items=[1, 2])
    assert [work.values["it"] for work in one.log if hasattr(work, "kind")] == [1, 2]
    one.done("a")
    assert one.done("a") == ["b"]


def test_a_boundary_event_interrupts_every_turn() -> None:
    border = node("boundary", "t", timer("PT1H"), attachedToRef="a")
    content = (
        nodes("start:s user:b user:c end:e")
        + node("user", "a", loop(count="3"))
        + border
        + flows("s>a;a>b;t>c;b>e;c>e")
    )
    assert Player(diagram(content)).pass_time(hours=1) == ["c"]


def test_standard_loop_turns_while_its_condition_holds() -> None:
    inner = "<bpmn:standardLoopCharacteristics><bpmn:loopCondition>again</bpmn:loopCondition></bpmn:standardLoopCharacteristics>"
    one = Player(diagram(nodes("start:s user:b end:e") + node("user", "a", inner) + flows("s>a;a>b;b>e")))
    assert one.done("a", again=True) == ["a"]
    assert one.done("a", again=False) == ["b"]


def test_ways_out_of_a_task_with_conditions() -> None:
    content = (
        nodes("start:s user:b user:c user:d end:e")
        + node("user", "a", default="a_d")
        + flows("s>a;a>b[x > 1];a>c[x > 2];a>d;b>e;c>e;d>e")
    )
    assert Player(diagram(content)).done("a", x=3) == ["b", "c"]
    assert Player(diagram(content)).done("a", x=0) == ["d"]


def test_outputs_are_mapped_and_typed_by_the_form() -> None:
    inner = extension(
        field("amount", "number") + field("day", "date") + '<ops:output name="total" value="amount * 2"/>'
    )
    one = Player(diagram(nodes("start:s user:b end:e") + node("user", "a", inner) + flows("s>a;a>b;b>e")))
    one.done("a", amount="12.50", day="2026-11-24")
    assert one.state.values == {"total": 25}


def test_a_circle_without_waiting_stops_instead_of_hanging() -> None:
    one = Player(simple("start:s xor:g throw:t xor:h end:e", "s>g;g>t;t>h;h>g[true];h>e[false]"))
    assert "circles" in one.of(Stopped)[0].message


def test_late_answers_change_nothing() -> None:
    one = Player(simple("start:s user:a user:b end:e", "s>a;a>b;b>e"))
    token = one.token("a")
    one.done("a")
    before = one.state.plain()
    one.do({"kind": "done", "token": token, "values": {"x": 1}})
    one.do({"kind": "fired", "wait": 99})
    assert one.state.plain() == before


def test_cancel_withdraws_everything_and_keeps_the_values() -> None:
    one = Player(diagram(caught("timer", "")), x=1)
    one.do({"kind": "cancel"})
    assert one.tasks() == [] and not one.state.waits and not one.state.tokens
    assert (one.status, one.state.values) == ("cancelled", {"x": 1})
