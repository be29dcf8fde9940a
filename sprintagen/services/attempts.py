"""`Attempts`: how often somebody may be wrong. By address, and in all, so that many addresses are no way around it.

An attempt is counted before it is looked at and taken back when it was right; so a hundred at once are a hundred.
"""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from ipaddress import IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING, Final

from sprintagen.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

PER_MINUTE: Final = 10
PER_HOUR: Final = 30
IN_ALL_PER_HOUR: Final = 100
"""Of addresses from which nobody has signed in yet; these are what an attacker has many of."""
ADDRESSES: Final = 10_000
"""How many are remembered: the latest."""
PROVEN: Final = 1_000


class TooManyAttempts(Refused):
    code = "too_many_attempts"
    status = 429


class Attempts:
    """Wrong attempts of the last hour.

    Args:
        clock: Seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._by_address: OrderedDict[str, deque[float]] = OrderedDict()
        self._of_unknown: deque[float] = deque(maxlen=IN_ALL_PER_HOUR)
        self._proven: OrderedDict[str, None] = OrderedDict()

    def take(self, address: str) -> Callable[[], None]:
        """Count an attempt; call what is returned if it was right.

        Raises:
            TooManyAttempts: There were too many wrong ones; this one is not to be looked at, and is not counted.
        """
        place, now = _place_of(address), self._clock()
        tried = self._by_address.get(place, ())
        if _since(now - 3600, tried) >= PER_HOUR or _since(now - 60, tried) >= PER_MINUTE:
            raise TooManyAttempts("Too many wrong tries from your address.", hint="Wait a few minutes and try again.")
        is_proven = place in self._proven
        if not is_proven and _since(now - 3600, self._of_unknown) >= IN_ALL_PER_HOUR:
            raise TooManyAttempts(
                "Too many wrong tries from everywhere.",
                hint="Somebody is guessing. Wait an hour, sign in where you have before, or use a new link.",
            )
        counted = [self._by_address.setdefault(place, deque(maxlen=PER_HOUR))]
        if not is_proven:
            counted.append(self._of_unknown)
        for attempts in counted:
            attempts.append(now)
        self._by_address.move_to_end(place)
        while len(self._by_address) > ADDRESSES:
            self._by_address.popitem(last=False)

        def forgive() -> None:
            for attempts in counted:
                if now in attempts:  # another of the same moment is as good
                    attempts.remove(now)
            self.prove(address)

        return forgive

    def prove(self, address: str) -> None:
        """Somebody has signed in from there: guesses from elsewhere do not lock it out."""
        place = _place_of(address)
        self._proven[place] = None
        self._proven.move_to_end(place)
        while len(self._proven) > PROVEN:
            self._proven.popitem(last=False)


def _since(moment: float, attempts: Iterable[float]) -> int:
    return sum(1 for at in attempts if at > moment)


def _place_of(address: str) -> str:
    """Whom an address stands for: a household or a server has 2^64 of IPv6's."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ip_network((parsed, 64), strict=False).network_address)
