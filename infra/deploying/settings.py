"""The operator's own settings and the origin secret, in SSM Parameter Store below /studio/<stage>/."""

import secrets
from typing import Any

from botocore.exceptions import ClientError

from infra.deploying.account import Account
from infra.deploying.problems import DeployError, code_of

SECRET = "FrontKey"  # noqa: S105 - its name
KEYS = ("ApiKeyA", "ApiKeyB")  # of API Gateway
SENT = "ApiKeySent"  # which of them CloudFront sends, A or B
KEY_FOLDER = "keys/"
# A different prefix would be a different deployment. A key that is sent must not change: `rotate` exchanges keys.
FIXED = ("Prefix", SENT, *KEYS)
MASK = "********"
MIN_RATE = 10  # requests, the minimum of AWS WAF


def path(stage: str, name: str = "") -> str:
    """The path of a stage's settings, or of one of them.

    API keys have a folder of their own, which versions without them do not read: so one can roll back to those.
    """
    return f"/studio/{stage}/{KEY_FOLDER if name in (SENT, *KEYS) else ''}{name}"


def read(account: Account, stage: str) -> dict[str, str]:
    """All settings of a stage by name, including the secret."""
    pages = account.client("ssm").get_paginator("get_parameters_by_path")
    found: dict[str, str] = {}
    for folder in (path(stage), path(stage) + KEY_FOLDER):
        for page in pages.paginate(Path=folder, WithDecryption=True):
            found |= {each["Name"].rpartition("/")[2]: each["Value"] for each in page["Parameters"]}
    return found


def make_secret(account: Account, stage: str, which: str = SECRET) -> str:
    """Create a secret that CloudFront sends to the API, if there is none. Returns the current one."""
    ssm, name = account.client("ssm"), path(stage, which)
    try:
        ssm.put_parameter(
            Name=name,
            Value=secrets.token_hex(32),
            Type="SecureString",
            Description="Secret that CloudFront sends to the API; created by make deploy",
            Overwrite=False,
        )
    except ClientError as error:
        if code_of(error) != "ParameterAlreadyExists":
            raise
    return str(ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"])


def rotate(account: Account, stage: str, deployed: str) -> str:
    """Take one step of rotating the secret and the API key without downtime: one secret becomes `new,old`, and of two
    the older one is removed; the API key that is not sent is replaced and sent, and then the other one is replaced.
    Each step requires that the previous one is deployed: then both sides share a secret and a key at any time
    (docs/decisions/0018-front.md). `deployed` is the API's current secret. Returns what to do next.

    Raises DeployError if the previous step is not deployed.
    """
    known = read(account, stage)
    stored = known.get(SECRET, "")
    if not stored or stored != deployed:
        raise DeployError("The secret in SSM is not deployed yet: run make deploy first, then ROTATE=1 again.")
    newest, is_rotating = stored.partition(",")[0], "," in stored
    value = newest if is_rotating else f"{secrets.token_hex(32)},{stored}"
    idle = KEYS[known.get(SENT, "A") == "A"]
    _put(account, stage, idle, secrets.token_hex(32))
    if not is_rotating:
        _put(account, stage, SENT, idle[-1], kind="String")
    _put(account, stage, SECRET, value)  # last: if this is interrupted, the step can be repeated
    where = f"STAGE={stage} REGION={account.region}"
    if is_rotating:
        return f"The next deploy removes the old secret: make deploy {where}"
    return (
        "There is a new secret beside the old one. Now run, one after the other:\n"
        f"  make deploy {where}\n  make settings {where} ROTATE=1\n  make deploy {where}"
    )


def _put(account: Account, stage: str, name: str, value: str, kind: str = "SecureString") -> None:
    account.client("ssm").put_parameter(Name=path(stage, name), Value=value, Type=kind, Overwrite=True)


def merged(declared: dict[str, Any], *layers: dict[str, str]) -> dict[str, str]:
    """The parameters of the stack; a later layer (stage, settings, overrides) wins.

    `declared` are the template's parameters. Raises DeployError for any other name.
    """
    found = {name: value for layer in layers for name, value in layer.items()}
    unknown = sorted(found.keys() - declared.keys())
    if unknown:
        raise DeployError(f"There is no setting {', '.join(unknown)}: remove it, or use one of {_names(declared)}.")
    return found


def _names(declared: dict[str, Any]) -> str:
    return ", ".join(sorted(declared.keys() - {SECRET, *FIXED}))


def contradictions(parameters: dict[str, str], region: str) -> str:
    """A sentence about settings that contradict each other, empty if there are none."""
    given = {name for name, value in parameters.items() if value}
    if "DomainName" in given and "CertificateArn" not in given:
        return "DomainName requires CertificateArn, a certificate for that name in us-east-1: set it, too."
    if "HostedZoneId" in given and "DomainName" not in given:
        return "HostedZoneId requires DomainName: set it, too, or remove HostedZoneId."
    if "CertificateArn" in given and ":us-east-1:" not in parameters["CertificateArn"]:
        return "CertificateArn must name a certificate in us-east-1, the only region that CloudFront accepts."
    return _about_firewall(parameters.get("WebAclRate", ""), region)


def _about_firewall(rate: str, region: str) -> str:
    if rate in ("", "0"):
        return ""
    if region != "us-east-1":
        return "WebAclRate requires a stack in us-east-1, where CloudFront's firewall is: set it to 0, or deploy there."
    if not rate.isdecimal() or int(rate) < MIN_RATE:
        return f"WebAclRate must be at least {MIN_RATE} requests in five minutes, or 0 for no limit."
    return ""


def change(account: Account, stage: str, declared: dict[str, Any], text: str) -> str:
    """Set `Name=value`, or remove the setting if the value is empty. Returns a sentence for the operator.

    Raises DeployError for any other text, and for a setting that cannot be changed.
    """
    name, separator, value = (part.strip() for part in text.partition("="))
    if not separator or not name:
        raise DeployError('SET must be "Name=value", or "Name=" to remove the setting.')
    if name not in declared or name in FIXED:
        raise DeployError(f"There is no setting {name}: use one of {_names(declared)}.")
    ssm = account.client("ssm")
    if not value:
        ssm.delete_parameters(Names=[path(stage, name)])
        return f"{name} is removed; the next make deploy applies it."
    if declared[name].get("NoEcho"):
        raise DeployError(
            f'make deploy creates {name}: remove it by SET="{name}=", and the next deploy creates another.'
        )
    ssm.put_parameter(Name=path(stage, name), Value=value, Type="String", Overwrite=True)
    return f"{name} is {value}; the next make deploy applies it."


def lines(declared: dict[str, Any], stage: dict[str, str], own: dict[str, str]) -> list[str]:
    """One line per setting: name, value and origin. Secrets are masked."""
    rows = []
    for name in sorted(declared.keys() | own.keys()):
        default = str(declared.get(name, {}).get("Default", ""))
        value, origin = next(
            (layer[name], origin) for layer, origin in ((own, "SSM"), (stage, "stage"), ({name: default}, "default"))
            if name in layer
        )  # fmt: skip
        origin = origin if name in declared else "SSM, but there is no such setting"
        is_secret = name not in declared or declared[name].get("NoEcho")
        rows.append((name, MASK if is_secret and value else value or "-", origin))
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    return [f"{name:{widths[0]}}  {value:{widths[1]}}  {origin}" for name, value, origin in rows]
