"""Every table, every column. The bucket is the first key column of all that belongs to a citizen.

Nothing here needs what a distributed engine lacks: no sequences as keys, no foreign keys, no unique
constraint across buckets. Times are microseconds since 1970 UTC.

One module per noun. From here, a name is the table, also where a module is called like its table.
"""

from essc_platform.store.tables.bank_accounts import bank_accounts
from essc_platform.store.tables.base import SCHEMA_VERSION, STAYS, metadata
from essc_platform.store.tables.cards import cards
from essc_platform.store.tables.certifications import certifications
from essc_platform.store.tables.codes import codes, link_codes
from essc_platform.store.tables.directory import services, tickets
from essc_platform.store.tables.entries import entries
from essc_platform.store.tables.events import events
from essc_platform.store.tables.facts import facts
from essc_platform.store.tables.family import bindings, memberships, photo_uses
from essc_platform.store.tables.identity import challenges, counters, passwords, proofs
from essc_platform.store.tables.ledger import requests
from essc_platform.store.tables.links import links
from essc_platform.store.tables.parties import channels, parties, party_keys
from essc_platform.store.tables.people import citizens, physical_cards
from essc_platform.store.tables.recipients import recipients
from essc_platform.store.tables.settlement import orders, password_free, postings
from essc_platform.store.tables.signing_keys import signing_keys

__all__ = [
    "SCHEMA_VERSION",
    "STAYS",
    "bank_accounts",
    "bindings",
    "cards",
    "certifications",
    "challenges",
    "channels",
    "citizens",
    "codes",
    "counters",
    "entries",
    "events",
    "facts",
    "link_codes",
    "links",
    "memberships",
    "metadata",
    "orders",
    "parties",
    "party_keys",
    "password_free",
    "passwords",
    "photo_uses",
    "physical_cards",
    "postings",
    "proofs",
    "recipients",
    "requests",
    "services",
    "signing_keys",
    "tickets",
]
