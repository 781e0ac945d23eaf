"""Taking photos: what a phone's camera sees, as the platform's lab makes it."""

from typing import Final

from essc.authority.v1.authority_service_pb2 import PhotoKind
from essc.identity.v1.identity_pb2 import Person
from essc.lab.v1.lab_service_pb2 import GetPhotoRequest
from essc.lab.v1.lab_service_pb2_grpc import PersonaServiceStub
from essc_wire.client import Peer
from essc_workbench.calls import patient
from essc_workbench.population import Persona

BLURRED: Final = b"too dark to see anything"
"""A photo that nobody can read."""


class Camera:
    """Photos of people and of their physical cards; each one is new."""

    def __init__(self, lab_port: Peer) -> None:
        self._lab_port = lab_port
        self._stub = PersonaServiceStub(lab_port.channel)
        self._last: dict[PhotoKind.ValueType, bytes] = {}

    async def photo(self, of: Persona, kind: PhotoKind.ValueType) -> bytes:
        """A photo of a person's physical card or face."""
        person = Person(name=of.name, id_number=of.id_number)
        request = GetPhotoRequest(person=person, kind=kind)
        answer = await patient(lambda: self._stub.GetPhoto(request, **self._lab_port.options()))
        self._last[kind] = answer.photo
        return answer.photo

    def last(self, kind: PhotoKind.ValueType) -> bytes:
        """The photo of this kind that was taken last, of whomever; one that nobody can read if
        there is none.
        """
        return self._last.get(kind, BLURRED)
