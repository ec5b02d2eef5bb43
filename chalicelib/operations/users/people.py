"""What members of a channel see of each other."""

from chalicelib.models.users import User
from chalicelib.schemas.responses.people import Person


def brief(user: User) -> Person:
    """Return the fields of a user that other members of a channel may see."""
    return {
        "id": user.id,
        "email": user.email,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "is_active": bool(user.is_active),
    }
