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
REGISTERING_A_CHANNEL = Table(
    {"command": REGISTER_CHANNEL, "party": party()},
    ({}, Rejected(Reason.PARTY_EXISTS)),
    (
        {"party": None},
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
    return replace(ChangeChannel(at=NOW, channel_id="wechat", verb=verb), **changes)


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
LEADING = [
    row for table in (PASSING, PASSING_ON, GOING_LIVE, SUSPENDING, RESUMING) for row in table.rows
]


@pytest.mark.rule("R15", "R16")
@pytest.mark.parametrize(
    ("situation", "decision"),
    LEADING,
    ids=[f"{row['command'].verb.name}-{number}" for number, (row, _) in enumerate(LEADING)],
)
def test_leading_a_channel_through_its_life(situation: dict[str, Any], decision: Decision) -> None:
    assert judge_situation(situation) == decision


STEPS = {
    (S.APPLIED, V.PASS_FUNCTION_TEST): S.FUNCTION_TESTED,
    (S.FUNCTION_TESTED, V.PASS_SECURITY_TEST): S.SECURITY_TESTED,
    (S.SECURITY_TESTED, V.GO_LIVE): S.LIVE,
    (S.LIVE, V.SUSPEND): S.SUSPENDED,
    (S.SUSPENDED, V.RESUME): S.LIVE,
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
