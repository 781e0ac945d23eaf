"""YAML as plain values with their places: each key and value remembers its line and column.

YAML 1.2: `12:30` is text, `no` is text, dates are text. What would make a file mean something else
than what it shows is a mistake here: a key given twice, aliases, tags.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, StringMark, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from essc_workbench.scenarios.mistakes import Mistake
from essc_workbench.scenarios.wording import problem

DEPTH_MAX = 24
NODES_MAX = 20_000
Place = tuple[int, int]
"""Line and column, from 1."""
Path = tuple[str | int, ...]

_TAG = "tag:yaml.org,2002:"


@dataclass(slots=True)
class Document:
    """What a text holds, and where each part of it stands."""

    value: Any = None
    values: dict[Path, Place] = field(default_factory=dict)
    keys: dict[Path, Place] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)
    unread: list[Path] = field(default_factory=list)
    """Parts that hold what no scenario may hold, and were left out."""

    def place(self, path: Path, *, of_key: bool = False) -> Place:
        """Where a part stands, or the nearest part that holds it."""
        while path:
            found = self.keys.get(path) if of_key else None
            found = found or self.values.get(path)
            if found:
                return found
            path = path[:-1]
        return self.values.get((), (1, 1))

    def nearest(self, path: Path) -> Path:
        """The part itself, or the nearest one that holds it and stands in the text."""
        while path and path not in self.values:
            path = path[:-1]
        return path

    def alone(self, path: Path, field_name: str) -> None:
        """A value that stands for one field of what is expected there: it is found by both."""
        for known in [each for each in self.values if each[: len(path)] == path]:
            longer = (*path, field_name, *known[len(path) :])
            self.values.setdefault(longer, self.values[known])
            if known in self.keys and known != path:
                self.keys.setdefault(longer, self.keys[known])

    def has_unread(self, path: Path) -> bool:
        """Whether something inside this part was left out."""
        return any(each[: len(path)] == path for each in self.unread)

    def is_wrong(self, path: Path, text: str, *, of_key: bool = False) -> None:
        """Notes a mistake."""
        line, column = self.place(path, of_key=of_key)
        self.mistakes.append(Mistake(line, column, text))


def read(text: str) -> Document:
    """A text as a document; what is no YAML is a mistake of it."""
    document = Document()
    directive = next((at for at, line in enumerate(_head(text), 1) if line.startswith("%")), 0)
    if directive:
        told = "no directives, as %YAML: a scenario is YAML 1.2 and says so by nothing"
        document.mistakes.append(Mistake(directive, 1, told))
        return document
    yaml = YAML(typ="safe", pure=True)
    try:
        node = yaml.compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = _place(mark) if isinstance(mark, StringMark) else (1, 1)
        document.mistakes.append(Mistake(line, column, f"no YAML: {problem(str(error.problem))}"))
        return document
    except (YAMLError, ValueError) as error:
        document.mistakes.append(Mistake(1, 1, f"no YAML: {problem(str(error))}"))
        return document
    if node is None:
        document.mistakes.append(Mistake(1, 1, "empty; a file begins with `title:`"))
        return document
    document.value = _Building(document).value(node, ())
    return document


def _head(text: str) -> list[str]:
    """The lines before the document begins: only comments and directives stand there."""
    lines = text.removeprefix("\ufeff").splitlines()
    return list(takewhile(lambda line: not line.strip() or line[0] in "#%", lines))


def _place(mark: Any) -> Place:
    return mark.line + 1, mark.column + 1


class _Building:
    """One pass over the nodes."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._met: set[int] = set()

    def value(self, node: Node, path: Path) -> Any:
        document = self._document
        document.values[path] = _place(node.start_mark)
        if id(node) in self._met:
            self._leave_out(path, "an alias (*name); write the value out")
            return None
        self._met.add(id(node))
        if len(path) > DEPTH_MAX or len(self._met) > NODES_MAX:
            self._leave_out(path, "too deep or too long")
            return None
        if isinstance(node, MappingNode):
            return self._mapping(node, path)
        if isinstance(node, SequenceNode):
            return [self.value(each, (*path, place)) for place, each in enumerate(node.value)]
        assert isinstance(node, ScalarNode)
        return self._scalar(node, path)

    def _leave_out(self, path: Path, text: str) -> None:
        self._document.unread.append(path)
        self._document.is_wrong(path, text)

    def _mapping(self, node: MappingNode, path: Path) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key, value in node.value:
            place = _place(key.start_mark)
            if not isinstance(key, ScalarNode):
                self._document.unread.append(path)
                text = "a key is a word, neither a list nor fields"
                self._document.mistakes.append(Mistake(*place, text))
                continue
            name = key.value
            here = (*path, name)
            if name in values:
                first = self._document.keys[here][0]
                text = f"{name!r} twice; it stands in line {first} already"
                self._document.mistakes.append(Mistake(*place, text))
                continue
            self._document.keys[here] = place
            values[name] = self.value(value, here)
        return values

    def _scalar(self, node: ScalarNode, path: Path) -> Any:
        tag = str(node.tag).removeprefix(_TAG)
        if tag in ("str", "timestamp") or node.style:
            return node.value
        make = _SCALARS.get(tag)
        if make is None:
            self._leave_out(path, f"the tag {node.tag}; there are plain values only")
            return None
        try:
            return make(node.value)
        except ValueError:
            self._leave_out(path, f"{node.value}: no number that may stand here")
            return None


def _whole(text: str) -> int:
    text = text.replace("_", "")
    prefix = text.lstrip("+-")[:2].lower()
    return int(text, {"0x": 16, "0o": 8}.get(prefix, 10))


def _broken(text: str) -> float:
    return float(json.loads(text))  # neither .inf nor .nan


_SCALARS: dict[str, Callable[[str], Any]] = {
    "null": lambda _text: None,
    "bool": lambda text: text.lower() == "true",
    "int": _whole,
    "float": _broken,
}
