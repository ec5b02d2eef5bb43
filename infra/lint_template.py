"""`make lint-template`: cfn-lint and checkov on the template as it is deployed.

Findings with a reason in `exceptions.yaml` are accepted. An exception that matches no finding is a problem itself.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from infra import cfn, package
from infra.packaging.dependencies import PackageError

EXCEPTIONS = Path(__file__).with_name("exceptions.yaml")
TOOLS = Path(__file__).parents[1] / ".venv-checks" / "bin"


@dataclass(frozen=True)
class Finding:
    """A finding of a rule about a resource (its logical id; empty for the whole template)."""

    check: str
    resource: str
    text: str

    def __str__(self) -> str:
        return f"{self.check} {self.resource}: {self.text}"


class ToolFailed(Exception):
    """A linter failed; the message contains its output."""


def main() -> int:
    """0 without problems, 1 otherwise."""
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor() as pool:
        try:
            text = package.template_text()
            found = [
                finding for findings in pool.map(lambda tool: tool(Path(folder), text), LINTERS) for finding in findings
            ]
        except (ToolFailed, PackageError) as error:
            print(error, file=sys.stderr)
            return 1
    problems = judge(found, cfn.read(EXCEPTIONS))
    print("\n".join(problems) if problems else f"{len(found)} findings, each with a reason in {EXCEPTIONS.name}")
    return 1 if problems else 0


def judge(found: list[Finding], exceptions: Any) -> list[str]:
    """The problems as sentences: findings without an exception `{"check", "of", "why"}`, exceptions without finding."""
    wrong = [str(finding) for finding in found if not any(_excused(finding, rule) for rule in exceptions)]
    idle = [
        f"{EXCEPTIONS.name}: {rule['check']} of {pattern} no longer matches a finding; remove it."
        for rule in exceptions
        for pattern in rule["of"]
        if not any(_excused(finding, {**rule, "of": [pattern]}) for finding in found)
    ]
    return wrong + idle


def _excused(finding: Finding, rule: dict[str, Any]) -> bool:
    return finding.check == rule["check"] and any(fnmatchcase(finding.resource, pattern) for pattern in rule["of"])


def _cfn_lint(folder: Path, text: str) -> Iterator[Finding]:
    file = folder / "template.json"
    file.write_text(text)
    for entry in _run("cfn-lint", "--format", "json", "--", str(file)):
        path = entry["Location"].get("Path") or []
        yield Finding(entry["Rule"]["Id"], path[1] if path[:1] == ["Resources"] else "", entry["Message"])


def _checkov(folder: Path, text: str) -> Iterator[Finding]:
    """Leaves out the API's methods: checkov has no rule for them, and takes a minute to read them."""
    template = json.loads(text)
    del template["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]
    file = folder / "without-methods.json"
    file.write_text(json.dumps(template, indent=1))
    options = ["--framework", "cloudformation", "--quiet", "--compact", "--skip-download", "--output", "json"]
    for entry in _run("checkov", *options, "--file", str(file))["results"]["failed_checks"]:
        yield Finding(entry["check_id"], entry["resource"].rsplit(".", 1)[-1], entry["check_name"])


LINTERS = (_cfn_lint, _checkov)


def _run(tool: str, *arguments: str) -> Any:
    """The JSON output of a tool. Raises ToolFailed."""
    command = [str(TOOLS / tool), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own
    try:
        return json.loads(done.stdout)
    except ValueError:
        raise ToolFailed(f"{tool} failed: {done.stderr.strip() or done.stdout.strip()}") from None


if __name__ == "__main__":
    sys.exit(main())
