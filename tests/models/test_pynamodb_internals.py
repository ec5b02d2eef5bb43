"""Models share one connection, and know the prefix of their tables."""

import itertools
import threading

import pytest
from pynamodb.attributes import UnicodeAttribute

from chalicelib.config import settings
from chalicelib.models.base import Table, find, query_raw
from chalicelib.models.children import Child
from chalicelib.models.connection import connection
from chalicelib.models.pynamodb_internals import table_connection
from chalicelib.models.secret_tokens import SecretToken
from chalicelib.models.stored_objects import StoredObject
from tests.support.aws.calls import Watch, watching
from tests.support.existing import existing

ADAPT = "adapt chalicelib/models/pynamodb_internals.py to this version of PynamoDB"
MODELS = (StoredObject, Child, SecretToken)


@pytest.fixture
def clients(aws, monkeypatch):
    """The clients by which calls are made."""
    made = []

    class Noting(Watch):
        def __call__(self, client, operation, arguments):
            made.append(client)
            return super().__call__(client, operation, arguments)

    with watching(Noting()):
        yield made


def test_models_share_one_connection(aws):
    assert {table_connection(model).connection for model in MODELS} == {connection()}, ADAPT


def test_every_method_of_a_model_uses_it(clients):
    SecretToken("a", channel_id="c").save()
    SecretToken("a").update([SecretToken.channel_id.set("d")])
    assert existing(find(SecretToken, "a")).channel_id == "d"
    assert not list(Child.query("a"))
    assert not list(query_raw(Child, "a"))
    SecretToken("a").delete()
    assert len(clients) == 6
    assert {id(client) for client in clients} == {id(connection().client)}, ADAPT


def test_tables_have_the_prefix_once(aws):
    for _ in range(2):
        names = {model: table_connection(model).table_name for model in MODELS}
    assert {name.count(settings().table_prefix) for name in names.values()} == {1}, ADAPT


def test_a_new_connection_is_used_by_all(aws):
    """As when settings change: tests have another one for each cloud."""
    before = connection()
    connection.cache_clear()
    assert {table_connection(model).connection for model in MODELS} == {connection()}, ADAPT
    assert connection() is not before


def test_two_threads_that_use_a_table_first_name_it_once(aws):
    """A cold worker reads the questions of many exercises at once."""
    both_looked, one_named = threading.Event(), threading.Event()
    turns = itertools.count()

    class Name(str):
        def startswith(self, *args):
            found = super().startswith(*args)
            if next(turns) == 0:
                both_looked.wait(0.3)
            else:
                both_looked.set()
                one_named.wait(0.3)
            return found

    class Racing(Table):
        class Meta:
            table_name = Name("racing")

        id = UnicodeAttribute(hash_key=True)

    def use():
        table_connection(Racing)
        one_named.set()

    threads = [threading.Thread(target=use) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Racing.Meta.table_name == f"{settings().table_prefix}racing"
