"""The errors of a call to AWS that failed or got no answer: of S3, SQS and SES, and of DynamoDB through the models.

Whether a write was made nevertheless is not known then. Requests that end so are 503, and messages come again.
"""

from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.exceptions import PynamoDBException

UNAVAILABLE = (BotoCoreError, ClientError, PynamoDBException, TimeoutError)
