"""From which browser and network a request comes, in words by which people recognise their own devices."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from flask import Request

from app.services.people.sign_ins import Origin

# The first that occurs in the User-Agent header counts: most browsers also name those that they descend from.
_BROWSERS = {
    "Edg": "Edge",
    "OPR": "Opera",
    "SamsungBrowser": "Samsung Internet",
    "Vivaldi": "Vivaldi",
    "Firefox": "Firefox",
    "FxiOS": "Firefox",
    "CriOS": "Chrome",
    "Chrome": "Chrome",
    "Safari": "Safari",
}
_SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "CrOS": "ChromeOS",
    "Windows": "Windows",
    "Mac OS X": "macOS",
    "Linux": "Linux",
}
_PREFIXES = {4: 24, 6: 48}
"""The bits of an address that are kept: enough to tell home from abroad, too few to name a household."""


def read_origin(request: Request) -> Origin:
    agent = request.user_agent.string
    return Origin(_find(agent, _BROWSERS), _find(agent, _SYSTEMS), _get_network(request.remote_addr or ""))


def _find(agent: str, names: dict[str, str]) -> str:
    return next((name for mark, name in names.items() if mark in agent), "")


def _get_network(text: str) -> str:
    address = parse_address(text)
    return "" if address is None else str(ip_network(f"{address}/{_PREFIXES[address.version]}", strict=False))


def parse_address(text: str) -> IPv4Address | IPv6Address | None:
    """Return an IP address, or None if ``text`` is none. An IPv4 address mapped to IPv6 is returned as IPv4."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address
