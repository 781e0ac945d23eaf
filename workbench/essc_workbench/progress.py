"""Saying what goes on: a spinner in a terminal, plain lines elsewhere."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape


@contextmanager
def progress(console: Console) -> Iterator[Callable[[str], None]]:
    """Gives a function that says what goes on now."""
    if not console.is_terminal:
        yield lambda text: console.print(f"… {text}", markup=False, highlight=False)
        return
    with console.status("starting") as status:
        yield lambda text: status.update(escape(text))
