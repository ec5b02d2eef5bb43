"""The parts of a resumable upload: how many, how large, and which are missing.

S3 accepts up to 10,000 parts; all but the last one have at least 5 MB.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import ceil

MEGABYTE = 1024 * 1024
MAX_PARTS = 10_000  # S3's
MIN_PART_BYTES = 5 * MEGABYTE  # S3's, of all parts but the last one
MAX_PART_BYTES = 100 * MEGABYTE  # what a broken connection may cost
PART_BYTES = 8 * MEGABYTE  # unless the client chooses
# One run of the function `assembly` reads a file from its first byte to its last, since hashlib cannot store the state
# of an MD5: at READ_RATE, and in two thirds of its 900 seconds (docs/decisions/0047-resumable-uploads.md).
READ_RATE = 50 * MEGABYTE  # bytes a second that a function can be relied on to read from S3 and to hash
MAX_READ_SECONDS = 615
GIGABYTE = 1024 * MEGABYTE
MAX_FILE_BYTES = READ_RATE * MAX_READ_SECONDS // GIGABYTE * GIGABYTE  # 30 GB
READ_BYTES = 16 * MEGABYTE  # of one request of the reader, which has READ_AHEAD of them in memory
READ_AHEAD = 4
COPY_BYTES = 512 * MEGABYTE  # of one part of a copy within S3


@dataclass(frozen=True)
class Plan:
    """A file of `size` bytes in parts of `part_size`; the last one may be smaller."""

    size: int
    part_size: int

    @property
    def count(self) -> int:
        return ceil(self.size / self.part_size)

    def bytes_of(self, number: int) -> int:
        """The size of a part; parts are counted from 1."""
        return min(self.part_size, self.size - (number - 1) * self.part_size)

    def has(self, number: int) -> bool:
        return 1 <= number <= self.count

    def missing(self, sizes: Mapping[int, int]) -> list[int]:
        """The parts that are not there, or are there with another size."""
        return [number for number in range(1, self.count + 1) if sizes.get(number) != self.bytes_of(number)]


def ranges(size: int, step: int) -> Iterator[tuple[int, int]]:
    """(first, last) byte of consecutive pieces of `step` bytes."""
    for first in range(0, size, step):
        yield first, min(first + step, size) - 1
