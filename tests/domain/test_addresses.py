"""Networks of clients' addresses."""

import pytest

from chalicelib.domain.addresses import network_of


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::", "2001:db8:1:2::/64"),
        ("2001:DB8:1:3::1", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("", ""),
        ("somewhere", "somewhere"),
        ("203.0.113.999", "203.0.113.999"),
    ],
)
def test_addresses_of_one_customer_are_one_network(address, network):
    assert network_of(address) == network
