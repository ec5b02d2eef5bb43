"""The version has one source, `chalicelib.__version__`, which the deployed functions contain."""

import importlib
import re
import tomllib

import chalicelib
from tests.support.source.code import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_is_semantic():
    assert re.fullmatch(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)", chalicelib.__version__)


def test_of_the_project_is_read_from_the_package():
    assert PROJECT["project"]["dynamic"] == ["version"]
    assert "version" not in PROJECT["project"]
    module, _, name = PROJECT["tool"]["setuptools"]["dynamic"]["version"]["attr"].rpartition(".")
    assert getattr(importlib.import_module(module), name) == chalicelib.__version__


def test_is_the_newest_release_of_the_changelog():
    headings = re.findall(r"^## \[(\d[^]]*)\] - (\S+)$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert headings[:1] in ([], [(chalicelib.__version__, f"{chalicelib.RELEASED:%Y-%m-%d}")])


def test_is_shown_by_the_api(studio):
    assert studio.get("/api/public/info", token=None).json["studio_version"] == chalicelib.__version__
    assert studio.get("/api/openapi.json", token=None).json["info"]["version"] == chalicelib.__version__
