"""The page for operators says what the programs take: every option has its row, and no other."""

import argparse
import re
from pathlib import Path

import pytest

from essc_channels.config import add_settings
from essc_platform.config import add_arguments

PAGE = Path(__file__).resolve().parents[2] / "docs" / "operations.md"
ROW = re.compile(r"^\| `(--[a-z-]+)` \|", re.MULTILINE)


def platform_options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return parser


def channel_options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser()
    add_settings(parser)
    return parser


@pytest.mark.parametrize(
    ("program", "parser"),
    [("essc-platform serve", platform_options()), ("essc-channel serve", channel_options())],
    ids=["platform", "channel"],
)
def test_every_option_of_serve_has_its_row(program: str, parser: argparse.ArgumentParser) -> None:
    _, _, behind = PAGE.read_text(encoding="utf-8").partition(f"\n`{program}`:\n")
    taken = {
        option
        for action in parser._actions
        for option in action.option_strings
        if option.startswith("--") and option != "--help"
    }

    table, _, _ = behind.strip().partition("\n\n")

    assert set(ROW.findall(table)) == taken
