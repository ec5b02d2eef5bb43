"""All internals of libraries on which the code depends, as they are in the locked versions.

`python -m tests.support.library_internals` prints those that an update has changed, and what to do. A
test runs it in a process in which nothing is patched.
"""

import importlib
import inspect
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Internal:
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
RESPONSES = "chalicelib/aws/botocore_internals.py"
CLIENTS = "tests/support/aws/botocore_internals.py"
MOTO = "tests/support/aws/moto_internals.py"
QUICK_MOTO = "tests/support/aws/quick_moto.py"
RIGHTS = "tests/support/aws/rights_check.py"

INTERNALS = (
    Internal(MODELS, "pynamodb.models", "Model._get_connection", "(cls)", "cls._connection = TableConnection("),
    Internal(MODELS, "pynamodb.models", "Model._connection", "NoneType"),
    Internal(MODELS, "pynamodb.connection", "TableConnection.__init__", "", "self.connection = Connection("),
    Internal(MODELS, "pynamodb.connection", "Connection.add_meta_table", "(self, meta_table)"),
    Internal(MODELS, "pynamodb.connection", "Connection.get_meta_table", "(self, table_name)"),
    Internal("tests/support/source/pynamodb_internals.py", "pynamodb.models", "Model._get_schema", "(cls)"),
    Internal(RESPONSES, "botocore.endpoint", "Endpoint._do_get_response", "", ".update(customized_response_dict)"),
    Internal(CLIENTS, "botocore.client", "BaseClient._make_api_call", "(self, operation_name, api_params)"),
    Internal(CLIENTS, "botocore.client", "BaseClient._emit_api_params", "(self, api_params, operation_model, context)"),
    Internal(CLIENTS, "botocore.signers", "generate_presigned_url", "", "'is_presign_request': True"),
    Internal(CLIENTS, "botocore.signers", "generate_presigned_url", "", "self._emit_api_params("),
    Internal(CLIENTS, "botocore.handlers", "BUILTIN_HANDLERS", "list"),
    Internal(CLIENTS, "botocore.useragent", "UserAgentString.to_string", "(self)"),
    Internal(MOTO, "moto.backends", "get_backend", "(name)"),
    Internal(MOTO, "moto.core", "DEFAULT_ACCOUNT_ID", "str"),
    Internal(MOTO, "moto.dynamodb.models", "DynamoDBBackend.__init__", "", "self.tables: dict"),
    Internal(MOTO, "moto.dynamodb.models", "copy", "module copy"),
    Internal(MOTO, "moto.s3.models", "FakeKey.dispose", "(self, garbage)"),
    Internal(MOTO, "moto.s3.models", "FakeKey.instances_tracked", "list"),
    Internal(MOTO, "moto.s3.models", "FakeBucket.__init__", "", "self.multiparts = "),
    Internal(MOTO, "moto.ses.models", "SESBackend.__init__", "(self, region_name, account_id)", "self.sent_messages"),
    Internal(MOTO, "moto.ses.models", "SESBackend.verify_email_address", "(self, address)"),
    Internal(MOTO, "moto.sesv2.responses", "SESV2Response.send_email", "(self)"),
    Internal(MOTO, "moto.sqs.models", "Queue.__init__", "", "self._messages: list"),
    Internal(MOTO, "moto.sqs.models", "Queue.__init__", "", "self._pending_messages: set"),
    Internal(MOTO, "moto.sqs.models", "unix_time_millis", "(dt)"),
    Internal(QUICK_MOTO, "moto.core.base_backend", "BaseBackend.urls", "property"),
    Internal(QUICK_MOTO, "moto.core.botocore_stubber", "BotocoreStubber.process_request", "(self, request)"),
    Internal(QUICK_MOTO, "moto.core.responses", "ActionResult.execute_result", "(self, context)"),
    Internal(QUICK_MOTO, "moto.core.responses", "method_names_from_class", "(clazz)"),
    Internal(QUICK_MOTO, "moto.dynamodb.models", "DynamoDBBackend.transact_write_items", "(self, transact_items)"),
    Internal(QUICK_MOTO, "moto.dynamodb.models", "DynamoDBBackend.get_keys_value", "(self, table, keys)"),
    Internal(QUICK_MOTO, "moto.dynamodb.models.dynamo_type", "Item.__init__", "(self, hash_key, range_key, attrs)"),
    Internal(QUICK_MOTO, "moto.dynamodb.models.dynamo_type", "Item.project", "(self, projection_expressions)"),
    Internal(QUICK_MOTO, "moto.dynamodb.models.dynamo_type", "LimitedSizeDict", "class"),
    Internal(QUICK_MOTO, "moto.dynamodb.models.table", "Table.all_items", "(self)"),
    Internal(
        QUICK_MOTO,
        "moto.dynamodb.models.table",
        "Table.query",
        "(self, hash_key, range_comparison, range_objs, limit, exclusive_start_key, scan_index_forward, "
        "projection_expressions, index_name, consistent_read, filter_expression, hash_key_conditions, "
        "range_key_conditions, filter_kwargs)",
    ),
    Internal(QUICK_MOTO, "moto.dynamodb.models.utilities", "dynamo_json_dump", "(dynamo_object)"),
    Internal(QUICK_MOTO, "moto.dynamodb.models.utilities", "dynamo_to_dict", "(obj)"),
    Internal(QUICK_MOTO, "moto.dynamodb.parsing.expressions", "UpdateExpressionParser.make", "(cls, expression_str)"),
    Internal(QUICK_MOTO, "moto.dynamodb.parsing.validators", "deepcopy", "(x, memo, _nil)"),
    Internal(QUICK_MOTO, "moto.dynamodb.responses", "DynamoHandler.__init__", "(self)"),
    Internal(QUICK_MOTO, "moto.dynamodb.responses", "DynamoResult", "class"),
    Internal(RIGHTS, "chalice.app", "Chalice.__call__", "(self, event, context)"),
    Internal(RIGHTS, "chalice.app", "EventSourceHandler.__call__", "(self, event, context)"),
    Internal(
        "tests/support/quick_passwords.py",
        "argon2",
        "PasswordHasher.__init__",
        "(self, time_cost, memory_cost, parallelism, hash_len, salt_len, encoding, type)",
    ),
)


def changed(internals: tuple[Internal, ...] = INTERNALS) -> list[str]:
    """The changes by updates, one sentence each."""
    return [problem for problem in (internal.problem() for internal in internals) if problem]


if __name__ == "__main__":
    print("\n".join(changed()))
