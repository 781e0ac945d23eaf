"""R94: what the table of personas says is made true in a federation, through the contract."""

from pathlib import Path

import pytest

from essc.card.v1.card_pb2 import Link
from essc.family.v1.family_pb2 import RELATION_PARENT, RELATION_SPOUSE, Binding
from essc.family.v1.family_service_pb2 import (
    GetPlacesRequest,
    ListBindersRequest,
    ListMembersRequest,
)
from essc.family.v1.family_service_pb2_grpc import FamilyServiceStub
from essc.registry.v1.physical_card_pb2 import (
    PHYSICAL_CARD_STATUS_LOST,
    PHYSICAL_CARD_STATUS_NORMAL,
    Citizen,
)
from essc_channels.profiles import SHIPPED
from essc_platform.lab.personas import PERSONAS
from essc_workbench.families import WINDOW, Window, make_families, make_links
from essc_workbench.population import bring_linked_to_status
from essc_workbench.templates import Template
from essc_workbench.testing import Meeting, federation

pytestmark = pytest.mark.rule("R94")


class Looking:
    """What bureau and window see of a persona."""

    def __init__(self, meeting: Meeting) -> None:
        self.meeting = meeting
        connections = meeting.connections
        self.window = Window(connections.platform(WINDOW), connections.platform_lab())
        self.family = FamilyServiceStub(self.window.platform.channel)

    async def at_bureau(self, persona_id: str) -> Citizen:
        return await self.meeting.bureau.citizen(self.meeting.people[persona_id].id_number)

    async def link(self, persona_id: str) -> Link:
        return await self.window.link(self.meeting.people[persona_id])

    async def members(self, link: Link) -> list[Binding]:
        request = ListMembersRequest(link_id=link.link_id)
        answer = await self.family.ListMembers(request, **self.window.platform.options())
        return list(answer.bindings)

    async def binders(self, link: Link) -> int:
        request = ListBindersRequest(link_id=link.link_id)
        answer = await self.family.ListBinders(request, **self.window.platform.options())
        return len(answer.binders)

    async def used(self, link: Link) -> dict[int, int]:
        request = GetPlacesRequest(link_id=link.link_id)
        answer = await self.family.GetPlaces(request, **self.window.platform.options())
        return {each.relation: each.used for each in answer.places}


def test_a_bank_is_called_as_its_channel_is() -> None:
    names = {profile.id: profile.name for profile in SHIPPED}
    rich = next(each for each in PERSONAS if each.persona_id == "tang-jin")

    assert names[rich.bank_id].zh in rich.text_zh
    assert names[rich.bank_id].en in rich.text_en


async def test_what_the_table_says_of_a_persona_is_true(tmp_path: Path, template: Template) -> None:
    async with federation(tmp_path, channels=("alipay",), template=template) as meeting:
        look = Looking(meeting)

        of_two_provinces = await look.at_bureau("gao-yuan")
        dead, rich = await look.at_bureau("xu-zhong"), await look.at_bureau("tang-jin")
        granny, zhang = await look.at_bureau("li-xiulan"), await look.at_bureau("zhang-san")
        old, ma = await look.link("lin-guoqiang"), await look.link("ma-yi")
        he = await look.link("he-jun")

        assert [each.region for each in of_two_provinces.physical_cards] == ["320600", "431222"]
        assert {each.status for each in of_two_provinces.physical_cards} == {
            PHYSICAL_CARD_STATUS_NORMAL
        }
        assert dead.HasField("cancel_time")
        assert rich.physical_cards[0].bank_id == "bank-east"
        assert (granny.is_recipient, zhang.is_recipient) == (True, False)
        assert await look.binders(old) == 4
        assert [each.relation for each in await look.members(ma)] == [RELATION_PARENT]
        assert (await look.used(he))[RELATION_SPOUSE] == 1
        (ended,) = await look.members(he)
        assert ended.HasField("end_time")
        await check_lost(look)

        # As after a set-up that was broken off, and then once more: nothing happens twice.
        for _ in range(2):
            await make_families(look.window.platform, look.window.platform_lab, meeting.people)
            await make_links(look.window.platform, look.window.platform_lab, meeting.people)
            await bring_linked_to_status(meeting.bureau, meeting.people)
        again = await look.link("ma-yi")
        assert len(await look.members(again)) == 1
        assert (await look.used(await look.link("he-jun")))[RELATION_SPOUSE] == 1
        await check_lost(look)


async def check_lost(look: Looking) -> None:
    """Linked first, lost afterwards."""
    lost = await look.at_bureau("ren-zhong")
    link = await look.window.linked(look.meeting.people["ren-zhong"])
    assert lost.physical_cards[0].status == PHYSICAL_CARD_STATUS_LOST
    assert link is not None
    assert (link.state, link.serial) == (Link.STATE_ACTIVE, 1)
