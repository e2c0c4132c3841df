"""IP addresses as visitors are counted: what one line or household holds is one."""

from __future__ import annotations

import ipaddress


def plain_address(address: str) -> str:
    """Return an IP address as it is compared: IPv4 as IPv4, also where a socket for IPv6 took it. ValueError."""
    ip = ipaddress.ip_address(address)
    return str(ip.ipv4_mapped) if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped else str(ip)


def network_of(address: str) -> str:
    """Return what is counted as one visitor: an IPv4 address, or the /64 that one line with IPv6 is given.

    A text that is no IP address comes back as it is.
    """
    try:
        ip = ipaddress.ip_address(plain_address(address))
    except ValueError:
        return address
    return str(ip) if ip.version == 4 else str(ipaddress.ip_network((int(ip) >> 64 << 64, 64)))
