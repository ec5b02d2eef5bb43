"""Images in exercise archives: references, sizes, graphies."""

import io
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from chalicelib.export import perseus_images
from chalicelib.export.perseus_images import (
    ArchiveImages,
    Scaler,
    graphie_name,
    localise_graphies,
    scaled,
    stored_names,
)
from tests.export.perseus_builders import local, make_file, make_graphie, make_image, md5, stored
from tests.support.existing import existing

PICTURE = make_image()
NAME = f"{md5(PICTURE)}.png"


@pytest.fixture
def images() -> ArchiveImages:
    return ArchiveImages({NAME: PICTURE})


def image_size(data: bytes) -> tuple[int, int]:
    return Image.open(io.BytesIO(data)).size


def test_image_without_size_is_stored_unchanged(images):
    text, sizes = images.localise(f"Look: ![a tree]({stored(NAME)})!")
    assert text == f"Look: ![a tree]({local(NAME)})!"
    assert sizes == {}
    assert images.members == {f"images/{NAME}": PICTURE}


def test_image_with_size_becomes_a_scaled_copy_with_its_own_checksum(images):
    text, sizes = images.localise(f"![]({stored(NAME)} =30x20)")
    ((path, data),) = images.members.items()
    assert path == f"images/{md5(data)}.png"
    assert image_size(data) == (30, 20)
    assert text == f"![]({local(f'{md5(data)}.png')})"
    assert sizes == {local(f"{md5(data)}.png"): {"width": 30, "height": 20}}


def test_image_is_scaled_to_exactly_the_requested_size(images):
    images.localise(f"![]({stored(NAME)} =90.4x19.6)")
    assert [image_size(data) for data in images.members.values()] == [(90, 20)]


def test_each_size_of_an_image_is_stored_once(images):
    images.localise(f"![]({stored(NAME)} =30x20) ![]({stored(NAME)} =30x20) ![]({stored(NAME)} =15x10)")
    images.localise(f"![]({stored(NAME)} =30x20)")
    assert sorted(image_size(data) for data in images.members.values()) == [(15, 10), (30, 20)]


def test_image_that_already_has_the_size_is_stored_unchanged(images):
    text, sizes = images.localise(f"![]({stored(NAME)} =60x40)")
    assert images.members == {f"images/{NAME}": PICTURE}
    assert text == f"![]({local(NAME)})"
    assert sizes == {local(NAME): {"width": 60, "height": 40}}


@pytest.mark.parametrize("size", ["=0x20", "=1.2.3x4", "=99999x99999", "=20x0.1"])
def test_impossible_size_is_dropped(images, size):
    assert images.localise(f"![]({stored(NAME)} {size})") == (f"![]({local(NAME)})", {})
    assert images.members == {f"images/{NAME}": PICTURE}


@pytest.mark.parametrize("data", [b"<svg/>", b"not an image", PICTURE[:60]])
def test_unscalable_image_is_stored_unchanged_and_displayed_in_the_requested_size(data):
    images = ArchiveImages({NAME: data})
    text, sizes = images.localise(f"![]({stored(NAME)} =30x20)")
    assert images.members == {f"images/{NAME}": data}
    assert text == f"![]({local(NAME)})"
    assert sizes == {local(NAME): {"width": 30, "height": 20}}


def test_animation_is_not_scaled():
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue")]
    buffer = io.BytesIO()
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:])
    assert scaled(buffer.getvalue(), (10, 10)) is None


@pytest.mark.parametrize(
    ("image_format", "mode"),
    [
        *(("PNG", mode) for mode in ("RGB", "RGBA", "LA", "L", "P", "1")),
        *(("JPEG", mode) for mode in ("RGB", "L", "CMYK")),
        ("GIF", "P"),
    ],
)
def test_every_kind_of_image_is_scaled_in_its_own_format(image_format, mode):
    copy = existing(scaled(make_image(image_format=image_format, mode=mode), (15, 10)))
    with Image.open(io.BytesIO(copy)) as image:
        assert (image.format, image.size) == (image_format, (15, 10))


def test_scaled_palette_keeps_its_transparency():
    picture = Image.new("P", (20, 20), 0)
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", transparency=0)
    with Image.open(io.BytesIO(existing(scaled(buffer.getvalue(), (10, 10))))) as image:
        assert image.convert("RGBA").getchannel("A").getpixel((5, 5)) == 0


def test_rotated_photograph_is_scaled_upright():
    exif = Image.Exif()
    exif[0x0112] = 6  # orientation: rotated by 90 degrees
    photograph = make_image((60, 40), "JPEG", exif=exif)
    assert scaled(photograph, (40, 60)) is None  # this is its displayed size
    with Image.open(io.BytesIO(existing(scaled(photograph, (20, 30))))) as image:
        assert image.size == (20, 30)
        assert image.getexif().get(0x0112, 1) == 1


@pytest.fixture
def resized(monkeypatch):
    """The sizes of the scaled copies, in the order in which they are made."""
    made = []
    resize = perseus_images._resize

    def noting(image, size, image_format):
        made.append(size)
        return resize(image, size, image_format)

    monkeypatch.setattr(perseus_images, "_resize", noting)
    return made


def shown(*sizes):
    return "".join(f"![]({stored(NAME)} ={width}x{height})" for width, height in sizes)


def test_images_are_not_enlarged_but_displayed_in_the_requested_size(images, resized):
    _, sizes = images.localise(shown((4000, 4000), (600, 400)))
    assert resized == []
    assert images.members == {f"images/{NAME}": PICTURE}
    assert sizes == {local(NAME): {"width": 600, "height": 400}}


def test_a_copy_is_made_once_for_all_questions_of_an_exercise(resized):
    scaler = Scaler()
    for _ in range(3):
        ArchiveImages({NAME: PICTURE}, scaler).localise(shown((30, 20), (15, 10), (30, 20)))
    assert resized == [(30, 20), (15, 10)]


def test_the_number_of_copies_is_limited(images, resized, monkeypatch):
    monkeypatch.setattr(perseus_images, "MAX_COPIES", 2)
    _, sizes = images.localise(shown((30, 20), (15, 10), (12, 8), (30, 20)))
    assert resized == [(30, 20), (15, 10)]
    assert sizes[local(NAME)] == {"width": 12, "height": 8}


def test_the_pixels_of_originals_and_copies_are_limited(resized, monkeypatch):
    monkeypatch.setattr(perseus_images, "MAX_COPIED_PIXELS", 60 * 40 + 30 * 20 + 60 * 40 + 15 * 10 - 1)
    images = ArchiveImages({NAME: PICTURE})
    images.localise(shown((30, 20), (15, 10), (12, 8)))
    assert resized == [(30, 20), (12, 8)]


def test_the_bytes_of_copies_are_limited(monkeypatch):
    monkeypatch.setattr(perseus_images, "MAX_PICTURES_BYTES", 10)
    images = ArchiveImages({NAME: PICTURE})
    images.localise(shown((30, 20)))
    assert images.members == {f"images/{NAME}": PICTURE}


def test_the_bytes_read_for_copies_are_limited(resized, monkeypatch):
    """Opening a file can take long without a pixel: a megabyte of empty chunks takes half a second."""
    monkeypatch.setattr(perseus_images, "MAX_READ_BYTES", 2 * len(PICTURE))
    images = ArchiveImages({NAME: PICTURE})
    images.localise(shown((30, 20), (15, 10), (12, 8)))
    assert resized == [(30, 20), (15, 10)]
    assert images.members[f"images/{NAME}"] == PICTURE


def test_reading_an_image_that_cannot_be_scaled_counts_too(monkeypatch):
    opened = []
    monkeypatch.setattr(perseus_images, "scaled", lambda data, *_: opened.append(len(data)))
    monkeypatch.setattr(perseus_images, "MAX_READ_BYTES", 3 * len(PICTURE))
    ArchiveImages({NAME: PICTURE}).localise(shown(*((side, side) for side in range(1, 10))))
    assert len(opened) == 3


def test_an_image_on_disk_is_scaled_as_one_in_memory(tmp_path):
    path = tmp_path / NAME
    path.write_bytes(PICTURE)
    on_disk, in_memory = ArchiveImages({NAME: path}), ArchiveImages({NAME: PICTURE})
    assert on_disk.localise(shown((30, 20))) == in_memory.localise(shown((30, 20)))
    assert on_disk.members == in_memory.members


def test_title_is_removed_from_image_references(images):
    assert images.localise(f'![tree]({stored(NAME)} =60x40 "A tree" )')[0] == f"![tree]({local(NAME)})"


def test_text_after_a_reference_outside_markdown_is_unchanged(images):
    text = f'<img src="{stored(NAME)}" alt="=1x1"> {stored(NAME)} =1x1 and more'
    assert images.localise(text)[0] == f'<img src="{local(NAME)}" alt="=1x1"> {local(NAME)} =1x1 and more'


def test_missing_image_keeps_its_name(images):
    unknown = f"{'0' * 32}.png"
    assert images.localise(f"![]({stored(unknown)} =30x20)")[0] == f"![]({local(unknown)})"
    assert images.members == {}


def test_stored_names_are_checksums_with_an_extension():
    text = f"![]({stored(NAME)} =1x2) ![]({stored('tree.png')}) {stored('../x')} ![](http://example.org/{NAME})"
    assert list(stored_names(text)) == [NAME]


def test_graphie_is_split_into_drawing_and_labels():
    data = make_graphie(b"<svg>1</svg>", b'{"labels": []}')
    file = make_file(data, "graphie", "af32c")
    images = ArchiveImages({f"{md5(data)}.graphie": data})
    images.attach(file)
    assert images.members == {"images/af32c.svg": b"<svg>1</svg>", "images/af32c-data.json": b'{"labels": []}'}


@pytest.mark.parametrize("data", [b"<svg/>", make_graphie(labels=make_graphie())])
def test_graphie_without_two_parts_is_rejected(data):
    images = ArchiveImages({f"{md5(data)}.graphie": data})
    with pytest.raises(ValueError, match=md5(data)):
        images.attach(make_file(data, "graphie", "af32c"))


@pytest.mark.parametrize("original", ["af32c", "af32c.graphie", "folder/af32c", "..\\af32c.graphie"])
def test_graphie_is_named_after_its_original_file(original):
    assert graphie_name(make_file(b"", "graphie", original)) == "af32c"


def test_references_to_known_graphies_are_rewritten():
    known, unknown = "web+graphie://cdn.example.org/ka/af32c", "web+graphie://cdn.example.org/ka/beef"
    assert localise_graphies(f"![]({known}) ![]({unknown})", {"af32c"}) == (
        f"![](web+graphie:{local('af32c')}) ![]({unknown})"
    )


@given(st.text())
def test_text_without_references_is_unchanged(text):
    assert ArchiveImages({}).localise(text) == (text, {})


@settings(max_examples=500)
@given(st.lists(st.sampled_from(["web+graphie:", "/", "a", "b", "/a", "$", " ", ")", '"', "\n", ":"])).map("".join))
def test_the_last_part_of_an_address_names_the_graphie(text):
    """As the pattern says that Studio uses, which reads some texts over and over."""
    plain = re.compile(r'web\+graphie:[^\s()"$]*/(?P<name>[^\s()"$/]+)')
    expected = plain.sub(lambda found: f"web+graphie:{local('a')}" if found["name"] == "a" else found[0], text)
    assert localise_graphies(text, {"a"}) == expected
