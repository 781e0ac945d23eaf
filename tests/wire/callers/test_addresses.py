"""What names a party: one address, a list of its processes, or one name for all of them."""

import pytest

from essc_wire.addresses import addresses_of, hosts_of, is_several, target_of
from essc_wire.client import connect


@pytest.mark.parametrize(
    ("address", "target"),
    [
        ("127.0.0.1:5000", "127.0.0.1:5000"),
        ("platform.example:443", "platform.example:443"),
        ("127.0.0.1:5000,127.0.0.1:5001", "ipv4:127.0.0.1:5000,127.0.0.1:5001"),
        ("localhost:5000,10.0.0.1:5000", "ipv4:127.0.0.1:5000,10.0.0.1:5000"),
        ("[::1]:5000,[::2]:5000", "ipv6:[::1]:5000,[::2]:5000"),
        ("dns:///platform.example:443", "dns:///platform.example:443"),
    ],
)
def test_an_address_has_its_target(address: str, target: str) -> None:
    assert target_of(address) == target


def test_each_process_of_a_list_is_known_by_its_address_and_a_name_by_itself() -> None:
    assert addresses_of("localhost:1,127.0.0.1:2") == ("localhost:1", "127.0.0.1:2")
    assert addresses_of("dns:///platform.example:443") == ("platform.example:443",)
    assert hosts_of("[::1]:1,[::1]:2") == {"::1"}
    assert is_several("dns:///platform.example:443")
    assert not is_several("platform.example:443")


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("", "an empty address: not HOST:PORT"),
        ("5000", "5000: not HOST:PORT"),
        ("a:70000", "a:70000: not HOST:PORT"),
        ("::1:5000", "::1:5000: not HOST:PORT"),
        ("127.0.0.1:0", "127.0.0.1:0: port 0 cannot be called"),
        ("127.0.0.1:1,", "an empty address: not HOST:PORT"),
        ("127.0.0.1:1, 127.0.0.1:2", " 127.0.0.1:2: not HOST:PORT"),
        ("127.0.0.1:1;127.0.0.1:2", "127.0.0.1:1;127.0.0.1:2: not HOST:PORT"),
        ("127.0.0.1:1,localhost:1", "127.0.0.1:1: named twice"),
        (
            "127.0.0.1:1,platform:1",
            "platform:1: a list holds IP addresses; a name for several is dns:///NAME:PORT",
        ),
        ("127.0.0.1:1,[::1]:1", "127.0.0.1:1,[::1]:1: IPv4 and IPv6 in one list"),
        ("dns:///127.0.0.1:1", "dns:///127.0.0.1:1: not dns:///NAME:PORT"),
        (",".join(f"127.0.0.1:{port}" for port in range(1, 66)), "65 addresses: 64 at most"),
    ],
)
def test_what_cannot_be_called_is_told_in_one_line(address: str, told: str) -> None:
    with pytest.raises(ValueError, match=r"^[^\n]*$") as raised:
        addresses_of(address)

    assert str(raised.value) == told


def test_over_tls_a_list_has_one_host_or_is_a_name() -> None:
    with pytest.raises(ValueError, match=r"over TLS all have one host; .* dns:///NAME:PORT"):
        connect("10.0.0.1:443,10.0.0.2:443", b"an authority")
