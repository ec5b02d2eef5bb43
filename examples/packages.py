"""Topics with media and packages: films, sound, slides, HTML5, H5P and ZIM."""

from pathlib import Path
from typing import Any

from le_utils.constants import completion_criteria, content_kinds, file_formats, format_presets, licenses
from le_utils.constants.labels import accessibility_categories, needs, resource_type
from ricecooker.classes import files, nodes
from ricecooker.classes.licenses import get_license

from examples import archives, media

HOLDER = "The Example Authors ②"


class ZimFile(files.DownloadFile):
    """ricecooker knows the ZIM kind and preset, but has no class for them."""

    default_ext = file_formats.ZIM
    allowed_formats = frozenset({file_formats.ZIM})
    is_primary = True
    default_preset = format_presets.ZIM


class ZimNode(nodes.ContentNode):
    kind = content_kinds.ZIM
    required_presets = (format_presets.ZIM,)


def criteria(model: str, threshold: Any = None, learner_managed: bool = False) -> dict[str, Any]:
    """`extra_fields` with the completion criteria of a resource."""
    criterion = {"model": model, "threshold": threshold, "learner_managed": learner_managed}
    return {"options": {"completion_criteria": criterion}}


def watching(work: Path) -> Any:
    """Films with subtitles, sound, and a slideshow; the topic's thumbnail is tiled from theirs."""
    topic = nodes.TopicNode("watching", "Watch and listen", derive_thumbnail=True)
    for resource in (film(work), sharp_film(work), sound(work), slides(work)):
        topic.add_child(resource)
    return topic


def film(work: Path) -> Any:
    swahili = media.write(work / "sw.srt", media.subtitles_srt("Habari!"))
    return nodes.VideoNode(
        "film",
        "A film with subtitles",
        get_license(licenses.SPECIAL_PERMISSIONS, copyright_holder="A studio", description="Für den Unterricht frei."),
        language="en",
        derive_thumbnail=True,
        tags=["film"],
        accessibility_labels=[accessibility_categories.CAPTIONS_SUBTITLES],
        files=[
            files.VideoFile(media.film(work / "film.mp4", height=180, seconds=2)),
            files.SubtitleFile(media.write(work / "es.vtt", media.subtitles_vtt("¡Hola!")), language="es"),
            files.SubtitleFile(swahili, language="sw"),
        ],
    )


def sharp_film(work: Path) -> Any:
    return nodes.VideoNode(
        "sharp-film",
        "A film in high resolution",
        get_license(licenses.CC_BY_NC, copyright_holder=HOLDER),
        files=[files.VideoFile(media.film(work / "sharp.mp4", height=720))],
        suggested_duration=30,
        extra_fields=criteria(completion_criteria.APPROX_TIME, 30, learner_managed=True),
    )


def sound(work: Path) -> Any:
    return nodes.AudioNode(
        "sound",
        "Ein Ton",
        get_license(licenses.PUBLIC_DOMAIN),
        language="de",
        thumbnail=media.write(work / "sound.png", media.picture("sound", "sienna", (600, 600))),
        files=[files.AudioFile(media.tone(work / "tone.mp3"))],
    )


def slides(work: Path) -> Any:
    shown = [
        files.SlideImageFile(media.write(work / "one.png", media.picture("slide 1")), "First – 一", "A blue slide"),
        files.SlideImageFile(media.write(work / "two.jpg", media.picture("slide 2", "black", kind="JPEG")), "Second"),
        files.SlideImageFile(media.write(work / "three.png", media.picture("slide 3", "maroon"))),
    ]
    thumbnail = files.ThumbnailFile(media.write(work / "slides.png", media.picture("slides", "gold")))
    holder = get_license(licenses.ALL_RIGHTS_RESERVED, copyright_holder=HOLDER)
    return nodes.SlideshowNode("slides", "Three slides", holder, files=[*shown, thumbnail])


def apps(work: Path) -> Any:
    """HTML5, H5P and ZIM packages, and a topic that navigates by an app."""
    topic = nodes.TopicNode("apps", "Apps", learner_needs=[needs.INTERNET])
    for resource in (app(work), h5p(work), wiki(work), tour(work)):
        topic.add_child(resource)
    return topic


def app(work: Path) -> Any:
    members: dict[str, str | bytes] = {
        "start.html": archives.page("Start"),
        "big.png": media.picture("big", "crimson", (400, 300)),
    }
    return nodes.HTML5AppNode(
        "app",
        "An app",
        get_license(licenses.CC_BY_NC_SA, copyright_holder=HOLDER),
        entrypoint="start.html",
        files=[files.HTMLZipFile(media.write(work / "app.zip", archives.html5("An app", members)))],
        derive_thumbnail=True,
        extra_fields=criteria(completion_criteria.DETERMINED_BY_RESOURCE),
    )


def h5p(work: Path) -> Any:
    package = files.H5PFile(media.write(work / "text.h5p", archives.h5p("A text")))
    license = get_license(licenses.CC_BY_NC_SA, copyright_holder=HOLDER)
    return nodes.H5PAppNode("h5p", "An H5P text", license, files=[package], resource_types=[resource_type.ACTIVITY])


def wiki(work: Path) -> Any:
    archive = ZimFile(media.write(work / "wiki.zim", archives.zim("A small wiki")))
    license = get_license(licenses.CC_BY_NC_ND, copyright_holder=HOLDER)
    return ZimNode(
        "wiki", "A small wiki", license, files=[archive], extra_fields=criteria(completion_criteria.TIME, 60)
    )


def tour(work: Path) -> Any:
    """A topic that navigates by an HTML5 app, with one document in it."""
    navigation = files.HTMLZipFile(media.write(work / "navigation.zip", archives.html5("Navigation")))
    stop = files.DocumentFile(media.write(work / "stop.pdf", archives.pdf("First stop")))
    license = get_license(licenses.CC_BY, copyright_holder=HOLDER)
    topic = nodes.CustomNavigationNode("tour", "A tour", license, files=[navigation])
    topic.add_child(nodes.DocumentNode("stop", "First stop", license, files=[stop]))
    return topic
