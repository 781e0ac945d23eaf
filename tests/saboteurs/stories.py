"""Short stories, each about what one of the judges stands for.

Each is told as it is to an honest federation and to a saboteur: what a saboteur may refuse, or may
not, is not looked at here. That is what judges are for.
"""

from datetime import date

from tests.saboteurs.stand import Stand, perhaps
from tests.wire.people import CARD_PASSWORD, CHANGE_PASSWORD, FACE, UNLINK, face, new_id
from tests.wire.people_codes import scan, show
from tests.wire.people_family import OTHER, SPOUSE, Home, born, register_recipient
from tests.wire.people_services import a_till

from essc.card.v1 import card_service_pb2 as cards
from essc.directory.v1 import directory_service_pb2 as directory

WRONG = "864202"


async def linking(stand: Stand) -> None:
    """Zhang has the card in both channels, and sets a password."""
    zhang = await stand.citizen("zhang", 1)
    link = await stand.wechat.apply(zhang)
    await stand.alipay.apply(zhang)
    await stand.wechat.set_password(zhang, link)


async def unlinking(stand: Stand) -> None:
    """Zhang unlinks in WeChat; Alipay looks before and after."""
    zhang = await stand.citizen("zhang", 1)
    of_wechat, of_alipay = await stand.wechat.apply(zhang), await stand.alipay.apply(zhang)
    await stand.alipay.get(of_alipay)
    await stand.wechat.unlink(zhang, of_wechat)
    await perhaps(stand.alipay.get(of_alipay))


async def losing(stand: Stand) -> None:
    """Zhang's card is lost, found again, and lost once more."""
    zhang = await stand.citizen("zhang", 1)
    of_wechat, of_alipay = await stand.wechat.apply(zhang), await stand.alipay.apply(zhang)
    (physical_card,) = await stand.world.bureau_view(zhang)
    await stand.world.report_loss(physical_card)
    for channel, link in ((stand.wechat, of_wechat), (stand.alipay, of_alipay)):
        await channel.get(link)
    await stand.world.lift_loss(physical_card)
    await stand.alipay.get(of_alipay)
    await stand.world.report_loss(physical_card)


async def repeating(stand: Stand) -> None:
    """WeChat asks for a ticket, and again under the same id, as if the answer were lost."""
    zhang = await stand.citizen("zhang", 1)
    till = await a_till(stand.world, stand.wechat, zhang)
    request = directory.IssueTicketRequest(
        request_id=new_id(), link_id=till.link.link_id, service_id="library"
    )
    for _ in range(2):
        await stand.wechat.do(till.directory.IssueTicket, request)


async def showing(stand: Stand) -> None:
    """Zhang's code is scanned by two verifiers."""
    zhang = await stand.citizen("zhang", 1)
    code = await show(stand.wechat, zhang, await stand.wechat.apply(zhang))
    await scan(stand.hospital, code.code)
    await scan(stand.library, code.code)


async def proving(stand: Stand) -> None:
    """Zhang unlinks, links again, and WeChat tries to unlink with the proof of the first time."""
    zhang = await stand.citizen("zhang", 1)
    link = await stand.wechat.apply(zhang)
    proof = await stand.wechat.proof(zhang, FACE, UNLINK, link_id=link.link_id)
    for serial in (1, 2):
        request = cards.UnlinkRequest(link_id=link.link_id, serial=serial, proof=proof)
        await perhaps(stand.wechat.do(stand.wechat.cards.Unlink, request))
        if serial == 1:
            await stand.wechat.apply(zhang)


async def visiting(stand: Stand) -> None:
    """The clinic redeems Zhang's ticket, and tries it again."""
    zhang = await stand.citizen("zhang", 1)
    till = await a_till(stand.world, stand.wechat, zhang)
    ticket = await till.ticket()
    for _ in range(2):
        await perhaps(stand.clinic.redeem(ticket))


async def guessing(stand: Stand) -> None:
    """Somebody guesses Zhang's password twice in each channel, and shows another face once."""
    zhang, li = await stand.citizen("zhang", 1), await stand.citizen("li", 2)
    for channel in (stand.wechat, stand.alipay):
        link = await channel.apply(zhang)
        if channel is stand.wechat:
            await channel.set_password(zhang, link)
        for _ in range(2):
            guess = channel.proof(
                zhang, CARD_PASSWORD, CHANGE_PASSWORD, link_id=link.link_id, password=WRONG
            )
            await perhaps(guess)
        challenge = await channel.start(zhang.named, FACE, UNLINK)
        await perhaps(channel.answer(challenge, face_capture=face(li, challenge)))


async def marrying(stand: Stand) -> None:
    """Zhang binds a husband or wife, and then another one."""
    zhang = await stand.citizen("zhang", 1)
    link = await stand.wechat.apply(zhang)
    await stand.wechat.set_password(zhang, link)
    home = Home(stand.wechat, zhang, link)
    for place in (1, 2):
        spouse = stand.known(f"spouse-{place}", born(date(1986, 4, place), 600 + place))
        await stand.world.enrol(spouse)
        await stand.world.issue(spouse)
        await perhaps(home.add(spouse, SPOUSE))
    await home.used()


async def parting(stand: Stand) -> None:
    """Zhang binds Li and ends it; either looks at the family then."""
    zhang, li = await stand.citizen("zhang", 1), await stand.citizen("li", 2)
    home = Home(stand.wechat, zhang, await stand.wechat.apply(zhang))
    await stand.wechat.set_password(zhang, home.link)
    await home.remove(await home.add(li, OTHER))
    of_li = Home(stand.wechat, li, await stand.wechat.apply(li))
    await home.members()
    await of_li.binders()


async def certifying(stand: Stand) -> None:
    """Zhang, a recipient, changes the password in one channel and is certified in the other."""
    zhang = await stand.citizen("zhang", 1)
    await register_recipient(stand.world, zhang)
    of_wechat = await stand.wechat.apply(zhang)
    link = await stand.alipay.apply(zhang)
    await stand.wechat.set_password(zhang, of_wechat)
    home = Home(stand.alipay, zhang, link)
    for _ in range(2):
        await home.certify(await home.own_proof())


async def paying(stand: Stand) -> None:
    """Zhang pays an order, and the bank settles it."""
    zhang = await stand.citizen("zhang", 1)
    till = await a_till(stand.world, stand.wechat, zhang)
    order = await till.order(stand.clinic)
    await till.pay(order)
    await till.settled(order)
