"""What the functions do not need, as data: packages that are not installed, and files that are removed.

`tests/deployed/test_package.py` shows that every module of the application still loads and works.
"""

from dataclasses import dataclass
from pathlib import Path

CHALICE_CLI = "only Chalice's command line imports it"
FLASK = "Bootstrap-Flask is installed for the stylesheet that it contains, not for Flask"
DJANGO = "django-chunk-file-upload is installed for the SparkMD5 that it contains, not for Django"
NOT_INSTALLED = {
    "asgiref": DJANGO,
    "blessed": CHALICE_CLI,
    "blinker": FLASK,
    "chalice": "the functions import only chalice/app.py, which `chalice package` adds itself",
    "click": CHALICE_CLI,
    "django": DJANGO,
    "dnspython": "email-validator imports it only to look domains up",
    "editor": CHALICE_CLI,
    "flask": FLASK,
    "inquirer": CHALICE_CLI,
    "itsdangerous": FLASK,
    "jinxed": CHALICE_CLI,
    "pip": CHALICE_CLI,
    "pycparser": "cffi parses C declarations with it; argon2's are compiled already",
    "pyyaml": CHALICE_CLI,
    "readchar": CHALICE_CLI,
    "runs": CHALICE_CLI,
    "setuptools": CHALICE_CLI,
    "sqlparse": DJANGO,
    "tzdata": DJANGO,
    "wcwidth": CHALICE_CLI,
    "werkzeug": FLASK,
    "wheel": CHALICE_CLI,
    "wtforms": FLASK,
    "xmod": CHALICE_CLI,
}


@dataclass(frozen=True)
class Prune:
    """Files or folders to remove, as a glob below the folder of the packages, except those that match one of `keep`."""

    pattern: str
    why: str
    keep: tuple[str, ...] = ()


PRUNED = (
    Prune("bin", "scripts of a command line"),
    Prune(
        "*.dist-info",
        "for pip; pydantic would look for plugins in each. latex2mathml reads its own version",
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
        "the logger needs only one of the utilities",
        keep=("jmespath_utils",),
    ),
    Prune("cffi", "compiles bindings; argon2's are compiled and need only _cffi_backend"),
    Prune("pysqlite3-binary", "a second build of _sqlite3 that cannot be imported by this name"),
    Prune("pysqlite3_binary.libs", "for that second build: the first includes SQLite"),
    Prune("flask_bootstrap/*.py", "only the stylesheet and the icons are used"),
    Prune("flask_bootstrap/templates", "the same"),
    Prune("flask_bootstrap/static/bootstrap4", "the same"),
    Prune("flask_bootstrap/static/bootstrap5/*", "the same", keep=("css", "icons")),
    Prune("flask_bootstrap/static/bootstrap5/css/*", "the same", keep=("bootstrap.min.css",)),
    Prune("django_chunk_file_upload/*", "only SparkMD5 is used", keep=("static",)),
    Prune("django_chunk_file_upload/static/*", "the same", keep=("js",)),
    Prune("django_chunk_file_upload/static/js/*", "the same", keep=("spark-md5.min.js",)),
    Prune("PIL/_avif.*", "only PNG, JPEG, GIF and WebP are read"),
    Prune("pillow.libs/libavif-*", "the same; Pillow works without it"),
    Prune("PIL/_imagingft.*", "no text is drawn"),
    Prune("pillow.libs/libfreetype-*", "the same"),
    Prune("pillow.libs/libharfbuzz-*", "the same"),
    Prune("PIL/_imagingcms.*", "no colour profiles are applied"),
    Prune("pillow.libs/liblcms2-*", "the same"),
    Prune("PIL/_imagingtk.*", "there is no screen"),
)


def unused(folder: Path, rules: tuple[Prune, ...] = PRUNED) -> list[Path]:
    """The files and folders to remove from a folder of packages.

    Raises ValueError for a rule that matches nothing: its package has changed.
    """
    found: list[Path] = []
    for rule in rules:
        matching = [path for path in sorted(folder.glob(rule.pattern)) if not any(map(path.match, rule.keep))]
        if not matching:
            raise ValueError(f"{rule.pattern} matches nothing to prune: update its rule in pruning.py.")
        found += matching
    return found
