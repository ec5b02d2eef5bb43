"""Every reach into PynamoDB's internals; no other module uses its private names.

- **One connection for all models.** PynamoDB makes one for each model, with a client that costs tens of milliseconds
  and some megabytes. Sharing one is not offered: https://github.com/pynamodb/PynamoDB/issues/1245 (and 876). All
  methods of a model ask `Model._get_connection`, which keeps its answer in `Model._connection`.
- **A prefix before every table's name**, known only when the settings are read:
  https://github.com/pynamodb/PynamoDB/issues/487. `Meta.table_name` is changed before that first call.
- **The connection to a model's table**, whose `query` returns items as DynamoDB writes them. Models have no public way
  to it; to be reported at https://github.com/pynamodb/PynamoDB/issues as "a public `Model.get_connection()`".

`tests/models/test_pynamodb_internals.py` fails where an update changes what this builds on.
"""

from threading import RLock

from pynamodb.connection import TableConnection
from pynamodb.models import Model

from chalicelib.config import settings
from chalicelib.models.connection import connection

_naming = RLock()


class SharedModel(Model):
    """A model on the connection that all models share, with the deployment's prefix before the name of its table."""

    @classmethod
    def _get_connection(cls) -> TableConnection:
        with _naming:
            cls._share_connection()
        return super()._get_connection()

    @classmethod
    def _share_connection(cls) -> None:
        if cls._connection is None or cls._connection.connection is not connection():
            prefix = settings().table_prefix
            if not cls.Meta.table_name.startswith(prefix):
                cls.Meta.table_name = prefix + cls.Meta.table_name
            own = super()._get_connection()
            connection().add_meta_table(own.connection.get_meta_table(cls.Meta.table_name))
            own.connection = connection()


def table_connection(model: type[SharedModel]) -> TableConnection:
    """The connection to the table of a model."""
    return model._get_connection()
