"""What judges saw, kept in a run's folder, so that it can be judged again, by other judges too.

    history.jsonl             is there anyhow
    snapshots/<party>.binpb   an ExportResponse, with aliases in place of ID numbers and accounts
    snapshots/evidence.json   the channels, the policy for losses, whether everything had arrived

Secrets are not kept, nor are logs: whether these name anybody is judged in the run itself.
"""

import json
from pathlib import Path
from typing import Any, Final

from google.protobuf.message import DecodeError

from essc.lab.v1.audit_service_pb2 import ExportResponse
from essc_workbench.failures import UsageError
from essc_workbench.history.reading import read_history
from essc_workbench.judges.findings import Evidence

FOLDER: Final = "snapshots"
HISTORY: Final = "history.jsonl"
ABOUT: Final = "evidence.json"
_ENDING: Final = ".binpb"


def keep(folder: Path, evidence: Evidence) -> None:
    """Writes the snapshots of a run into its folder. Raises OSError."""
    kept = folder / FOLDER
    kept.mkdir(exist_ok=True)
    for party, snapshot in evidence.exports.items():
        path = kept / f"{party}{_ENDING}"
        path.write_bytes(_nameless(snapshot, evidence).SerializeToString(deterministic=True))
    about = {
        "channels": list(evidence.channels),
        "loss": evidence.loss,
        "settled": evidence.settled,
        "citizens": sorted(evidence.citizens),
    }
    (kept / ABOUT).write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")


def kept_evidence(folder: Path) -> Evidence:
    """The evidence of a run's folder. Raises UsageError for a folder that holds none."""
    about = _about(folder / FOLDER / ABOUT)
    try:
        exports = {
            path.name.removesuffix(_ENDING): ExportResponse.FromString(path.read_bytes())
            for path in sorted((folder / FOLDER).glob(f"*{_ENDING}"))
        }
        return Evidence(
            history=read_history(folder / HISTORY),
            exports=exports,
            channels=tuple(about["channels"]),
            loss=about["loss"],
            settled=about["settled"],
            citizens={alias: alias for alias in about["citizens"]},
        )
    except (DecodeError, KeyError, TypeError):
        raise UsageError(f"{folder / FOLDER}: not the snapshots of a run") from None
    except OSError as error:
        raise UsageError(f"{folder / FOLDER}: {error.strerror}") from None


def _about(path: Path) -> Any:
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        raise UsageError(f"{path}: not there, or not of this workbench") from None


def _nameless(snapshot: ExportResponse, evidence: Evidence) -> ExportResponse:
    """A copy in which people go by their aliases; whoever has none goes by nothing."""
    by_number = {number: alias for alias, number in evidence.citizens.items()}
    copy = ExportResponse()
    copy.CopyFrom(snapshot)
    for citizen in copy.citizens:
        citizen.id_number = by_number.get(citizen.id_number, "")
    for account in copy.accounts:
        account.account = ""
    for flow in copy.flows:
        flow.account = ""
    return copy
