"""The application as deployed, on this machine: the packaged zip and template, deployed to ministack by CloudFormation.

`python -m infra.local.deployed` (`make run-deployed`) runs it in the foreground, like `make run`; tests use `start`.
Every start is from scratch: package, deploy, create a first user. Real are the zip, functions as separate processes
with nothing but that zip, the policies of their roles, the queues' triggers, API Gateway's routes, the bucket's policy.
The local gateway stands in for CloudFront, with the rules from which the template's distribution is made.

ministack differs from AWS, besides what `edge/remote_api.py` and the modules of `aws` describe: it does not limit the
memory and disk of functions, and an update that changes the API's routes creates another API, which the running gateway
does not know.
"""

import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

from infra.deploying import settings
from infra.local.__main__ import main as foreground
from infra.local.aws import emulator
from infra.local.aws.emulator import ROOT
from infra.local.checks import HOST, StackError, listen, open_data_dir
from infra.local.children import Child
from infra.local.edge import origin_access
from infra.local.edge.remote_api import MAX_CONCURRENT
from infra.local.stack import DEMO_EMAIL, Stack, announced, credentials
from infra.local.supervisor import Supervisor
from infra.resources import LOCAL_REGION, QUEUES

STAGE = "dev"
PREFIX = "studio-dev-"
STACK = "studio-dev"
SETTINGS = {
    "SERVICES": "acm,apigateway,cloudformation,cloudfront,dynamodb,events,iam,lambda,logs,monitoring,route53,s3,ses,"
    "sns,sqs,ssm,sts,wafv2",
    "AUTH": "true",  # functions have only the permissions of their roles
    "PERSIST_STATE": "0",
}


@contextmanager
def start(port: int, data_dir: Path | str) -> Iterator[Stack]:
    """Package, deploy and run until the block ends. Port 0 means any free one; the contents of `data_dir` are deleted.

    Raises StackError, whose text is one sentence for the user.
    """
    folder = Path(data_dir).resolve()
    with ExitStack() as resources:
        listener = resources.enter_context(listen(port))
        url = f"http://{HOST}:{listener.getsockname()[1]}"
        lock = resources.enter_context(open_data_dir(folder))
        _empty(folder)
        (folder / "tmp").mkdir()
        resources.callback(shutil.rmtree, folder / "tmp", ignore_errors=True)
        emulated = SETTINGS | {"TMPDIR": str(folder / "tmp")}
        endpoint, ministack = resources.enter_context(emulator.serve(folder, lock, emulated))
        print("packaging and deploying", flush=True)
        operate(endpoint, "settings", SET=f"PublicUrl={url}")
        operate(endpoint, "deploy")
        outputs = outputs_of(endpoint)
        environment = _environment(endpoint, outputs, url)
        command = [sys.executable, "-m", "infra.local.edge.gateway"]
        gateway = Child(
            "gateway", command, environment | _gateway_environment(endpoint, outputs), ROOT, folder, listener
        )
        resources.callback(gateway.stop)
        emulator.wait_until_healthy(url + "/content/", gateway)
        _warm_up(url, gateway)
        state = resources.enter_context(announced(folder, environment, url))
        user = credentials(folder, environment, ROOT) | {"email": DEMO_EMAIL}
        port = int(url.rpartition(":")[2])
        yield Stack(
            url,
            port,
            folder,
            environment=state,
            children=[ministack, gateway],
            supervisor=Supervisor([gateway], {}),
            irreplaceable=ministack,  # it saves nothing here
            **user,
        )


def _empty(folder: Path) -> None:
    """Remove the remains of an earlier run. Raises StackError if the folder has the data of `make run`."""
    if (folder / "aws" / "state" / "dynamodb.json").exists():
        raise StackError(f"DATA_DIR {folder} has the data of `make run`: choose another DATA_DIR.")
    for name in ("aws", "tmp"):
        shutil.rmtree(folder / name, ignore_errors=True)
    (folder / "credentials.json").unlink(missing_ok=True)


def _warm_up(url: str, gateway: Child) -> None:
    """Start as many processes of the API as are called concurrently."""
    with ThreadPoolExecutor(MAX_CONCURRENT) as threads:
        list(threads.map(lambda _: emulator.wait_until_healthy(url + "/api/", gateway), range(MAX_CONCURRENT)))


def operate(endpoint: str, command: str, **options: str) -> str:
    """Run `make <command>` as an operator does; returns its output. Raises StackError if it fails."""
    environment = emulator.operator(endpoint) | {"STAGE": STAGE, "REGION": LOCAL_REGION} | options
    call = [sys.executable, "-m", "infra.deploy", command]
    done = subprocess.run(call, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode:
        raise StackError(f"make {command} failed: {done.stderr.strip()}")
    return done.stdout


def outputs_of(endpoint: str) -> dict[str, str]:
    """The outputs of the stack, by name."""
    stack = emulator.client("cloudformation", endpoint).describe_stacks(StackName=STACK)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def _environment(endpoint: str, outputs: Mapping[str, str], url: str) -> dict[str, str]:
    """The environment of a process that runs the app's code on the stack, with an operator's permissions."""
    queues = {name: outputs[f"{name.capitalize()}QueueUrl"] for name in QUEUES}
    return emulator.environment(endpoint, queues, url) | {"TABLE_PREFIX": PREFIX, "BUCKET": outputs["Bucket"]}


def _gateway_environment(endpoint: str, outputs: Mapping[str, str]) -> dict[str, str]:
    """What the gateway needs in addition, as the distribution does."""
    iam, s3 = emulator.client("iam", endpoint), emulator.client("s3", endpoint)
    ssm = emulator.client("ssm", endpoint)
    secret, key = (
        ssm.get_parameter(Name=settings.path(STAGE, name), WithDecryption=True)["Parameter"]["Value"]
        for name in (settings.SECRET, settings.KEYS[0])
    )
    return {
        "REST_API": outputs["RestAPIId"],
        "FRONT_KEY": secret,
        "API_KEY": key,
        "BUCKET_READER": origin_access.create_user(iam, s3, outputs["Bucket"]),
    }


if __name__ == "__main__":
    sys.exit(foreground(start, ".local/deployed"))
