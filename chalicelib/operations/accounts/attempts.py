"""Limits on wrong passwords, which slow guessing down without shutting an account's owner out.

| who tries | counted | allowed in 15 minutes |
| --- | --- | --- |
| a known device of the account | per device | MAX_PER_DEVICE |
| a signed-in user who changes the password | per session or token | MAX_PER_DEVICE |
| anybody else | per address | MAX_PER_ADDRESS |
| | per account and address | MAX_PER_ACCOUNT |
| | the same, if the account had more than MANY from anywhere | MAX_UNDER_ATTACK |
| | the same, if the address had more than MANY_FROM_ADDRESS | MAX_IN_NETWORK |

An attempt is counted before the password is checked, so that parallel attempts count, and uncounted if it was correct.
Accounts that do not exist are counted alike.
"""

from collections.abc import Callable

from chalicelib.domain.addresses import network_of
from chalicelib.errors import TooManyAttempts
from chalicelib.models import counters
from chalicelib.models.counters import Period

WINDOW = 15 * 60  # seconds
MAX_PER_DEVICE = 10
MAX_PER_ADDRESS = 500
MANY_FROM_ADDRESS = 50  # a whole school may share one address
MAX_PER_ACCOUNT = 10  # from one address
MANY = 100  # wrong passwords for one account, from all addresses but not its known devices
MAX_UNDER_ATTACK = 3
MAX_IN_NETWORK = 1  # so an owner with a new device can sign in, although somebody guesses in the same network

Taken = list[Period]


def by_device(device: str, is_right: Callable[[], bool]) -> bool:
    """Return whether the password is right. A wrong one counts against the device, session or token only.

    Raises TooManyAttempts without checking the password if it has no attempts left.
    """
    return _checked(is_right, [], [(counters.current("password device", device, WINDOW), MAX_PER_DEVICE)])


def by_stranger(account: str, address: str, is_right: Callable[[], bool]) -> bool:
    """Return whether the password is right. A wrong one counts against the address, and against the account there.

    Raises TooManyAttempts without checking the password if either has no attempts left.
    """
    network = network_of(address)
    everywhere = counters.current("password account", account, WINDOW)
    limit = MAX_PER_ACCOUNT if counters.add(everywhere) <= MANY else MAX_UNDER_ATTACK
    of_address = counters.current("password address", network, WINDOW)
    of_both = counters.current("password account address", f"{account} {network}", WINDOW)
    tries = counters.add(of_address)
    if tries > MANY_FROM_ADDRESS:
        limit = MAX_IN_NETWORK
    if tries > MAX_PER_ADDRESS:
        limit = 0
    return _checked(is_right, [everywhere, of_address], [(of_both, limit)])


def _checked(is_right: Callable[[], bool], taken: Taken, limits: list[tuple[Period, int]]) -> bool:
    for period, limit in limits:
        if not counters.take(period, limit):
            _give_back(taken)
            seconds = period.seconds_left
            raise TooManyAttempts(f"Too many wrong passwords. Try again in {-(-seconds // 60)} minutes.", seconds)
        taken.append(period)
    right = is_right()
    if right:
        _give_back(taken)
    return right


def _give_back(taken: Taken) -> None:
    for period in taken:
        counters.give_back(period)
