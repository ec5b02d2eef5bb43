"""Asks PyPI for known vulnerabilities of the locked packages: `python -m infra.audit`, a part of `make lint`.

Without a connection, or where an index has no such data, it says so and succeeds.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
LOCKED = ("requirements-dev.txt", "requirements-ministack.txt")  # the first contains requirements.txt
TIMEOUT = 5  # seconds for one package
PATIENCE = 120  # seconds for all
IGNORED: dict[str, str] = {}  # vulnerabilities that cannot be exploited here: {id: why}


def main() -> int:
    """1 if a package has a known vulnerability that is not in IGNORED."""
    problems = []
    for name in LOCKED:
        found = _audit(ROOT / name)
        if found is None:
            print(f"{name}: not audited, as the vulnerability data of PyPI cannot be reached from here.")
            continue
        said, unsafe = report(found)
        print(f"{name}: {said}")
        problems += unsafe
    print("\n".join(problems), end="\n" if problems else "", file=sys.stderr)
    return 1 if problems else 0


def _audit(requirements: Path) -> list[dict[str, Any]] | None:
    """What pip-audit says of each package; None if it knows of none."""
    command = [sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes", "--requirement"]
    command += [str(requirements), "--format", "json", "--progress-spinner", "off", "--timeout", str(TIMEOUT)]
    try:
        done = subprocess.run(  # noqa: S603 - our own
            command, capture_output=True, text=True, check=False, timeout=PATIENCE
        )
        found: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, ValueError, KeyError):
        return None
    return found if any("vulns" in package for package in found) else None


def report(found: list[dict[str, Any]]) -> tuple[str, list[str]]:
    """A sentence about all packages, and one for each vulnerability that is not ignored."""
    known = [package for package in found if "vulns" in package]
    unsafe = [
        f"{package['name']} {package['version']} has the vulnerability {flaw['id']}: {_advice(flaw['fix_versions'])}"
        for package in known
        for flaw in package["vulns"]
        if not {flaw["id"], *flaw.get("aliases", ())} & IGNORED.keys()
    ]
    unknown = f"; PyPI does not know {len(found) - len(known)} others" if len(known) < len(found) else ""
    return f"{len(known)} packages audited{unknown}", unsafe


def _advice(fixed: list[str]) -> str:
    if fixed:
        return f'use {" or ".join(fixed)} (make lock ARGS="--upgrade-package …").'
    return "no version fixes it yet; replace the package, or add a reason to IGNORED in infra/audit.py."


if __name__ == "__main__":
    sys.exit(main())
