"""What was most likely meant by a name that is not known."""

from collections.abc import Iterable
from difflib import get_close_matches

_LISTED_MAX = 12


def meant(name: str, known: Iterable[str]) -> str:
    """What was most likely meant, or what there is."""
    names = sorted(known)
    plain = {each.lower(): each for each in names}
    near = get_close_matches(name.lower(), plain, n=1, cutoff=0.6)
    if near:
        return f"did you mean {plain[near[0]]!r}?"
    if not names:
        return "there are none"
    more = f" and {len(names) - _LISTED_MAX} more" if len(names) > _LISTED_MAX else ""
    return f"there are: {', '.join(names[:_LISTED_MAX])}{more}"
