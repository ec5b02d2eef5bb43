"""Counts what a user is charged for by kind and by channel. Each file is charged once, however many channels use it."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from chalicelib.domain.storage.kinds import kind_of

_SHARED = -1


@dataclass
class Counts:
    """Sizes in bytes. First `add_files`, then `add_channel` for each channel that the user owns."""

    kinds: dict[str, int] = field(default_factory=dict)
    channels: dict[str, int] = field(default_factory=dict)  # of the files of each channel, by its id
    _sizes: dict[str, int] = field(default_factory=dict)  # of the charged files, by name
    _users: dict[str, int] = field(default_factory=dict)  # the number of the channel that uses a file, or _SHARED

    def add_files(self, files: Iterable[tuple[str, int]]) -> None:
        """Add files that the user is charged for: (name, size)."""
        for name, size in files:
            self._sizes[name] = size
            kind = kind_of(name)
            self.kinds[kind] = self.kinds.get(kind, 0) + size

    def add_channel(self, channel_id: str, names: Iterable[str]) -> None:
        """Add a channel with the files that it uses, in any order and repeatedly. Files not charged are left out."""
        number, total, seen = len(self.channels), 0, set()
        for name in names:
            if name not in self._sizes or name in seen:
                continue
            seen.add(name)
            total += self._sizes[name]
            self._users[name] = number if name not in self._users else _SHARED
        self.channels[channel_id] = total

    @property
    def used(self) -> int:
        """All that the user is charged for."""
        return sum(self._sizes.values())

    @property
    def freed(self) -> dict[str, int]:
        """What is given back if a channel is deleted, by its id: the files that no other channel uses."""
        sums = dict.fromkeys(range(len(self.channels)), 0)
        for name, number in self._users.items():
            if number != _SHARED:
                sums[number] += self._sizes[name]
        return dict(zip(self.channels, sums.values(), strict=True))

    @property
    def shared(self) -> int:
        """The files that several channels use."""
        return sum(self._sizes[name] for name, number in self._users.items() if number == _SHARED)

    @property
    def unused(self) -> int:
        """The files that none of the channels uses: uploads under way."""
        return sum(size for name, size in self._sizes.items() if name not in self._users)
