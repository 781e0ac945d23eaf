"""Numbers as people read them, alike in the page, the terminal and a comparison."""

import math


def latency(us: float) -> str:
    """A time: 480 µs, 3.42 ms, 43.1 ms, 870 ms, 1.23 s, 75 s."""
    if us < 1_000:
        return f"{us:.0f} µs"
    if us < 999_500:
        return f"{_three(us / 1_000)} ms"
    return f"{_three(us / 1_000_000)} s"


def count(number: int) -> str:
    """A whole number: 12,345."""
    return f"{number:,}"


def rate(per_s: float) -> str:
    """A rate: 198/s, 3.5/s, 12,345/s."""
    return f"{per_s:,.0f}/s" if per_s >= 100 else f"{_three(per_s)}/s"


def share(part: float) -> str:
    """A share of one: 100 %, 99.87 %, 0.1 %. Never rounded up: what is not all is not told as all,
    and what is below a bound is not told as the bound.
    """
    hundredths = math.floor(part * 10_000 + 1e-6)
    text = f"{hundredths / 100:.2f}".rstrip("0").rstrip(".")
    return "< 0.01 %" if text == "0" and part > 0 else f"{text} %"


def ratio(of: float, to: float) -> str:
    """One divided by the other: 0.48, 1.07, 12.3; a dash where there is nothing to divide by."""
    return f"{of / to:.2f}" if to and of / to < 10 else (f"{_three(of / to)}" if to else "–")


def size(octets: float) -> str:
    """A number of bytes: 480 B, 1.5 KiB, 300 MiB."""
    value, unit = octets, "B"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if abs(value) < 1024:
            break
        value, unit = value / 1024, larger
    return f"{value:.0f} {unit}" if unit == "B" else f"{_three(value)} {unit}"


def seconds(s: float) -> str:
    """A span: 1.2 s, 60 s, 12 min, 2 h 30 min."""
    if s < 120:
        return f"{s:.1f}".removesuffix(".0") + " s"
    minutes = round(s / 60)
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min".removesuffix(" 0 min")


def _three(value: float) -> str:
    """At most three digits that count, and no fewer before the point than there are."""
    if value >= 99.95:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 9.995 else f"{value:.2f}"
