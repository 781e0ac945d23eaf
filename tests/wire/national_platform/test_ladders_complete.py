"""No method is without its ladder: the modules that climb them are all imported here."""

from tests.wire.ladders import CLIMBED, LISTED, OF_CHANNELS, OF_WORKBENCH_ONLY, package_of
from tests.wire.national_platform import (
    test_ladders_channels,
    test_ladders_codes,
    test_ladders_family,
    test_ladders_lab,
    test_ladders_life,
    test_ladders_services,
    test_ladders_signing_keys,
    test_reasons,
)

CLIMBERS = (
    test_ladders_channels,
    test_ladders_codes,
    test_ladders_family,
    test_ladders_lab,
    test_ladders_life,
    test_ladders_services,
    test_ladders_signing_keys,
    test_reasons,
)


def test_every_method_of_the_platform_has_its_ladder() -> None:
    ladders = {
        name
        for name, reasons in LISTED.items()
        if reasons and not name.startswith((*OF_CHANNELS, *OF_WORKBENCH_ONLY))
    }

    assert ladders == CLIMBED[package_of(__name__)]
