"""Family: members added and removed, binders left."""

from typing import TypeAlias

from essc_platform.core import family, joining
from essc_platform.core.deciding.common import acting, acting_of, card_and_links_of, side
from essc_platform.core.decisions import Decision
from essc_platform.core.family import LeaveBinder, RemoveMember
from essc_platform.core.joining import AddMember, Ties
from essc_platform.core.policy import Policy
from essc_platform.core.records import (
    Binding,
    Citizen,
    CitizenKey,
    Membership,
    PhotoUse,
    Proof,
)
from essc_platform.core.snapshot import Read, View, many, one

Command: TypeAlias = AddMember | RemoveMember | LeaveBinder


def reads_of(command: Command) -> frozenset[Read]:
    """The keys that a command touches: both people, with every channel that has to know."""
    holder, member = _sides(command)
    reads = acting_of(command) | card_and_links_of(holder) | card_and_links_of(member)
    match command:
        case AddMember():
            ties = {many(Binding, holder), many(Membership, member)}
            photos = {one(PhotoUse, key) for key in _photos(command)}
            proofs = {one(Proof, command.password_proof), one(Proof, command.member_proof)}
            binders = {one(Citizen, each) for each in command.binders}
            return reads | ties | photos | proofs | binders
        case RemoveMember() | LeaveBinder():
            return reads | {one(Binding, (*holder, command.number)), one(Proof, command.proof)}


def decide(command: Command, view: View, policy: Policy) -> Decision:
    """The decision on a command, given what it may see."""
    holder, member = _sides(command)
    sides = side(view, holder), side(view, member)
    through = acting(view, command)
    if isinstance(command, AddMember):
        return joining.add_member(
            command,
            through,
            *sides,
            _ties(view, command),
            view.one(Proof, command.password_proof),
            view.one(Proof, command.member_proof),
            policy,
        )
    binding = view.one(Binding, (*holder, command.number))
    proof = view.one(Proof, command.proof)
    match command:
        case RemoveMember():
            return family.remove_member(command, through, binding, *sides, proof)
        case LeaveBinder():
            return family.leave_binder(command, through, binding, *sides, proof)


def _sides(command: Command) -> tuple[CitizenKey, CitizenKey]:
    """The holder and the member."""
    if isinstance(command, LeaveBinder):
        return command.holder, command.citizen
    return command.citizen, command.member


def _ties(view: View, command: AddMember) -> Ties:
    uses = (view.one(PhotoUse, key) for key in _photos(command))
    binders = (view.one(Citizen, key) for key in command.binders)
    return Ties(
        bindings=view.many(Binding, command.citizen),
        memberships=view.many(Membership, command.member),
        photo_uses=tuple(use for use in uses if use is not None),
        binders=tuple(each for each in binders if each is not None),
    )


def _photos(command: AddMember) -> tuple[tuple[int, str], ...]:
    face = command.face_photo
    return (command.card_photo.key,) if face is None else (command.card_photo.key, face.key)
