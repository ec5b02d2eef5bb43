"""Rare calls of the functions that end uploads and leave nothing behind: each has the permission for them."""

from chalicelib.aws import multipart, queues, storage
from chalicelib.config import settings
from chalicelib.domain.storage_keys import retained_files_key, storage_key
from chalicelib.models.base import write_many
from chalicelib.models.resumable_uploads import ResumableUpload
from chalicelib.operations.publishing import dead_letters
from tests.conftest import BUCKET
from tests.support.aws.rights_check import judge


def test_of_the_check_of_uploads(studio):
    url = settings().assembly_queue_url
    key = storage_key("0" * 32, "mp4")
    begun = studio.cloud.s3.create_multipart_upload(Bucket=BUCKET, Key=key)["UploadId"]
    queues.send_assembly("gone")
    (message,) = studio.cloud.sqs.receive_message(QueueUrl=url)["Messages"]
    with judge.running("assembly"):
        assert storage.size_of("content/incoming/gone") is None
        multipart.abort(key, begun)
        queues.retry_in(url, message["ReceiptHandle"], 1)
        queues.send_again(url, message["Body"], 1)
    assert "Uploads" not in studio.cloud.s3.list_multipart_uploads(Bucket=BUCKET)
    assert studio.cloud.waiting("assembly") == 2


def test_of_dead_letters(studio):
    with judge.running("failed"):
        dead_letters.bury("assembly", '{"task_id": "gone"}')
    assert studio.cloud.waiting("assembly-dlq") == 1


def test_of_the_end_of_channels_and_users(studio):
    studio.cloud.s3.put_object(Bucket=BUCKET, Key=retained_files_key("gone"), Body=b"")
    with judge.running("maintenance"):
        storage.delete(retained_files_key("gone"))
        write_many(deletes=[(ResumableUpload, ("nobody", "gone"))])
    assert retained_files_key("gone") not in studio.cloud.objects()
