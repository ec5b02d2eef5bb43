"""The guides, copied and pasted into a shell."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from infra.local.stack import Stack
from tests.support.source.code import ROOT

GUIDES = ROOT / "docs" / "guides"
_BLOCK = re.compile(r"^```bash\n(.*?)^```$", re.M | re.S)


def blocks(guide: str) -> list[str]:
    """What a reader copies."""
    return _BLOCK.findall((GUIDES / guide).read_text(encoding="utf-8"))


def pasted(stack: Stack, folder: Path, *guides: str) -> list[str]:
    """The lines that one shell prints for all blocks of guides, in their order."""
    bash = shutil.which("bash")
    assert bash
    script = "\n".join(["set -euo pipefail", *(block for guide in guides for block in blocks(guide))])
    environment = {**os.environ, "STUDIO_URL": stack.url, "TOKEN": stack.token or ""}
    command = [bash, "-c", script]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout.splitlines()


def test_a_first_channel_and_its_changes(stack: Stack, tmp_path: Path) -> None:
    lines = pasted(stack, tmp_path, "first-channel.md", "sync.md")
    email, document, exercise, status, token, title, received = lines
    assert email == stack.email
    assert (document, exercise, status) == ("True", "True", "SUCCESS")
    assert re.fullmatch(r"[a-z]{5}-?[a-z]{5}", token)
    assert title == "Halves, thirds and quarters"
    assert "Cut a cake into equal parts." in received


def test_every_guide_has_something_to_copy() -> None:
    assert [guide for guide in GUIDES.glob("*.md") if not blocks(guide.name)] == []
