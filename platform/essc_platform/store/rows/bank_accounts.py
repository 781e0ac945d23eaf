"""Bank accounts of physical cards."""

from essc_platform.core.records import BankAccount, CitizenKey
from essc_platform.store import tables
from essc_platform.store.rows.base import Mapping

MAPPINGS = (
    Mapping(
        BankAccount,
        tables.bank_accounts,
        lambda a: (
            *a.citizen,
            a.physical_card,
            a.bank_id,
            a.reserved_phone,
            a.open_time,
            a.close_time,
        ),
        lambda r: BankAccount(
            citizen=CitizenKey(r[0], r[1]),
            physical_card=r[2],
            bank_id=r[3],
            reserved_phone=r[4],
            open_time=r[5],
            close_time=r[6],
        ),
    ),
)
