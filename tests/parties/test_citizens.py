"""One phone walks every flow through the real federation: rightly, and wrongly at first."""

from pathlib import Path

import pytest

from essc.channel.v1 import channel_pb2 as channel
from essc.channel.v1.channel_pb2 import Panel
from essc.code.v1 import code_pb2
from essc.directory.v1 import directory_pb2
from essc.registry.v1 import registry_service_pb2 as registry
from essc.registry.v1.registry_service_pb2_grpc import RegistryServiceStub
from essc.settlement.v1.order_pb2 import Order
from essc_wire.clock import new_request_id
from essc_workbench.answers import Conduct, Mistake, erring
from essc_workbench.citizens import Phone, Walk
from essc_workbench.counters import Provider, Verifier
from essc_workbench.demo.checks import settled
from essc_workbench.enrolment import BUREAU, PROVIDER, VERIFIER
from essc_workbench.templates import Template
from essc_workbench.testing import Meeting, federation

PASSWORD = "205817"


async def registered_with_benefits_and_a_bank(f: Meeting, persona: str) -> None:
    """The bureau notes a recipient, and activates the card's bank account."""
    person = f.people[persona]
    card = (await f.bureau.citizen(person.id_number)).physical_cards[0]
    peer = f.connections.platform(BUREAU)
    stub = RegistryServiceStub(peer.channel)
    recipient = registry.RegisterRecipientRequest(
        request_id=new_request_id(), id_number=person.id_number
    )
    account = registry.ActivateBankAccountRequest(
        request_id=new_request_id(),
        physical_card_id=card.physical_card_id,
        bank_id="bank-east",
        reserved_phone=person.phone,
    )
    await stub.RegisterRecipient(recipient, **peer.options())
    await stub.ActivateBankAccount(account, **peer.options())


async def opened(f: Meeting, persona: str, channel_id: str) -> Phone:
    """A phone in a channel where the card is shown."""
    phone = f.citizen(persona).phone(channel_id)
    await phone.sign_in()
    walk = await phone.walk(channel.FLOW_KIND_APPLY)
    assert walk.is_completed, walk
    return phone


def completed(walk: Walk, *reasons: str) -> Walk:
    assert walk.is_completed, (walk.flow.reason, walk.kinds)
    assert walk.reasons == reasons
    return walk


@pytest.mark.rule("R26", "R30", "R33", "R41", "R43", "R51", "R52", "R61", "R62", "R93")
async def test_a_citizen_does_everything_with_a_phone(tmp_path: Path, template: Template) -> None:
    async with federation(
        tmp_path, channels=("wechat", "bank-east", "portal"), template=template
    ) as f:
        for persona in ("zhang-san", "chen-mei"):
            await registered_with_benefits_and_a_bank(f, persona)
        phone = await opened(f, "zhang-san", "wechat")
        knowing = Conduct(card_password=PASSWORD, new_card_password=PASSWORD)
        completed(await phone.walk(channel.FLOW_KIND_SET_PASSWORD, knowing))

        await shows_codes(f, phone)
        await looks_after_a_member(f, phone)
        await is_certified(phone, f)
        await uses_a_service(f, phone)
        await pays(f, phone, knowing)
        await reads_the_full_record(f)


async def shows_codes(f: Meeting, phone: Phone) -> None:
    verifier = Verifier(f.connections.platform(VERIFIER))

    first = await phone.walk(channel.FLOW_KIND_SHOW_CODE, erring(Mistake.WRONG_CODE))
    checked = await verifier.check(first.code, code_pb2.USAGE_QUERY)
    second = await phone.walk(channel.FLOW_KIND_SHOW_CODE)

    completed(first, "TEXT_CODE_WRONG")
    assert first.kinds == ("text_code", "text_code", "code")
    assert checked.verdict == code_pb2.VERDICT_VALID
    assert completed(second).kinds == ("code",)


async def looks_after_a_member(f: Meeting, phone: Phone) -> None:
    """Adds chen-mei with every mistake, removes her, adds her again; she leaves by herself."""
    with_her = Conduct(
        card_password=PASSWORD, companion=f.people["chen-mei"], preferences=("PARENT", "FACE")
    )
    mistakes = (
        Mistake.WRONG_PASSWORD,
        Mistake.WRONG_FORM,
        Mistake.BLURRED_PHOTO,
        Mistake.OTHER_FACE,
    )
    added = await phone.walk(channel.FLOW_KIND_ADD_MEMBER, erring(*mistakes, conduct=with_her))
    shown = await phone.home()
    removed = await phone.walk(
        channel.FLOW_KIND_REMOVE_MEMBER, erring(Mistake.OTHER_FACE, conduct=with_her)
    )
    again = await phone.walk(channel.FLOW_KIND_ADD_MEMBER, with_her)
    portal = await opened(f, "chen-mei", "portal")
    seen = await portal.walk(channel.FLOW_KIND_VIEW_FAMILY)
    left = await portal.walk(channel.FLOW_KIND_LEAVE_BINDER, erring(Mistake.OTHER_FACE))
    third = await phone.walk(channel.FLOW_KIND_ADD_MEMBER, with_her)
    family = await phone.walk(channel.FLOW_KIND_VIEW_FAMILY)

    completed(added, "PASSWORD_WRONG", "REQUEST_INVALID", "FACE_MISMATCH", "PHOTO_UNREADABLE")
    assert [member.masked_name for member in shown.members] == ["陈*"]
    completed(removed, "FACE_MISMATCH")
    completed(again)
    assert "BINDER" in [line.kind for line in completed(seen).lines]
    completed(left, "FACE_MISMATCH")
    completed(third)
    lines = [line.kind for line in completed(family).lines]
    assert (lines.count("MEMBER"), lines.count("MEMBER_ENDED")) == (1, 2)
    assert any("剩余 1 个" in line.text.zh for line in family.lines)


async def is_certified(phone: Phone, f: Meeting) -> None:
    with_her = Conduct(companion=f.people["chen-mei"], preferences=("陈*",))

    for_her = await phone.walk(
        channel.FLOW_KIND_CERTIFY, erring(Mistake.OTHER_FACE, conduct=with_her)
    )
    once_more = await phone.walk(channel.FLOW_KIND_CERTIFY, with_her)
    own = await phone.walk(channel.FLOW_KIND_CERTIFY)
    listed = await phone.walk(channel.FLOW_KIND_VIEW_CERTIFICATIONS, with_her)

    assert [line.kind for line in completed(for_her, "FACE_MISMATCH").lines] == ["CERTIFIED"]
    assert [line.kind for line in completed(once_more).lines] == ["CERTIFIED_ALREADY"]
    assert [line.kind for line in completed(own).lines] == ["CERTIFIED"]
    assert [line.text.zh for line in completed(listed).lines] == ["亲情成员代办"]


async def uses_a_service(f: Meeting, phone: Phone) -> None:
    provider = Provider(f.connections.platform(PROVIDER))

    asked = await phone.walk(
        channel.FLOW_KIND_USE_SERVICE, Conduct(preferences=("social-insurance-query",))
    )
    redeemed = await provider.redeem(asked.code)
    await provider.close_use(redeemed.use.use_id, directory_pb2.Use.OUTCOME_DONE)
    uses = await phone.walk(channel.FLOW_KIND_VIEW_USES)

    completed(asked)
    assert [line.kind for line in completed(uses).lines] == ["OUTCOME_DONE"]


async def pays(f: Meeting, phone: Phone, knowing: Conduct) -> None:
    raised = await phone.walk(channel.FLOW_KIND_RAISE_LEVEL, erring(Mistake.WRONG_CODE))
    bank = await opened(f, "zhang-san", "bank-east")
    at_the_bank = await bank.walk(channel.FLOW_KIND_RAISE_LEVEL, erring(Mistake.WRONG_VOUCHING))
    order = await billed(f, phone)
    paid = await phone.walk(channel.FLOW_KIND_PAY, erring(Mistake.WRONG_PASSWORD, conduct=knowing))
    provider = Provider(f.connections.platform(PROVIDER))
    await settled(lambda: provider.order(order.order_id), lambda o: o.state == Order.STATE_SETTLED)
    on = await phone.walk(
        channel.FLOW_KIND_PASSWORD_FREE_ON, erring(Mistake.WRONG_PASSWORD, conduct=knowing)
    )
    await billed(f, phone)
    free = await phone.walk(channel.FLOW_KIND_PAY)
    off = await phone.walk(channel.FLOW_KIND_PASSWORD_FREE_OFF)
    orders = await phone.walk(channel.FLOW_KIND_VIEW_ORDERS)
    declined = await phone.walk(channel.FLOW_KIND_LOWER_LEVEL, erring(Mistake.DECLINES))
    lowered = await phone.walk(channel.FLOW_KIND_LOWER_LEVEL)

    completed(raised, "TEXT_CODE_WRONG")
    completed(at_the_bank, "VOUCHING_FAILED")
    assert completed(paid, "PASSWORD_WRONG").kinds[-1] == "lines"
    completed(on, "PASSWORD_WRONG")
    assert completed(free).kinds == ("consent", "lines")
    completed(off)
    assert len(completed(orders).lines) == 2
    assert declined.reasons == ("CONSENT_DECLINED",)
    assert channel.FLOW_KIND_PAY not in completed(lowered).flow.panel.offered_flows


async def billed(f: Meeting, phone: Phone) -> Order:
    """The hospital scans a code for payment and makes an order."""
    shown = await phone.walk(channel.FLOW_KIND_SHOW_CODE, Conduct(preferences=("self",)))
    verifier = Verifier(f.connections.platform(VERIFIER))
    provider = Provider(f.connections.platform(PROVIDER))
    checked = await verifier.check(completed(shown).code, code_pb2.USAGE_PAYMENT)
    assert checked.verdict == code_pb2.VERDICT_VALID
    return await provider.bill(checked.check_number, insurance_fen=8700, own_fen=1250)


async def reads_the_full_record(f: Meeting) -> None:
    portal = await opened(f, "zhang-san", "portal")

    records = await portal.walk(channel.FLOW_KIND_VIEW_RECORDS, erring(Mistake.OTHER_FACE))
    panel = await portal.home()

    completed(records, "FACE_MISMATCH")
    assert "微信" in {line.note.zh for line in records.lines}
    assert "KIND_ORDER_SETTLED" in {line.kind for line in records.lines}
    assert len(panel.members) == 1


@pytest.mark.rule("R15", "R50")
async def test_a_hospitals_channel_of_tier_2_follows_its_parent(
    tmp_path: Path, template: Template
) -> None:
    async with federation(tmp_path, channels=("jiangsu", "hospital"), template=template) as f:
        provincial = await opened(f, "zhang-san", "jiangsu")
        hospital = await opened(f, "zhang-san", "hospital")

        elder, standard = await provincial.home(), await hospital.home()

        assert elder.edition == channel.EDITION_ELDER
        assert elder.offered_flows[0] == channel.FLOW_KIND_CERTIFY
        assert standard.state == Panel.STATE_USABLE
        assert channel.FLOW_KIND_CERTIFY not in standard.offered_flows
        assert channel.FLOW_KIND_ALLOW_WHILE_LOST not in standard.offered_flows
