"""Pages of nodes: topics with their children, contents with files, questions and labels by name."""

import json

import pytest

from chalicelib.domain.types import AssessmentItemData
from chalicelib.models import assessment_items
from chalicelib.models.assessment_items import AssessmentItem
from chalicelib.models.channel_members import VIEW
from tests.export.qti_builders import make_raw
from tests.support.aws.calls import counting
from tests.support.http.client import Studio
from tests.support.http.pages import Page, Visitor
from tests.support.worlds import nodes
from tests.support.worlds.images import png


def open_node(studio: Studio, visitor: Visitor, node: dict[str, object]) -> Page:
    """The page of a node that is the only one of a channel."""
    channel_id, root = studio.make_channel()
    studio.add(root, node)
    studio.finish(channel_id)
    return visitor.click(visitor.open(f"/channels/{channel_id}/"), str(node["title"]))


class TestTopics:
    def test_have_their_place_and_children(self, studio: Studio, user: Visitor) -> None:
        channel_id, root = studio.make_channel("Algebra")
        one = studio.add(root, nodes.topic("one", description="First <steps>"))[nodes.node_id("one")]
        two = studio.add(one, nodes.topic("two"))[nodes.node_id("two")]
        studio.add(two, nodes.exercise("three", nodes.question("q")))
        studio.finish(channel_id)
        page = user.click(user.open(f"/channels/{channel_id}/"), "one")
        assert (page.title, "First <steps>" in page.text) == ("one", True)
        page = user.click(page, "two")
        assert {"Channels", "Algebra", "one", "three"} <= page.links.keys()
        assert user.click(page, "Algebra").title == "Algebra"

    def test_of_another_channel_are_not_found(self, studio: Studio, user: Visitor) -> None:
        page = open_node(studio, user, nodes.topic("one"))
        other, _ = studio.make_channel()
        node_id = page.path.rstrip("/").split("/")[-1]
        assert user.open(f"/channels/{other}/nodes/{node_id}/").status == 404
        assert user.open(f"/channels/{other}/nodes/nonsense/").status == 404


class TestContents:
    def test_have_names_instead_of_codes(self, studio: Studio, user: Visitor) -> None:
        labels = {"categories": ["d&WXdXWF.qs0Xlaxq.0t5msbL5"], "grade_levels": ["wnarlxKo"]}
        page = open_node(
            studio, user, nodes.exercise("e", nodes.question("q"), language="fr", tags=["first tag"], **labels)
        )
        for said in ("Exercise", "Français (French)", "CC BY", "Holder", "Algebra", "Lower Primary", "first tag"):
            assert said in page.text
        assert "qs0Xlaxq" not in page.text

    @pytest.mark.parametrize(
        ("kind", "extension", "preset", "tag"),
        [
            ("video", "mp4", "high_res_video", "<video"),
            ("audio", "mp3", "audio", "<audio"),
            ("slideshow", "png", "slideshow_image", '<img class="img-fluid'),
        ],
    )
    def test_are_played_where_a_browser_can(
        self, studio: Studio, user: Visitor, kind: str, extension: str, preset: str, tag: str
    ) -> None:
        name = studio.upload(png() if extension == "png" else b"x" * 2000, extension, preset, duration=9)
        file = nodes.file(name, preset, original_filename="The file")
        page = open_node(studio, user, nodes.resource("n", kind, [file]))
        assert tag in page.answer.text
        assert page.links["The file"] == f"/content/storage/{name[0]}/{name[1]}/{name}"

    def test_say_where_they_run(self, studio: Studio, user: Visitor) -> None:
        name = studio.upload(b"PK" * 20, "zip", "html5_zip")
        page = open_node(studio, user, nodes.resource("n", "html5", [nodes.file(name, "html5_zip")]))
        assert "Kolibri runs this HTML5 App" in page.text


class TestQuestions:
    def test_are_shown_as_a_learner_reads_them(self, studio: Studio, user: Visitor) -> None:
        answers = json.dumps([{"answer": "**2**", "correct": True, "order": 1}, {"answer": "1 < 3", "order": 0}])
        hints = json.dumps([{"hint": "Think of $$x^2$$", "order": 0}])
        asked = nodes.question("q", question="Which is $x$? <script>", answers=answers, hints=hints)
        page = open_node(studio, user, nodes.exercise("e", asked))
        text = page.answer.text
        assert "<script>alert" not in text
        assert "&lt;script&gt;" in text
        assert text.index("1 &lt; 3") < text.index("<strong>2</strong>")
        assert text.count("<math") == 2
        assert "1 hint" in page.text
        assert "Choose one" in page.text

    def test_have_their_pictures(self, studio: Studio, user: Visitor) -> None:
        name = studio.upload(png(), "png", "exercise_image")
        place = "${☣ CONTENTSTORAGE}/" + name
        asked = nodes.question(
            "q", question=f"![a]({place} =10x5) and ![b]({place})", files=[nodes.file(name, "exercise_image")]
        )
        text = open_node(studio, user, nodes.exercise("e", asked)).answer.text
        assert text.count(f'src="/content/storage/{name[0]}/{name[1]}/{name}"') == 2

    def test_that_are_raw_are_texts(self, studio: Studio, user: Visitor) -> None:
        choices = {"radio 1": {"options": {"choices": [{"content": "Yes", "correct": True}, {"content": "No"}]}}}
        content = {"content": "Is $1$ odd? [[☃ radio 1]]", "widgets": choices}
        item = {"question": content, "hints": [{"content": "Halve it"}], "answerArea": {}, "itemDataVersion": {}}
        raw = {"type": "perseus_question", "question": "", "answers": "[]", "hints": "[]"}
        asked = nodes.question("q", **raw, raw_data=json.dumps(item))
        page = open_node(studio, user, nodes.exercise("e", asked))
        for said in ("Yes Right", "No", "Halve it", "Kolibri shows the rest"):
            assert said in page.text
        assert "☃" not in page.text

    @pytest.mark.parametrize(
        "item",
        [
            {"question": {"content": "Well?", "widgets": {"radio 1": {"options": {"choices": 5}}}}, "hints": []},
            {"question": {"content": "Well?", "widgets": {}}, "hints": True},
        ],
    )
    def test_that_are_raw_may_have_any_values(self, studio: Studio, user: Visitor, item: dict[str, object]) -> None:
        raw = {"type": "perseus_question", "question": "", "answers": "[]", "hints": "[]"}
        page = open_node(studio, user, nodes.exercise("e", nodes.question("q", **raw, raw_data=json.dumps(item))))
        assert (page.status, "Well?" in page.text) == (200, True)

    def test_of_qti_are_texts_and_pictures(self, studio: Studio, user: Visitor) -> None:
        name = studio.upload(png(), "png", "exercise_image")
        raw = make_raw()["raw_data"].replace("Well?", f'Well &lt;b&gt;? <img src="{name}" alt="a"/>')
        asked = nodes.question("q", type="QTI", question="", answers="[]", hints="[]", raw_data=raw)
        page = open_node(studio, user, nodes.exercise("e", asked))
        assert "Well <b>?" in page.text
        assert "Kolibri shows the rest" in page.text
        assert f'src="/content/storage/{name[0]}/{name[1]}/{name}"' in page.answer.text

    @pytest.mark.parametrize(
        "hostile",
        [
            "[a](javascript:alert(1))",
            "![a](javascript:alert(1))",
            "![a](https://evil.example/x.png)",
            "<img src=x onerror=alert(1)>",
            "$$\\text{<script>alert(1)</script>}$$",
            "$$\\text{<meta\thttp-equiv='refresh'\tcontent='0;url=https://evil.example'/>}$$",
            "$\\href{javascript:alert(1)}{x}$ $\\style{color:red}{x}$ $\\class{a}{x}$",
            "<svg/onload=alert(1)>",
        ],
    )
    def test_run_and_load_nothing_of_users(self, studio: Studio, user: Visitor, hostile: str) -> None:
        answers = json.dumps([{"answer": hostile, "correct": True, "order": 0}])
        asked = nodes.question(
            "q", question=hostile, answers=answers, hints=json.dumps([{"hint": hostile, "order": 0}])
        )
        page = open_node(studio, user, nodes.exercise("e", asked))
        assert page.status == 200
        assert not page.read.inline
        assert "<meta http-equiv" not in page.answer.text
        assert all(path.startswith("/static/") for path in page.read.loaded)
        assert not [path for path in page.links.values() if not path.startswith(("/", "#"))]

    def test_are_shown_in_pages(self, studio: Studio, user: Visitor) -> None:
        asked = [nodes.question(f"Ask {number:02}") for number in range(1, 26)]
        page = open_node(studio, user, nodes.exercise("e", *asked))
        assert ("Ask 20" in page.text, "Ask 21" in page.text) == (True, False)
        page = user.click(page, "More questions")
        assert ("Ask 20" in page.text, "Ask 21" in page.text, "Question 25" in page.text) == (False, True, True)
        for start in ("0", "-1", "x", "²", "9" * 30, "9" * 5000):
            assert user.open(f"{page.path.partition('?')[0]}?from={start}").status == 200

    def test_are_read_for_the_page_only(self, studio: Studio, user: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
        asked = [nodes.question(f"Ask {number:02}") for number in range(1, 51)]
        page = open_node(studio, user, nodes.exercise("e", *asked))
        read: list[str] = []
        to_data = assessment_items.to_data

        def noted(item: AssessmentItem) -> AssessmentItemData:
            read.append(item.question)
            return to_data(item)

        monkeypatch.setattr(assessment_items, "to_data", noted)
        page = user.open(f"{page.path}?from=41")
        assert ("Question 41" in page.text, "Question 50" in page.text) == (True, True)
        assert read == [f"Ask {number}" for number in range(41, 51)]

    @pytest.mark.parametrize("hints", [1, 6])
    def test_of_any_length_fit_into_a_page(self, studio: Studio, user: Visitor, hints: int) -> None:
        long = {"content": "$x$" * 9_000, "widgets": {}}
        raw = {"type": "perseus_question", "question": "", "answers": "[]", "hints": "[]"}
        item = json.dumps({"question": long, "hints": [{"content": "$x$" * 9_000}] * hints})
        asked = [nodes.question("q", **raw, raw_data=item)]
        page = open_node(studio, user, nodes.exercise("e", *asked))
        assert (page.status, "<math" in page.answer.text) == (200, False)
        assert len(page.answer.text) < 500_000

    def test_end_a_page_when_it_is_long(self, studio: Studio, user: Visitor) -> None:
        asked = [nodes.question(f"q{number}", question="$x$" * 9_000) for number in range(4)]
        page = open_node(studio, user, nodes.exercise("e", *asked))
        shown = ["Question 1", "Question 2", "Question 3", "Question 4"]
        assert [name in page.text for name in shown] == [True, True, False, False]
        assert "Question 4" in user.click(page, "More questions").text

    def test_cost_few_calls(self, studio: Studio, user: Visitor) -> None:
        page = open_node(studio, user, nodes.exercise("e", *(nodes.question(f"q{number}") for number in range(5))))
        with counting(studio) as watch:
            user.open(page.path)
        assert len(watch.names) <= 17


class TestActions:
    def test_are_offered_to_those_who_may(self, studio: Studio, user: Visitor) -> None:
        channel_id, root = studio.make_channel()
        studio.add(root, nodes.topic("one"))
        studio.finish(channel_id)
        user_id, _ = studio.sign_up("viewer")
        studio.share(channel_id, user_id, VIEW)
        offered = []
        for visitor in (user, Visitor(studio, user_id)):
            page = visitor.click(visitor.open(f"/channels/{channel_id}/"), "one")
            offered.append({name for name, path in page.links.items() if path.startswith(page.path.rstrip("/") + "/")})
        of_editors = {"Edit", "Thumbnail", "Add", "Move", "Copy", "Delete", "Move, copy or delete several"}
        assert offered == [of_editors, {"Copy"}]
        page = user.open(f"/channels/{channel_id}/")
        for name in ("Edit details", "Add", "Trash"):
            assert user.click(page, name).status == 200
