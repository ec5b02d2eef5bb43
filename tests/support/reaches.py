"""All internals of libraries on which the code depends, as they are in the locked versions.

`python -m tests.support.reaches` prints those that an update has changed, and what to do. A test runs it in a process
in which nothing is patched.
"""

import importlib
import inspect
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Reach:
    """A name of a library: its parameters or its type, and a fragment that its source must contain, if they matter.

    `place` is the module that depends on it.
    """

    place: str
    module: str
    name: str
    shape: str
    fragment: str = ""

    def problem(self) -> str | None:
        """What differs in the installed version, and what to do about it; None if nothing does."""
        different = self._difference()
        return (
            different and f"{self.module}.{self.name} {different}. Adapt {self.place} to this version of the library."
        )

    def _difference(self) -> str | None:
        try:
            value: Any = importlib.import_module(self.module)
            for part in self.name.split("."):
                value = inspect.getattr_static(value, part)
        except (ImportError, AttributeError):
            return "is missing"
        value = getattr(value, "__func__", value)  # of class methods
        if self.shape and shape(value) != self.shape:
            return f"is {shape(value)}, not {self.shape}"
        if self.fragment and self.fragment not in inspect.getsource(value):
            return f"no longer contains {self.fragment!r}"
        return None


def shape(value: Any) -> str:
    """The parameters of a function, otherwise the type of the value."""
    if inspect.ismodule(value):
        return f"module {value.__name__}"
    if inspect.isclass(value):
        return "class"
    if callable(value):
        return f"({', '.join(inspect.signature(value).parameters)})"
    return type(value).__name__


MODELS = "chalicelib/models/pynamodb_internals.py"
ANSWERS = "chalicelib/aws/botocore_internals.py"
CLIENTS = "tests/support/aws/botocore_internals.py"
BOOKS = "tests/support/aws/moto_internals.py"
QUICK = "tests/support/aws/quick_moto.py"
RIGHTS = "tests/support/aws/rights_check.py"

REACHES = (
    Reach(MODELS, "pynamodb.models", "Model._get_connection", "(cls)", "cls._connection = TableConnection("),
    Reach(MODELS, "pynamodb.models", "Model._connection", "NoneType"),
    Reach(MODELS, "pynamodb.connection", "TableConnection.__init__", "", "self.connection = Connection("),
    Reach(MODELS, "pynamodb.connection", "Connection.add_meta_table", "(self, meta_table)"),
    Reach(MODELS, "pynamodb.connection", "Connection.get_meta_table", "(self, table_name)"),
    Reach("tests/support/source/pynamodb_internals.py", "pynamodb.models", "Model._get_schema", "(cls)"),
    Reach(ANSWERS, "botocore.endpoint", "Endpoint._do_get_response", "", ".update(customized_response_dict)"),
    Reach(CLIENTS, "botocore.client", "BaseClient._make_api_call", "(self, operation_name, api_params)"),
    Reach(CLIENTS, "botocore.client", "BaseClient._emit_api_params", "(self, api_params, operation_model, context)"),
    Reach(CLIENTS, "botocore.signers", "generate_presigned_url", "", "'is_presign_request': True"),
    Reach(CLIENTS, "botocore.signers", "generate_presigned_url", "", "self._emit_api_params("),
    Reach(CLIENTS, "botocore.handlers", "BUILTIN_HANDLERS", "list"),
    Reach(CLIENTS, "botocore.useragent", "UserAgentString.to_string", "(self)"),
    Reach(BOOKS, "moto.backends", "get_backend", "(name)"),
    Reach(BOOKS, "moto.core", "DEFAULT_ACCOUNT_ID", "str"),
    Reach(BOOKS, "moto.dynamodb.models", "DynamoDBBackend.__init__", "", "self.tables: dict"),
    Reach(BOOKS, "moto.dynamodb.models", "copy", "module copy"),
    Reach(BOOKS, "moto.s3.models", "FakeKey.dispose", "(self, garbage)"),
    Reach(BOOKS, "moto.s3.models", "FakeKey.instances_tracked", "list"),
    Reach(BOOKS, "moto.s3.models", "FakeBucket.__init__", "", "self.multiparts = "),
    Reach(BOOKS, "moto.ses.models", "SESBackend.__init__", "(self, region_name, account_id)", "self.sent_messages"),
    Reach(BOOKS, "moto.ses.models", "SESBackend.verify_email_address", "(self, address)"),
    Reach(BOOKS, "moto.sqs.models", "Queue.__init__", "", "self._messages: list"),
    Reach(BOOKS, "moto.sqs.models", "Queue.__init__", "", "self._pending_messages: set"),
    Reach(BOOKS, "moto.sqs.models", "unix_time_millis", "(dt)"),
    Reach(QUICK, "moto.core.base_backend", "BaseBackend.urls", "property"),
    Reach(QUICK, "moto.core.botocore_stubber", "BotocoreStubber.process_request", "(self, request)"),
    Reach(QUICK, "moto.core.responses", "ActionResult.execute_result", "(self, context)"),
    Reach(QUICK, "moto.core.responses", "method_names_from_class", "(clazz)"),
    Reach(QUICK, "moto.dynamodb.models", "DynamoDBBackend.transact_write_items", "(self, transact_items)"),
    Reach(QUICK, "moto.dynamodb.models", "DynamoDBBackend.get_keys_value", "(self, table, keys)"),
    Reach(QUICK, "moto.dynamodb.models.dynamo_type", "Item.__init__", "(self, hash_key, range_key, attrs)"),
    Reach(QUICK, "moto.dynamodb.models.dynamo_type", "Item.project", "(self, projection_expressions)"),
    Reach(QUICK, "moto.dynamodb.models.dynamo_type", "LimitedSizeDict", "class"),
    Reach(QUICK, "moto.dynamodb.models.table", "Table.all_items", "(self)"),
    Reach(
        QUICK,
        "moto.dynamodb.models.table",
        "Table.query",
        "(self, hash_key, range_comparison, range_objs, limit, exclusive_start_key, scan_index_forward, "
        "projection_expressions, index_name, consistent_read, filter_expression, hash_key_conditions, "
        "range_key_conditions, filter_kwargs)",
    ),
    Reach(QUICK, "moto.dynamodb.models.utilities", "dynamo_json_dump", "(dynamo_object)"),
    Reach(QUICK, "moto.dynamodb.models.utilities", "dynamo_to_dict", "(obj)"),
    Reach(QUICK, "moto.dynamodb.parsing.expressions", "UpdateExpressionParser.make", "(cls, expression_str)"),
    Reach(QUICK, "moto.dynamodb.parsing.validators", "deepcopy", "(x, memo, _nil)"),
    Reach(QUICK, "moto.dynamodb.responses", "DynamoHandler.__init__", "(self)"),
    Reach(QUICK, "moto.dynamodb.responses", "DynamoResult", "class"),
    Reach(RIGHTS, "chalice.app", "Chalice.__call__", "(self, event, context)"),
    Reach(RIGHTS, "chalice.app", "EventSourceHandler.__call__", "(self, event, context)"),
    Reach(
        "tests/support/quick_passwords.py",
        "argon2",
        "PasswordHasher.__init__",
        "(self, time_cost, memory_cost, parallelism, hash_len, salt_len, encoding, type)",
    ),
)


def changed(reaches: tuple[Reach, ...] = REACHES) -> list[str]:
    """The changes by updates, one sentence each."""
    return [problem for problem in (reach.problem() for reach in reaches) if problem]


if __name__ == "__main__":
    print("\n".join(changed()))
