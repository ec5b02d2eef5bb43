"""Whether the time of a function grows faster than the size of its argument, by comparing times within one run."""

import gc
import time
from collections.abc import Callable
from typing import Any

SIZES = (8, 16, 20, 24, 64, 256, 1024, 4096)  # the first steps are small, as time may double with each repetition
NOTICEABLE = 0.002  # seconds: shorter times say nothing about growth
FACTOR = 4  # between the sizes that are compared
MAX_GROWTH = 8  # of the time, when the size grows by FACTOR: 4 is linear, 16 quadratic


def is_slow(function: Callable[[Any], Any], text: Callable[[int], Any], sizes: tuple[int, ...] = SIZES) -> bool:
    """Whether the function takes disproportionately longer for `text(n)` with larger n. Its errors count as results."""
    before = (0, 0.0)
    for size in sizes:
        spent = _seconds(function, text(size))
        if spent > NOTICEABLE and before[0] and _grows(before, (size, spent)) and _is_confirmed(function, text, size):
            return True
        before = (size, spent)
    return False


def _grows(before: tuple[int, float], after: tuple[int, float]) -> bool:
    """Whether time grew by more than the same power of size as MAX_GROWTH is of FACTOR."""
    allowed = (after[0] / before[0]) ** 1.5
    return bool(after[1] > allowed * max(before[1], 1e-6))


def _is_confirmed(function: Callable[[Any], Any], text: Callable[[int], Any], size: int) -> bool:
    """Measure again, the best of several times, as other programs delay single ones."""
    smaller, larger = text(max(1, size // FACTOR)), text(size)
    first = min(_seconds(function, smaller) for _ in range(5))
    second = _seconds(function, larger)
    if second > MAX_GROWTH * first:
        second = min(second, *(_seconds(function, larger) for _ in range(2 if second > 1 else 5)))
    return second > MAX_GROWTH * first and second > NOTICEABLE


def _seconds(function: Callable[[Any], Any], argument: Any) -> float:
    gc.disable()
    start = time.thread_time()
    try:
        function(argument)
    except Exception:  # a refusal is a result
        pass
    finally:
        gc.enable()
    return time.thread_time() - start
