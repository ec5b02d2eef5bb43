"""Whether SES can send what the application sends."""

from botocore.exceptions import BotoCoreError, ClientError

from infra.deploying.account import Account
from infra.deploying.problems import DeployError, explain


def check(account: Account, sender: str) -> None:
    """Raises DeployError where the region has no SES; nothing is asked where no mail is sent."""
    if sender and account.region not in _regions(account):
        raise DeployError(f"There is no SES in {account.region}: remove MailFrom, or deploy to another REGION.")


def _regions(account: Account) -> list[str]:
    names: list[str] = account.session.get_available_regions("sesv2", account.partition)
    return names


def hints(account: Account, sender: str) -> list[str]:
    """Sentences about what keeps mail from arriving. What cannot be found out is one, too: no mail is no reason not to
    deploy."""
    if not sender:
        return []
    ses = account.client("sesv2")
    try:
        found = ses.get_account()
        verified = ses.get_email_identity(EmailIdentity=sender)["VerifiedForSendingStatus"]
    except (BotoCoreError, ClientError) as error:
        return [f"Whether mail is sent could not be seen. {explain(error, 'ses')}"]
    said = []
    if not found.get("ProductionAccessEnabled"):
        said.append("SES sends mail of this account to verified addresses only: ask AWS for production access.")
    if not verified:
        said.append(f"SES does not know {sender} yet: open the link that it sent there, or set the domain's records.")
    return said
