"""What a distributed engine could not keep or could not find: looked for in tables, in printed
definitions, and in statements.

Rows are spread by their bucket. So whatever must be unique begins with it, no key comes from a
counter that all nodes share, and a statement says the bucket of each row that it wants: as a value,
or as that of a row which it has by then.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlalchemy import MetaData, Table, UniqueConstraint

NEEDED_ELSEWHERE = re.compile(
    r"\b(pg_\w*advisory\w*|LISTEN|UNLISTEN|NOTIFY|pg_notify|nextval|currval|setval|"
    r"(?-i:\w*SERIAL)|GENERATED|AUTOINCREMENT|SEQUENCE|TRIGGER|LOCK\s+TABLE)\b",
    re.IGNORECASE,
)
"""Words for what such an engine lacks, or has only at one node."""


def faults_of_tables(metadata: MetaData, whole: frozenset[str]) -> list[str]:
    """What is wrong with tables. `whole`: those without a bucket, the same at every node."""
    return [fault for table in metadata.sorted_tables for fault in _faults_of_table(table, whole)]


def faults_of_definitions(text: str) -> list[str]:
    """What is wrong with definitions, as they are printed."""
    code = re.sub(r"--.*", "", text)
    found = [f"{word.group()}: lacking elsewhere" for word in NEEDED_ELSEWHERE.finditer(code)]
    for statement in map(str.strip, code.split(";")):
        name = " ".join(statement.split()[:3])
        if re.search(r"\b(REFERENCES|FOREIGN)\b", statement):
            found.append(f"{name}: a foreign key")
        for columns in re.findall(r"(?:PRIMARY KEY|UNIQUE)\s*\(([^)]*)\)", statement):
            is_spread = re.search(r"^\s*bucket\b", statement, re.MULTILINE)
            if is_spread and not columns.startswith("bucket"):
                found.append(f"{name}: unique across buckets ({columns})")
        if re.match(r"CREATE UNIQUE INDEX \w+ ON \w+ \((?!bucket\b)", statement):
            found.append(f"{name}: unique across buckets")
    return found


def faults_of_source(source: str) -> list[str]:
    """Words of a module's strings, docstrings apart, for what such an engine lacks."""
    tree = ast.parse(source)
    told = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    return [
        f"line {node.lineno}: {word.group()}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told
        for word in NEEDED_ELSEWHERE.finditer(node.value)
    ]


def faults_of_statement(text: str, spread: frozenset[str]) -> list[str]:
    """Tables in a statement whose rows' bucket it does not say. `spread`: those with a bucket."""
    found = [f"{word.group()}: lacking elsewhere" for word in NEEDED_ELSEWHERE.finditer(text)]
    return found + _Scope(" ".join(text.split()), spread).faults()


def _faults_of_table(table: Table, whole: frozenset[str]) -> Iterator[str]:
    for column in table.columns:
        if column.default is not None or column.server_default is not None:
            yield f"{table.name}.{column.name}: a value from the engine"
    if table.autoincrement_column is not None:
        yield f"{table.name}.{table.autoincrement_column.name}: a sequence"
    for key in table.foreign_key_constraints:
        pairs = [(each.parent.name, each.column.name) for each in key.elements]
        if ("bucket", "bucket") not in pairs:
            yield f"{table.name}: a foreign key across buckets"
    if table.name in whole:
        if "bucket" in table.columns:
            yield f"{table.name}: has a bucket, and is said to be whole"
        return
    for name, columns in _unique(table):
        if columns[:1] != ["bucket"]:
            yield f"{table.name}: {name} is unique across buckets"


def _unique(table: Table) -> Iterator[tuple[str, list[str]]]:
    yield "the primary key", [column.name for column in table.primary_key.columns]
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint):
            yield "a constraint", [column.name for column in constraint.columns]
    for index in table.indexes:
        if index.unique:
            yield str(index.name), [column.name for column in index.columns]


_RELATION = re.compile(r"\b(?:FROM|JOIN|UPDATE)\s+(\w+)\b(?!\s*\()(?:\s+AS\s+(\w+))?")
_ROWS = re.compile(r"\)\s+AS\s+(\w+)")
_VALUE = r"coalesce\([^()]*\)|[\w.%]+"
_EQUAL = re.compile(rf"\b(\w+)\.bucket\s*=\s*({_VALUE})")
_INSERT = re.compile(r"\bINSERT INTO (\w+) \((\w+)")


@dataclass
class _Scope:
    """One SELECT, INSERT, UPDATE or DELETE, without what is nested in it."""

    text: str
    spread: frozenset[str]
    known: set[str] = field(default_factory=set)
    """Names whose rows' bucket is known: of rows out of parameters, or of a scope around."""

    def faults(self) -> list[str]:
        text, inner = _apart(self.text)
        wanted = {
            found[2] or found[1]: found[1]
            for found in _RELATION.finditer(text)
            if found[1] in self.spread
        }
        known = self.known | set(_ROWS.findall(text))
        for table, column in _INSERT.findall(text):
            if table in self.spread:
                wanted[table] = table
                known |= {table} if column == "bucket" else set()
        for place, nested in enumerate(inner):
            is_key = re.search(rf"\((\w+)\.bucket\b[^()]*\) IN \({_mark(place)}\)", text)
            if is_key and not _Scope(nested, self.spread, known).faults():
                known.add(is_key[1])
        self._follow(text, known)
        found = [
            f"{table}: no bucket" for name, table in sorted(wanted.items()) if name not in known
        ]
        found += [
            f"unique across buckets ({columns})"
            for columns in re.findall(r"ON CONFLICT \(([^)]*)\)", text)
            if wanted and not columns.startswith("bucket")
        ]
        for nested in inner:
            found += _Scope(nested, self.spread, known).faults()
        return found

    @staticmethod
    def _follow(text: str, known: set[str]) -> None:
        """Adds whose bucket is equal to a value, or to one of a row that is known."""
        conditions = text[max(text.find(" FROM "), 0) :]
        while " OR " not in conditions:  # of two ways to be found, one may be without a bucket
            more = {
                name
                for name, value in _EQUAL.findall(conditions)
                if name not in known and _is_known(value, known)
            }
            if not more:
                return
            known |= more


def _is_known(value: str, known: set[str]) -> bool:
    """Whether this is a parameter, a number, or the bucket in a row that is known."""
    columns = re.findall(r"(\w+)\.(\w+)", value)
    if not columns:
        return value.startswith("%s") or value.isdigit()
    return all(name in known for name, _ in columns)


def _apart(text: str) -> tuple[str, list[str]]:
    """A statement with a mark for each SELECT nested in it, and these."""
    inner: list[str] = []
    while start := re.search(r"\(\s*SELECT\b", text):
        end = _end(text, start.start())
        inner.append(text[start.start() + 1 : end])
        text = f"{text[: start.start()]}({_mark(len(inner) - 1)}){text[end + 1 :]}"
    return text, inner


def _mark(place: int) -> str:
    return f"nested_{place}"


def _end(text: str, start: int) -> int:
    """Where the bracket closes that opens here."""
    depth = 0
    for place in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[place], 0)
        if depth == 0:
            return place
    message = f"a bracket is left open: {text}"
    raise ValueError(message)
