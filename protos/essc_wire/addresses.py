"""Where a party is: at one address, or at those of several processes of which any answers any call.

    HOST:PORT                    one process
    HOST:PORT,HOST:PORT,...      several, at IP addresses
    dns:///NAME:PORT             several, at all addresses of a name

A list holds no names, since gRPC looks up one name for a connection and no more; a name that stands
for several is said as such.
"""

import ipaddress
from typing import Final

ADDRESSES_MAX: Final = 64
BY_NAME: Final = "dns:///"
SEVERAL: Final = "HOST:PORT[,HOST:PORT...]"
_PORT_MAX: Final = 65535


def is_several(address: str) -> bool:
    """Whether it may stand for more than one process."""
    return "," in address or address.startswith(BY_NAME)


def addresses_of(address: str) -> tuple[str, ...]:
    """Each HOST:PORT in the order in which it was named; those behind a name are one.

    Raises ValueError with one clear line for what is no address that can be called.
    """
    if address.startswith(BY_NAME):
        host, _ = _parted(address.removeprefix(BY_NAME))
        if _ip(host) is not None:
            raise ValueError(f"{address}: not {BY_NAME}NAME:PORT")
        return (address.removeprefix(BY_NAME),)
    found = tuple(address.split(","))
    for each in found:
        _parted(each)
    if len(found) > 1:
        _check_list(address, found)
    return found


def target_of(address: str) -> str:
    """What gRPC calls it. One address stays as it is. Raises ValueError as `addresses_of`."""
    if not is_several(address):
        return address
    found = addresses_of(address)
    if address.startswith(BY_NAME):
        return address
    scheme = "ipv6" if found[0].startswith("[") else "ipv4"
    return f"{scheme}:" + ",".join(map(_numeric, found))


def hosts_of(address: str) -> frozenset[str]:
    """The hosts, as certificates name them. Raises ValueError as `addresses_of`."""
    return frozenset(_parted(each)[0] for each in addresses_of(address))


def _check_list(address: str, found: tuple[str, ...]) -> None:
    if len(found) > ADDRESSES_MAX:
        raise ValueError(f"{len(found)} addresses: {ADDRESSES_MAX} at most")
    known = [_numeric(each) for each in found]
    hosts = [_ip(_parted(each)[0]) for each in known]
    for each, numeric, host in zip(found, known, hosts, strict=True):
        if host is None:
            raise ValueError(
                f"{each}: a list holds IP addresses; a name for several is {BY_NAME}NAME:PORT"
            )
        if known.count(numeric) > 1:
            raise ValueError(f"{each}: named twice")
    if len({host.version for host in hosts if host is not None}) > 1:
        raise ValueError(f"{address}: IPv4 and IPv6 in one list")


def _parted(address: str) -> tuple[str, str]:
    """Host, without brackets, and port."""
    host, _, port = address.rpartition(":")
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    is_whole = bool(bare) and (":" not in bare or bare != host) and not set(bare) & set(" /,[]")
    if not (is_whole and port.isascii() and port.isdigit() and int(port) <= _PORT_MAX):
        raise ValueError(f"{address or 'an empty address'}: not HOST:PORT")
    if int(port) == 0:
        raise ValueError(f"{address}: port 0 cannot be called")
    return bare, port


def _numeric(address: str) -> str:
    """The same with an IP address, for the one name that means the same everywhere."""
    host, port = _parted(address)
    return f"127.0.0.1:{port}" if host == "localhost" else address


def _ip(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
