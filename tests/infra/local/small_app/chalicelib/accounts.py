"""Users as the stack creates them."""

import hashlib
import os
from typing import Any

from botocore.session import get_session

from chalicelib.errors import Conflict


def create_user(email: str, password: str | None = None, is_admin: bool = False) -> tuple[str, str]:
    dynamodb: Any = get_session().create_client("dynamodb")
    item = {"id": {"S": email}, "password": {"S": str(password)}, "is_admin": {"BOOL": is_admin}}
    try:
        dynamodb.put_item(
            TableName=os.environ["TABLE_PREFIX"] + "users",
            Item=item,
            ConditionExpression="attribute_not_exists(id)",
        )
    except dynamodb.exceptions.ConditionalCheckFailedException:
        raise Conflict(email) from None
    return email, hashlib.sha1(email.encode()).hexdigest()
