"""Least squares without negative answers, for a dozen unknowns.

The rows are folded into the normal equations at once, so a fit costs as much for an hour of drills
as for a minute, and drawing rows again for a bootstrap is only another weight. With so few unknowns
the algorithm of Lawson and Hanson is a page; a numerical library would be the largest dependency of
the workbench.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

_RIDGE = 1e-9
"""Keeps a matrix of columns that are the same invertible; its inflation is then about 1e9."""
_TOLERANCE = 1e-10
_ROUNDS_MAX = 200

Matrix: TypeAlias = list[list[float]]


@dataclass(frozen=True, slots=True)
class Equations:
    """The normal equations, with columns scaled to length one."""

    matrix: Matrix
    target: list[float]
    scales: list[float]
    squares: float
    """The weighted squares of what was measured."""

    def picked(self, columns: Sequence[int]) -> "Equations":
        """The same with some of the columns only."""
        return Equations(
            matrix=[[self.matrix[i][j] for j in columns] for i in columns],
            target=[self.target[i] for i in columns],
            scales=[self.scales[i] for i in columns],
            squares=self.squares,
        )

    def misfit(self, answer: Sequence[float]) -> float:
        """The weighted squares that an answer leaves unexplained. The answer is not scaled."""
        scaled = [value * scale for value, scale in zip(answer, self.scales, strict=True)]
        quadratic = sum(
            scaled[i] * scaled[j] * self.matrix[i][j]
            for i in range(len(scaled))
            for j in range(len(scaled))
        )
        linear = sum(value * wanted for value, wanted in zip(scaled, self.target, strict=True))
        return max(0.0, self.squares - 2 * linear + quadratic)


def equations(
    rows: Sequence[Sequence[float]], measured: Sequence[float], weights: Sequence[float]
) -> Equations:
    """The normal equations of weighted rows. Every column has something in it."""
    width = len(rows[0])
    matrix = [[0.0] * width for _ in range(width)]
    target, squares = [0.0] * width, 0.0
    for row, value, weight in zip(rows, measured, weights, strict=True):
        if not weight:
            continue
        squares += weight * value * value
        for i in range(width):
            part = weight * row[i]
            target[i] += part * value
            for j in range(i, width):
                matrix[i][j] += part * row[j]
    scales = [matrix[i][i] ** 0.5 or 1.0 for i in range(width)]
    for i in range(width):
        target[i] /= scales[i]
        for j in range(i, width):
            matrix[i][j] /= scales[i] * scales[j]
            matrix[j][i] = matrix[i][j]
    return Equations(matrix, target, scales, squares)


def solved(given: Equations) -> list[float]:
    """The answer with no negative part that leaves least unexplained (Lawson and Hanson)."""
    width = len(given.target)
    answer, free = _best(given, range(width)), list[int]()
    if min(answer) > 0:
        return [value / scale for value, scale in zip(answer, given.scales, strict=True)]
    answer = [0.0] * width
    for _ in range(_ROUNDS_MAX):
        slopes = [
            given.target[i] - sum(given.matrix[i][j] * answer[j] for j in free)
            for i in range(width)
        ]
        held = [i for i in range(width) if i not in free and slopes[i] > _TOLERANCE]
        if not held:
            break
        free.append(max(held, key=slopes.__getitem__))
        answer = _feasible(given, answer, free)
    return [value / scale for value, scale in zip(answer, given.scales, strict=True)]


def _feasible(given: Equations, answer: list[float], free: list[int]) -> list[float]:
    """The best answer in the free columns; those that would go below zero are held, one by one."""
    while free:
        wanted = dict(zip(free, _best(given, free), strict=True))
        below = [i for i in free if wanted[i] <= 0]
        if not below:
            return [wanted.get(i, 0.0) for i in range(len(answer))]
        way = min(answer[i] / (answer[i] - wanted[i]) if answer[i] else 0.0 for i in below)
        answer = [
            value + way * (wanted[i] - value) if i in wanted else value
            for i, value in enumerate(answer)
        ]
        for i in below:
            if answer[i] <= _TOLERANCE:
                answer[i] = 0.0
                free.remove(i)
    return [0.0] * len(answer)


def _best(given: Equations, free: Sequence[int]) -> list[float]:
    matrix = [[given.matrix[i][j] for j in free] for i in free]
    inverse = inverted(matrix)
    return [
        sum(inverse[i][j] * given.target[free[j]] for j in range(len(free)))
        for i in range(len(free))
    ]


def inverted(matrix: Matrix) -> Matrix:
    """The inverse of a symmetric matrix with ones in its diagonal (Gauss and Jordan)."""
    size = len(matrix)
    wide = [
        [value + (_RIDGE if i == j else 0.0) for j, value in enumerate(row)]
        + [1.0 if i == j else 0.0 for j in range(size)]
        for i, row in enumerate(matrix)
    ]
    for i in range(size):
        best = max(range(i, size), key=lambda k: abs(wide[k][i]))
        wide[i], wide[best] = wide[best], wide[i]
        lead = wide[i][i]
        wide[i] = [value / lead for value in wide[i]]
        for k in range(size):
            part = wide[k][i]
            if k != i and part:
                wide[k] = [a - part * b for a, b in zip(wide[k], wide[i], strict=True)]
    return [row[size:] for row in wide]


@dataclass(frozen=True, slots=True)
class Tangle:
    """The column that is worst told apart from the others."""

    inflation: float
    """How many times its variance is what it would be if it stood alone; 1 is best."""
    column: int
    partner: int
    """The column that it looks most like; its own number if it is the only one."""


def tangle(given: Equations) -> Tangle:
    """How far the columns can be told apart: the variance inflation, not centred."""
    inverse = inverted(given.matrix)
    column = max(range(len(inverse)), key=lambda i: inverse[i][i])
    others = [i for i in range(len(inverse)) if i != column]
    partner = max(others, key=lambda i: abs(inverse[column][i]), default=column)
    return Tangle(inverse[column][column], column, partner)
