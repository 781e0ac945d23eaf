"""essc.lab.v1.PersonaService: test people, magic values, and photos of anybody."""

from essc.lab.v1 import lab_service_pb2 as pb
from essc_platform.lab.magic import magic_values
from essc_platform.lab.people import Persona
from essc_platform.lab.personas import PERSONAS
from essc_platform.lab.photos import Shown, take_photo
from essc_wire.guard import Call


class PersonaServicer:
    """essc.lab.v1.PersonaService."""

    async def ListPersonas(
        self, request: pb.ListPersonasRequest, call: Call[object]
    ) -> pb.ListPersonasResponse:
        ordered = sorted(PERSONAS, key=lambda each: each.persona_id)
        return pb.ListPersonasResponse(personas=[_persona(each) for each in ordered])

    async def ListMagicValues(
        self, request: pb.ListMagicValuesRequest, call: Call[object]
    ) -> pb.ListMagicValuesResponse:
        return pb.ListMagicValuesResponse(
            values=[
                pb.MagicValue(
                    kind=each.kind,
                    value=each.value,
                    effect=each.effect,
                    text_en=each.text_en,
                    text_zh=each.text_zh,
                )
                for each in magic_values()
            ]
        )

    async def GetPhoto(
        self, request: pb.GetPhotoRequest, call: Call[object]
    ) -> pb.GetPhotoResponse:
        shown = Shown(request.person.id_number, request.kind)
        return pb.GetPhotoResponse(photo=take_photo(shown))


def _persona(each: Persona) -> pb.Persona:
    return pb.Persona(
        persona_id=each.persona_id,
        name=each.name,
        id_number=each.id_number,
        phone=each.phone,
        region=each.region,
        generation=each.generation,
        physical_card_status=each.status,
        text_en=each.text_en,
        text_zh=each.text_zh,
        other_regions=each.other_regions,
        bank_id=each.bank_id,
        is_recipient=each.is_recipient,
        is_cancelled=each.is_cancelled,
        bindings=[
            pb.PersonaBinding(
                member_id=bound.member_id,
                relation=bound.relation,  # type: ignore[arg-type]
                has_ended=bound.has_ended,
            )
            for bound in each.bindings
        ],
        is_linked=each.is_linked,
    )
