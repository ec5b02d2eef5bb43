"""Exporting a user's data, and deleting a user, as operators do."""

import json
import stat
import zipfile
from pathlib import Path
from typing import Any

import pytest

from chalicelib.identity import accounts
from chalicelib.models import users
from chalicelib.models.user_deletion import is_marked
from infra.deploying import account, admin, people
from infra.deploying.problems import DeployError
from infra.local import people as local_people
from tests.support.existing import existing

EMAIL = "chef@example.org"


@pytest.fixture
def run(aws: Any, capsys: Any) -> people.Run:
    """Runs actions in this process."""
    accounts.create_user(EMAIL)

    def here(*arguments: str) -> Any:
        assert admin.main(list(arguments)) == 0
        return json.loads(capsys.readouterr().out)

    return here


def test_writes_a_file_for_the_operator_alone(run: people.Run, tmp_path: Path, monkeypatch: Any, capsys: Any) -> None:
    monkeypatch.chdir(tmp_path)
    people.export(run, EMAIL)
    (path,) = tmp_path.iterdir()
    assert (path.name, stat.S_IMODE(path.stat().st_mode)) == ("chef@example.org-data.zip", 0o600)
    assert capsys.readouterr().out.startswith(f"{path.name}: {path.stat().st_size:,} bytes.")
    with zipfile.ZipFile(path) as archive:
        assert json.loads(archive.read("profile.json"))[0]["email"] == EMAIL


def test_the_file_stays_in_the_working_directory(run: people.Run, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    accounts.create_user("../up/x@example.org")
    people.export(run, "../up/x@example.org")
    assert [path.name for path in tmp_path.iterdir()] == [".._up_x@example.org-data.zip"]


def test_deletes_a_user_who_is_named_twice(run: people.Run, capsys: Any) -> None:
    people.delete(run, EMAIL, EMAIL)
    assert is_marked(accounts.find(EMAIL))
    assert "cannot sign in any more" in capsys.readouterr().out


@pytest.mark.parametrize("yes", ["", "yes", "other@example.org"])
def test_deletes_nobody_by_another_answer(run: people.Run, yes: str) -> None:
    with pytest.raises(DeployError, match=f"Nothing was deleted: type {EMAIL}"):
        people.delete(run, EMAIL, yes)
    assert existing(accounts.find(EMAIL)).is_active


def test_refuses_the_last_administrator(run: people.Run) -> None:
    user_id, _ = accounts.create_user("root@example.org", is_admin=True)
    with pytest.raises(DeployError, match="last administrator"):
        people.delete(run, "root@example.org", "root@example.org")
    assert existing(users.get(user_id)).is_active


@pytest.mark.parametrize("command", people.COMMANDS)
def test_needs_an_address(command: str) -> None:
    with pytest.raises(DeployError, match="EMAIL is required"):
        people.COMMANDS[command](account.at("eu-central-1"), "dev", {})


@pytest.mark.parametrize("arguments", [["export", "nobody@example.org", "x.zip"], ["delete", "nobody@example.org"]])
def test_reports_an_unknown_user(aws: Any, capsys: Any, arguments: list[str], tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    assert admin.main(arguments) == 1
    assert capsys.readouterr().err == "User not found: 'nobody@example.org'\n"
    assert not list(tmp_path.iterdir())


def test_without_a_stack_says_how_to_start_one(tmp_path: Path, monkeypatch: Any, capsys: Any) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    assert [local_people.main([what, EMAIL]) for what in ("export", "delete")] == [1, 1]
    assert "start it with `make run`" in capsys.readouterr().err
