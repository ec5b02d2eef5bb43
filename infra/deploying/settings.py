"""The operator's own settings and the secret of the front, in SSM Parameter Store below /studio/<stage>/."""

import secrets
from typing import Any

from botocore.exceptions import ClientError

from infra.deploying.account import Account
from infra.deploying.problems import DeployError, code_of

SECRET = "FrontKey"  # noqa: S105 - its name
FIXED = ("Prefix",)  # another one would be another deployment
MASK = "********"
LOWEST_RATE = 10  # requests; AWS WAF takes none below


def path(stage: str, name: str = "") -> str:
    """Where a stage's settings are, or one of them."""
    return f"/studio/{stage}/{name}"


def read(account: Account, stage: str) -> dict[str, str]:
    """All settings of a stage by name, the secret as well."""
    pages = account.client("ssm").get_paginator("get_parameters_by_path")
    found = {}
    for page in pages.paginate(Path=path(stage), WithDecryption=True):
        for parameter in page["Parameters"]:
            found[parameter["Name"].removeprefix(path(stage))] = parameter["Value"]
    return found


def make_secret(account: Account, stage: str) -> str:
    """Make what the front and the API know each other by, where there is none. Returns what is there then."""
    ssm, name = account.client("ssm"), path(stage, SECRET)
    try:
        ssm.put_parameter(
            Name=name,
            Value=secrets.token_hex(32),
            Type="SecureString",
            Description="What CloudFront shows to the API; made by make deploy",
            Overwrite=False,
        )
    except ClientError as error:
        if code_of(error) != "ParameterAlreadyExists":
            raise
    return str(ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"])


def rotate(account: Account, stage: str, deployed: str) -> str:
    """One step of exchanging the secret without a gap: one key becomes `new,old`, of two the older one goes. Each step
    is good only once the one before is deployed: then both sides share a key at every moment
    (docs/decisions/0018-front.md). `deployed` is what the API knows now. Returns what to do next.

    Raises DeployError where the step before is not deployed.
    """
    stored = read(account, stage).get(SECRET, "")
    if not stored or stored != deployed:
        raise DeployError("The API does not know the keys in SSM yet: run make deploy first, then ROTATE=1 again.")
    newest, is_exchanged = stored.partition(",")[0], "," in stored
    value = newest if is_exchanged else f"{secrets.token_hex(32)},{stored}"
    name = path(stage, SECRET)
    account.client("ssm").put_parameter(Name=name, Value=value, Type="SecureString", Overwrite=True)
    where = f"STAGE={stage} REGION={account.region}"
    if is_exchanged:
        return f"The older key goes with the next deploy: make deploy {where}"
    return (
        "There is a new key beside the old one. Now, one after the other:\n"
        f"  make deploy {where}\n  make settings {where} ROTATE=1\n  make deploy {where}"
    )


def merged(declared: dict[str, Any], *layers: dict[str, str]) -> dict[str, str]:
    """The parameters of the stack; a later layer (stage, settings, overrides) wins.

    `declared` are the template's. Raises DeployError for a name that is none of them.
    """
    found = {name: value for layer in layers for name, value in layer.items()}
    unknown = sorted(found.keys() - declared.keys())
    if unknown:
        raise DeployError(f"There is no setting {', '.join(unknown)}: remove it, or use one of {_names(declared)}.")
    return found


def _names(declared: dict[str, Any]) -> str:
    return ", ".join(sorted(declared.keys() - {SECRET, *FIXED}))


def contradictions(parameters: dict[str, str], region: str) -> str:
    """A sentence about settings that cannot be together, empty where there are none."""
    given = {name for name, value in parameters.items() if value}
    if "DomainName" in given and "CertificateArn" not in given:
        return "DomainName needs CertificateArn, a certificate of that name in us-east-1: set it, too."
    if "HostedZoneId" in given and "DomainName" not in given:
        return "HostedZoneId needs DomainName: set it, too, or remove HostedZoneId."
    if "CertificateArn" in given and ":us-east-1:" not in parameters["CertificateArn"]:
        return "CertificateArn must be of a certificate in us-east-1, the only region that CloudFront takes them from."
    return _about_firewall(parameters.get("WebAclRate", ""), region)


def _about_firewall(rate: str, region: str) -> str:
    if rate in ("", "0"):
        return ""
    if region != "us-east-1":
        return "WebAclRate needs the stack in us-east-1, where CloudFront's firewall is: set it to 0, or deploy there."
    if not rate.isdecimal() or int(rate) < LOWEST_RATE:
        return f"WebAclRate is {LOWEST_RATE} at least, a number of requests in five minutes, or 0 for no limit."
    return ""


def change(account: Account, stage: str, declared: dict[str, Any], text: str) -> str:
    """`text` is `Name=value`; without a value the setting is removed. Returns what was done.

    Raises DeployError for what is no such text, or no setting that can be changed.
    """
    name, separator, value = (part.strip() for part in text.partition("="))
    if not separator or not name:
        raise DeployError('Say what to set: SET="Name=value", or SET="Name=" to remove it.')
    if name not in declared or name in FIXED:
        raise DeployError(f"There is no setting {name}: use one of {_names(declared)}.")
    ssm = account.client("ssm")
    if not value:
        ssm.delete_parameters(Names=[path(stage, name)])
        return f"{name} is removed; the next make deploy makes it so."
    if declared[name].get("NoEcho"):
        raise DeployError(f'{name} is made by make deploy: SET="{name}=" removes it, and the next one makes another.')
    ssm.put_parameter(Name=path(stage, name), Value=value, Type="String", Overwrite=True)
    return f"{name} is {value}; the next make deploy makes it so."


def lines(declared: dict[str, Any], stage: dict[str, str], own: dict[str, str]) -> list[str]:
    """One line a setting: its name, value and where that comes from. Secrets are masked."""
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
