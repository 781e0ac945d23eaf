"""Preparing people: all that a plan's journeys need beside links."""

from typing import Final

from essc_workbench.bureau import Bureau
from essc_workbench.calls import fixed_id
from essc_workbench.drills.journey_names import JourneyName
from essc_workbench.drills.journeys.calls import Ended
from essc_workbench.drills.journeys.circles import CODES, bound_households
from essc_workbench.drills.journeys.equipping import Equipping
from essc_workbench.drills.journeys.families import ADDINGS, HOLDERS, FamilyDesk
from essc_workbench.drills.plan import Plan
from essc_workbench.drills.preparing.making import Making
from essc_workbench.enrolment import BUREAU
from essc_workbench.families import CARD_PASSWORD
from essc_workbench.seeding.people import HOUSEHOLD, Role

TEXTS_AT_ONCE: Final = 64
"""Of the text messages of all phones the lab keeps a bounded number."""
_BANK: Final = "bank-east"


async def equip(making: Making) -> None:
    """All else that the plan's journeys need."""
    mixes = making.plan.journeys
    for channel, mix in mixes.items():
        if making.plan.via == "platform" and not set(CODES).isdisjoint(mix):
            await _know_devices(making, channel)
    names = {name for mix in mixes.values() for name in mix}
    bureau = Bureau(making.connections.platform(BUREAU))
    if "certify" in names:
        await _register_recipients(making, bureau)
    if "report_loss" in names:
        await _find_cards(making, bureau)
    for name in ("wrong_password", "family", "pay"):
        if name in names:
            await _set_passwords(making, name)
    if "pay" in names:
        await _let_pay(making, bureau)
    homes = bound_households(making.plan)
    if homes:
        await _bind(making, homes)


async def _know_devices(making: Making, channel: str) -> None:
    equipping = making.desks[channel][1]

    async def know(place: int) -> None:
        await equipping.know_device(making.turn(place), place, making.inbox(place))

    what = f"phones known in {channel}"
    await making.each(what, making.circles.rest, know, at_once=TEXTS_AT_ONCE)


async def _register_recipients(making: Making, bureau: Bureau) -> None:
    seed = making.prepared.seed

    async def register(place: int) -> None:
        id_number = making.people.person(place).id_number
        request_id = fixed_id("drill-recipient", str(seed), str(place))
        await bureau.register_recipient(id_number, request_id=request_id)

    places = tuple(making.circles.by_journey["certify"].of_role(Role.GRANDPARENT))
    await making.each("recipients of benefits", places, register)


async def _find_cards(making: Making, bureau: Bureau) -> None:
    async def find(place: int) -> None:
        citizen = await bureau.citizen(making.people.person(place).id_number)
        making.prepared.cards[place] = citizen.physical_cards[0].physical_card_id

    await making.each("physical cards", making.circles.places("report_loss"), find)


async def _set_passwords(making: Making, name: JourneyName) -> None:
    equipping = making.desks[_channels(making.plan, name)[0]][1]
    circle = making.circles.by_journey[name]
    places = tuple(circle.of_role(*HOLDERS)) if name == "family" else circle.places

    async def set_password(place: int) -> None:
        await equipping.set_password(making.turn(place), place, CARD_PASSWORD)

    await making.each(f"card passwords for {name}", places, set_password)


async def _let_pay(making: Making, bureau: Bureau) -> None:
    places, channels = making.circles.places("pay"), _channels(making.plan, "pay")
    bank = next((each for each in channels if each.startswith("bank-")), _BANK)

    async def open_account(place: int) -> None:
        person = making.people.person(place)
        citizen = await bureau.citizen(person.id_number)
        await bureau.activate_bank_account(
            citizen.physical_cards[0].physical_card_id,
            bank,
            person.phone,
            request_id=fixed_id("drill-account", str(making.prepared.seed), str(place)),
        )

    await making.each("bank accounts", places, open_account)
    for channel in channels:
        equipping = making.desks[channel][1]

        async def let_pay(place: int, equipping: Equipping = equipping) -> None:
            turn = making.turn(place)
            await equipping.raise_level(turn, place, making.inbox(place))
            await equipping.pay_freely(turn, place, CARD_PASSWORD)

        await making.each(f"payers in {channel}", places, let_pay, at_once=TEXTS_AT_ONCE)


async def _bind(making: Making, homes: range) -> None:
    """Each household's first parent binds the grandparent, by a card password of 31 ms."""
    channel = making.plan.federation.channels[0]
    desk, equipping = making.desks[channel]
    lab_port = making.lines.platform_lab()
    at = FamilyDesk(
        desk, making.lines_of[channel], lab_port, making.prepared.notice_version, CARD_PASSWORD
    )

    async def bind(home: int) -> None:
        first = home * HOUSEHOLD
        turn = making.turn(first)
        await equipping.set_password(turn, first + Role.PARENT, CARD_PASSWORD)
        try:
            await at.add(turn, first + Role.PARENT, first + Role.GRANDPARENT, ADDINGS[0])
        except Ended as ended:
            # Done before, with another photo: each that is taken is new.
            if ended.reason != "REQUEST_ID_REUSED":
                raise

    await making.each("families", homes, bind)
    await lab_port.close()


def _channels(plan: Plan, name: JourneyName) -> list[str]:
    return [channel for channel, mix in plan.journeys.items() if name in mix]
