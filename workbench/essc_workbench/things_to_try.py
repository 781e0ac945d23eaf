"""The lines that `essc up` prints to be pasted: a test pastes them."""

import json
import shlex
from dataclasses import dataclass

from essc_wire.addresses import addresses_of
from essc_wire.clock import new_request_id
from essc_workbench.folders import DataFolder, State
from essc_workbench.programs import program


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """One thing to try: what it is, and the line."""

    text: str
    line: str


def buf_curl(
    folder: DataFolder, state: State, address: str, method: str, body: str = "{}", header: str = ""
) -> str:
    """A call with buf; the schema comes by reflection. `header` is put between double quotes.

    buf calls one process: the first of several.
    """
    address = addresses_of(address)[0]
    curl = [str(program("buf")), "curl", "--protocol", "grpc", "--timeout", "5s"]
    if state.is_tls:
        curl += ["--cacert", str(folder.authority)]
        url = f"https://{address}/{method}"
    else:
        curl += ["--http2-prior-knowledge"]
        url = f"http://{address}/{method}"
    quoted = f' -H "{header}"' if header else ""
    return f"{shlex.join(curl)}{quoted} -d {shlex.quote(body)} {shlex.quote(url)}"


def bearer(folder: DataFolder, party: str) -> str:
    """An authorization header whose token is signed when the line runs."""
    essc, data = shlex.quote(str(program("essc"))), shlex.quote(str(folder.root))
    return f"authorization: Bearer $({essc} token {party} --data {data})"


def things_to_try(folder: DataFolder, state: State) -> list[Try]:
    """Three lines that work when pasted while the federation runs."""
    assert state.platform is not None
    channel_id, at = next(iter(state.channels.items()))
    links = "essc.card.v1.CardService/ListLinks"
    sign_in = "essc.channel.v1.ChannelService/SignIn"
    who = {"account": "zhang-san", "device_id": "my-phone", "request_id": new_request_id()}
    essc, data = shlex.quote(str(program("essc"))), shlex.quote(str(folder.root))
    return [
        Try(
            text=f"as the channel {channel_id}, ask the platform for the own links",
            line=buf_curl(
                folder, state, state.platform.first, links, header=bearer(folder, channel_id)
            ),
        ),
        Try(
            text=f"as Zhang San's phone, sign in to {channel_id}",
            line=buf_curl(folder, state, at.address, sign_in, json.dumps(who)),
        ),
        Try(text="see every party's clock", line=f"{essc} clock --data {data}"),
    ]
