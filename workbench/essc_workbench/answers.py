"""How a person answers a step: honestly by default, wrongly on request.

Everything is read off the step itself, so a channel that nobody here has seen can be walked as
well. What a person knows and whether they are honest is a `Conduct`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

from essc.channel.v1.channel_pb2 import Answer, ChoiceOption, FormAnswer, Step
from essc.identity.v1 import identity_pb2 as identity
from essc.lab.v1.lab_service_pb2 import FaceCapture
from essc_wire.id_numbers import synthetic
from essc_workbench.cameras import BLURRED, Camera
from essc_workbench.failures import WorkbenchError
from essc_workbench.inboxes import Code, Inbox
from essc_workbench.population import WALLET_PASSWORD, Persona


class Mistake(StrEnum):
    """What can be wrong in an answer."""

    WRONG_CODE = "wrong-code"
    OTHER_FACE = "other-face"
    MISSING_ACTION = "missing-action"
    WRONG_DIGITS = "wrong-digits"
    WRONG_PASSWORD = "wrong-password"  # noqa: S105 - the name of a mistake
    WRONG_VOUCHING = "wrong-vouching"
    WRONG_FORM = "wrong-form"
    BLURRED_PHOTO = "blurred-photo"
    OTHER_PHOTO = "other-photo"
    USED_PHOTO = "used-photo"
    DECLINES = "declines"


@dataclass(frozen=True, slots=True, kw_only=True)
class Conduct:
    """What a person knows, and what they do wrong."""

    card_password: str = ""
    """The present card password, as they remember it."""
    new_card_password: str = ""
    """What they want it to be."""
    wallet_password: str = WALLET_PASSWORD
    mistakes: Mapping[Mistake, int] = field(default_factory=dict)
    """How many answers have the mistake; after that they are honest."""
    preferences: tuple[str, ...] = ()
    """Where there is a choice: words in the option's id or label, best first."""
    companion: Persona | None = None
    """Who is present beside the person: the family member whose name, photos and face are asked."""


HONEST = Conduct()


def erring(*mistakes: Mistake, times: int = 1, conduct: Conduct = HONEST) -> Conduct:
    """A conduct that makes these mistakes, each so often."""
    return replace(conduct, mistakes=dict.fromkeys(mistakes, times))


class Answerer:
    """Answers the steps of one flow."""

    def __init__(
        self,
        person: Persona,
        conduct: Conduct,
        *,
        own_phone: Inbox,
        reserved_phone: Inbox,
        camera: Camera,
        hints: tuple[str, ...] = (),
    ) -> None:
        self._person, self._conduct = person, conduct
        self._own_phone, self._reserved_phone = own_phone, reserved_phone
        self._camera, self._hints = camera, hints
        self._mistakes_left = dict(conduct.mistakes)
        self._tried: list[Code] = []

    async def answer(self, step: Step) -> Answer:
        """The answer to a step, of the step's kind."""
        match step.WhichOneof("kind"):
            case "consent":
                return Answer(consented=not self._errs(Mistake.DECLINES))
            case "show_card" | "code" | "lines":
                return Answer(consented=True)
            case "form":
                return Answer(form=FormAnswer(values=self._form(step.form)))
            case "photo":
                return Answer(photo=await self._photo(step.photo))
            case "choice":
                return Answer(choice_id=self._choose(step.choice))
            case "text_code":
                is_wrong = self._errs(Mistake.WRONG_CODE)
                return Answer(text_code=await self._code(step, self._own_phone, is_wrong=is_wrong))
            case "face":
                return Answer(face_capture=self._face(step.face).SerializeToString())
            case "card_password":
                return Answer(card_password=self._card_password(step.card_password))
            case "vouch":
                return Answer(vouch_answer=await self._vouch(step, step.vouch))
            case kind:
                raise WorkbenchError(f"this phone cannot answer a step of kind {kind}")

    def _errs(self, mistake: Mistake) -> bool:
        left = self._mistakes_left.get(mistake, 0)
        self._mistakes_left[mistake] = left - 1
        return left > 0

    def _choose(self, choice: Step.Choice) -> str:
        for word in self._conduct.preferences:
            for fits in (_is_called, _names):
                for option in choice.options:
                    if fits(option, word):
                        return option.choice_id
        return choice.options[0].choice_id

    def _companion(self) -> Persona:
        if self._conduct.companion is None:
            raise WorkbenchError("the step asks about a family member, and nobody is present")
        return self._conduct.companion

    def _form(self, asked: Step.Form) -> dict[str, str]:
        """The form about the companion, by the kinds of its fields."""
        companion, kinds = self._companion(), Step.Form.Field
        known = {kinds.KIND_NAME: companion.name, kinds.KIND_ID_NUMBER: companion.id_number}
        if self._errs(Mistake.WRONG_FORM):
            known[kinds.KIND_ID_NUMBER] = companion.id_number[:-1]
        return {field.field_id: known.get(field.kind, "") for field in asked.fields}

    async def _photo(self, asked: Step.Photo) -> bytes:
        if self._errs(Mistake.BLURRED_PHOTO):
            return BLURRED
        if self._errs(Mistake.USED_PHOTO):
            return self._camera.last(asked.kind)
        is_other = self._errs(Mistake.OTHER_PHOTO)
        return await self._camera.photo(self._person if is_other else self._companion(), asked.kind)

    async def _code(self, step: Step, inbox: Inbox, *, is_wrong: bool) -> str:
        """The code of the newest message; or one that is in no message, leaving those for later.

        One that was refused may have been meant for another phone of the person: it is put back.
        """
        if is_wrong:
            texts = " ".join(await inbox.texts())
            return next(code for code in map("{:06d}".format, range(21)) if code not in texts)
        if self._tried and step.last_reason:
            inbox.put_back(self._tried[-1])
        code = await inbox.take(self._hints, besides=self._tried)
        self._tried.append(code)
        return code.digits

    def _face(self, asked: Step.Face) -> FaceCapture:
        whose = self._companion() if asked.is_of_member else self._person
        capture = FaceCapture(id_number=whose.id_number, actions=asked.actions, digits=asked.digits)
        if self._errs(Mistake.OTHER_FACE):
            capture.id_number = _someone_else(whose.id_number)
        if self._errs(Mistake.MISSING_ACTION):
            del capture.actions[-1:]
        if self._errs(Mistake.WRONG_DIGITS):
            capture.digits = _other_digits(asked.digits)
        return capture

    def _card_password(self, asked: Step.CardPassword) -> str:
        known = self._conduct.new_card_password if asked.is_new else self._conduct.card_password
        if not known:
            which = "new card password" if asked.is_new else "card password"
            raise WorkbenchError(f"the step asks for a {which}, and this person has none in mind")
        if not asked.is_new and self._errs(Mistake.WRONG_PASSWORD):
            return _other_digits(known)
        return known

    async def _vouch(self, step: Step, asked: Step.Vouch) -> str:
        """A wallet's password, the bank's code, or plain consent."""
        is_wrong = self._errs(Mistake.WRONG_VOUCHING)
        match asked.kind:
            case identity.VOUCH_KIND_WALLET_PASSWORD:
                right = self._conduct.wallet_password
                return f"not-{right}" if is_wrong else right
            case identity.VOUCH_KIND_RESERVED_PHONE:
                return await self._code(step, self._reserved_phone, is_wrong=is_wrong)
            case identity.VOUCH_KIND_ACCOUNT_IDENTITY | identity.VOUCH_KIND_REAL_NAME_ACCOUNT:
                return "no" if is_wrong else "yes"
            case kind:
                raise WorkbenchError(f"this phone does not know vouching of kind {kind}")


def _is_called(option: ChoiceOption, word: str) -> bool:
    return word in (option.choice_id, option.label.zh, option.label.en)


def _names(option: ChoiceOption, word: str) -> bool:
    return word in option.label.zh or word in option.label.en


def _other_digits(digits: str) -> str:
    """As many digits, and none of them the same."""
    return "".join(str((int(digit) + 5) % 10) for digit in digits) or "0000"


def _someone_else(id_number: str) -> str:
    """The ID number of somebody who looks different."""
    others = (synthetic(date(1970, 1, 1), sequence) for sequence in (998, 999))
    return next(other for other in others if other != id_number)
