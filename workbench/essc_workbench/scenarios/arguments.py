"""Models that people fill in Python too: what is wrong with an argument is told in one line."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from essc_workbench.failures import UsageError
from essc_workbench.scenarios.wording import wording


class WrongArgument(UsageError, ValueError):  # noqa: N818 - the caller's, not ours
    """What a step or a citizen cannot be made of; one line, with what was meant."""


class Filled(BaseModel):
    """A model whose mistakes read in Python as they read in a file."""

    if not TYPE_CHECKING:  # for who checks types the fields are the arguments

        def __init__(self, /, **given: Any) -> None:
            __tracebackhide__ = True
            try:
                super().__init__(**given)
            except ValidationError as error:
                told = "; ".join(_told(error, type(self)))
                raise WrongArgument(f"{type(self).__name__}: {told}") from None

        # Pydantic's own mark: who reads a file has a context, which must not be lost here.
        __init__.__pydantic_base_init__ = True


def _told(error: ValidationError, kind: type[BaseModel]) -> Iterator[str]:
    """Each field's first mistake, once."""
    told: set[str] = set()
    for each in error.errors(include_url=False):
        field = str(each["loc"][0]) if each["loc"] else ""
        if field in told:
            continue
        told.add(field)
        text = wording(each, _arguments(kind))
        yield f"{field}: {text}" if field and repr(field) not in text else text


def _arguments(kind: type[BaseModel]) -> list[str]:
    return list(kind.model_fields)
