"""`make deploy`, `destroy` and the smaller commands of `infra.deploying.commands`: a stage in an AWS account.

`python -m infra.deploy COMMAND` reads its options from environment variables, as make passes them: STAGE and REGION for
all; FORCE=1 and ADMIN_EMAIL for deploy, DATA=delete and YES=<stage> for destroy. Credentials are found by botocore.
"""

import json
import os
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra import package, template
from infra.deploying import account as accounts
from infra.deploying import admin, adopt, artefacts, commands, files, mail, people, remove, restore, settings, stack
from infra.deploying.account import Account
from infra.deploying.commands import Options
from infra.deploying.events import Say, say_now
from infra.deploying.problems import DeployError
from infra.packaging import finishing
from infra.packaging.dependencies import PackageError

NO_ADMINISTRATOR = "There is no administrator yet: make admin STAGE={stage} REGION={region} EMAIL=you@example.org"

LOSSES = (
    "This would replace or abandon {}: set FORCE=1 if you mean it. The data is retained, but outside of the stack. Its "
    "replacement is empty and needs another name, since CloudFormation refuses to replace under the same one."
)
KEY_RESOURCE = "FirstApiKey"
MAX_LINES = 40  # changes that are listed one by one
_SIGNS = {"Add": "+", "Modify": "~", "Remove": "-"}
_WORDS = {"Add": "to create", "Modify": "to change", "Remove": "to delete"}


def deploy(
    stage: str,
    region: str,
    parameters_overrides: Mapping[str, str] | None = None,
    build_dir: Path | None = None,
    say: Say = say_now,
    force: bool = False,
) -> dict[str, str]:
    """Deploy what `infra.package` built; returns the outputs of the stack.

    Parameters come from the stage, SSM and `parameters_overrides`; the later ones win. `force` allows tables and the
    bucket to leave the stack, and others with new names to take their places. Raises DeployError, one sentence for
    the operator.
    """
    at = accounts.at(region)
    with at.explained():
        return _deployed(at, stage, parameters_overrides or {}, build_dir or package.BUILD / stage, say, force)


def _deployed(
    at: Account, stage: str, overrides: Mapping[str, str], build: Path, say: Say, force: bool
) -> dict[str, str]:
    if not (build / "parameters.json").exists():
        raise DeployError(f"No package in {build}: run make package STAGE={stage}.")
    packaged = json.loads((build / "template.json").read_text())
    parameters = _parameters(at, stage, packaged, json.loads((build / "parameters.json").read_text()), overrides)
    name = accounts.stack_name(parameters)
    say(f"{name}: account {at.id}, {at.region}")
    bucket = artefacts.make_bucket(at, parameters["Prefix"])
    code = artefacts.upload_code(at, bucket, build)
    whole = artefacts.with_code(packaged, bucket, code)
    found = stack.ready(at, name, say)
    if _import_existing(at, name, found is not None, packaged, parameters, bucket, say):
        found = stack.describe(at, name)
    kind = "UPDATE" if found else "CREATE"
    if found and lacks_keys(whole, stack.logical_ids(at, name)):
        say("First, CloudFront learns the API's keys; then the API requires them.")
        _update(at, name, kind, bucket, finishing.without_keys(whole), parameters, say, force)
    key = _update(at, name, kind, bucket, whole, parameters, say, force)
    if parameters.get("DeletionProtection") == "true":
        at.client("cloudformation").update_termination_protection(StackName=name, EnableTerminationProtection=True)
    artefacts.keep_only(at, bucket, code, key)
    for hint in mail.hints(at, parameters.get("MailFrom", "")):
        say(hint)
    return stack.outputs(stack.describe(at, name) or {})


def _update(
    at: Account,
    name: str,
    kind: str,
    bucket: str,
    whole: dict[str, Any],
    parameters: dict[str, str],
    say: Say,
    force: bool,
) -> str:
    """Create or update the stack; returns the key of its template."""
    key = artefacts.upload_template(at, bucket, whole)
    change_set = stack.propose(at, name, kind, artefacts.url(at, bucket, key), Parameters=_values(parameters))
    _change(at, name, change_set, say, force)
    return key


def lacks_keys(whole: dict[str, Any], have: set[str]) -> bool:
    """Whether a stack with these resources was deployed before the API required keys.

    CloudFormation changes the API minutes before all of CloudFront sends them.
    """
    return KEY_RESOURCE in whole["Resources"] and KEY_RESOURCE not in have


def _parameters(
    at: Account, stage: str, packaged: dict[str, Any], own: dict[str, str], overrides: Mapping[str, str]
) -> dict[str, str]:
    declared = packaged["Parameters"]
    stored = settings.read(at, stage)
    parameters = settings.merged(declared, own, stored, dict(overrides))
    adopt.check_region(at, adopt.retained(packaged, adopt.values_of(at, parameters)))
    for name in (settings.SECRET, *settings.KEYS):
        if name in declared and name not in parameters:
            parameters[name] = settings.make_secret(at, stage, name)
    problem = settings.contradictions(parameters, at.region)
    if problem:
        raise DeployError(problem)
    mail.check(at, parameters.get("MailFrom", ""))
    return parameters


def _import_existing(
    at: Account, name: str, is_there: bool, packaged: dict[str, Any], parameters: dict[str, str], bucket: str, say: Say
) -> bool:
    """Import retained resources that the stack lacks; returns whether there were any."""
    have = stack.logical_ids(at, name) if is_there else set()
    retained = adopt.retained(packaged, adopt.values_of(at, parameters))
    found = adopt.existing(at, [resource for resource in retained if resource.logical_id not in have])
    if not found:
        return False
    say(f"Importing {len(found)} existing tables and buckets.")
    base = stack.processed_template(at, name) if is_there else {"Parameters": packaged["Parameters"]}
    current = stack.parameters_of(at, name) if is_there else parameters
    whole = adopt.template_of(found, base, adopt.values_of(at, current))
    url = artefacts.url(at, bucket, artefacts.upload_template(at, bucket, whole))
    given = _previous_values(base) if is_there else _values(parameters)
    change_set = stack.propose(at, name, "IMPORT", url, ResourcesToImport=adopt.to_import(found), Parameters=given)
    if change_set:
        stack.execute(at, change_set, say)
    return True


def _values(parameters: dict[str, str]) -> list[dict[str, Any]]:
    return [{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()]


def _previous_values(base: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"ParameterKey": name, "UsePreviousValue": True} for name in base.get("Parameters", {})]


def _change(at: Account, name: str, change_set: dict[str, Any] | None, say: Say, force: bool) -> None:
    if change_set is None:
        say("No changes.")
        return
    _show(change_set["Changes"], say)
    lost = stack.losses(change_set["Changes"])
    if lost and not force:
        stack.discard(at, name, "UPDATE", change_set["ChangeSetId"])
        raise DeployError(LOSSES.format(", ".join(lost)))
    stack.execute(at, change_set, say)


def _show(changes: list[dict[str, Any]], say: Say) -> None:
    counts = Counter(change["ResourceChange"]["Action"] for change in changes)
    say(", ".join(f"{count} {_WORDS.get(action, action)}" for action, count in counts.items()))
    if len(changes) <= MAX_LINES:
        for part in (change["ResourceChange"] for change in changes):
            replaced = ", replaced" if part.get("Replacement") == "True" else ""
            say(f"  {_SIGNS.get(part['Action'], '?')} {part['LogicalResourceId']} ({part['ResourceType']}{replaced})")


def destroy(stage: str, region: str, data: bool = False, say: Say = say_now) -> None:
    """Delete the stack of a stage, and with `data` everything that it retains: tables, buckets, settings.

    Raises DeployError.
    """
    parameters, at = accounts.parameters_of(stage), accounts.at(region)
    name = accounts.stack_name(parameters)
    with at.explained():
        say(f"{name}: account {at.id}, {at.region}")
        retained = adopt.retained(template.compose(), adopt.values_of(at, parameters))
        adopt.check_region(at, retained)
        if not remove.remove_stack(at, name, say):
            say(f"There is no stack {name} in {at.region}.")
        tables, buckets = remove.data_of(at, parameters["Prefix"], retained)
        if data:
            remove.remove_data(at, stage, tables, buckets, say)
            say("Everything is deleted. DynamoDB retains a last backup of each table for 35 days.")
        elif tables or buckets:
            say(f"Retained: {len(tables)} tables, {' and '.join(buckets)}, and the settings in {settings.path(stage)}.")
            say(f"make deploy STAGE={stage} REGION={at.region} imports them again; DATA=delete deletes them, too.")


# ---- commands ----


def _deploy(at: Account, stage: str, options: Options) -> None:
    say_now(f"Packaging {stage}.")
    package.package(stage)
    outputs = deploy(stage, at.region, force=options.get("FORCE") == "1")
    say_now(f"{stage} is at {outputs['Url']}")
    prefix = accounts.parameters_of(stage)["Prefix"]
    if admin.exists(at, prefix):
        return
    email = options.get("ADMIN_EMAIL") or _ask("E-mail address of the first administrator: ")
    if email:
        commands.give_password(at, prefix, email, outputs["Url"])
    else:
        say_now(NO_ADMINISTRATOR.format(stage=stage, region=at.region))


def _destroy(at: Account, stage: str, options: Options) -> None:
    data = options.get("DATA", "")
    if data not in ("", "keep", "delete"):
        raise DeployError("DATA must be keep or delete.")
    what = "with all its data, permanently" if data == "delete" else "but retains its data"
    typed = options.get("YES") or _ask(
        f"This deletes {stage} in account {at.id}, {at.region}, {what}. Type {stage} to continue: "
    )
    if typed != stage:
        raise DeployError(f"Nothing was deleted: type {stage}, or set YES={stage}.")
    destroy(stage, at.region, data == "delete")


def _ask(question: str) -> str:
    """The operator's answer; empty if standard input is not a terminal."""
    return input(question).strip() if sys.stdin.isatty() else ""


SMALLER = {**commands.COMMANDS, **files.COMMANDS, **people.COMMANDS, **restore.COMMANDS}
COMMANDS = {"deploy": _deploy, "destroy": _destroy, **SMALLER}


def main(command: str, options: Options) -> int:
    """0 on success, 1 after a sentence about the problem."""
    try:
        stage = options.get("STAGE", "")
        accounts.parameters_of(stage)
        at = accounts.at(options.get("REGION", ""))
        with at.explained():
            _ = at.id  # fails early without credentials
            COMMANDS[command](at, stage, options)
    except (DeployError, PackageError) as error:
        print(error, file=sys.stderr)
    except KeyboardInterrupt:
        print("Interrupted. AWS continues what it has started; run the command again to see.", file=sys.stderr)
    else:
        return 0
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], os.environ))
