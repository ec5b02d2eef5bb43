"""What people do here, from registering to leaving, in a real browser with a real chef and a real Kolibri.

Each test continues where the one before stopped. Every page on the way is checked by `Reader.look`.
"""

import re
import zipfile
from pathlib import Path

import pytest

from examples import archives
from examples.clients import ClientError, run_chef
from infra.local.stack import Stack
from tests.e2e import uploads
from tests.e2e.journey.conftest import PASSWORD, World
from tests.e2e.journey.reader import Reader
from tests.e2e.kolibri.kolibri_process import RunningKolibri

CHEF = Path(__file__).parents[1] / "small_chef.py"
ADA, BEN = "ada@example.org", "ben@example.org"
SOON = 60_000  # milliseconds in which a worker has done its work


def test_a_stranger_becomes_a_user(world: World, ada: Reader) -> None:
    ada.open("/")
    ada.look("start")
    ada.open("/accounts/register/")
    ada.look("register")
    world.registered(ada, ADA, "Ada")
    assert ada.path() == "/channels/"
    ada.look("channels-empty")


def test_a_token_is_shown_once(world: World, ada: Reader) -> None:
    page = ada.open("/settings/tokens/")
    page.get_by_label("Name").fill("Laptop")
    ada.press("Create token")
    found = re.search(r"\b[0-9a-f]{40}\b", ada.text())
    assert found
    world.token = found[0]
    ada.look("token")
    ada.press("I have copied it")
    assert world.token not in page.content()
    ada.look("tokens")


def test_a_chef_stages_a_channel(world: World, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("journey") / "chef"
    run = run_chef(CHEF, world.stack.url, world.token, folder, flags=("--stage",), SOURCE_ID="journey")
    world.channel_id = run.channel_id
    assert f"/channels/{run.channel_id}/staging" in run.log


def test_what_is_staged_is_reviewed_and_deployed(world: World, ada: Reader) -> None:
    page = ada.open(f"/channels/{world.channel_id}/staging/")
    page.get_by_text("What differs").wait_for(timeout=SOON)
    ada.look("staging")
    ada.press("Deploy …")
    ada.look("staging-deploy")
    ada.press("Deploy")
    page.wait_for_url(f"**/channels/{world.channel_id}/**")
    ada.open(f"/channels/{world.channel_id}/")
    assert "Birds – ptáci" in ada.text()


def test_a_publish_is_watched_to_its_end(world: World, ada: Reader) -> None:
    page = ada.open(f"/channels/{world.channel_id}/publish/")
    ada.look("publish")
    page.get_by_label("What is new").fill("The first version.")
    ada.press("Publish")
    page.get_by_text("The latest publish has ended").wait_for(timeout=SOON)
    ada.look("published")
    found = re.search(r"\b[a-z]{5}-?[a-z]{5}\b", page.locator("section[aria-labelledby=import]").inner_text())
    assert found
    world.channel_token = found[0]


def test_kolibri_imports_it_by_its_token(world: World, kolibri: RunningKolibri) -> None:
    kolibri.manage("importchannel", "network", world.channel_token)
    found = kolibri.rows("select name, version from content_channelmetadata where id = ?", world.channel_id)
    assert [(row["name"], row["version"]) for row in found] == [("Kleiner Kanal – маленький", 1)]


def test_a_channel_and_its_contents_are_read(world: World, ada: Reader) -> None:
    page = ada.open("/channels/")
    ada.look("channels")
    page.get_by_role("link", name="Kleiner Kanal").click()
    ada.look("channel")
    page.get_by_role("link", name="Zahlen").first.click()
    page.get_by_role("link", name="Gemischt").first.click()
    page.get_by_text("Question 1").wait_for()
    assert "Gerade?" in ada.text()
    ada.look("exercise")
    for name, path in (("people", "people"), ("versions", "versions"), ("details", "edit-details")):
        ada.open(f"/channels/{world.channel_id}/{path}/")
        ada.look(name)


def test_a_colleague_registers_on_the_way_to_an_invitation(world: World, ada: Reader, ben: Reader) -> None:
    page = ada.open(f"/channels/{world.channel_id}/people/")
    page.get_by_label("E-mail address").fill(BEN)
    page.get_by_label("They may").select_option("edit")
    ada.press("Send invitation")
    assert BEN in ada.text()
    world.follow_mail(ben, BEN)
    ben.look("invitation-signed-out")
    ben.press("Register")
    world.registered(ben, BEN, "Ben")
    ben.look("invitation")
    ben.press("Accept")
    ben.open(f"/channels/{world.channel_id}/people/")
    assert "Ben" in ben.text()


def test_a_node_is_edited_and_moved(world: World, ben: Reader) -> None:
    page = ben.open(f"/channels/{world.channel_id}/")
    page.get_by_role("link", name="Kommt später").click()
    page.wait_for_url("**/nodes/**")
    node = ben.path()
    ben.look("topic")
    ben.open(f"{node}edit/")
    ben.look("edit")
    page.get_by_label("Title", exact=True).fill("Endlich da")
    ben.press("Save")
    assert "Endlich da" in ben.text()
    ben.open(f"{node}move/")
    ben.look("move")
    ben.press("Move up")
    ben.open(f"/channels/{world.channel_id}/")
    titles = page.locator(".tree a.fw-semibold").all_inner_texts()
    assert titles == ["Birds – ptáci", "Endlich da", "Zahlen"]


def test_a_file_is_uploaded_deleted_and_restored(world: World, ben: Reader, tmp_path: Path) -> None:
    page = ben.open(f"/channels/{world.channel_id}/")
    page.get_by_role("link", name="Endlich da").click()
    page.wait_for_url("**/nodes/**")
    topic = ben.path()
    path = tmp_path / "Ein Bild.pdf"
    path.write_bytes(archives.pdf("Ein Bild"))
    ben.open(f"{topic}add/")
    ben.look("add")
    page.get_by_label("Files to upload").set_input_files(path)
    page.get_by_text("Added. Edit Ein Bild.pdf").wait_for(timeout=SOON)
    ben.open(topic)
    page.get_by_role("link", name="Ein Bild").first.click()
    page.wait_for_url(lambda url: "/nodes/" in url and topic not in url)
    ben.look("document")
    ben.open(f"{ben.path()}delete/")
    ben.look("delete")
    ben.press("Move to the trash")
    ben.open(topic)
    assert "Ein Bild" not in ben.text()
    ben.open(f"/channels/{world.channel_id}/trash/")
    ben.look("trash")
    page.get_by_label("Ein Bild").check()
    ben.press("Restore")
    ben.open(topic)
    assert "Ein Bild" in ben.text()


def test_an_administrator_makes_the_channel_public(world: World, stack: Stack, ben: Reader, administrator: str) -> None:
    keeper = world.reader()
    page = keeper.open("/admin/")
    world.signed_in(keeper, administrator)
    keeper.look("admin")
    keeper.open("/admin/work/")
    keeper.look("admin-work")
    keeper.open("/admin/users/")
    keeper.look("admin-users")
    keeper.open("/admin/channels/")
    keeper.look("admin-channels")
    page.get_by_role("link", name="Kleiner Kanal").first.click()
    keeper.look("admin-channel")
    keeper.press("Make public")
    keeper.look("admin-confirm")
    keeper.press("Make public")
    keeper.close()
    uploads.wait_until_listed(stack.url, world.channel_id)
    visitor = world.reader()
    visitor.open("/catalog/")
    assert "Kleiner Kanal" in visitor.text()
    visitor.look("catalog")
    visitor.close()
    ben.open("/search/?keywords=Canto")
    ben.look("search")


def test_settings_and_the_api_are_read(ada: Reader) -> None:
    for name in ("profile", "storage", "sessions", "account"):
        ada.open(f"/settings/{name if name != 'profile' else ''}")
        ada.look(f"settings-{name}")
    for name, path in (("api", "/api/"), ("api-channels", "/api/channel/?edit=true"), ("api-docs", "/api/docs/")):
        ada.open(path)
        ada.look(name)
    ada.page.goto("/nothing/here/")
    ada.look("not-found")


def test_the_reference_of_the_api_sends_requests(ada: Reader) -> None:
    """By the session: one that reads, and one that changes something."""
    page = ada.open("/api/docs/accounts/")
    for operation, button in (("get_user_me", "Send GET"), ("patch_user_me", "Send PATCH")):
        section = page.locator(f"section.operation[id={operation}]")
        section.get_by_text("Try it").click()
        if button == "Send PATCH":
            section.get_by_label("Body (JSON)").fill('{"last_name": "Lovelace"}')
        section.get_by_role("button", name=button).click()
        answer = section.locator(".answer")
        answer.get_by_text(re.compile("^200 ")).wait_for()
        assert ADA in answer.inner_text()
    assert '"last_name": "Lovelace"' in answer.inner_text()


def test_reading_needs_no_scripts(world: World) -> None:
    """The pages of the steps above in a browser that runs no scripts; `test_without_scripts` sends the forms."""
    plain = world.reader(scripts=False)
    plain.open(f"/channels/{world.channel_id}/")
    world.signed_in(plain, BEN)
    assert plain.path() == f"/channels/{world.channel_id}/"
    plain.press("Zahlen")
    plain.press("Gemischt")
    assert "Question 1" in plain.text()
    for path_of in ("/channels/", "/catalog/", "/search/?keywords=Canto", "/settings/", "/settings/tokens/", "/api/"):
        plain.open(path_of)
    plain.close()


def test_a_revoked_token_is_refused(world: World, ada: Reader, tmp_path: Path) -> None:
    page = ada.open("/settings/tokens/")
    page.locator("summary", has_text="Revoke").first.click()
    ada.press("Revoke it")
    with pytest.raises(ClientError, match=r"(?i)token|log ?in|auth"):
        run_chef(CHEF, world.stack.url, world.token, tmp_path / "chef", flags=("--stage",), SOURCE_ID="journey")


def test_ones_data_is_exported(ada: Reader) -> None:
    page = ada.open("/settings/account/")
    ada.press("Export my data")
    for _ in range(60):
        if page.get_by_role("link", name="Download").count():
            break
        page.wait_for_timeout(500)
        page.reload()
    with page.expect_download() as downloading:
        page.get_by_role("link", name="Download").click()
    path = downloading.value.path()
    assert zipfile.is_zipfile(path)
    with zipfile.ZipFile(path) as archive:
        assert ADA in "".join(archive.read(name).decode() for name in archive.namelist())


def test_who_leaves_is_forgotten_and_the_shared_channel_stays(world: World, ada: Reader, ben: Reader) -> None:
    page = ada.open("/settings/account/")
    ada.press("Delete my account …")
    ada.look("settings-delete-account")
    page.get_by_label("Your password").fill(PASSWORD)
    ada.press("Delete my account")
    ada.look("left")
    ada.open("/accounts/login/")
    world.signed_in(ada, ADA)
    assert ada.path() == "/accounts/login/"
    ben.open(f"/channels/{world.channel_id}/")
    assert "Endlich da" in ben.text()


def test_nothing_was_refused_foreign_or_hard_to_use(world: World) -> None:
    assert not world.faults.all(), "\n".join(world.faults.all())
