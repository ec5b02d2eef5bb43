"""E-mail addresses as they are shown to people who may only recognise them."""


def masked(address: str) -> str:
    """The first characters of an address, of its domain, and the last part of the domain: "a***@e***.org"."""
    local, _, domain = address.rpartition("@")
    name, _, last = domain.rpartition(".")
    return f"{local[:1]}***@{name[:1]}***.{last}" if name else f"{local[:1]}***@***"
