"""The simulated authorities behind the platform: text messages, faces and photos.

Phones keep their newest messages in memory: a message is short-lived, and a repeated request sends
one again that was lost with a restart. Faces are judged by what the simulated camera recorded,
photos by what they say of themselves; some people have no luck with either, see `magic.py`.
"""

from collections import OrderedDict, deque

from google.protobuf.message import DecodeError

from essc.authority.v1 import authority_service_pb2 as pb
from essc.lab.v1 import lab_service_pb2 as lab_pb
from essc_platform.clock import PartyClock
from essc_platform.lab import magic
from essc_platform.lab.photos import read_photo
from essc_wire.guard import Call
from essc_wire.times import to_timestamp

MESSAGES_PER_PHONE = 20
PHONES_MAX = 20_000
SENT_IDS_MAX = 100_000


class Inboxes:
    """The newest text messages of every phone, bounded."""

    def __init__(self, clock: PartyClock) -> None:
        self._clock = clock
        self._by_phone: OrderedDict[str, deque[lab_pb.TextMessage]] = OrderedDict()
        self._sent: OrderedDict[str, None] = OrderedDict()

    def receive(self, request_id: str, phone: str, text: str) -> None:
        """Puts a message into a phone's inbox, once per request id."""
        if request_id in self._sent or magic.loses_messages(phone):
            return
        self._sent[request_id] = None
        if len(self._sent) > SENT_IDS_MAX:
            self._sent.popitem(last=False)
        inbox = self._by_phone.setdefault(phone, deque(maxlen=MESSAGES_PER_PHONE))
        self._by_phone.move_to_end(phone)
        if len(self._by_phone) > PHONES_MAX:
            self._by_phone.popitem(last=False)
        time = to_timestamp(self._clock.now())
        inbox.appendleft(lab_pb.TextMessage(text=text, receive_time=time))

    def messages(self, phone: str) -> list[lab_pb.TextMessage]:
        """A phone's messages, newest first."""
        return list(self._by_phone.get(phone, ()))


class TextMessageServicer:
    """essc.authority.v1.TextMessageService, simulated."""

    def __init__(self, inboxes: Inboxes) -> None:
        self._inboxes = inboxes

    async def SendTextMessage(
        self, request: pb.SendTextMessageRequest, call: Call[object]
    ) -> pb.SendTextMessageResponse:
        self._inboxes.receive(request.request_id, request.phone, request.text)
        return pb.SendTextMessageResponse()


class FaceServicer:
    """essc.authority.v1.FaceService, simulated: the capture says whose face did what."""

    async def JudgeFace(
        self, request: pb.JudgeFaceRequest, call: Call[object]
    ) -> pb.JudgeFaceResponse:
        return pb.JudgeFaceResponse(verdict=_verdict(request))


class PhotoServicer:
    """essc.authority.v1.PhotoService, simulated: a lab photo says itself whom and what it shows."""

    async def JudgePhoto(
        self, request: pb.JudgePhotoRequest, call: Call[object]
    ) -> pb.JudgePhotoResponse:
        return pb.JudgePhotoResponse(verdict=_photo_verdict(request))


class PhoneServicer:
    """essc.lab.v1.PhoneService."""

    def __init__(self, inboxes: Inboxes) -> None:
        self._inboxes = inboxes

    async def ListMessages(
        self, request: lab_pb.ListMessagesRequest, call: Call[object]
    ) -> lab_pb.ListMessagesResponse:
        return lab_pb.ListMessagesResponse(messages=self._inboxes.messages(request.phone))


def _verdict(request: pb.JudgeFaceRequest) -> pb.JudgeFaceResponse.Verdict.ValueType:
    try:
        capture = lab_pb.FaceCapture.FromString(request.capture)
    except DecodeError:
        return pb.JudgeFaceResponse.VERDICT_MISMATCH
    if capture.id_number != request.person.id_number:
        return pb.JudgeFaceResponse.VERDICT_MISMATCH
    if magic.provokes(capture.id_number, "FACE_MISMATCH"):
        return pb.JudgeFaceResponse.VERDICT_MISMATCH
    if magic.provokes(capture.id_number, "LIVENESS_FAILED"):
        return pb.JudgeFaceResponse.VERDICT_NOT_LIVE
    if list(capture.actions) != list(request.actions) or capture.digits != request.digits:
        return pb.JudgeFaceResponse.VERDICT_NOT_LIVE
    return pb.JudgeFaceResponse.VERDICT_PASSED


def _photo_verdict(request: pb.JudgePhotoRequest) -> pb.JudgePhotoResponse.Verdict.ValueType:
    id_number = request.person.id_number
    shown = read_photo(request.photo)
    if shown is None or magic.provokes(id_number, "PHOTO_UNREADABLE"):
        return pb.JudgePhotoResponse.VERDICT_UNREADABLE
    is_of_person = magic.looks_like(shown.id_number, id_number) and shown.kind == request.kind
    if not is_of_person or magic.provokes(id_number, "PHOTO_MISMATCH"):
        return pb.JudgePhotoResponse.VERDICT_MISMATCH
    return pb.JudgePhotoResponse.VERDICT_PASSED
