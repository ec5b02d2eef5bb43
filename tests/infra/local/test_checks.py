"""Checks that prevent a start, with one sentence each."""

import re
from pathlib import Path

import pytest

from infra.local import checks
from infra.local.checks import StackError


def test_a_port_in_use_is_reported() -> None:
    with checks.listen(0) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(StackError, match=rf"^Port {port} is in use: .*PORT=…\.$"):
            checks.listen(port)


def test_several_may_listen_on_one_port_together() -> None:
    first, second = checks.listen_together(0, 2)
    with first, second:
        assert first.getsockname() == second.getsockname()


def test_a_port_that_others_have_together_is_taken() -> None:
    first, second = checks.listen_together(0, 2)
    with first, second:
        port = first.getsockname()[1]
        with pytest.raises(StackError, match=f"^Port {port} is in use:"):
            checks.listen_together(port, 2)


@pytest.mark.parametrize("text", ["http", "-1", "65536", "80.5", ""])
def test_a_port_that_is_not_a_number_is_reported(text: str) -> None:
    with pytest.raises(StackError, match=re.escape(repr(text))):
        checks.port_number(text)


@pytest.mark.parametrize("name", ["file", "file/below"])
def test_a_file_in_place_of_the_data_directory_is_reported(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StackError, match=r"is not a directory\.$"):
        checks.open_data_dir(tmp_path / name)


def test_a_data_directory_that_cannot_be_written_is_reported(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refuse)  # root may write anywhere
    with pytest.raises(StackError, match=r"cannot be written: Permission denied\.$"):
        checks.open_data_dir(tmp_path / "data")


@pytest.mark.parametrize("name", ["aws/state/dynamodb.json", "credentials.json"])
@pytest.mark.parametrize("content", ["", "{", "[]", '{"a": "b'])
def test_a_damaged_file_is_named_and_left_as_it_is(tmp_path: Path, name: str, content: str) -> None:
    file = tmp_path / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content)
    with pytest.raises(StackError, match=re.escape(str(file))):
        checks.open_data_dir(tmp_path)
    assert file.read_text() == content


def test_two_stacks_do_not_share_a_data_directory(tmp_path: Path) -> None:
    with (
        checks.open_data_dir(tmp_path),
        pytest.raises(StackError, match=r"Another stack is running"),
    ):
        checks.open_data_dir(tmp_path)
    checks.open_data_dir(tmp_path).close()
