"""Certification of the eligibility for benefits."""

from typing import TypeAlias

from essc_platform.core import certifications
from essc_platform.core.certifications import Certify
from essc_platform.core.deciding.common import acting, acting_of
from essc_platform.core.decisions import Decision
from essc_platform.core.policy import Policy
from essc_platform.core.records import Certification, Link, Password, Proof, Recipient
from essc_platform.core.snapshot import Read, View, many, one

Command: TypeAlias = Certify


def reads_of(command: Command) -> frozenset[Read]:
    """The keys that a command touches."""
    subject = command.subject
    return acting_of(command) | {
        one(Recipient, subject),
        many(Certification, subject),
        one(Proof, command.proof),
        one(Password, subject),
        many(Link, subject),
    }


def decide(command: Command, view: View, policy: Policy) -> Decision:
    """The decision on a command, given what it may see."""
    subject = command.subject
    return certifications.certify(
        command,
        acting(view, command),
        view.one(Recipient, subject),
        view.many(Certification, subject),
        view.one(Proof, command.proof),
        view.one(Password, subject),
        view.many(Link, subject),
        policy,
    )
