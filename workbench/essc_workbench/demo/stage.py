"""The stage of a story: its people, their phones, and the checks that every part uses."""

from essc.channel.v1 import channel_pb2 as channel
from essc.channel.v1.channel_pb2 import Flow, Panel
from essc.trust.v1.trust_service_pb2 import ListKeysRequest
from essc.trust.v1.trust_service_pb2_grpc import TrustServiceStub
from essc_wire.signed_cards import verify
from essc_workbench.bureau import Bureau
from essc_workbench.citizens import Citizen, Phone, Walk
from essc_workbench.connections import Connections
from essc_workbench.counters import Provider, Verifier
from essc_workbench.demo.checks import Story, settled
from essc_workbench.enrolment import BUREAU, PROVIDER, VERIFIER
from essc_workbench.federation import Federation
from essc_workbench.population import personas
from essc_workbench.words import panel_words, step_words


class Stage:
    """Who plays, where, and how a line is checked."""

    def __init__(self, federation: Federation, connections: Connections, story: Story) -> None:
        self.federation, self.connections, self.story = federation, connections, story
        self.bureau = Bureau(connections.platform(BUREAU))
        self.verifier = Verifier(connections.platform(VERIFIER))
        self.provider = Provider(connections.platform(PROVIDER))
        self.citizens: dict[str, Citizen] = {}

    async def meet(self, *names: str) -> None:
        """Whoever is new signs in in every channel."""
        people = await personas(self.connections.platform_lab())
        for name in names:
            if name in self.citizens:
                continue
            self.citizens[name] = Citizen(people[name], self.connections)
            for channel_id in self.federation.channel_ids:
                await self.phone(name, channel_id).sign_in()

    def phone(self, name: str, channel_id: str) -> Phone:
        return self.citizens[name].phone(channel_id)

    async def apply(self, name: str, *channel_ids: str) -> None:
        """A citizen applies in these channels, each line checked."""
        for channel_id in channel_ids:
            phone = self.phone(name, channel_id)
            self.check_walk(phone, "applies (申领)", await phone.walk(channel.FLOW_KIND_APPLY))

    def called(self, channel_id: str) -> str:
        """A channel's names."""
        profile = self.federation.profiles[channel_id]
        return f"{profile.name_en} ({profile.name_zh})"

    async def panels(self) -> dict[tuple[str, str], Panel]:
        """Every citizen's panel in every channel."""
        return {
            (name, channel_id): await self.phone(name, channel_id).home()
            for name in self.citizens
            for channel_id in self.federation.channel_ids
        }

    async def check_panel(
        self, phone: Phone, state: Panel.State.ValueType, reason: str = "", *, note: str = ""
    ) -> None:
        """The panel reads so, now or as soon as the news has arrived."""
        expected = panel_words(Panel(state=state, reason=reason))
        seen = await settled(phone.home, lambda panel: panel_words(panel) == expected)
        remark = f"{note}, " if note else ""
        line = f"{self.called(phone.channel_id)}: {remark}the panel reads {expected}"
        self.story.check(line, expected, panel_words(seen))
        if state == Panel.STATE_NOT_OPENED:
            title = seen.title.zh
            line = f"{self.called(phone.channel_id)}: its title is {title}"
            self.story.check(line, "待开通", "待开通" if "待开通" in title else title)

    async def check_card_shown(self, phone: Phone) -> None:
        """The card's page opens, and its signature is the platform's."""
        walk = await phone.walk(channel.FLOW_KIND_SHOW_CARD)
        shown = [s.show_card for s in walk.steps if s.WhichOneof("kind") == "show_card"]
        if not shown:
            self.story.check(f"{self.called(phone.channel_id)}: shows the card", True, walk.kinds)
        trust = self.connections.platform()
        keys = await TrustServiceStub(trust.channel).ListKeys(ListKeysRequest(), **trust.options())
        payload = verify(shown[0].signed_card, keys)
        card, surname = shown[0].card, phone.persona.name[0]
        line = (
            f"{self.called(phone.channel_id)}: shows the card of {card.masked_name},"
            f" {card.masked_id_number}; its signature is the platform's"
        )
        seen = payload.masked_name[:1] if payload else "a card that does not verify"
        self.story.check(line, (surname, surname), (card.masked_name[:1], seen))

    def check_walk(self, phone: Phone, note: str, walk: Walk, outcome: str = "completed") -> None:
        """A flow ended so; the line names its steps."""
        steps = " → ".join(step_words(step) for step in walk.steps)
        line = f"{self.called(phone.channel_id)}: {note}: {steps}"
        self.story.check(line, outcome, outcome_of(walk))

    async def check_not_offered(self, phone: Phone, note: str) -> None:
        """The panel does not offer to show the card."""
        offered = channel.FLOW_KIND_SHOW_CARD in (await phone.home()).offered_flows
        line = f"{self.called(phone.channel_id)}: {note}, showing the card is not offered"
        self.story.check(line, "not offered", "offered" if offered else "not offered")


def outcome_of(walk: Walk) -> str:
    """How a walk ended, in words."""
    state = Flow.State.Name(walk.flow.state).removeprefix("STATE_").lower()
    return f"{state}: {walk.flow.reason}" if walk.flow.reason else state
