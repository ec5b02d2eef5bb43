"""What files are for, by their extensions."""

import pytest
from le_utils.constants import format_presets

from chalicelib.domain.files import file_kinds


@pytest.mark.parametrize("extension", file_kinds.MAIN)
def test_main_files_are_allowed_by_their_preset(extension: str) -> None:
    preset = file_kinds.PRESETS[file_kinds.MAIN[extension]]
    assert extension in preset.allowed_formats
    assert (preset.supplementary, preset.thumbnail) == (False, False)
    assert file_kinds.preset_of(preset.kind, extension) == preset.id


def test_every_kind_that_a_file_makes_is_offered() -> None:
    """But exercises and slideshows, which need more, and files that others depend on."""
    made = {file_kinds.kind_of(extension) for extension in file_kinds.MAIN}
    known = {one.kind for one in format_presets.PRESETLIST if not one.supplementary and not one.thumbnail}
    assert known - made == {"exercise", "slideshow"}


@pytest.mark.parametrize(
    ("kind", "extension", "preset"),
    [
        ("video", "vtt", "video_subtitle"),
        ("video", "webm", "high_res_video"),
        ("document", "png", "document_thumbnail"),
        ("topic", "jpeg", "topic_thumbnail"),
        ("exercise", "png", "exercise_thumbnail"),
        ("audio", "mp4", None),
        ("topic", "pdf", None),
        ("video", "", None),
    ],
)
def test_the_kind_of_a_node_decides(kind: str, extension: str, preset: str | None) -> None:
    assert file_kinds.preset_of(kind, extension) == preset


@pytest.mark.parametrize(
    ("name", "extension", "title"),
    [
        ("my_first  lesson.v2.PDF", "pdf", "my first lesson.v2"),
        ("C:\\docs\\a.pdf", "pdf", "a"),
        ("../../etc/passwd.mp4", "mp4", "passwd"),
        ("none", "", "none"),
        (".pdf", "pdf", ".pdf"),
        ("a\x00b\u202ec.pdf", "pdf", "a b c"),
        (f"{'x' * 300}.pdf", "pdf", "x" * 200),
        ("", "", ""),
    ],
)
def test_names(name: str, extension: str, title: str) -> None:
    assert (file_kinds.extension_of(name), file_kinds.title_of(name)) == (extension, title)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("205", 205),
        ("3:25", 205),
        ("1:02:03", 3723),
        (" 3:05 ", 185),
        ("", None),
        ("-1", None),
        ("1e9", None),
        ("a", None),
    ],
)
def test_lengths(text: str, seconds: int | None) -> None:
    assert file_kinds.seconds_of(text) == seconds
