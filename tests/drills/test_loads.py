"""The load over time as pieces: how much it brings, and when."""

from datetime import timedelta

import pytest

from essc_workbench.drills.loads import Load, Piece, pieces_of
from essc_workbench.drills.plan import Day, Ramp, Spike, Steady, Steps

TEN_S = timedelta(seconds=10)


def steps(first: float, last: float, by: float) -> Steps:
    return Steps.model_validate({"from": first, "to": last, "by": by, "each": TEN_S})


@pytest.mark.parametrize(
    ("shape", "area", "rates"),
    [
        (Steady(rate=50, lasts=TEN_S), 500, {0: 50, 9.9: 50}),
        (Ramp.model_validate({"from": 0.001, "to": 100, "lasts": TEN_S}), 500, {5: 50}),
        (Spike(rate=10, peak=40, lasts=timedelta(seconds=9)), 180, {1: 10, 4: 40, 7: 10}),
        (steps(10, 40, 10), 1000, {5: 10, 15: 20, 25: 30, 35: 40}),
        (steps(10, 25, 10), 550, {5: 10, 15: 20, 25: 25}),
        (Day(low=10, high=30, lasts=timedelta(hours=1)), 72_000, {0: 10, 1800: 30, 900: 20}),
    ],
)
def test_a_shape_brings_its_area_at_its_rates(
    shape: Steady | Ramp | Spike | Steps | Day, area: float, rates: dict[float, float]
) -> None:
    load = Load(tuple(pieces_of(shape)))

    assert load.area == pytest.approx(area, rel=1e-4)
    assert {at: round(load.rate_at(at)) for at in rates} == rates
    assert load.wanted(0, load.lasts_s) == pytest.approx(load.area)
    assert load.rate_at(load.lasts_s) == 0


@pytest.mark.parametrize("piece", [Piece(10, 5, 25), Piece(10, 25, 5), Piece(10, 7, 7)])
def test_a_piece_finds_the_time_of_each_journey(piece: Piece) -> None:
    half = Load((piece,)).wanted(0, 4)

    assert piece.time_of(half) == pytest.approx(4)
    assert piece.time_of(piece.area) == pytest.approx(10)
    assert piece.time_of(0) == 0


def test_what_is_wanted_between_two_moments_spans_pieces() -> None:
    load = Load((Piece(2, 10, 10), Piece(2, 30, 30)))

    assert load.wanted(1, 3) == pytest.approx(40)
    assert load.wanted(3, 9) == pytest.approx(30)
