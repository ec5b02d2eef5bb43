"""The guides, copied and pasted into a shell."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from examples import media
from examples.clients import executable, rows
from infra.local.stack import Stack
from tests.e2e import uploads
from tests.e2e.api import Api
from tests.support.source.code import ROOT

GUIDES = ROOT / "docs" / "guides"
_BLOCK = re.compile(r"^```bash\n(.*?)^```$", re.M | re.S)


def blocks(guide: str) -> list[str]:
    """What a reader copies."""
    return _BLOCK.findall((GUIDES / guide).read_text(encoding="utf-8"))


def pasted(stack: Stack, folder: Path, *guides: str, **variables: str) -> list[str]:
    """The lines that one shell prints for all blocks of guides, in their order."""
    bash = shutil.which("bash")
    assert bash
    script = "\n".join(["set -euo pipefail", *(block for guide in guides for block in blocks(guide))])
    environment = {**os.environ, "STUDIO_URL": stack.url, "TOKEN": stack.token or ""} | variables
    command = [bash, "-c", script]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)
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


@pytest.fixture(scope="module")
def chef_folder(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the guides for chefs and for Kolibri were followed; `lines` has what they printed."""
    folder = tmp_path_factory.mktemp("school")
    lines = pasted(stack, folder, "chefs.md", "kolibri.md", KOLIBRI_HOME=str(folder / "kolibri"))
    (folder / "lines").write_text("\n".join(lines))
    return folder


def test_a_chef_is_reviewed_published_and_resumed(stack: Stack, chef_folder: Path) -> None:
    lines = (chef_folder / "lines").read_text().splitlines()
    version, staged, status, token, deployed, number, resumed, *_ = lines
    assert version == "ricecooker 0.8.0"
    assert re.search(rf"{re.escape(stack.url)}/channels/[0-9a-f]{{32}}/staging$", staged)
    assert (status, number) == ("SUCCESS", "2")
    assert re.fullmatch(r"[a-z]{5}-?[a-z]{5}", token)
    for line in (deployed, resumed):
        assert re.search(rf"{re.escape(stack.url)}/channels/[0-9a-f]{{32}}/", line)
    assert (chef_folder / "token.txt").stat().st_mode & 0o077 == 0


def test_kolibri_imports_and_updates_the_channel(chef_folder: Path) -> None:
    text = (chef_folder / "lines").read_text()
    assert "kolibri, version 0.19.5" in text
    assert re.search(r"[0-9a-f]{32} +Sums of fractions", text)
    database = chef_folder / "kolibri" / "db.sqlite3"
    assert rows(database, "select name, version from content_channelmetadata") == [
        {"name": "Sums of fractions", "version": 3}
    ]
    (exercise,) = rows(database, "select available from content_contentnode where kind = 'exercise'")
    assert exercise["available"]
    (questions,) = rows(database, "select assessment_item_ids as ids from content_assessmentmetadata")
    assert len(json.loads(questions["ids"])) == 4


def ended(stack: Stack, folder: Path, token: str, *flags: str) -> tuple[int, str]:
    """The status and the log of a run of the guide's chef in this folder."""
    command = [str(executable("ricecooker", "python")), "chef.py", f"--token={token}", *flags]
    environment = os.environ | {"STUDIO_URL": stack.url}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout + done.stderr


def test_failures_are_those_of_the_guide(stack: Stack, chef_folder: Path) -> None:
    guide = (GUIDES / "chefs.md").read_text(encoding="utf-8")
    other = uploads.new_user(stack, "other-chef@example.org")
    token = other.client.headers["Authorization"].removeprefix("Token ")
    other.client.close()
    for given, flags, complaint, status in (
        ("wrong", [], "Studio token rejected by server", 0),
        (token, ["--publish"], "The --publish argument must be used together with --deploy argument.", 1),
        (token, [], "Error connecting to API:", 1),
    ):
        assert complaint in guide
        code, log = ended(stack, chef_folder, given, *flags)
        assert complaint in log
        assert code == status, log


def test_a_run_without_storage_is_resumed_with_more(stack: Stack, admin: Api, chef_folder: Path) -> None:
    user = uploads.new_user(stack, "full-chef@example.org")
    token = user.client.headers["Authorization"].removeprefix("Token ")
    user_id = user.client.get("/api/user/me").raise_for_status().json()["id"]
    user.client.close()
    chef = (chef_folder / "chef.py").read_text()
    folder = chef_folder / "full"
    media.write(folder / "channel.png", media.picture("quota"))  # that no other test uploads
    (folder / "sums.csv").write_text((chef_folder / "sums.csv").read_text())
    chef = chef.replace('"CHANNEL_SOURCE_ID": "fractions"', '"CHANNEL_SOURCE_ID": "full"')
    chef = chef.replace('"CHANNEL_LANGUAGE"', '"CHANNEL_THUMBNAIL": "channel.png",\n        "CHANNEL_LANGUAGE"')
    (folder / "chef.py").write_text(chef)

    admin.client.patch(f"/api/admin-users/{user_id}", json={"disk_space": 1}).raise_for_status()
    code, log = ended(stack, folder, token)
    assert "You have run out of storage space." in log
    assert code == 1

    admin.client.patch(f"/api/admin-users/{user_id}", json={"disk_space": 1_000_000}).raise_for_status()
    code, log = ended(stack, folder, token, "--resume")
    assert "DONE: Channel created at" in log
    assert code == 0


def test_every_guide_has_something_to_copy() -> None:
    assert [guide for guide in GUIDES.glob("*.md") if not blocks(guide.name)] == []
