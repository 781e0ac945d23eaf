"""The desk: what a signed-in phone may ask for, and what is saved with the answer.

Every method judges first and saves last. What a flow changed, what the account now is, the shadow
copy and the answer itself go to the disk in one transaction, after the parties have answered and
before the phone hears of it.
"""

import hashlib
from dataclasses import dataclass, field, replace

from essc_channels.core import shadows
from essc_channels.core.channel_profiles import Edition
from essc_channels.core.flow_kinds import FlowKind, FlowState
from essc_channels.core.flow_records import Answer, Flow, Memory, ended, is_abandoned
from essc_channels.core.flows import fits
from essc_channels.core.panels import Panel, PanelState, drawn
from essc_channels.core.paths import SHOWN
from essc_channels.core.records import Account, Holding, Session, Shadow
from essc_channels.flows import homes, links
from essc_channels.flows.homes import Look
from essc_channels.flows.parties import Parties
from essc_channels.flows.shown import Forms, Lack, Shown
from essc_channels.flows.walks import Walk
from essc_channels.ports import Ask, RecordPage
from essc_channels.store import accounts
from essc_channels.store import flows as flow_store
from essc_channels.store import shadows as shadow_store
from essc_wire.clock import random_bytes
from essc_wire.refusals import Refusal

_SECOND_US = 1_000_000
_SECRET_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Which change a phone asks for, so that a repeat gets the same answer (R91)."""

    session: Session
    request_id: str
    content_digest: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A new session, and the secret that only the phone keeps."""

    secret: str = field(repr=False)
    session: Session


class Desk:
    """Serves the phones of one channel. One call at a time per account: the wire sees to it."""

    def __init__(self, parties: Parties, forms: Forms) -> None:
        self._parties, self._forms = parties, forms

    async def sign_in(self, name: str, device_id: str, ask: Ask) -> SignedIn | Refusal:
        """Opens a session for a real-name account, and looks whether its card is here already."""
        person = await self._parties.vouching.get_person(name, ask)
        if isinstance(person, Refusal):
            return person
        with self._parties.database.read() as connection:
            known = accounts.find_account(connection, name)
        account = await links.meet(self._parties, known, person, ask)
        secret = random_bytes(_SECRET_BYTES).hex()
        lifetime_us = self._parties.profile.session_lifetime_s * _SECOND_US
        session = Session(
            digest=session_digest(secret),
            account=name,
            expire_time=self._parties.clock.now() + lifetime_us,
            device=self._parties.device(name, device_id),
        )
        with self._parties.database.write() as connection:
            accounts.save_account(connection, account)
            accounts.add_session(connection, session)
        return SignedIn(secret=secret, session=session)

    def find_session(self, secret: str) -> Session | None:
        """The session behind a secret."""
        with self._parties.database.read() as connection:
            now = self._parties.clock.now()
            session = accounts.find_session(connection, session_digest(secret), now)
        return replace(session, secret=secret) if session else None

    def sign_out(self, session: Session) -> None:
        """Ends a session, and its flows with it."""
        with self._parties.database.write() as connection:
            accounts.remove_session(connection, session.digest)
            flow_store.cancel_flows(connection, session.digest)

    async def home(self, session: Session, ask: Ask, edition: Edition | None = None) -> Panel:
        """The home panel, after a look for a card that was delivered meanwhile."""
        known = self._account(session)
        look = await homes.look(self._parties, known, ask, with_members=True)
        self._keep_look(known, look)
        return self._drawn(look.panel, edition)

    async def start_flow(self, request: Request, kind: FlowKind, ask: Ask) -> bytes | Refusal:
        """Starts a flow if the panel offers it, at its first step."""
        recorded = await self._recorded(request, ask)
        if recorded is not None:
            return recorded
        known = self._account(request.session)
        look = await homes.look(self._parties, known, ask)
        self._keep_look(known, look)
        if kind not in look.panel.offered_flows:
            return _not_offered(look.panel)
        flow = self._fresh_flow(request, kind, look)
        walk = Walk(self._parties, flow, look.account, request.session, ask)
        refusal = await walk.begin()
        return refusal or await self._keep(request, walk, ask)

    async def answer_step(
        self, request: Request, flow_id: str, step_id: str, answer: Answer, ask: Ask
    ) -> bytes | Refusal:
        """Answers the current step of an open flow."""
        recorded = await self._recorded(request, ask)
        if recorded is not None:
            return recorded
        flow = self._flow(request.session, flow_id)
        if flow is None:
            return Refusal("FLOW_NOT_FOUND")
        if flow.step is None:
            return Refusal("FLOW_ENDED")
        if step_id != str(flow.step.number):
            return Refusal("STEP_NOT_CURRENT")
        if not fits(flow.step, answer):
            return Refusal("ANSWER_NOT_FITTING")
        account = self._account(request.session)
        walk = Walk(self._parties, flow, account, request.session, ask)
        refusal = await walk.answer(answer)
        return refusal or await self._keep(request, walk, ask)

    async def cancel_flow(self, session: Session, flow_id: str, ask: Ask) -> bytes | Refusal:
        """Cancels an open flow; one that has ended stays as it is."""
        flow = self._flow(session, flow_id)
        if flow is None:
            return Refusal("FLOW_NOT_FOUND")
        if flow.is_open:
            flow = ended(flow, FlowState.CANCELLED)
            with self._parties.database.write() as connection:
                flow_store.save_flow(connection, flow)
        panel = await self.home(session, ask)
        return self._forms.serialise(Shown(flow=flow, panel=panel))

    async def list_records(
        self, session: Session, page_size: int, page_token: str, ask: Ask
    ) -> RecordPage | Refusal:
        """A page of the own record, which only the platform has."""
        link_id = self._account(session).link_id
        if link_id is None:
            return Refusal("LINK_NOT_FOUND")
        page = await self._parties.platform.list_records(link_id, page_size, page_token, ask)
        if isinstance(page, Refusal) and page.reason in ("LINK_NOT_FOUND", "LINK_NOT_ACTIVE"):
            await self.home(session, ask)  # R17: a refusal corrects the copy at once
        return page

    def _account(self, session: Session) -> Account:
        with self._parties.database.read() as connection:
            return accounts.find_account(connection, session.account)

    def _flow(self, session: Session, flow_id: str) -> Flow | None:
        """A flow as it is now: one that waited too long has been cancelled."""
        with self._parties.database.read() as connection:
            flow = flow_store.find_flow(connection, session.digest, flow_id)
        if flow is not None and is_abandoned(flow, self._parties.clock.now()):
            return ended(flow, FlowState.CANCELLED)
        return flow

    def _fresh_flow(self, request: Request, kind: FlowKind, look: Look) -> Flow:
        profile, holding = self._parties.profile, look.holding
        session = request.session
        memory = Memory()
        if holding is not None and kind is not FlowKind.APPLY:
            memory = Memory(
                link_id=holding.link.link_id,
                serial=holding.link.serial,
                card_region=holding.card.region if holding.card else "",
                password_is_set=holding.card is not None and holding.card.password_is_set,
            )
        return Flow(
            flow_id=self._parties.flow_id(session.digest, request.request_id, kind),
            session=session.digest,
            account=session.account,
            kind=kind,
            expire_time=self._parties.clock.now() + profile.flow_lifetime_s * _SECOND_US,
            memory=memory,
        )

    async def _recorded(self, request: Request, ask: Ask) -> bytes | Refusal | None:
        """What was answered to this request; what nobody keeps of it is looked at again."""
        with self._parties.database.read() as connection:
            kept = flow_store.find_answer(
                connection, request.session.digest, request.request_id, request.content_digest
            )
        if kept is None or isinstance(kept, Refusal):
            return kept
        lack = self._forms.lacks(kept)
        if lack is Lack.NOTHING:
            return kept
        known = self._account(request.session)
        look = await homes.look(self._parties, known, ask, with_members=lack is Lack.PANEL)
        self._keep_look(known, look)
        if lack is Lack.PANEL:
            return self._forms.with_panel(kept, self._drawn(look.panel))
        return await self._shown_again(request, kept, look, ask)

    async def _shown_again(
        self, request: Request, kept: bytes, look: Look, ask: Ask
    ) -> bytes | Refusal:
        """The step again that an answer showed and nobody keeps, if the flow still stands there."""
        flow_id, step_id = self._forms.place(kept)
        flow = self._flow(request.session, flow_id)
        if flow is None:
            return Refusal("FLOW_ENDED")
        if flow.kind not in look.panel.offered_flows:
            return _not_offered(look.panel)
        if flow.step is None:
            return Refusal("FLOW_ENDED")
        if str(flow.step.number) != step_id:
            return Refusal("STEP_NOT_CURRENT")
        walk = Walk(self._parties, flow, look.account, request.session, ask)
        if flow.step.stage in SHOWN:
            refusal = await walk.show_again()
            if refusal is not None:
                return refusal
        return self._forms.serialise(Shown(flow=walk.flow))

    def _drawn(self, panel: Panel, edition: Edition | None = None) -> Panel:
        return drawn(panel, edition or self._parties.profile.default_edition)

    def _keep_look(self, known: Account, look: Look) -> None:
        if look.shadow is None and look.account == known:
            return
        with self._parties.database.write() as connection:
            if look.account != known:
                accounts.save_account(connection, look.account)
            if look.shadow is not None:
                shadow_store.save_shadow(connection, look.shadow)

    async def _keep(self, request: Request, walk: Walk, ask: Ask) -> bytes:
        """Saves what a walk changed, together with its answer."""
        look = None
        if not walk.flow.is_open:
            look = await homes.look(self._parties, walk.account, ask, with_members=True)
        account = look.account if look else walk.account
        panel = self._drawn(look.panel) if look else None
        # Nothing is awaited from here on: what the follower has noted meanwhile is in view.
        shadow = self._shadow_of(walk.holding)
        if look is not None and look.is_from_platform:
            shadow = look.shadow
        shown = Shown(flow=walk.flow, panel=panel)
        answer = self._forms.serialise(shown)
        step = walk.flow.step
        kept = self._forms.without_secrets(answer, step.stage if step else None)
        now = self._parties.clock.now()
        session = request.session.digest
        with self._parties.database.write() as connection:
            # Its own flow among them; what it now is, is written right after.
            flow_store.cancel_flows(connection, session)
            flow_store.save_flow(connection, walk.flow)
            accounts.save_account(connection, account)
            if shadow is not None:
                shadow_store.save_shadow(connection, shadow)
            flow_store.add_answer(
                connection, session, request.request_id, request.content_digest, kept, now
            )
        return answer

    def _shadow_of(self, holding: Holding | None) -> Shadow | None:
        """The copy after what a command of the flow was told."""
        if holding is None:
            return None
        with self._parties.database.read() as connection:
            known = shadow_store.find_shadow(connection, holding.link.link_id)
        return shadows.observed(known, holding, self._parties.clock.now())


def session_digest(secret: str) -> str:
    """What is kept of a session: enough to know it again, not to use it."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _not_offered(panel: Panel) -> Refusal:
    """Why a flow cannot start: the platform is away or does not let the channel in, or the card."""
    if panel.as_of_time is not None or panel.reason in homes.AWAY:
        return Refusal("PLATFORM_UNREACHABLE")
    if panel.state is PanelState.UNKNOWN:
        return Refusal(panel.reason)
    return Refusal("FLOW_NOT_OFFERED")
