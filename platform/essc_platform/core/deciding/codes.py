"""Codes: issued, checked."""

from typing import TypeAlias

from essc_platform.core import checks, codes
from essc_platform.core.acting import Acting
from essc_platform.core.cards import Person
from essc_platform.core.checks import MEDICAL_SETTLEMENT, CheckCode
from essc_platform.core.codes import CodeAnswer, CodeName, GetCode, IssueCode
from essc_platform.core.deciding.common import acting, acting_of, standing, standing_of
from essc_platform.core.decisions import Decision, Rejected
from essc_platform.core.policy import Policy
from essc_platform.core.records import (
    BankAccount,
    Binding,
    Card,
    Citizen,
    CitizenKey,
    Code,
    Link,
    LinkCodes,
    PhysicalCard,
    Proof,
    Service,
    Usage,
)
from essc_platform.core.snapshot import Read, View, many, one

Command: TypeAlias = IssueCode | CheckCode


def reads_of(command: Command) -> frozenset[Read]:
    """The keys that a command touches."""
    match command:
        case IssueCode():
            reads = acting_of(command) | {one(LinkCodes, (*command.citizen, command.channel))}
            return reads if command.proof is None else reads | {one(Proof, command.proof)}
        case CheckCode():
            if command.code is None:
                return frozenset()
            reads = _worth_of(command.code)
            if command.usage is Usage.PAYMENT:
                return reads | {many(BankAccount, command.code.citizen)}
            if command.usage is Usage.CROSS_REGION_MEDICAL:
                return reads | {one(Service, MEDICAL_SETTLEMENT)}
            return reads


def _worth_of(name: CodeName) -> frozenset[Read]:
    """All that says what a code is worth, in one piece: a busy counter asks for nothing else."""
    citizen, link = name.citizen, (*name.citizen, name.channel)
    own = frozenset(
        (
            one(Code, (*citizen, name.number)),
            one(LinkCodes, link),
            one(Link, link),
            one(Citizen, citizen),
            many(PhysicalCard, citizen),
            one(Card, citizen),
        )
    )
    if name.binding is None:
        return own
    member = name.binding.member
    return own | {
        one(Binding, (*citizen, name.binding.number)),
        one(Citizen, member),
        many(PhysicalCard, member),
        one(Card, member),
    }


def _standing(view: View, name: CodeName, accounts: tuple[BankAccount, ...] = ()) -> Acting:
    """How the link, the holder and the bound member of a code stand now."""
    citizen, binding = name.citizen, name.binding
    link = view.one(Link, (*citizen, name.channel))
    holder = _person(view, citizen, accounts)
    if binding is None:
        return Acting(link=link, holder=holder)
    return Acting(
        link=link,
        holder=holder,
        binding=view.one(Binding, (*citizen, binding.number)),
        member=_person(view, binding.member),
    )


def _person(view: View, citizen: CitizenKey, accounts: tuple[BankAccount, ...] = ()) -> Person:
    return Person(
        citizen=view.one(Citizen, citizen),
        physical_cards=view.many(PhysicalCard, citizen),
        card=view.one(Card, citizen),
        bank_accounts=accounts,
    )


def decide(command: Command, view: View, policy: Policy) -> Decision:
    """The decision on a command, given what it may see."""
    match command:
        case IssueCode():
            return codes.issue_code(
                command,
                acting(view, command),
                view.one(LinkCodes, (*command.citizen, command.channel)),
                None if command.proof is None else view.one(Proof, command.proof),
                policy,
            )
        case CheckCode():
            return _check(command, view, policy)


def query_reads(query: GetCode) -> frozenset[Read]:
    """What a channel's look at a code takes."""
    if query.own_code is None:
        return standing_of(query.citizen, query.channel, None)
    return _worth_of(query.own_code)


def get_code(query: GetCode, view: View, policy: Policy) -> CodeAnswer | Rejected:
    """What a channel sees of a code."""
    name = query.own_code
    if name is None:
        through = standing(view, query.citizen, query.channel, None)
        return codes.get_code(query, through, None, None, policy)
    return codes.get_code(
        query,
        _standing(view, name),
        view.one(Code, (*name.citizen, name.number)),
        view.one(LinkCodes, (*name.citizen, name.channel)),
        policy,
    )


def _check(command: CheckCode, view: View, policy: Policy) -> Decision:
    name = command.code
    if name is None:
        return checks.check_code(command, None, None, None, None, policy)
    accounts: tuple[BankAccount, ...] = ()
    if command.usage is Usage.PAYMENT:
        accounts = view.many(BankAccount, name.citizen)
    service = None
    if command.usage is Usage.CROSS_REGION_MEDICAL:
        service = view.one(Service, MEDICAL_SETTLEMENT)
    return checks.check_code(
        command,
        view.one(Code, (*name.citizen, name.number)),
        view.one(LinkCodes, (*name.citizen, name.channel)),
        _standing(view, name, accounts),
        service,
        policy,
    )
