"""The story of a hospital: a code is scanned, a bill is paid with the card, and given back.

Tang Jin (唐进) has an account at his card's bank, so his link there may pay. Luo Wen (罗文) has one
too, but his bank moves no money.
"""

from essc.channel.v1 import channel_pb2 as channel
from essc.code.v1 import code_pb2 as code
from essc.settlement.v1.order_pb2 import Order
from essc_workbench.answers import Conduct
from essc_workbench.demo.checks import settled
from essc_workbench.demo.stage import Stage

CITIZENS = ("tang-jin", "luo-wen")
BANK = "bank-east"
PASSWORD = "480517"  # noqa: S105 - of a person who does not exist
INSURANCE_FEN, OWN_FEN = 8_000, 2_050


async def play(stage: Stage) -> None:
    """The whole story. Raises Deviation at the first line that is not so."""
    await stage.meet(*CITIZENS)
    part = stage.story.part
    with part("H1 Tang Jin (唐进) may pay once his bank has checked the account's reserved phone"):
        await may_pay(stage, "tang-jin")
    with part("H2 The hospital scans his code (展码), once"):
        check_number = await scan(stage)
    with part("H3 It bills him; he pays with his card, and is given it all back"):
        await settle(stage, check_number)
    with part("H4 Luo Wen's (罗文) bank moves no money, so his bill stays unpaid"):
        await stay_unpaid(stage)


async def may_pay(stage: Stage, name: str) -> None:
    await stage.apply(name, BANK)
    phone = stage.phone(name, BANK)
    await phone.walk(channel.FLOW_KIND_SET_PASSWORD, Conduct(new_card_password=PASSWORD))
    raised = await phone.walk(channel.FLOW_KIND_RAISE_LEVEL)
    stage.check_walk(phone, "raises the level (开通支付)", raised)


async def show(stage: Stage, name: str) -> str:
    """A code on the person's phone."""
    phone = stage.phone(name, BANK)
    walk = await phone.walk(channel.FLOW_KIND_SHOW_CODE)
    stage.check_walk(phone, "shows a code", walk)
    picture = [s.code.picture_svg for s in walk.steps if s.WhichOneof("kind") == "code"][-1]
    stage.story.check("It is a picture that can be scanned", True, picture.startswith("<svg"))
    return walk.code


async def scan(stage: Stage) -> str:
    older = await show(stage, "tang-jin")
    newer = await show(stage, "tang-jin")
    verdict = code.Verdict.Name
    replaced = await stage.verifier.check(older, code.USAGE_PAYMENT)
    stage.story.check(
        "The older code was replaced by the newer", "VERDICT_REPLACED", verdict(replaced.verdict)
    )
    forged = await stage.verifier.check("ESSC" * 8, code.USAGE_PAYMENT)
    stage.story.check(
        "A code that nobody issued is forged", "VERDICT_FORGED", verdict(forged.verdict)
    )
    good = await stage.verifier.check(newer, code.USAGE_PAYMENT)
    stage.story.check("The newer one is valid", "VERDICT_VALID", verdict(good.verdict))
    again = await stage.verifier.check(newer, code.USAGE_PAYMENT)
    stage.story.check("and used up by that", "VERDICT_USED", verdict(again.verdict))
    holder = await stage.verifier.holder(good.check_number)
    line = "The second hop: a hospital is told the name, unmasked (二次验证)"
    stage.story.check(line, (stage.citizens["tang-jin"].persona.name, False), _named(holder))
    return good.check_number


async def settle(stage: Stage, check_number: str) -> None:
    order = await stage.provider.bill(check_number, insurance_fen=INSURANCE_FEN, own_fen=OWN_FEN)
    phone = stage.phone("tang-jin", BANK)
    paid = await phone.walk(channel.FLOW_KIND_PAY, Conduct(card_password=PASSWORD))
    stage.check_walk(phone, "pays (结算)", paid)
    settled_order = await _until(stage, order, Order.STATE_SETTLED)
    line = "The bank has moved the money: 80.00 yuan from the fund, 20.50 from him"
    amounts = (settled_order.insurance_fen, settled_order.own_fen)
    stage.story.check(line, (INSURANCE_FEN, OWN_FEN), amounts)
    (books,) = await stage.provider.reconcile(settled_order.create_time, order.expire_time)
    stage.story.check(
        f"The books say the same, in {stage.called(BANK)}",
        (BANK, INSURANCE_FEN, OWN_FEN, 0),
        (
            books.channel_id,
            books.settled_insurance_fen,
            books.settled_own_fen,
            books.clearing_fen,
        ),
    )
    await stage.provider.refund(order.order_id)
    await _until(stage, order, Order.STATE_REFUNDED)
    seen = await phone.walk(channel.FLOW_KIND_VIEW_ORDERS)
    stage.story.check(
        "He reads that it was given back (退款)",
        ["STATE_REFUNDED"],
        [line.kind for line in seen.lines],
    )


async def stay_unpaid(stage: Stage) -> None:
    await may_pay(stage, "luo-wen")
    checked = await stage.verifier.check(await show(stage, "luo-wen"), code.USAGE_PAYMENT)
    order = await stage.provider.bill(
        checked.check_number, insurance_fen=INSURANCE_FEN, own_fen=OWN_FEN
    )
    phone = stage.phone("luo-wen", BANK)
    paid = await phone.walk(channel.FLOW_KIND_PAY, Conduct(card_password=PASSWORD))
    stage.check_walk(phone, "pays", paid)
    await _until(stage, order, Order.STATE_UNPAID)


async def _until(stage: Stage, order: Order, state: Order.State.ValueType) -> Order:
    """The order, now or as soon as the bank has said its word."""
    seen = await settled(
        lambda: stage.provider.order(order.order_id), lambda each: each.state == state
    )
    name = Order.State.Name
    line = f"The order is {name(state).removeprefix('STATE_').lower()}"
    stage.story.check(line, name(state), name(seen.state))
    return seen


def _named(holder: object) -> tuple[str, bool]:
    return (holder.name, holder.is_name_masked)  # type: ignore[attr-defined]
