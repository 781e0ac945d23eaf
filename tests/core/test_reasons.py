"""The core and the contract say the same: the order of reasons, their names, the enums' numbers."""

import re
from enum import IntEnum
from importlib.resources import files
from typing import Any

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet
from tests.core import (
    test_bank_accounts,
    test_cancellations,
    test_catalogue,
    test_certifications,
    test_challenges,
    test_checks,
    test_citizens,
    test_codes,
    test_family,
    test_levels,
    test_links,
    test_losses,
    test_orders,
    test_parties,
    test_passwords,
    test_payments,
    test_physical_cards,
    test_replacements,
    test_signing_keys,
    test_tickets,
)
from tests.core.people import Table

from essc.admin.v1 import party_pb2
from essc.card.v1 import card_pb2
from essc.code.v1 import code_pb2
from essc.directory.v1 import directory_pb2
from essc.errors.v1 import error_reason_pb2
from essc.event.v1 import event_pb2
from essc.family.v1 import family_pb2
from essc.identity.v1 import identity_pb2
from essc.policy.v1 import policy_service_pb2
from essc.record.v1 import record_service_pb2
from essc.registry.v1 import physical_card_pb2, registry_service_pb2
from essc.settlement.v1 import order_pb2
from essc.trust.v1 import trust_service_pb2
from essc_platform.core import policy, records
from essc_platform.core.reasons import Reason

# --- the order of reasons --------------------------------------------------------------------

REJECTIONS = "Rejections, in the order they are checked:"
REASON = re.compile(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b")
FILE_SERVICE, SERVICE_METHOD = 6, 2
# What is found before a rule is asked, or after the batch gave up repeating itself.
NOT_OF_A_RULE = {
    "REQUEST_INVALID",
    "REQUEST_ID_REUSED",
    "METHOD_NOT_ALLOWED",
    "CALLER_NOT_ALLOWED",
    "AUTHORITY_UNREACHABLE",
    "ID_NUMBER_NOT_SYNTHETIC",
    "PAGE_TOKEN_INVALID",
    "CHANGES_CONFLICT",
}


def promised_in(file: FileDescriptorProto) -> dict[str, list[str]]:
    comments = {
        tuple(location.path): location.leading_comments
        for location in file.source_code_info.location
    }
    promised = {}
    for number, service in enumerate(file.service):
        for index, method in enumerate(service.method):
            comment = comments.get((FILE_SERVICE, number, SERVICE_METHOD, index), "")
            _, _, rest = comment.partition(REJECTIONS)
            paragraph = rest.strip().split("\n\n")[0]
            promised[f"{service.name}.{method.name}"] = REASON.findall(paragraph)
    return promised


IMAGE = FileDescriptorSet.FromString(files("essc").joinpath("contract.binpb").read_bytes())
PROMISED = {
    name: reasons
    for file in IMAGE.file
    if file.name.startswith("essc/")
    for name, reasons in promised_in(file).items()
}

TABLES: list[tuple[str, Table]] = [
    ("CardService.Apply", test_links.APPLYING),
    ("CardService.AcceptDelivery", test_links.ACCEPTING),
    ("CardService.DeclineDelivery", test_links.DECLINING),
    ("CardService.Unlink", test_links.UNLINKING),
    ("CardService.RaiseLevel", test_levels.RAISING),
    ("CardService.LowerLevel", test_levels.LOWERING),
    ("CardService.AllowWhileLost", test_losses.ALLOWING),
    ("IdentityService.StartChallenge", test_challenges.STARTING),
    ("IdentityService.AnswerChallenge", test_challenges.ANSWERING),
    ("FamilyService.AddMember", test_family.ADDING_A_MEMBER),
    ("FamilyService.RemoveMember", test_family.REMOVING_A_MEMBER),
    ("FamilyService.LeaveBinder", test_family.LEAVING_A_BINDER),
    ("CertificationService.Certify", test_certifications.CERTIFYING),
    ("PasswordService.SetPassword", test_passwords.SETTING),
    ("PasswordService.ChangePassword", test_passwords.CHANGING),
    ("PasswordService.ResetPassword", test_passwords.RESETTING),
    ("RegistryService.RegisterCitizen", test_citizens.REGISTERING),
    ("RegistryService.IssuePhysicalCard", test_physical_cards.ISSUING),
    ("RegistryService.EnablePhysicalCard", test_physical_cards.ENABLING),
    ("RegistryService.ReportLoss", test_physical_cards.REPORTING_TEMPORARILY),
    ("RegistryService.ReportLoss", test_physical_cards.REPORTING),
    ("RegistryService.LiftLoss", test_physical_cards.LIFTING),
    ("RegistryService.LockPhysicalCard", test_physical_cards.LOCKING),
    ("RegistryService.UnlockPhysicalCard", test_physical_cards.UNLOCKING),
    ("RegistryService.CancelPhysicalCard", test_physical_cards.CANCELLING),
    ("RegistryService.ReplacePhysicalCard", test_replacements.REPLACING),
    ("RegistryService.ActivateBankAccount", test_bank_accounts.ACTIVATING),
    ("RegistryService.CloseBankAccount", test_bank_accounts.CLOSING),
    ("RegistryService.RegisterRecipient", test_cancellations.RECEIVING),
    ("RegistryService.CancelCitizen", test_cancellations.CANCELLING),
    ("CatalogueAdminService.AddService", test_catalogue.ADDING),
    ("CatalogueAdminService.OpenService", test_catalogue.OPENING),
    ("CatalogueAdminService.CloseService", test_catalogue.CLOSING),
    ("DirectoryService.IssueTicket", test_tickets.ISSUING),
    ("TicketService.RedeemTicket", test_tickets.REDEEMING),
    ("TicketService.CloseUse", test_tickets.CLOSING),
    ("OrderService.CreateOrder", test_orders.ORDERING),
    ("OrderService.Refund", test_orders.GIVING_BACK),
    ("PaymentService.Pay", test_payments.PAYING),
    ("PaymentService.SetPasswordFree", test_payments.SWITCHING),
    ("CodeService.IssueCode", test_codes.ISSUING),
    ("VerificationService.CheckCode", test_checks.CHECKING),
    ("PartyAdminService.RegisterParty", test_parties.REGISTERING_A_PARTY),
    ("PartyAdminService.AddPartyKey", test_parties.ADDING),
    ("PartyAdminService.RemovePartyKey", test_parties.REMOVING),
    ("ChannelAdminService.RegisterChannel", test_parties.REGISTERING_A_CHANNEL),
    ("ChannelAdminService.PassTest", test_parties.PASSING),
    ("ChannelAdminService.PassTest", test_parties.PASSING_ON),
    ("ChannelAdminService.GoLive", test_parties.GOING_LIVE),
    ("ChannelAdminService.SuspendChannel", test_parties.SUSPENDING),
    ("ChannelAdminService.ResumeChannel", test_parties.RESUMING),
    ("ChannelAdminService.ExitChannel", test_parties.EXITING),
    ("KeyAdminService.RotateKey", test_signing_keys.ROTATING),
    ("KeyAdminService.CompromiseKey", test_signing_keys.COMPROMISING),
]


@pytest.mark.parametrize(("method", "table"), TABLES, ids=[method for method, _ in TABLES])
def test_the_contract_lists_the_reasons_in_the_order_of_the_table(
    method: str, table: Table
) -> None:
    promised = [reason for reason in PROMISED[method] if reason not in NOT_OF_A_RULE]

    assert [reason for reason in table.reasons if reason not in NOT_OF_A_RULE] == promised


def test_every_method_that_changes_something_at_the_platform_has_a_table() -> None:
    others = {
        "ChannelService",  # served by channels
        "AccountService",
        "ClockService",
        "SettlementBankService",
        "TextMessageService",
        "VouchService",  # simulators and authorities
        "FaultService",  # served by the workbench
    }
    changing = {
        f"{service.name}.{method.name}"
        for file in IMAGE.file
        if file.name.startswith("essc/")
        for service in file.service
        if service.name not in others
        for method in service.method
        if method.options.idempotency_level == method.options.IDEMPOTENT
    }
    # Their items are other methods' requests, each with its table.
    of_many = {"RegistryService.ImportCitizens", "VerificationService.BatchCheckCodes"}

    assert {method for method, _ in TABLES} == changing - of_many


# --- names and numbers -----------------------------------------------------------------------

OF_WORKBENCH = {"FAULT_EXISTS", "FAULT_NOT_FOUND"}
OF_CHANNELS = {
    "SESSION_UNKNOWN",
    "ACCOUNT_UNKNOWN",
    "FLOW_NOT_FOUND",
    "FLOW_ENDED",
    "STEP_NOT_CURRENT",
    "FLOW_NOT_OFFERED",
    "ANSWER_NOT_FITTING",
    "CONSENT_DECLINED",
}
MIRRORS: list[tuple[type[IntEnum], Any, str]] = [
    (records.Generation, physical_card_pb2.Generation, "GENERATION_"),
    (records.PhysicalCardStatus, physical_card_pb2.PhysicalCardStatus, "PHYSICAL_CARD_STATUS_"),
    (records.CancelCause, registry_service_pb2.CancelCitizenRequest.Cause, "CAUSE_"),
    (records.LinkState, card_pb2.Link.State, "STATE_"),
    (records.Level, card_pb2.Level, "LEVEL_"),
    (records.Method, identity_pb2.Method, "METHOD_"),
    (records.Purpose, identity_pb2.Purpose, "PURPOSE_"),
    (records.Relation, family_pb2.Relation, "RELATION_"),
    (records.EventKind, event_pb2.Event.Kind, "KIND_"),
    (records.EntryKind, record_service_pb2.Record.Kind, "KIND_"),
    (records.PartyKind, party_pb2.PartyKind, "PARTY_KIND_"),
    (records.ChannelState, party_pb2.Channel.State, "STATE_"),
    (records.CodeState, code_pb2.Code.State, "STATE_"),
    (records.Usage, code_pb2.Usage, "USAGE_"),
    (records.Verdict, code_pb2.Verdict, "VERDICT_"),
    (records.VerifierClass, party_pb2.VerifierClass, "VERIFIER_CLASS_"),
    (records.Outcome, directory_pb2.Use.Outcome, "OUTCOME_"),
    (records.OrderState, order_pb2.Order.State, "STATE_"),
    (records.SigningKeyState, trust_service_pb2.PublishedKey.State, "STATE_"),
    (policy.Origin, policy_service_pb2.Origin, "ORIGIN_"),
]


@pytest.mark.parametrize(
    ("ours", "theirs", "prefix"), MIRRORS, ids=[ours.__name__ for ours, _, _ in MIRRORS]
)
def test_an_enum_has_the_names_and_numbers_of_the_contract(
    ours: type[IntEnum], theirs: Any, prefix: str
) -> None:
    named = {name.removeprefix(prefix): number for name, number in theirs.items() if number}

    assert {each.name: each.value for each in ours} == named


def test_every_enum_with_numbers_is_compared_with_the_contract() -> None:
    numbered = {
        each
        for module in (records, policy)
        for each in vars(module).values()
        if isinstance(each, type) and issubclass(each, IntEnum) and each is not IntEnum
    }

    assert numbered == {ours for ours, _, _ in MIRRORS}


def test_a_place_has_the_number_of_the_contract_where_the_channels_are_told_apart() -> None:
    named = {
        name.removeprefix("PLACE_"): number
        for name, number in record_service_pb2.Record.Place.items()
        if number and not name.endswith("_CHANNEL")
    }

    ours = {place.name: place.value for place in records.EntryPlace}

    assert ours == named | {"CHANNEL": record_service_pb2.Record.PLACE_THIS_CHANNEL}


def test_the_reasons_of_the_platform_are_those_of_the_contract_but_for_those_of_others() -> None:
    named = {
        name.removeprefix("ERROR_REASON_")
        for name, number in error_reason_pb2.ErrorReason.items()
        if number
    }

    assert {reason.name for reason in Reason} == named - OF_CHANNELS - OF_WORKBENCH
    assert named >= OF_CHANNELS | OF_WORKBENCH


def test_a_reason_is_written_as_it_is_named() -> None:
    assert [reason.value for reason in Reason] == [reason.name for reason in Reason]
