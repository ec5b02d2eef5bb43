"""What the functions do without, as data: packages that are not installed, and files that are taken out again.

`tests/deployed/test_package.py` shows that every module of the application still loads and works.
"""

from dataclasses import dataclass
from pathlib import Path

CHALICE_CLI = "only Chalice's command line imports it"
NOT_INSTALLED = {
    "blessed": CHALICE_CLI,
    "chalice": "the functions import chalice/app.py alone, which `chalice package` puts in itself",
    "click": CHALICE_CLI,
    "editor": CHALICE_CLI,
    "inquirer": CHALICE_CLI,
    "jinxed": CHALICE_CLI,
    "pycparser": "cffi parses declarations of C with it; argon2's are compiled already",
    "pyyaml": CHALICE_CLI,
    "readchar": CHALICE_CLI,
    "runs": CHALICE_CLI,
    "wcwidth": CHALICE_CLI,
    "wheel": CHALICE_CLI,
    "xmod": CHALICE_CLI,
}


@dataclass(frozen=True)
class Prune:
    """Files or folders that go, by a glob below the folder of the packages; those that match one of `keep` stay."""

    pattern: str
    why: str
    keep: tuple[str, ...] = ()


PRUNED = (
    Prune("bin", "scripts of a command line"),
    Prune(
        "*.dist-info",
        "for pip; pydantic would look for plugins in each. latex2mathml asks for its own version",
        keep=("latex2mathml-*",),
    ),
    Prune("**/tests", "tests of the packages"),
    Prune("**/*.pyi", "types for mypy"),
    Prune(
        "botocore/data/*/",
        "services that we do not call",
        keep=("dynamodb", "s3", "sesv2", "sqs"),
    ),
    Prune("botocore/data/*/*/examples-1.json", "examples for documentation"),
    Prune("boto3/data", "descriptions of resources: only clients are made"),
    Prune("boto3/examples", "examples for documentation"),
    Prune("aws_lambda_powertools/event_handler", "routes are Chalice's"),
    Prune(
        "aws_lambda_powertools/utilities/*/",
        "of the utilities the logger needs one",
        keep=("jmespath_utils",),
    ),
    Prune("cffi", "a compiler of bindings; argon2's are compiled and need _cffi_backend only"),
    Prune("pysqlite3-binary", "a second build of _sqlite3 that nobody can import by this name"),
    Prune("pysqlite3_binary.libs", "for that second build: the first has SQLite in it"),
    Prune("PIL/_avif.*", "of pictures only PNG, JPEG, GIF and WebP are read"),
    Prune("pillow.libs/libavif-*", "the same; Pillow does without"),
    Prune("PIL/_imagingft.*", "no text is drawn"),
    Prune("pillow.libs/libfreetype-*", "the same"),
    Prune("pillow.libs/libharfbuzz-*", "the same"),
    Prune("PIL/_imagingcms.*", "no colour profiles are applied"),
    Prune("pillow.libs/liblcms2-*", "the same"),
    Prune("PIL/_imagingtk.*", "there is no screen"),
)


def unused(folder: Path, rules: tuple[Prune, ...] = PRUNED) -> list[Path]:
    """What of a folder of packages is to go.

    Raises ValueError for a rule that finds nothing: it is about a package as it was once.
    """
    found: list[Path] = []
    for rule in rules:
        gone = [path for path in sorted(folder.glob(rule.pattern)) if not any(map(path.match, rule.keep))]
        if not gone:
            raise ValueError(f"Nothing is there to prune by {rule.pattern}; look at its rule in pruning.py.")
        found += gone
    return found
