"""How the package is made: which packages, what is pruned, a zip that depends on nothing else, a finished template."""

import os
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from infra import package
from infra.packaging import dependencies, finishing, pruning, zipping
from infra.packaging.dependencies import PackageError

URI = "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/%s/invocations"


def tree(folder: Path, **files: str) -> Path:
    """A folder with files; a double underscore in a name is a slash."""
    for name, text in files.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def template() -> dict[str, Any]:
    """Chalice's output for a small application."""
    method = {"get": {"x-amazon-apigateway-integration": {"uri": {"Fn::Sub": URI % "${APIHandler.Arn}"}}}}
    swagger = {"paths": {"/api": method}, "x-amazon-apigateway-binary-media-types": ["image/png"]}
    tags = {"aws-chalice": "version=1.34.0:stage=dev:app=studio"}
    return {
        "Resources": {
            "RestAPI": {"Type": "AWS::Serverless::Api", "Properties": {"DefinitionBody": swagger}},
            "APIHandler": {"Type": "AWS::Serverless::Function", "Properties": {"Tags": tags}},
            "Topic": {"Type": "AWS::SNS::Topic"},
            "Key": {"Type": "AWS::KMS::Key", "Properties": {"Tags": [{"Key": "a", "Value": "b"}]}},
        }
    }


class TestRequirements:
    def test_only_required_packages_are_installed_on_any_machine(self) -> None:
        text = """# locked
click==1.0 \\
    --hash=sha256:00
    # via chalice
Pillow==2.0 \\
    --hash=sha256:01 \\
    --hash=sha256:02
    # via
    #   -r requirements.in
thing==3 ; sys_platform == 'linux' and platform_machine == 'x86_64' \\
    --hash=sha256:03
other==4 ; sys_platform == 'win32' or python_full_version < '3.10' \\
    --hash=sha256:04
"""
        assert dependencies.wanted(text) == [
            "Pillow==2.0 --hash=sha256:01 --hash=sha256:02",
            "thing==3 --hash=sha256:03",
        ]

    def test_each_is_installed_by_its_hashes(self) -> None:
        lines = dependencies.wanted(dependencies.REQUIREMENTS.read_text())
        assert len(lines) > 20
        assert all("==" in line and " --hash=sha256:" in line for line in lines)

    def test_of_another_content_are_refused(self, tmp_path: Path) -> None:
        wheel = tmp_path / "thing-1-py3-none-any.whl"
        with zipfile.ZipFile(wheel, "w") as archive:
            archive.writestr("thing-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: thing\nVersion: 1\n")
        with pytest.raises(PackageError, match="DO NOT MATCH THE HASHES"):
            dependencies._install([f"thing @ {wheel.as_uri()} --hash=sha256:{'0' * 64}"], tmp_path / "packages")

    def test_all_that_is_left_out_is_required(self) -> None:
        lines = dependencies.REQUIREMENTS.read_text().splitlines()
        assert pruning.NOT_INSTALLED.keys() <= {line.split("==")[0].lower() for line in lines}

    @pytest.mark.parametrize(
        ("output", "message"),
        [
            (
                "WARNING: … connection broken …\nERROR: No matching distribution found for a==1",
                "network",
            ),
            ("ERROR: … (from versions: none)\nERROR: No matching distribution found for a==1", "network"),
            ("ERROR: … (from versions: 12.2.0)\nERROR: No matching distribution found for pillow==13", "pillow==13"),
            ("ERROR: the disk is full", "the disk is full"),
        ],
    )
    def test_failures_of_pip_are_explained(
        self, output: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        pip = tmp_path / "pip"
        pip.write_text(f"#!/bin/sh\necho '{output}' >&2\nexit 1\n")
        pip.chmod(0o755)
        monkeypatch.setattr(sys, "executable", str(pip))
        with pytest.raises(PackageError, match=message):
            dependencies.installed(tmp_path)


class TestPruning:
    RULES = (pruning.Prune("data/*/", "unused", keep=("s3",)), pruning.Prune("**/tests", "tests"))

    def test_removes_matches_except_those_to_keep(self, tmp_path: Path) -> None:
        tree(tmp_path, data__s3__a="", data__ec2__a="", data__general="", one__tests__a="", two__tested__a="")
        gone = [path.relative_to(tmp_path).as_posix() for path in pruning.unused(tmp_path, self.RULES)]
        assert gone == ["data/ec2", "one/tests"]

    def test_a_rule_that_matches_nothing_is_reported(self, tmp_path: Path) -> None:
        tree(tmp_path, data__ec2__a="")
        with pytest.raises(ValueError, match=r"\*\*/tests"):
            pruning.unused(tmp_path, self.RULES)


class TestZip:
    def test_is_the_same_whenever_and_wherever_it_is_made(self, tmp_path: Path) -> None:
        first, second = (tree(tmp_path / name, b__c="1", a="2") for name in ("first", "second"))
        os.utime(second / "a", (0, 0))
        (second / "a").chmod(0o600)
        for folder in (first, second):
            zipping.write(tmp_path / f"{folder.name}.zip", folder)
        assert (tmp_path / "first.zip").read_bytes() == (tmp_path / "second.zip").read_bytes()

    def test_holds_folders_side_by_side_for_everybody_to_read(self, tmp_path: Path) -> None:
        first, second = tree(tmp_path / "first", b="1"), tree(tmp_path / "second", a__c="2")
        zipping.write(tmp_path / "both.zip", first, second)
        with zipfile.ZipFile(tmp_path / "both.zip") as archive:
            assert [(entry.filename, entry.external_attr >> 16) for entry in archive.infolist()] == [
                ("a/c", 0o100644),
                ("b", 0o100644),
            ]
            assert archive.read("a/c") == b"2"

    def test_two_files_of_one_name_are_refused(self, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match="Two folders contain a"):
            zipping.write(tmp_path / "x.zip", tree(tmp_path / "first", a="1"), tree(tmp_path / "second", a="1"))

    def test_compiled_modules_depend_neither_on_dates_nor_on_the_folder(self, tmp_path: Path) -> None:
        made = []
        for name in ("first", "second"):
            folder = tree(tmp_path / name, **{"a.py": "def f():\n    return {'x', 'y'}\n"})
            dependencies.compile_all(folder)
            (compiled,) = folder.rglob("*.pyc")
            made.append(compiled.read_bytes())
        assert made[0] == made[1]
        assert made[0][4] == 1  # unchecked hash (PEP 552)
        assert b"/var/task/a.py" in made[0]

    def test_an_invalid_module_is_reported(self, tmp_path: Path) -> None:
        with pytest.raises(PackageError, match="broken"):
            dependencies.compile_all(tree(tmp_path, **{"broken.py": "def"}))


class TestTemplate:
    def test_the_api_names_its_function_and_does_not_wait_for_it(self) -> None:
        api = finishing.finish(template())["Resources"]["RestAPI"]["Properties"]
        uri = api["DefinitionBody"]["paths"]["/api"]["get"]["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"]
        assert uri == URI % "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:${Prefix}api"

    def test_the_api_keeps_its_binary_types(self) -> None:
        assert finishing.finish(template())["Resources"]["RestAPI"]["Properties"]["BinaryMediaTypes"] == ["image~1png"]

    def test_every_method_of_the_api_requires_a_key(self) -> None:
        whole = finishing.finish(template())
        body = whole["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]
        assert body["paths"]["/api"]["get"]["security"] == [{finishing.KEY: []}]
        assert body["securityDefinitions"] == {finishing.KEY: {"type": "apiKey", "name": "x-api-key", "in": "header"}}
        open_body = finishing.without_keys(whole)["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]
        assert "security" not in open_body["paths"]["/api"]["get"]
        assert "security" in body["paths"]["/api"]["get"]  # unchanged

    def test_tags_name_no_stage(self) -> None:
        finished = finishing.finish(template())["Resources"]
        assert finished["APIHandler"]["Properties"]["Tags"] == {"aws-chalice": "version=1.34.0:app=studio"}
        assert finished["Key"] == template()["Resources"]["Key"]

    def test_is_the_same_text_for_the_same_content(self) -> None:
        assert finishing.compact({"b": 1, "a": {"d": [], "c": "ü"}}) == '{"a":{"c":"\\u00fc","d":[]},"b":1}\n'


class TestRefusals:
    def test_an_unknown_stage(self, tmp_path: Path) -> None:
        with pytest.raises(PackageError, match=r"no stage 'production'.*dev, staging, prod"):
            package.package("production", tmp_path)

    def test_another_python(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(package, "PYTHON", (3, 99))
        with pytest.raises(PackageError, match=r"run on Python 3\.99 .* PYTHON=/path/to/python3\.99"):
            package.package("dev", tmp_path)

    def test_a_template_that_cloudformation_would_refuse(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(package, "MAX_TEMPLATE", 100)
        with pytest.raises(PackageError, match="CloudFormation accepts 100"):
            package._template(template())

    def test_more_than_lambda_unpacks(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(package, "MAX_UNPACKED", 3)
        with pytest.raises(PackageError, match="4 bytes unpacked"):
            package._write_zip(tmp_path / "x.zip", tree(tmp_path / "first", a="1234"))
