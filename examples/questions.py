"""Questions of every type that ricecooker makes, with pictures wherever a question can carry one."""

import io
import json
from pathlib import Path
from typing import Any

from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter
from ricecooker.classes.questions import (
    InputQuestion,
    MultipleSelectQuestion,
    PerseusQuestion,
    SingleSelectQuestion,
)

from examples import media

GRAPHIE = "graphie.example.org/triangle"


class SizedImageQuestion(SingleSelectQuestion):
    """A question whose pictures may be followed by their size: `![text](path =120x80)`.

    ricecooker treats the size as part of the path; Kolibri Studio's editor writes it after the path.
    """

    def set_image(self, text: str) -> tuple[str, list[Any]]:
        path, separator, size = text.partition(" =")
        replaced, files = super().set_image(path)
        return replaced + separator + size, files


class OfflineGraphies(BaseAdapter):
    """Answers ricecooker's downloads of the two halves of a graphie: its drawing and its labels."""

    def send(self, request: PreparedRequest, *_: Any, **__: Any) -> Response:
        response = Response()
        response.request, response.url, response.status_code = request, str(request.url), 200
        response.raw = io.BytesIO(graphie_part(response.url))
        return response

    def close(self) -> None:
        pass


def graphie_part(url: str) -> bytes:
    """The drawing (`….svg`) or the labels (`…-data.json`) of the example's only graphie."""
    if url.endswith(".svg"):
        return media.drawing("a right triangle").encode()
    label = {"content": "a", "coordinates": [3, 4], "alignment": "below", "typesetAsMath": True, "style": {}}
    return f"svgDataTriangle({json.dumps({'range': [[0, 10], [0, 10]], 'labels': [label]})});".encode()


def everyday(work: Path) -> list[Any]:
    """The four types that ricecooker describes itself; true or false is a single selection of two answers."""
    red = media.write(work / "red.png", media.picture("red", "firebrick", (120, 80)))
    anim = media.write(work / "dots.gif", media.picture("dots", "olive", (40, 40), "GIF"))
    photo = media.write(work / "photo.jpg", media.picture("photo", "darkgreen", (160, 120), "JPEG"))
    return [
        SingleSelectQuestion(
            "single",
            f"Which number is even & below 3, i.e. $x < 3$? ![red]({red})",
            "2",
            ["1", "2", "5"],
            hints=["Halve it.", f"Count the corners: ![photo]({photo})"],
            randomize=True,
            source_url="https://example.org/questions/single",
        ),
        MultipleSelectQuestion(
            "multiple", "Välj alla primtal ∑", ["2", "3"], ["2", "3", "4", "6"], hints="Zwei gehört dazu."
        ),
        InputQuestion("input", r"What is $\frac{1}{2} + \frac{1}{4}$?", ["0.75", ".75"], hints=[]),
        SingleSelectQuestion("true-false", "A square has four equal sides.", "True", ["True", "False"]),
        SingleSelectQuestion(
            "picture-answers",
            "Which one moves?",
            f"![dots]({anim})",
            [f"![dots]({anim})", f"![red]({red})"],
            hints=[f"![again]({anim})"],
        ),
    ]


def illustrated(work: Path) -> list[Any]:
    """Pictures with sizes, as SVG, as HTML, and formulas. (ricecooker 0.8.0 fails on `data:` URIs.)"""
    blue = media.write(work / "blue.png", media.picture("blue", "navy", (200, 100)))
    shape = media.write(work / "shape.svg", media.drawing("c² = a² + b²"))
    return [
        SizedImageQuestion(
            "sized", f"How wide is it? ![blue]({blue} =100x50) ![half]({blue} =50x25)", "100", ["50", "100"]
        ),
        SingleSelectQuestion("vector", f"Which side is longest? ![shape]({shape})", "$c$", ["$a$", "$b$", "$c$"]),
        InputQuestion("html", f'How many pictures? <img src="{blue}" alt="one">', ["1"]),
        SingleSelectQuestion(
            "formulas",
            "$$\\sum_{i=1}^{n} i = \\frac{n(n+1)}{2}$$ Which is it for $n = 4$?",
            "$10$",
            ["$8$", "$10$"],
            hints=["$1 + 2 + 3 + 4$"],
        ),
    ]


def perseus(work: Path) -> list[Any]:
    """Raw Perseus items: a number to type beside a picture, a choice beside a graphie."""
    gray = Path(media.write(work / "gray.png", media.picture("gray", "dimgray", (90, 60)))).resolve().as_uri()
    number = _numeric_widget("4")
    typed = _perseus_item(
        f"What is **2 + 2**? ![gray]({gray})\n\n[[☃ numeric-input 1]]",
        {"numeric-input 1": number},
        images={gray: {"width": 90, "height": 60}},
        hints=["Take two fingers.", f"And two more: ![gray]({gray})"],
    )
    chosen = _perseus_item(
        f"Is this angle right?\n\n![triangle](web+graphie://{GRAPHIE})\n\n[[☃ radio 1]]",
        {"radio 1": _radio_widget(["Yes", "No"], "Yes")},
        images={f"web+graphie://{GRAPHIE}": {"width": 120, "height": 90}},
        hints=[],
    )
    source = "https://example.org/questions/perseus"
    return [
        PerseusQuestion("perseus-image", json.dumps(typed, ensure_ascii=False), "en", source_url=source),
        PerseusQuestion("perseus-graphie", json.dumps(chosen, ensure_ascii=False), "en"),
    ]


def counting(*numbers: int) -> list[Any]:
    """One plain question per number."""
    return [InputQuestion(f"count-{n}", f"What is {n} + 1?", [str(n + 1)]) for n in numbers]


def _perseus_item(content: str, widgets: dict[str, Any], images: dict[str, Any], hints: list[str]) -> dict[str, Any]:
    return {
        "question": {"content": content, "images": images, "widgets": widgets},
        "answerArea": {"calculator": False, "periodicTable": False},
        "itemDataVersion": {"major": 0, "minor": 1},
        "hints": [{"replace": False, "content": hint, "images": {}, "widgets": {}} for hint in hints],
    }


def _numeric_widget(value: str) -> dict[str, Any]:
    answer = {
        "value": float(value),
        "status": "correct",
        "message": "",
        "simplify": "required",
        "maxError": None,
    }
    options = {"static": False, "answers": [answer], "size": "normal", "coefficient": False, "labelText": ""}
    return _widget("numeric-input", options)


def _radio_widget(choices: list[str], correct: str) -> dict[str, Any]:
    listed = [{"content": choice, "correct": choice == correct} for choice in choices]
    return _widget("radio", {"choices": listed, "randomize": False, "multipleSelect": False, "displayCount": None})


def _widget(kind: str, options: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": kind,
        "graded": True,
        "static": False,
        "options": options,
        "version": {"major": 0, "minor": 0},
    }
