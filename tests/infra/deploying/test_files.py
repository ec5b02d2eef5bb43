"""Listing unused files, and bringing one back, as operators do."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from chalicelib.config import settings
from chalicelib.models import storage_passes
from chalicelib.models.stored_objects import StoredObject
from infra.deploying import account, admin, commands, files, people
from infra.deploying.problems import DeployError
from infra.local import files as local_files
from infra.local import job
from tests.conftest import BUCKET
from tests.support.worlds import storage

CHECKSUM = "ab" * 16
NAME = f"{CHECKSUM}.pdf"
KEY = f"content/storage/a/b/{NAME}"
DAY = 24 * 3600


@pytest.fixture
def run(aws: Any, capsys: Any) -> people.Run:
    """Runs actions in this process."""

    def here(*arguments: str) -> Any:
        assert admin.main(list(arguments)) == 0
        return json.loads(capsys.readouterr().out)

    return here


@pytest.fixture
def unused(aws: Any) -> str:
    aws.s3.put_object(Bucket=BUCKET, Key=KEY, Body=b"%PDF")
    return NAME


def shown(run: people.Run, capsys: Any) -> list[str]:
    files.show(run)
    return str(capsys.readouterr().out).splitlines()


def test_a_dry_run_names_files_and_reasons_and_changes_nothing(run: Any, unused: str, aws: Any, capsys: Any) -> None:
    before = aws.contents()
    assert shown(run, capsys) == [
        f"{NAME}: unused from now on",
        "unused from now on: 1 files, 4 bytes",
        "There was no collection yet.",
    ]
    assert aws.contents() == before


def test_a_dry_run_says_when_a_file_goes(run: Any, unused: str, capsys: Any) -> None:
    since = int(time.time()) - 2 * DAY
    StoredObject(CHECKSUM, extension="pdf", file_size=4, unused_since=since).save()
    days = [time.strftime("%Y-%m-%d", time.gmtime(moment)) for moment in (since, since + 30 * DAY)]
    assert shown(run, capsys)[0] == f"{NAME}: unused, since {days[0]}, goes from {days[1]} on"


def test_a_dry_run_reports_the_last_collection(run: Any, aws: Any, capsys: Any) -> None:
    storage_passes.note(storage_passes.COLLECTION, 86400, {"files unused for long": 1234})
    assert shown(run, capsys) == ["The last collection began 1970-01-02. files unused for long: 1,234"]


def test_a_dry_run_says_that_the_collection_is_off(run: Any, unused: str, monkeypatch: Any, capsys: Any) -> None:
    monkeypatch.setenv("COLLECT_DAYS", "0")
    settings.cache_clear()
    lines = shown(run, capsys)
    settings.cache_clear()
    assert lines[-1] == "The collection is turned off: CollectDays is 0."


def test_names_the_first_files_only(run: Any, aws: Any, monkeypatch: Any, capsys: Any) -> None:
    monkeypatch.setattr(files, "MAX_LINES", 2)
    for number in range(5):
        aws.s3.put_object(Bucket=BUCKET, Key=f"content/storage/0/0/{number:032x}.pdf", Body=b"%PDF")
    assert len(shown(run, capsys)) == 2 + 2


def test_a_deleted_file_comes_back(run: Any, unused: str, aws: Any, capsys: Any) -> None:
    with storage.versioned(aws):
        aws.s3.put_object(Bucket=BUCKET, Key=KEY, Body=b"%PDF")
        aws.s3.delete_object(Bucket=BUCKET, Key=KEY)
        files.restore(run, NAME)
        assert aws.s3.get_object(Bucket=BUCKET, Key=KEY)["Body"].read() == b"%PDF"
    assert capsys.readouterr().out == f"{NAME} is stored: 4 bytes.\n"


@pytest.mark.parametrize("name", [f"{'0' * 32}.pdf", "x", "../../x.pdf", CHECKSUM])
def test_other_names_are_refused(run: Any, name: str) -> None:
    with pytest.raises(DeployError, match="is not a stored file"):
        files.restore(run, name)


def test_needs_a_name() -> None:
    with pytest.raises(DeployError, match="NAME is required"):
        files.COMMANDS["restore-file"](account.at("eu-central-1"), "dev", {})


def test_of_a_stage(run: Any, unused: str, monkeypatch: Any, capsys: Any) -> None:
    sent: list[Any] = []
    monkeypatch.setattr(files, "_of_stage", lambda at, stage: run)
    monkeypatch.setitem(commands.COMMANDS, "job", lambda *arguments: sent.append(arguments[1:]))
    at = account.at("eu-central-1")
    files.COMMANDS["collect"](at, "dev", {"DRY": "1"})
    assert capsys.readouterr().out.startswith(NAME)
    files.COMMANDS["collect"](at, "dev", {})
    assert sent == [("dev", {"JOB": "collect_files"})]


def test_of_the_stack_on_this_machine(run: Any, unused: str, monkeypatch: Any, capsys: Any) -> None:
    sent: list[Any] = []
    monkeypatch.setattr(local_files, "inside", lambda data_dir: run)

    def send(arguments: list[str]) -> int:
        sent.append(arguments)
        return 0

    monkeypatch.setattr(job, "main", send)
    monkeypatch.setenv("DRY", "1")
    assert local_files.main(["collect"]) == 0
    assert capsys.readouterr().out.startswith(NAME)
    monkeypatch.delenv("DRY")
    assert local_files.main(["collect"]) == 0
    assert sent == [["collect_files"]]
    assert local_files.main(["restore-file", "x"]) == 1
    assert "is not a stored file" in capsys.readouterr().err


def test_without_a_stack_nothing_is_done(tmp_path: Path, monkeypatch: Any, capsys: Any) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    assert local_files.main(["collect"]) == 1
    assert "No stack is running" in capsys.readouterr().err
