from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from tests.core.people import (
    NOW,
    SUZHOU,
    Store,
    Table,
    accepted,
    channel,
    judge,
    judge_situation,
    party,
    party_key,
)

from essc_platform.core.decisions import Accepted, Decision, Rejected
from essc_platform.core.parties import (
    LIFECYCLE,
    AddPartyKey,
    ChangeChannel,
    ChannelVerb,
    PartyAnswer,
    RegisterChannel,
    RegisterParty,
    RemovePartyKey,
    standing,
)
from essc_platform.core.reasons import Reason
from essc_platform.core.records import (
    Channel,
    ChannelState,
    Event,
    EventKind,
    Party,
    PartyKey,
    PartyKind,
    VerifierClass,
)

S, V = ChannelState, ChannelVerb

# --- registering -----------------------------------------------------------------------------

BUREAU = Party(
    key="suzhou-bureau",
    kind=PartyKind.BUREAU,
    display_name="苏州人社",
    regions=(SUZHOU,),
    register_time=NOW,
)
REGISTER_PARTY = RegisterParty(
    at=NOW,
    party_id="suzhou-bureau",
    kind=PartyKind.BUREAU,
    display_name="苏州人社",
    regions=(SUZHOU,),
    key_id="k1",
    public_key=b"1" * 32,
)
REGISTER_CHANNEL = RegisterChannel(
    at=NOW,
    channel_id="wechat",
    display_name="微信",
    channel_class=3,
    vouch_kinds=(1,),
    receives_new_cards=True,
    key_id="k1",
    public_key=b"1" * 32,
)

REGISTERING_A_PARTY = Table(
    {"command": REGISTER_PARTY, "party": BUREAU},
    ({}, Rejected(Reason.PARTY_EXISTS)),
    (
        {"party": None},
        Accepted(
            answer=PartyAnswer(party=BUREAU, channel=None, key_ids=("k1",)),
            changes=(BUREAU, party_key(party="suzhou-bureau")),
        ),
    ),
)
HOSPITAL = replace(
    BUREAU, kind=PartyKind.VERIFIER, verifier_class=VerifierClass.HOSPITAL, key="hospital"
)
LIBRARY = replace(
    BUREAU,
    kind=PartyKind.PROVIDER,
    service_ids=("library",),
    verifier_ids=("gate-1", "gate-2"),
    key="library",
)
APPLIED = channel(state=S.APPLIED, receives_new_cards=True, state_time=NOW)
SECOND = replace(
    REGISTER_CHANNEL,
    tier=2,
    parent="jiangsu",
    vouch_kinds=(1, 4),
    bank_id="east",
    shows_all_channels=True,
)
PARENT = channel(key="jiangsu", state=S.APPLIED, vouch_kinds=(1,))
UNDER = replace(
    APPLIED,
    vouch_kinds=(1, 4),
    tier=2,
    parent="jiangsu",
    bank_id="east",
    shows_all_channels=True,
)


def parent_forbids(what: str) -> Rejected:
    return Rejected(Reason.CHANNEL_PARENT_FORBIDS, (("forbidden", what),))


REGISTERING_A_CHANNEL = Table(
    {"command": SECOND, "party": party(), "parent": None},
    ({}, Rejected(Reason.PARTY_EXISTS)),
    ({"party": None}, parent_forbids("parent_channel_id")),
    ({"parent": replace(PARENT, state=S.EXITED)}, parent_forbids("parent_channel_id")),
    ({"parent": replace(PARENT, tier=2)}, parent_forbids("parent_channel_id")),
    ({"parent": PARENT}, parent_forbids("vouch_kinds")),
    ({"parent": replace(PARENT, vouch_kinds=(1, 2, 4))}, parent_forbids("receives_new_cards")),
    (
        {"parent": replace(PARENT, vouch_kinds=(4, 1), receives_new_cards=True)},
        parent_forbids("shows_all_channels"),
    ),
    (
        {
            "parent": replace(
                PARENT, vouch_kinds=(4, 1), receives_new_cards=True, shows_all_channels=True
            )
        },
        Accepted(
            answer=PartyAnswer(party=party(register_time=NOW), channel=UNDER, key_ids=("k1",)),
            changes=(party(register_time=NOW), UNDER, party_key()),
        ),
    ),
    (
        # It asks for less than its parent has.
        {"command": replace(REGISTER_CHANNEL, tier=2, parent="jiangsu", receives_new_cards=False)},
        Accepted(
            answer=PartyAnswer(
                party=party(register_time=NOW),
                channel=replace(APPLIED, tier=2, parent="jiangsu", receives_new_cards=False),
                key_ids=("k1",),
            ),
            changes=(
                party(register_time=NOW),
                replace(APPLIED, tier=2, parent="jiangsu", receives_new_cards=False),
                party_key(),
            ),
        ),
    ),
    (
        {"command": REGISTER_CHANNEL},
        Accepted(
            answer=PartyAnswer(party=party(register_time=NOW), channel=APPLIED, key_ids=("k1",)),
            changes=(party(register_time=NOW), APPLIED, party_key()),
        ),
    ),
)


@pytest.mark.rule("R15")
@pytest.mark.parametrize(
    ("situation", "decision"), REGISTERING_A_PARTY.rows, ids=REGISTERING_A_PARTY.ids
)
def test_registering_a_party(situation: dict[str, Any], decision: Decision) -> None:
    assert judge_situation(situation) == decision


@pytest.mark.rule("R32")
@pytest.mark.rule("R61")
@pytest.mark.parametrize("kept", [HOSPITAL, LIBRARY], ids=lambda party: party.kind.name)
def test_what_is_particular_to_a_party_is_kept(kept: Party) -> None:
    command = replace(
        REGISTER_PARTY,
        party_id=kept.key,
        kind=kept.kind,
        verifier_class=kept.verifier_class,
        service_ids=kept.service_ids,
        verifier_ids=kept.verifier_ids,
    )

    changes = accepted(judge(command)).changes

    assert changes == (kept, party_key(party=kept.key))


@pytest.mark.rule("R15")
@pytest.mark.parametrize(
    ("situation", "decision"), REGISTERING_A_CHANNEL.rows, ids=REGISTERING_A_CHANNEL.ids
)
def test_registering_a_channel(situation: dict[str, Any], decision: Decision) -> None:
    assert judge_situation(situation) == decision


# --- a channel's life ------------------------------------------------------------------------


def change(verb: ChannelVerb, **changes: Any) -> ChangeChannel:
    command = ChangeChannel(at=NOW, channel_id="wechat", verb=verb, above="", below=())
    return replace(command, **changes)


def led(verb: ChannelVerb, before: ChannelState, after: ChannelState, *events: Event) -> Table:
    changed = channel(state=after, state_time=NOW)
    return Table(
        {"command": change(verb), "party": None, "channel": None, "key": party_key()},
        ({}, Rejected(Reason.PARTY_NOT_FOUND)),
        ({"party": party(kind=PartyKind.BUREAU)}, Rejected(Reason.PARTY_NOT_FOUND)),
        (
            {"party": party(), "channel": channel(state=S.EXITED)},
            Rejected(Reason.CHANNEL_STATE_FORBIDS, (("state", "EXITED"),)),
        ),
        (
            {"channel": channel(state=before)},
            Accepted(
                answer=PartyAnswer(party=party(), channel=changed, key_ids=("k1",)),
                changes=(changed,),
                events=events,
            ),
        ),
    )


def told(kind: EventKind) -> Event:
    return Event(channel="wechat", kind=kind, at=NOW)


PASSING = led(V.PASS_FUNCTION_TEST, S.APPLIED, S.FUNCTION_TESTED)
PASSING_ON = led(V.PASS_SECURITY_TEST, S.FUNCTION_TESTED, S.SECURITY_TESTED)
GOING_LIVE = led(V.GO_LIVE, S.SECURITY_TESTED, S.LIVE)
SUSPENDING = led(V.SUSPEND, S.LIVE, S.SUSPENDED, told(EventKind.CHANNEL_SUSPENDED))
RESUMING = led(V.RESUME, S.SUSPENDED, S.LIVE, told(EventKind.CHANNEL_RESUMED))
EXITING = led(V.EXIT, S.LIVE, S.EXITED)
LEADING = [
    row
    for table in (PASSING, PASSING_ON, GOING_LIVE, SUSPENDING, RESUMING, EXITING)
    for row in table.rows
]


@pytest.mark.rule("R15", "R16")
@pytest.mark.parametrize(
    ("situation", "decision"),
    LEADING,
    ids=[f"{row['command'].verb.name}-{number}" for number, (row, _) in enumerate(LEADING)],
)
def test_leading_a_channel_through_its_life(situation: dict[str, Any], decision: Decision) -> None:
    assert judge_situation(situation) == decision


@pytest.mark.rule("R15", "R16")
@pytest.mark.parametrize(
    ("verb", "before", "kind"),
    [
        (V.SUSPEND, S.LIVE, EventKind.CHANNEL_SUSPENDED),
        (V.RESUME, S.SUSPENDED, EventKind.CHANNEL_RESUMED),
    ],
)
@pytest.mark.parametrize("state", S)
def test_a_suspension_is_told_below_to_whoever_is_live_itself(
    verb: ChannelVerb, before: ChannelState, kind: EventKind, state: ChannelState
) -> None:
    below = replace(channel(state=state, key="a-hospital"), tier=2, parent="wechat")

    decision = judge(
        change(verb, below=("a-hospital", "unknown")), party(), channel(state=before), below
    )

    events = (told(kind), replace(told(kind), channel="a-hospital"))
    assert accepted(decision).events == events[: 2 if state is S.LIVE else 1]
    assert accepted(decision).changes == (
        channel(state=S.SUSPENDED if verb is V.SUSPEND else S.LIVE, state_time=NOW),
    )


@pytest.mark.rule("R15", "R16")
@pytest.mark.parametrize("state", S)
@pytest.mark.parametrize(
    ("verb", "before", "kind"),
    [
        (V.SUSPEND, S.LIVE, EventKind.CHANNEL_SUSPENDED),
        (V.RESUME, S.SUSPENDED, EventKind.CHANNEL_RESUMED),
    ],
)
def test_a_channel_of_tier_2_is_told_of_its_own_suspension_only_while_its_parent_is_live(
    verb: ChannelVerb, before: ChannelState, kind: EventKind, state: ChannelState
) -> None:
    """Under a parent that is not live its calls are refused before and after."""
    parent = channel(key="jiangsu", state=state)
    child = channel(state=before, tier=2, parent="jiangsu")

    decision = judge(change(verb, above="jiangsu"), party(), child, parent)

    assert accepted(decision).events == ((told(kind),) if state is S.LIVE else ())


@pytest.mark.rule("R15", "R16")
def test_a_channel_that_is_resumed_under_a_suspended_parent_is_told_once_that_one_is() -> None:
    store = Store(
        party(key="jiangsu"),
        channel(key="jiangsu"),
        party(),
        channel(tier=2, parent="jiangsu"),
    )
    of_child = change(V.SUSPEND, above="jiangsu")
    of_parent = change(V.SUSPEND, channel_id="jiangsu", below=("wechat",))
    steps = [
        of_child,
        of_parent,
        replace(of_child, verb=V.RESUME),
        replace(of_parent, verb=V.RESUME),
    ]

    decisions = [accepted(store.do(step)) for step in steps]

    heard = [
        [event.kind for event in decision.events if event.channel == "wechat"]
        for decision in decisions
    ]
    assert heard == [[EventKind.CHANNEL_SUSPENDED], [], [], [EventKind.CHANNEL_RESUMED]]


STEPS = {
    (S.APPLIED, V.PASS_FUNCTION_TEST): S.FUNCTION_TESTED,
    (S.FUNCTION_TESTED, V.PASS_SECURITY_TEST): S.SECURITY_TESTED,
    (S.SECURITY_TESTED, V.GO_LIVE): S.LIVE,
    (S.LIVE, V.SUSPEND): S.SUSPENDED,
    (S.SUSPENDED, V.RESUME): S.LIVE,
    (S.APPLIED, V.EXIT): S.EXITED,
    (S.FUNCTION_TESTED, V.EXIT): S.EXITED,
    (S.SECURITY_TESTED, V.EXIT): S.EXITED,
    (S.LIVE, V.EXIT): S.EXITED,
    (S.SUSPENDED, V.EXIT): S.EXITED,
}


@pytest.mark.rule("R15")
@pytest.mark.parametrize(("state", "verb"), list(product(S, V)), ids=str)
def test_every_step_that_a_channels_life_has_is_taken_and_every_other_refused(
    state: ChannelState, verb: ChannelVerb
) -> None:
    decision = judge(change(verb), party(), channel(state=state))

    after = STEPS.get((state, verb))
    if after is None:
        assert decision == Rejected(Reason.CHANNEL_STATE_FORBIDS, (("state", state.name),))
    else:
        assert accepted(decision).changes == (channel(state=after, state_time=NOW),)
    assert LIFECYCLE.get((state, verb)) is after


@pytest.mark.rule("R15")
@pytest.mark.parametrize("state", S)
def test_a_channel_stands_by_itself_where_it_has_no_parent_or_a_live_one(
    state: ChannelState,
) -> None:
    assert standing(channel(state=state), None) is state
    assert standing(channel(state=state), channel(state=S.LIVE)) is state


@pytest.mark.rule("R15")
@pytest.mark.parametrize(
    ("own", "parent", "judged_by"),
    [
        (S.LIVE, S.SUSPENDED, S.SUSPENDED),
        (S.LIVE, S.APPLIED, S.APPLIED),
        (S.LIVE, S.EXITED, S.EXITED),
        (S.SUSPENDED, S.SUSPENDED, S.SUSPENDED),
        (S.SUSPENDED, S.EXITED, S.EXITED),
        (S.SUSPENDED, S.SECURITY_TESTED, S.SECURITY_TESTED),
        (S.APPLIED, S.SUSPENDED, S.APPLIED),
        (S.EXITED, S.SUSPENDED, S.EXITED),
    ],
)
def test_while_its_parent_is_not_live_a_channel_is_not_either(
    own: ChannelState, parent: ChannelState, judged_by: ChannelState
) -> None:
    assert standing(channel(state=own), channel(state=parent)) is judged_by


# --- keys ------------------------------------------------------------------------------------

ADD = AddPartyKey(at=NOW, party_id="wechat", key_id="k2", public_key=b"2" * 32)
SAME_ID, SAME_KEY = party_key(key_id="k2"), party_key(public_key=b"2" * 32)
K2 = party_key(key_id="k2", public_key=b"2" * 32)

ADDING = Table(
    {"command": ADD, "party": None, "channel": channel(), "keys": SAME_ID},
    ({}, Rejected(Reason.PARTY_NOT_FOUND)),
    ({"party": party()}, Rejected(Reason.PARTY_KEY_EXISTS)),
    ({"keys": SAME_KEY}, Rejected(Reason.PARTY_KEY_EXISTS)),
    ({"keys": replace(K2, is_removed=True)}, Rejected(Reason.PARTY_KEY_EXISTS)),
    (
        {"keys": [party_key(), party_key(key_id="k0", public_key=b"0" * 32, is_removed=True)]},
        Accepted(
            answer=PartyAnswer(party=party(), channel=channel(), key_ids=("k1", "k2")),
            changes=(K2,),
        ),
    ),
    (
        {"command": replace(ADD, party_id="suzhou-bureau"), "party": BUREAU, "channel": None},
        Accepted(
            answer=PartyAnswer(party=BUREAU, channel=None, key_ids=("k2",)),
            changes=(replace(K2, party="suzhou-bureau"),),
        ),
    ),
)
REMOVE = RemovePartyKey(at=NOW, party_id="wechat", key_id="k2")
K3_REMOVED = party_key(key_id="k3", is_removed=True)
REMOVING = Table(
    {"command": REMOVE, "party": None, "channel": channel(), "keys": None},
    ({}, Rejected(Reason.PARTY_NOT_FOUND)),
    ({"party": party()}, Rejected(Reason.PARTY_KEY_NOT_FOUND)),
    (
        {"keys": [party_key(), replace(K2, is_removed=True)]},
        Rejected(Reason.PARTY_KEY_NOT_FOUND),
    ),
    ({"keys": [K2, K3_REMOVED]}, Rejected(Reason.PARTY_KEY_LAST)),
    (
        {"keys": [party_key(), K2, K3_REMOVED]},
        Accepted(
            answer=PartyAnswer(party=party(), channel=channel(), key_ids=("k1",)),
            changes=(replace(K2, is_removed=True),),
        ),
    ),
)


@pytest.mark.rule("R15")
@pytest.mark.parametrize(("situation", "decision"), ADDING.rows, ids=ADDING.ids)
def test_adding_a_key(situation: dict[str, Any], decision: Decision) -> None:
    assert judge_situation(situation) == decision


@pytest.mark.rule("R15")
@pytest.mark.parametrize(("situation", "decision"), REMOVING.rows, ids=REMOVING.ids)
def test_removing_a_key(situation: dict[str, Any], decision: Decision) -> None:
    assert judge_situation(situation) == decision


@pytest.mark.rule("R15")
def test_a_channel_is_led_from_its_registration_until_it_is_live() -> None:
    store = Store()

    store.do(REGISTER_CHANNEL)
    for verb in (V.PASS_FUNCTION_TEST, V.PASS_SECURITY_TEST, V.GO_LIVE):
        accepted(store.do(change(verb)))

    assert store.records[Channel, "wechat"] == replace(APPLIED, state=S.LIVE)
    assert store.records[PartyKey, ("wechat", "k1")] == party_key()
