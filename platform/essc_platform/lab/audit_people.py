"""What a snapshot tells of people: cards, links, how they are authenticated, family, record."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final, TypeAlias

from google.protobuf.message import Message

from essc.lab.v1 import audit_platform_pb2 as pb
from essc_platform.core.records import (
    Binding,
    Card,
    Certification,
    Counters,
    Link,
    Membership,
    Password,
    Proof,
)
from essc_platform.lab.audit_keys import Keys
from essc_platform.store.audit import AuditStore
from essc_platform.vault import Vault
from essc_wire.times import optional_timestamp, to_timestamp

Read: TypeAlias = Callable[[AuditStore, Vault, Keys], Iterator[Message]]


def _citizens(store: AuditStore, _vault: Vault, keys: Keys) -> Iterator[pb.AuditCitizen]:
    for citizen, is_recipient in store.citizens():
        yield pb.AuditCitizen(
            citizen=keys.citizen(citizen.key),
            id_number=citizen.id_number,
            register_time=to_timestamp(citizen.register_time),
            cancel_time=optional_timestamp(citizen.cancel_time),
            is_recipient=is_recipient,
        )


def _physical_cards(store: AuditStore, vault: Vault, keys: Keys) -> Iterator[pb.AuditPhysicalCard]:
    for card, bank_id in store.physical_cards():
        yield pb.AuditPhysicalCard(
            citizen=keys.citizen(card.citizen),
            physical_card_id=vault.write_id(card.citizen, card.number),
            region=card.region,
            status=int(card.status),  # type: ignore[arg-type]
            issue_time=to_timestamp(card.issue_time),
            status_time=to_timestamp(card.status_time),
            lift_time=optional_timestamp(card.lift_time),
            bank_id=bank_id,
        )


def _cards(store: AuditStore, vault: Vault, keys: Keys) -> Iterator[pb.AuditCard]:
    for card in store.records(Card):
        yield pb.AuditCard(
            citizen=keys.citizen(card.key),
            physical_card_id=vault.write_id(card.key, card.physical_card),
            issue_time=to_timestamp(card.issue_time),
            expire_time=to_timestamp(card.expire_time),
        )


def _links(store: AuditStore, vault: Vault, keys: Keys) -> Iterator[pb.AuditLink]:
    for link in store.records(Link):
        yield pb.AuditLink(
            citizen=keys.citizen(link.citizen),
            channel_id=link.channel,
            link_id=vault.write_id(link.citizen, link.number),
            serial=link.serial,
            state=int(link.state),  # type: ignore[arg-type]
            level=int(link.level),  # type: ignore[arg-type]
            deliver_time=optional_timestamp(link.deliver_time),
            activate_time=optional_timestamp(link.activate_time),
            unlink_time=optional_timestamp(link.unlink_time),
            signing_key_id=link.licence.key_id if link.licence else "",
        )


def _passwords(store: AuditStore, _vault: Vault, keys: Keys) -> Iterator[pb.AuditPassword]:
    for password in store.records(Password):
        yield pb.AuditPassword(
            citizen=keys.citizen(password.key),
            version=password.version,
            wrong_tries=password.wrong_tries,
            change_time=to_timestamp(password.change_time),
            unlock_time=optional_timestamp(password.unlock_time),
        )


def _counters(store: AuditStore, _vault: Vault, keys: Keys) -> Iterator[pb.AuditCounters]:
    for counters in store.records(Counters):
        yield pb.AuditCounters(
            citizen=keys.citizen(counters.key),
            day=counters.day,
            text_messages=counters.text_messages,
            failed_faces=counters.failed_faces,
        )


def _proofs(store: AuditStore, _vault: Vault, keys: Keys) -> Iterator[pb.AuditProof]:
    for proof in store.records(Proof):
        yield pb.AuditProof(
            citizen=keys.citizen(proof.citizen),
            proof_key=keys.thing("proof", proof.citizen, proof.number),
            channel_id=proof.channel,
            method=int(proof.method),  # type: ignore[arg-type]
            purpose=int(proof.purpose),  # type: ignore[arg-type]
            expire_time=to_timestamp(proof.expire_time),
            is_used=proof.is_used,
        )


def _bindings(store: AuditStore, _vault: Vault, keys: Keys) -> Iterator[pb.AuditBinding]:
    """The holders' rows, then the members'."""
    for binding in store.records(Binding):
        yield _binding(binding, keys)
    for membership in store.records(Membership):
        yield _binding(membership, keys)


def _binding(row: Binding | Membership, keys: Keys) -> pb.AuditBinding:
    return pb.AuditBinding(
        holder=keys.citizen(row.holder),
        member=keys.citizen(row.member),
        binding_key=keys.thing("binding", row.holder, row.number),
        relation=int(row.relation),  # type: ignore[arg-type]
        add_time=to_timestamp(row.add_time),
        end_time=optional_timestamp(row.end_time),
        is_on_members_side=isinstance(row, Membership),
    )


def _certifications(
    store: AuditStore, _vault: Vault, keys: Keys
) -> Iterator[pb.AuditCertification]:
    for certification in store.records(Certification):
        yield pb.AuditCertification(
            citizen=keys.citizen(certification.citizen),
            number=certification.number,
            certify_time=to_timestamp(certification.certify_time),
            expire_time=to_timestamp(certification.expire_time),
            is_by_binder=certification.is_by_binder,
        )


def _entries(store: AuditStore, _vault: Vault, keys: Keys) -> Iterator[pb.AuditEntry]:
    for position, entry in store.entries():
        yield pb.AuditEntry(
            citizen=keys.citizen(entry.citizen),
            position=str(position),
            kind=int(entry.kind),  # type: ignore[arg-type]
            entry_time=to_timestamp(entry.at),
            channel_id=entry.channel,
        )


LISTS: Final[Mapping[str, Read]] = {
    "citizens": _citizens,
    "physical_cards": _physical_cards,
    "cards": _cards,
    "links": _links,
    "passwords": _passwords,
    "counters": _counters,
    "proofs": _proofs,
    "bindings": _bindings,
    "certifications": _certifications,
    "entries": _entries,
}
