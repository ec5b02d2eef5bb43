"""`make deploy`, `destroy` and the smaller commands of `infra.deploying.commands`: a stage in an AWS account.

`python -m infra.deploy COMMAND` reads what it is told from variables, as make gives them: STAGE and REGION for all;
FORCE=1 and ADMIN_EMAIL for deploy, DATA=delete and YES=<stage> for destroy. Credentials are whatever botocore finds.
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
from infra.deploying import admin, adopt, artefacts, commands, mail, remove, restore, settings, stack
from infra.deploying.account import Account
from infra.deploying.commands import Told
from infra.deploying.events import Say, say_now
from infra.deploying.problems import DeployError
from infra.packaging.dependencies import PackageError

NO_ADMINISTRATOR = "There is no administrator yet: make admin STAGE={stage} REGION={region} EMAIL=you@example.org"

LOSSES = (
    "This would replace or give up {}: run it with FORCE=1 where you mean it. What is there stays, but outside of the "
    "stack, and what replaces it is empty and needs another name: CloudFormation refuses to replace under the same one."
)
MOST_LINES = 40  # of changes that are shown
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
    """Bring what `infra.package` built to an account; returns the outputs of the stack.

    Parameters are, the later before the earlier: the stage's, those in SSM, `parameters_overrides`. `force` allows
    tables and the bucket to leave the stack, and others of new names to take their places. Raises DeployError, one
    sentence for the operator.
    """
    at = accounts.at(region)
    with at.explained():
        return _deployed(at, stage, parameters_overrides or {}, build_dir or package.BUILD / stage, say, force)


def _deployed(
    at: Account, stage: str, overrides: Mapping[str, str], build: Path, say: Say, force: bool
) -> dict[str, str]:
    if not (build / "parameters.json").exists():
        raise DeployError(f"Nothing is packaged in {build}: run make package STAGE={stage}.")
    packaged = json.loads((build / "template.json").read_text())
    parameters = _parameters(at, stage, packaged, json.loads((build / "parameters.json").read_text()), overrides)
    name = accounts.stack_name(parameters)
    say(f"{name}: account {at.id}, {at.region}")
    bucket = artefacts.make_bucket(at, parameters["Prefix"])
    code = artefacts.upload_code(at, bucket, build)
    whole = artefacts.with_code(packaged, bucket, code)
    found = stack.ready(at, name, say)
    if _take_up(at, name, found is not None, packaged, parameters, bucket, say):
        found = stack.describe(at, name)
    key = artefacts.upload_template(at, bucket, whole)
    kind, url = "UPDATE" if found else "CREATE", artefacts.url(at, bucket, key)
    _change(at, name, stack.propose(at, name, kind, url, Parameters=_given(parameters)), say, force)
    if parameters.get("DeletionProtection") == "true":
        at.client("cloudformation").update_termination_protection(StackName=name, EnableTerminationProtection=True)
    artefacts.keep_only(at, bucket, code, key)
    for hint in mail.hints(at, parameters.get("MailFrom", "")):
        say(hint)
    return stack.outputs(stack.describe(at, name) or {})


def _parameters(
    at: Account, stage: str, packaged: dict[str, Any], own: dict[str, str], overrides: Mapping[str, str]
) -> dict[str, str]:
    declared = packaged["Parameters"]
    stored = settings.read(at, stage)
    parameters = settings.merged(declared, own, stored, dict(overrides))
    adopt.check_region(at, adopt.kept(packaged, adopt.values_of(at, parameters)))
    if settings.SECRET in declared and settings.SECRET not in parameters:
        parameters[settings.SECRET] = settings.make_secret(at, stage)
    problem = settings.contradictions(parameters, at.region)
    if problem:
        raise DeployError(problem)
    mail.check(at, parameters.get("MailFrom", ""))
    return parameters


def _take_up(
    at: Account, name: str, is_there: bool, packaged: dict[str, Any], parameters: dict[str, str], bucket: str, say: Say
) -> bool:
    """Import what is not in the stack, but there; says whether there was something."""
    have = stack.logical_ids(at, name) if is_there else set()
    kept = adopt.kept(packaged, adopt.values_of(at, parameters))
    found = adopt.left(at, [resource for resource in kept if resource.logical_id not in have])
    if not found:
        return False
    say(f"Taking up {len(found)} tables and buckets that are there.")
    base = stack.processed_template(at, name) if is_there else {"Parameters": packaged["Parameters"]}
    current = stack.parameters_of(at, name) if is_there else parameters
    whole = adopt.template_of(found, base, adopt.values_of(at, current))
    url = artefacts.url(at, bucket, artefacts.upload_template(at, bucket, whole))
    given = _kept_values(base) if is_there else _given(parameters)
    change_set = stack.propose(at, name, "IMPORT", url, ResourcesToImport=adopt.to_import(found), Parameters=given)
    if change_set:
        stack.execute(at, change_set, say)
    return True


def _given(parameters: dict[str, str]) -> list[dict[str, Any]]:
    return [{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()]


def _kept_values(base: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"ParameterKey": name, "UsePreviousValue": True} for name in base.get("Parameters", {})]


def _change(at: Account, name: str, change_set: dict[str, Any] | None, say: Say, force: bool) -> None:
    if change_set is None:
        say("Nothing has changed.")
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
    if len(changes) <= MOST_LINES:
        for part in (change["ResourceChange"] for change in changes):
            replaced = ", replaced" if part.get("Replacement") == "True" else ""
            say(f"  {_SIGNS.get(part['Action'], '?')} {part['LogicalResourceId']} ({part['ResourceType']}{replaced})")


def destroy(stage: str, region: str, data: bool = False, say: Say = say_now) -> None:
    """Delete the stack of a stage, and with `data` all that it keeps: tables, buckets, settings.

    Raises DeployError.
    """
    parameters, at = accounts.parameters_of(stage), accounts.at(region)
    name = accounts.stack_name(parameters)
    with at.explained():
        say(f"{name}: account {at.id}, {at.region}")
        kept = adopt.kept(template.compose(), adopt.values_of(at, parameters))
        adopt.check_region(at, kept)
        if not remove.remove_stack(at, name, say):
            say(f"There is no stack {name} in {at.region}.")
        tables, buckets = remove.data_of(at, parameters["Prefix"], kept)
        if data:
            remove.remove_data(at, stage, tables, buckets, say)
            say("All is deleted. DynamoDB keeps a last backup of each table for 35 days.")
        elif tables or buckets:
            say(f"Kept: {len(tables)} tables, {' and '.join(buckets)}, and the settings in {settings.path(stage)}.")
            say(f"make deploy STAGE={stage} REGION={at.region} takes them up again; DATA=delete deletes them, too.")


# ---- commands ----


def _deploy(at: Account, stage: str, told: Told) -> None:
    say_now(f"Packaging {stage}.")
    package.package(stage)
    outputs = deploy(stage, at.region, force=told.get("FORCE") == "1")
    say_now(f"{stage} is at {outputs['Url']}")
    prefix = accounts.parameters_of(stage)["Prefix"]
    if admin.exists(at, prefix):
        return
    email = told.get("ADMIN_EMAIL") or _asked("E-mail address of the first administrator: ")
    if email:
        commands.give_password(at, prefix, email, outputs["Url"])
    else:
        say_now(NO_ADMINISTRATOR.format(stage=stage, region=at.region))


def _destroy(at: Account, stage: str, told: Told) -> None:
    wish = told.get("DATA", "")
    if wish not in ("", "keep", "delete"):
        raise DeployError("DATA is keep or delete.")
    what = "with all its data, for good" if wish == "delete" else "but keeps its data"
    typed = told.get("YES") or _asked(
        f"This deletes {stage} in account {at.id}, {at.region}, {what}. Type {stage} to go on: "
    )
    if typed != stage:
        raise DeployError(f"Nothing was deleted: type {stage}, or say YES={stage}.")
    destroy(stage, at.region, wish == "delete")


def _asked(question: str) -> str:
    """What a person types; nothing where nobody is there."""
    return input(question).strip() if sys.stdin.isatty() else ""


COMMANDS = {"deploy": _deploy, "destroy": _destroy, **commands.COMMANDS, **restore.COMMANDS}


def main(command: str, told: Told) -> int:
    """0 when it is done, 1 with a sentence of what is in the way."""
    try:
        stage = told.get("STAGE", "")
        accounts.parameters_of(stage)
        at = accounts.at(told.get("REGION", ""))
        with at.explained():
            _ = at.id  # are there credentials at all?
            COMMANDS[command](at, stage, told)
    except (DeployError, PackageError) as error:
        print(error, file=sys.stderr)
    except KeyboardInterrupt:
        print("Broken off. What AWS has begun goes on; run it again to see.", file=sys.stderr)
    else:
        return 0
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], os.environ))
