"""Citizens and physical cards as a bureau sees them: unmasked, for it is their source."""

from collections.abc import Collection

from essc.registry.v1 import physical_card_pb2
from essc_platform.core import cards
from essc_platform.core.cards import Person
from essc_platform.core.physical_cards import PhysicalCardAnswer
from essc_platform.core.records import Citizen, Instant, PhysicalCard
from essc_platform.vault import Vault
from essc_wire.times import optional_timestamp, to_timestamp


def physical_card(
    record: PhysicalCard, bank_id: str, at: Instant, vault: Vault
) -> physical_card_pb2.PhysicalCard:
    """A physical card with its status now, and the bank of its open account."""
    status = cards.status_at(record, at)
    is_lifted = status is not record.status
    return physical_card_pb2.PhysicalCard(
        physical_card_id=vault.write_id(record.citizen, record.number),
        region=record.region,
        generation=int(record.generation),  # type: ignore[arg-type]
        status=int(status),  # type: ignore[arg-type]
        issue_time=to_timestamp(record.issue_time),
        status_time=to_timestamp(
            record.lift_time if is_lifted and record.lift_time else record.status_time
        ),
        lift_time=None if is_lifted else optional_timestamp(record.lift_time),
        bank_id=bank_id,
    )


def answered(
    answer: PhysicalCardAnswer, at: Instant, vault: Vault
) -> physical_card_pb2.PhysicalCard:
    """A physical card as a command left it."""
    return physical_card(answer.physical_card, answer.bank_id, at, vault)


def registered(record: Citizen) -> physical_card_pb2.Citizen:
    """A person without cards."""
    return physical_card_pb2.Citizen(
        id_number=record.id_number,
        name=record.name,
        phone=record.phone,
        register_time=to_timestamp(record.register_time),
        cancel_time=optional_timestamp(record.cancel_time),
    )


def citizen(
    person: Person, regions: Collection[str], at: Instant, vault: Vault, *, is_recipient: bool
) -> physical_card_pb2.Citizen:
    """A person with the physical cards of these regions, oldest first."""
    assert person.citizen is not None
    shown = registered(person.citizen)
    shown.is_recipient = is_recipient
    for each in sorted(person.physical_cards, key=lambda card: card.issue_time):
        if each.region in regions:
            account = person.account_of(each.number)
            bank_id = account.bank_id if account else ""
            shown.physical_cards.append(physical_card(each, bank_id, at, vault))
    return shown
