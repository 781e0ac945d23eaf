"""What the workbench's own callers say of themselves."""

from essc_wire.traces import is_traceparent
from essc_workbench.trace import TRACES_MAX, Origin, TracedPeer, Traces


def test_a_call_says_in_which_step_and_about_whom_it_is_made() -> None:
    traces = Traces()

    with traces.during(step=3), traces.during(citizens=("zhang-san",)):
        inside = traces.traceparent()
    outside = traces.traceparent()

    assert traces.origin(inside) == Origin(step=3, citizens=("zhang-san",))
    assert is_traceparent(inside)
    assert outside == ""


def test_every_call_has_a_trace_of_its_own_and_the_first_that_is_seen_is_its_cause() -> None:
    traces = Traces()
    with traces.during(step=1):
        one, two = traces.traceparent(), traces.traceparent()

    traces.began(one, call=7)
    traces.began(one, call=8)

    assert one != two
    assert traces.origin(one).call == 7
    assert traces.origin(two).call == 0


def test_a_trace_of_somebody_else_is_nobodys() -> None:
    traces = Traces()
    strange = "00-" + "ab" * 16 + "-" + "cd" * 8 + "-01"

    traces.began(strange, call=7)

    assert traces.origin(strange) == Origin()
    assert traces.origin("not a traceparent") == Origin()


def test_the_oldest_traces_are_forgotten() -> None:
    traces = Traces()
    with traces.during(step=1):
        first = traces.traceparent()
        others = [traces.traceparent() for _ in range(TRACES_MAX)]

    assert traces.origin(first) == Origin()
    assert traces.origin(others[-1]).step == 1


async def test_a_peer_puts_the_trace_into_its_calls_options() -> None:
    traces = Traces()
    peer = TracedPeer("127.0.0.1:1", traces=traces)
    try:
        with traces.during(citizens=("li-si",)):
            metadata = dict(peer.options(bearer="a session")["metadata"])

        assert metadata["authorization"] == "Bearer a session"
        assert traces.origin(metadata["traceparent"]).citizens == ("li-si",)
        assert peer.options()["metadata"] == ()
    finally:
        await peer.close()
