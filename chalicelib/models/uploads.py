"""What each user uploaded: what counts against the quota, each file once.

| access pattern | key condition | used by |
| --- | --- | --- |
| has this user uploaded this file | `user_id`, `filename` | upload_url |
| all of a user's files | `user_id` | storage used by kind |
"""

from pynamodb.attributes import NumberAttribute, UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.models.base import Table


class Upload(Table):
    class Meta:
        table_name = "uploads"

    user_id = UnicodeAttribute(hash_key=True)
    filename = UnicodeAttribute(range_key=True)  # "<md5>.<extension>"
    file_id = UnicodeAttribute()
    file_size = NumberAttribute()
    created = UTCDateTimeAttribute()
