"""Checks of a person: started, answered."""

from typing import TypeAlias

from essc_platform.core import challenges
from essc_platform.core.challenges import AnswerChallenge, StartChallenge
from essc_platform.core.deciding.common import person, person_of
from essc_platform.core.decisions import Decision
from essc_platform.core.policy import Policy
from essc_platform.core.records import Binding, Challenge, Citizen, Counters, Link, Password
from essc_platform.core.snapshot import Read, View, one

Command: TypeAlias = StartChallenge | AnswerChallenge


def reads_of(command: Command) -> frozenset[Read]:
    """The keys that a command touches."""
    match command:
        case StartChallenge():
            reads = frozenset(
                {
                    one(Citizen, command.citizen),
                    one(Password, command.citizen),
                    one(Counters, command.citizen),
                    one(Link, command.link_key),
                }
            )
            if command.binding_key is not None:
                reads |= {one(Binding, command.binding_key)}
            if command.is_about_account:
                reads |= person_of(command.citizen)
            return reads
        case AnswerChallenge():
            return frozenset(
                {
                    one(Challenge, (*command.citizen, command.number)),
                    one(Password, command.citizen),
                    one(Counters, command.citizen),
                }
            )


def decide(command: Command, view: View, policy: Policy) -> Decision:
    """The decision on a command, given what it may see."""
    match command:
        case StartChallenge():
            account = None
            if command.is_about_account:
                account = person(view, command.citizen).bank_account
            return challenges.start_challenge(
                command,
                view.one(Citizen, command.citizen),
                view.one(Link, command.link_key),
                view.one(Binding, command.binding_key) if command.binding_key else None,
                view.one(Password, command.citizen),
                account,
                view.one(Counters, command.citizen),
                policy,
            )
        case AnswerChallenge():
            return challenges.answer_challenge(
                command,
                view.one(Challenge, (*command.citizen, command.number)),
                view.one(Password, command.citizen),
                view.one(Counters, command.citizen),
                policy,
            )
