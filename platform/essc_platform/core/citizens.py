"""Persons: how they are registered, and how they are masked."""

from dataclasses import dataclass, field

from essc_platform.core.decisions import Accepted, Decision, Rejected
from essc_platform.core.reasons import Reason
from essc_platform.core.records import (
    Citizen,
    CitizenKey,
    Entry,
    EntryKind,
    EntryPlace,
    Instant,
    Recipient,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterCitizen:
    """A bureau registers a person."""

    at: Instant
    citizen: CitizenKey
    id_number: str = field(repr=False)
    name: str = field(repr=False)
    phone: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterRecipient:
    """A bureau registers a person as a recipient of benefits."""

    at: Instant
    citizen: CitizenKey
    id_number: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CitizenAnswer:
    """A person as a bureau sees it."""

    citizen: Citizen


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientAnswer:
    """A recipient of benefits as registered."""

    register_time: Instant


def register_citizen(command: RegisterCitizen, citizen: Citizen | None) -> Decision:
    """R2: a person is registered once; that makes no card."""
    if citizen is not None:
        return Rejected(Reason.CITIZEN_EXISTS)
    registered = Citizen(
        key=command.citizen,
        id_number=command.id_number,
        name=command.name,
        phone=command.phone,
        register_time=command.at,
    )
    entry = Entry(
        citizen=command.citizen,
        kind=EntryKind.CITIZEN_REGISTERED,
        at=command.at,
        place=EntryPlace.BUREAU,
    )
    return Accepted(
        answer=CitizenAnswer(citizen=registered), changes=(registered,), entries=(entry,)
    )


def register_recipient(
    command: RegisterRecipient, citizen: Citizen | None, recipient: Recipient | None
) -> Decision:
    """R52: whose eligibility is to be certified is registered, once."""
    if citizen is None or citizen.id_number != command.id_number:
        return Rejected(Reason.CITIZEN_NOT_FOUND)
    if citizen.cancel_time is not None:
        return Rejected(Reason.CITIZEN_CANCELLED)
    if recipient is not None:
        return Rejected(Reason.RECIPIENT_EXISTS)
    entry = Entry(
        citizen=command.citizen,
        kind=EntryKind.RECIPIENT_REGISTERED,
        at=command.at,
        place=EntryPlace.BUREAU,
    )
    return Accepted(
        answer=RecipientAnswer(register_time=command.at),
        changes=(Recipient(key=command.citizen, register_time=command.at),),
        entries=(entry,),
    )


def masked_name(name: str) -> str:
    """All but the first character hidden: 张*, 欧***."""
    return name[0] + "*" * (len(name) - 1)


def masked_id_number(id_number: str) -> str:
    """All but the last two characters hidden."""
    return "*" * (len(id_number) - 2) + id_number[-2:]


def masked_phone(phone: str) -> str:
    """The middle hidden: 111****5678."""
    return f"{phone[:3]}****{phone[-4:]}"
