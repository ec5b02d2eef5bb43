"""Clients' IP addresses."""

from ipaddress import IPv6Address, ip_address

_SITE = 64  # bits: a provider gives each customer a network of at least this size


def network_of(address: str) -> str:
    """What limits per address count by: an IPv4 address, the /64 network of an IPv6 address, or the text as it is."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return f"{IPv6Address(int(parsed) >> _SITE << _SITE)}/{_SITE}"
