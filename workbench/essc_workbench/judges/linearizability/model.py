"""The model of one citizen: which states may follow a state, by an operation as it was observed.

It shares no code with the platform. Where it does not know, it allows: what ends by time may have
ended as soon as the platform's clock could have got there, what an unheard answer would have told
is not known afterwards, and a reason that it does not judge constrains nothing.
"""

from collections.abc import Callable, Mapping

from essc_workbench.history.items import Outcome
from essc_workbench.judges.linearizability import (
    bureau,
    codes,
    errands,
    family,
    holdings,
    passwords,
)
from essc_workbench.judges.linearizability import state as of
from essc_workbench.judges.linearizability.holdings import Known, States
from essc_workbench.judges.linearizability.operations import Operation, Side
from essc_workbench.judges.linearizability.people import text
from essc_workbench.judges.linearizability.refusals import refusal_of
from essc_workbench.judges.linearizability.state import State

Rule = Callable[[State, Operation, Known], States]


def get_card(state: State, operation: Operation, known: Known) -> States:
    """The link and the card at one moment."""
    return tuple(
        after
        for each in holdings.link_shown(state, operation, known)
        for after in holdings.card_shown(each, operation, known)
    )


def raise_level(state: State, operation: Operation, known: Known) -> States:
    """An active link; what it may do is not kept, so neither is whether the card was looked at."""
    return holdings.of_serial(state, operation, known)


def allow_while_lost(state: State, operation: Operation, known: Known) -> States:
    """A link is opened for a loss, where the national policy has such a thing."""
    if not known.is_loss_excepted or state.get(of.CANCELLED) is True:
        return ()
    mapped = state.get(of.MAPPED)
    status = state.get(of.physical(mapped)) if isinstance(mapped, str) and mapped else None
    if status not in (None, of.LOST, of.TEMPORARILY_LOST):
        return ()
    return tuple(
        each.put((of.opened(operation.channel), True))
        for each in holdings.of_serial(state, operation, known)
    )


def set_password_free(state: State, operation: Operation, known: Known) -> States:
    """Switching on needs a card in order; switching off an active link only."""
    linked = holdings.of_serial(state, operation, known)
    if not operation.asked.get("enabled"):
        return linked
    return tuple(
        after
        for each in linked
        for after in holdings.usable(each, operation, known, operation.channel)
    )


def activate_bank_account(state: State, operation: Operation, _known: Known) -> States:
    """A bank account is opened for a card in order."""
    card_id = text(operation.asked, "physical_card_id")
    return holdings.with_status(state, card_id, of.NORMAL, operation)


RULES: Mapping[str, Rule] = {
    "AcceptDelivery": holdings.accept_delivery,
    "ActivateBankAccount": activate_bank_account,
    "AddMember": family.add_member,
    "AllowWhileLost": allow_while_lost,
    "AnswerChallenge": passwords.answer_challenge,
    "Apply": holdings.apply,
    "CancelCitizen": bureau.cancel_citizen,
    "CancelPhysicalCard": bureau.step,
    "Certify": errands.certify,
    "ChangePassword": passwords.change_password,
    "CheckCode": codes.check_code,
    "CreateOrder": errands.create_order,
    "DeclineDelivery": holdings.decline_delivery,
    "EnablePhysicalCard": bureau.step,
    "FindLink": holdings.link_shown,
    "GetCard": get_card,
    "GetCitizen": bureau.get_citizen,
    "GetCode": codes.get_code,
    "GetOrder": errands.linked_order_shown,
    "GetPlaces": family.get_places,
    "GetProviderOrder": errands.order_shown,
    "ImportCitizens": bureau.forget,
    "IssueCode": codes.issue_code,
    "IssuePhysicalCard": bureau.issue,
    "LeaveBinder": family.leave_binder,
    "LiftLoss": bureau.step,
    "ListBinders": family.list_binders,
    "ListCertifications": errands.list_certifications,
    "ListLinks": get_card,
    "ListMembers": family.list_members,
    "ListOrders": errands.orders_shown,
    "LockPhysicalCard": bureau.step,
    "LowerLevel": holdings.of_serial,
    "Pay": errands.pay,
    "RaiseLevel": raise_level,
    "Refund": errands.refund,
    "RegisterCitizen": bureau.register,
    "RegisterRecipient": bureau.register_recipient,
    "RemoveMember": family.remove_member,
    "ReplacePhysicalCard": bureau.replace,
    "ReportLoss": bureau.step,
    "ResetPassword": passwords.reset_password,
    "SetPassword": passwords.set_password,
    "SetPasswordFree": set_password_free,
    "StartChallenge": passwords.start_challenge,
    "UnlockPhysicalCard": bureau.step,
    "Unlink": holdings.unlink,
}
# Of whoever is acted for nothing is said by what is said of the holder's link alone.
_OF_BOTH = frozenset(
    {
        "AddMember",
        "Certify",
        "CheckCode",
        "GetCode",
        "IssueCode",
        "LeaveBinder",
        "ListCertifications",
        "RemoveMember",
        "StartChallenge",
    }
)


class Model:
    """The rules for everybody of one run."""

    def __init__(self, known: Known | None = None) -> None:
        self.known = known or Known()

    def judges(self, operation: Operation) -> bool:
        """Whether the operation says anything that the model can compare."""
        if operation.outcome is Outcome.REFUSED:
            return refusal_of(operation) is not None
        if operation.method == "AnswerChallenge" and "card_password" not in operation.asked:
            return False
        is_of_this_side = operation.side is Side.FIRST or operation.method in _OF_BOTH
        return operation.method in RULES and is_of_this_side

    def step(self, state: State, operation: Operation) -> States:
        """The states that may follow; none if the operation cannot have ended so in this state.

        An operation with an unknown outcome is taken to have happened: whoever searches also
        tries without it.
        """
        if operation.outcome is Outcome.REFUSED:
            refusal = refusal_of(operation)
            return (state,) if refusal is None else refusal(state, operation, self.known)
        return RULES[operation.method](state, operation, self.known)
