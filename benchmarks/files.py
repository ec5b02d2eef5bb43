"""file_diff of 10,000 names."""

import hashlib
import time
from pathlib import Path

import httpx

FILE_DIFF = "file_diff of 10,000 names, 1,000 of them stored"
NAMES, ROUNDS = 10_000, 5


def measure(url: str, token: str, work: Path) -> dict[str, list[float]]:
    """Requests the PDFs that `thousand` left in `work`, and unknown names."""
    stored = [path.name for path in (work / "thousand0" / "storage").rglob("*.pdf")]
    unknown = [hashlib.md5(str(number).encode()).hexdigest() + ".mp4" for number in range(NAMES - len(stored))]
    seconds = []
    with httpx.Client(base_url=url, timeout=60, headers={"Authorization": f"Token {token}"}) as client:
        for _ in range(ROUNDS):
            started = time.perf_counter()
            answer = client.post("/api/internal/file_diff", json=stored + unknown).raise_for_status()
            seconds.append(time.perf_counter() - started)
            if sorted(answer.json()) != sorted(unknown):
                raise ValueError(f"file_diff names {len(answer.json())} files as missing, not {len(unknown)}")
    return {FILE_DIFF: seconds}
