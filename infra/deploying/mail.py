"""Whether SES can send what the application sends."""

from botocore.exceptions import BotoCoreError, ClientError

from infra.deploying.account import Account
from infra.deploying.problems import DeployError, explain


def check(account: Account, sender: str) -> None:
    """Raises DeployError if mail is to be sent but the region has no SES."""
    if sender and account.region not in _regions(account):
        raise DeployError(f"There is no SES in {account.region}: remove MailFrom, or deploy to another REGION.")


def _regions(account: Account) -> list[str]:
    names: list[str] = account.session.get_available_regions("sesv2", account.partition)
    return names


def hints(account: Account, sender: str) -> list[str]:
    """Sentences about what prevents mail from arriving. If that cannot be checked, this is one of them, not an error:
    a stage can be deployed without mail."""
    if not sender:
        return []
    ses = account.client("sesv2")
    try:
        found = ses.get_account()
        verified = ses.get_email_identity(EmailIdentity=sender)["VerifiedForSendingStatus"]
    except (BotoCoreError, ClientError) as error:
        return [f"The state of SES could not be checked. {explain(error, 'ses')}"]
    said = []
    if not found.get("ProductionAccessEnabled"):
        said.append("SES sends mail to verified addresses only: request production access from AWS.")
    if not verified:
        said.append(f"SES has not verified {sender} yet: open the link that it sent, or set the domain's records.")
    return said
