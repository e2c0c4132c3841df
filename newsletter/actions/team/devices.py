"""A browser and the place it comes from, in words that its user recognises."""

from __future__ import annotations

import ipaddress

from newsletter.i18n import _

# The first that is found counts: most browsers also name the ones they descend from.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chromium", "Chromium"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def device_words(agent: str) -> str:
    """Return `Firefox sur Windows` for a User-Agent, in the current language; what is not recognised is said so."""
    browser = next((name for mark, name in _BROWSERS if mark in agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in agent), "")
    if browser and system:
        return _("{browser} sur {system}").format(browser=browser, system=system)
    return browser or system or _("Navigateur inconnu")


def network_words(network: str) -> str:
    """Return where a request came from: its address, or that it came from this machine or the local network."""
    try:
        first = ipaddress.ip_network(network, strict=False)[0]
    except ValueError:
        return _("adresse inconnue")
    if first.is_loopback:
        return _("cette machine")
    if first.is_private:
        return _("réseau local, {address}").format(address=network)
    return _("adresse {address}").format(address=network)
