"""Adding a member to the family account (R40 to R45): the holder's password, the member's presence.

What the photos show is found at the edge by their authority and comes in as a finding. A refused
attempt uses up nothing: no place, no proof and no photo.
"""

from dataclasses import dataclass, field
from enum import Enum

from essc_platform.core import cards, proofs
from essc_platform.core.acting import (
    Acting,
    Person,
    card_refusal,
    link_refusal,
    member_not_normal,
    member_refusal,
)
from essc_platform.core.ages import is_under
from essc_platform.core.decisions import Accepted, Decision, Rejected
from essc_platform.core.family import BoundMember, Side, mirrored, told
from essc_platform.core.policy import Policy
from essc_platform.core.quick import replace
from essc_platform.core.reasons import Reason
from essc_platform.core.records import (
    Binding,
    Card,
    Citizen,
    CitizenKey,
    Entry,
    EntryKind,
    Instant,
    Membership,
    Method,
    PhotoUse,
    PhysicalCard,
    PhysicalCardStatus,
    Proof,
    Purpose,
    Relation,
)


class PhotoFinding(Enum):
    """What the photo authority found a photo to be."""

    RIGHT = "shows what it should"
    UNREADABLE = "cannot be read"
    MISMATCH = "shows another person, or something else"
    NOT_JUDGED = "nobody was asked yet"
    UNREACHABLE = "nobody could be asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Photo:
    """A photo as it was found to be, and where it is noted for whom it was used."""

    bucket: int
    digest: str
    finding: PhotoFinding

    @property
    def key(self) -> tuple[int, str]:
        return (self.bucket, self.digest)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddMember:
    """A holder binds a member, who is present."""

    at: Instant
    channel: str
    citizen: CitizenKey
    link_number: int
    password_proof: tuple[int, int, int]
    member_proof: tuple[int, int, int]
    notice_version: str
    relation: Relation
    member: CitizenKey
    name: str = field(repr=False)
    id_number: str = field(repr=False)
    card_photo: Photo
    face_photo: Photo | None
    new_number: int
    binders: tuple[CitizenKey, ...] = ()
    """Who has bound the member, as the edge saw it: the dead among them do not count."""
    binding: None = field(default=None, init=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ties:
    """What is written down about the two people so far."""

    bindings: tuple[Binding, ...]
    """All that the holder ever made."""
    memberships: tuple[Membership, ...]
    """All that the member was ever in."""
    photo_uses: tuple[PhotoUse, ...] = ()
    """Of the photos at hand."""
    binders: tuple[Citizen, ...] = ()
    """Of the command's binders, those on record."""


def add_member(
    command: AddMember,
    acting: Acting,
    holder: Side,
    member: Side,
    ties: Ties,
    password_proof: Proof | None,
    member_proof: Proof | None,
    policy: Policy,
) -> Decision:
    """R40 to R45: uses up one place, for good; issues the member's card where there is none."""
    refusal = link_refusal(command, acting)
    refusal = refusal or proofs.refusal(
        command, password_proof, Purpose.ADD_FAMILY, {Method.CARD_PASSWORD}
    )
    refusal = refusal or card_refusal(acting, command.at, policy)
    refusal = refusal or _person_refusal(command, member.person.citizen, ties, policy)
    refusal = refusal or _photo_refusal(command, ties, policy)
    refusal = refusal or _presence_refusal(command, member_proof, policy)
    if refusal is not None:
        return refusal
    card = _card_of(command, member.person, policy)
    if isinstance(card, Rejected):
        return card
    refusal = _count_refusal(command, ties, policy)
    if refusal is not None:
        return refusal
    photos = _photos(command, policy)
    if any(photo.finding is PhotoFinding.UNREACHABLE for photo in photos):
        return Rejected(Reason.AUTHORITY_UNREACHABLE)
    seen = () if is_young(command, policy) else (member_proof,)
    used = tuple(proofs.used(each) for each in (password_proof, *seen) if each is not None)
    noted = tuple(
        PhotoUse(bucket=photo.bucket, digest=photo.digest, citizen=command.member)
        for photo in photos
    )
    return _bound(command, holder, member, card, (*used, *noted))


def is_young(command: AddMember, policy: Policy) -> bool:
    """R41: whether the member is of an age that cannot be asked for a live face."""
    return is_under(policy.own_face_years, command.id_number, command.at)


def places(relation: Relation, policy: Policy) -> int:
    """R40: how many places a relation has."""
    return {
        Relation.PARENT: policy.parent_places,
        Relation.CHILD: policy.child_places,
        Relation.SPOUSE: policy.spouse_places,
        Relation.OTHER: policy.other_places,
    }[relation]


def _person_refusal(
    command: AddMember, citizen: Citizen | None, ties: Ties, policy: Policy
) -> Rejected | None:
    """R41: the current notice, accepted for a person on record whom the holder has not bound."""
    if command.notice_version != policy.notice_version:
        return Rejected(Reason.NOTICE_OUTDATED, (("current_version", policy.notice_version),))
    if citizen is None or (citizen.id_number, citizen.name) != (command.id_number, command.name):
        return Rejected(Reason.IDENTITY_MISMATCH)
    if command.member == command.citizen:
        return Rejected(Reason.MEMBER_IS_HOLDER)
    if any(each.is_good and each.member == command.member for each in ties.bindings):
        return Rejected(Reason.MEMBER_BOUND_ALREADY)
    return None


def _photos(command: AddMember, policy: Policy) -> tuple[Photo, ...]:
    """The photos that are looked at."""
    if command.face_photo is None or not is_young(command, policy):
        return (command.card_photo,)
    return (command.card_photo, command.face_photo)


def _photo_refusal(command: AddMember, ties: Ties, policy: Policy) -> Rejected | None:
    """R45: photos that can be read, show what they should and were used for nobody else."""
    photos = _photos(command, policy)
    found = {photo.finding for photo in photos}
    if PhotoFinding.NOT_JUDGED in found:
        # All before this is in order, so it is worth asking somebody what the photos show.
        return Rejected(Reason.CHANGES_CONFLICT)
    if PhotoFinding.UNREADABLE in found:
        return Rejected(Reason.PHOTO_UNREADABLE)
    if PhotoFinding.MISMATCH in found:
        return Rejected(Reason.PHOTO_MISMATCH)
    keys = {photo.key for photo in photos}
    if any(use.key in keys and use.citizen != command.member for use in ties.photo_uses):
        return Rejected(Reason.PHOTO_USED)
    return None


def _presence_refusal(
    command: AddMember, member_proof: Proof | None, policy: Policy
) -> Rejected | None:
    """R41: the member is there: on a photo of the face when young, else with the live face."""
    if is_young(command, policy):
        return Rejected(Reason.FACE_PHOTO_NEEDED) if command.face_photo is None else None
    refusal = proofs.refusal(
        command, member_proof, Purpose.JOIN_FAMILY, {Method.FACE}, command.member
    )
    return None if refusal is None else Rejected(Reason.MEMBER_FACE_NEEDED)


def _card_of(command: AddMember, member: Person, policy: Policy) -> Card | Rejected:
    """R41: the member's card, issued now if there is none.

    Nobody chooses a region for a member: of several normal physical cards the oldest is taken, and
    the member's own first application then finds the card as it is.
    """
    if member.card is not None:
        return member_refusal(member, command.at) or member.card
    assert member.citizen is not None, "refused before, where there is none"
    if member.citizen.cancel_time is not None:
        return member_not_normal(Reason.CITIZEN_CANCELLED)
    normal = [each for each in member.physical_cards if _is_normal(each, command.at)]
    if not normal:
        none = cards.choose_physical_card(None, member.physical_cards, None, command.at)
        assert isinstance(none, Rejected), "none is normal"
        return member_not_normal(none.reason)
    oldest = min(normal, key=lambda each: (each.issue_time, each.number))
    return Card(
        key=command.member,
        physical_card=oldest.number,
        issue_time=command.at,
        expire_time=cards.expiry(command.at, policy.card_years),
    )


def _is_normal(physical_card: PhysicalCard, at: Instant) -> bool:
    return cards.status_at(physical_card, at) is PhysicalCardStatus.NORMAL


def _count_refusal(command: AddMember, ties: Ties, policy: Policy) -> Rejected | None:
    """R9, R40, R42: the member's good binders; the holder's places, used ones never given back."""
    dead = {each.key for each in ties.binders if each.cancel_time is not None}
    good = [each for each in ties.memberships if each.is_good and each.holder not in dead]
    if len(good) >= policy.binders_max:
        return Rejected(Reason.BINDERS_TOO_MANY)
    used = sum(each.relation is command.relation for each in ties.bindings)
    if used >= places(command.relation, policy):
        return Rejected(Reason.PLACES_USED_UP)
    return None


def _bound(
    command: AddMember, holder: Side, member: Side, card: Card, used: tuple[Proof | PhotoUse, ...]
) -> Decision:
    """The binding on both sides, and what is told and written down of it."""
    binding = Binding(
        holder=command.citizen,
        number=command.new_number,
        member=command.member,
        relation=command.relation,
        add_time=command.at,
    )
    is_new = member.person.card is None
    after = replace(member, person=replace(member.person, card=card))
    citizen = member.person.citizen
    assert citizen is not None
    answer = BoundMember(
        binding=binding, citizen=citizen, card=cards.view(after.person, after.password, command.at)
    )
    return Accepted(
        answer=answer,
        changes=(*((card,) if is_new else ()), binding, mirrored(binding), *used),
        events=(*told(holder, command.at), *told(after, command.at)),
        entries=(
            _entry(command, command.citizen, EntryKind.MEMBER_ADDED),
            *((_entry(command, command.member, EntryKind.CARD_ISSUED),) if is_new else ()),
            _entry(command, command.member, EntryKind.BOUND_AS_MEMBER),
        ),
    )


def _entry(command: AddMember, citizen: CitizenKey, kind: EntryKind) -> Entry:
    return Entry(citizen=citizen, kind=kind, at=command.at, channel=command.channel)
