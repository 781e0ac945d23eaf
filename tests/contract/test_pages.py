"""The pages of the contract lead somewhere: every link of the generated documents has its place."""

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = sorted([*DOCS.glob("contract/*.md"), DOCS / "permissions.md", DOCS / "reasons.md"])
LINK = re.compile(r"\]\(([^)#]*)(?:#([^)]+))?\)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_of_a_page_has_its_place(page: Path) -> None:
    lost = []
    for file, anchor in LINK.findall(page.read_text()):
        target = (page.parent / file).resolve() if file else page
        if not target.exists():
            lost.append(file)
        elif anchor and file and f'<a id="{anchor}"></a>' not in target.read_text():
            lost.append(f"{file}#{anchor}")

    assert lost == []
