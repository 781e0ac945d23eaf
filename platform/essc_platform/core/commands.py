"""All commands, as one closed union of the nouns' own, and the functions of each one's noun.

The table is built once, because a chain of cases costs a busy batch more than it decides with; it
is filled through a chain without an end, so that mypy finds a noun that was forgotten in it.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias, assert_never, get_args

from essc_platform.core.deciding import (
    catalogue,
    certifications,
    codes,
    exits,
    family,
    identity,
    links,
    parties,
    passwords,
    registry,
    settlement,
    signing_keys,
    tickets,
)
from essc_platform.core.decisions import Decision
from essc_platform.core.policy import Policy
from essc_platform.core.snapshot import Read, View

Command: TypeAlias = (
    registry.Command
    | links.Command
    | identity.Command
    | passwords.Command
    | parties.Command
    | catalogue.Command
    | tickets.Command
    | settlement.Command
    | family.Command
    | certifications.Command
    | codes.Command
    | signing_keys.Command
    | exits.Command
)


class Noun(NamedTuple):
    """What a noun does with its commands."""

    reads_of: Callable[[Any], frozenset[Read]]
    decide: Callable[[Any, View, Policy], Decision]


def _noun_of(kind: type[Command]) -> Noun:  # noqa: C901, PLR0912 - two lines a noun
    if issubclass(kind, registry.Command):
        return Noun(registry.reads_of, registry.decide)
    if issubclass(kind, links.Command):
        return Noun(links.reads_of, links.decide)
    if issubclass(kind, identity.Command):
        return Noun(identity.reads_of, identity.decide)
    if issubclass(kind, passwords.Command):
        return Noun(passwords.reads_of, passwords.decide)
    if issubclass(kind, parties.Command):
        return Noun(parties.reads_of, parties.decide)
    if issubclass(kind, catalogue.Command):
        return Noun(catalogue.reads_of, catalogue.decide)
    if issubclass(kind, tickets.Command):
        return Noun(tickets.reads_of, tickets.decide)
    if issubclass(kind, settlement.Command):
        return Noun(settlement.reads_of, settlement.decide)
    if issubclass(kind, family.Command):
        return Noun(family.reads_of, family.decide)
    if issubclass(kind, certifications.Command):
        return Noun(certifications.reads_of, certifications.decide)
    if issubclass(kind, codes.Command):
        return Noun(codes.reads_of, codes.decide)
    if issubclass(kind, signing_keys.Command):
        return Noun(signing_keys.reads_of, signing_keys.decide)
    if issubclass(kind, exits.Command):
        return Noun(exits.reads_of, exits.decide)
    assert_never(kind)


NOUNS: dict[type[Command], Noun] = {kind: _noun_of(kind) for kind in get_args(Command)}
"""By the class of a command."""
