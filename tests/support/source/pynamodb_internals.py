"""The use of PynamoDB's internals by the tests: the keys and indexes of a model as data.

PynamoDB uses them for `Model.create_table` only; to be reported at https://github.com/pynamodb/PynamoDB/issues as
"a public way to get the schema of a model". `tests/test_library_internals.py` fails when an update changes it.
"""

from typing import Any, cast

from pynamodb.models import Model


def schema_of(model: type[Model]) -> dict[str, Any]:
    """`key_schema` of a model as DynamoDB takes it, and its `global_secondary_indexes`."""
    return cast(dict[str, Any], model._get_schema())
