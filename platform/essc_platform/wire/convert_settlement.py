"""Orders and what the books say of them, as the contract shows them."""

from essc.settlement.v1 import order_pb2
from essc_platform.core.records import Order, OrderState
from essc_platform.store.views_settlement import Sums
from essc_platform.vault import Vault
from essc_wire.times import optional_timestamp, to_timestamp


def order(record: Order, state: OrderState, provider_name: str, vault: Vault) -> order_pb2.Order:
    """An order with its state now. Its id is the same for the provider and for the channel."""
    return order_pb2.Order(
        order_id=vault.write_id(record.citizen, record.number),
        state=int(state),  # type: ignore[arg-type]
        provider_name=provider_name,
        insurance_fen=record.insurance_fen,
        own_fen=record.own_fen,
        create_time=to_timestamp(record.create_time),
        expire_time=to_timestamp(record.expire_time),
        pay_time=optional_timestamp(record.pay_time),
        settle_time=optional_timestamp(record.settle_time),
        refund_time=optional_timestamp(record.refund_time),
        is_password_free=record.is_password_free,
    )


def reconciliation(sums: Sums) -> order_pb2.Reconciliation:
    """What the books say of one provider's orders in one channel."""
    return order_pb2.Reconciliation(
        channel_id=sums.channel,
        provider_id=sums.provider,
        settled_count=sums.settled_count,
        settled_own_fen=sums.settled_own_fen,
        settled_insurance_fen=sums.settled_insurance_fen,
        refunded_count=sums.refunded_count,
        refunded_own_fen=sums.refunded_own_fen,
        refunded_insurance_fen=sums.refunded_insurance_fen,
        clearing_count=sums.clearing_count,
        clearing_fen=sums.clearing_fen,
    )
