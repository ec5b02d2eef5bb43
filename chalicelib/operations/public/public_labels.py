"""Values by which a list of public nodes can be filtered: the `labels` of Kolibri's v2 contentnode pages."""

from collections.abc import Sequence

from le_utils.constants import languages

from chalicelib.content_databases.filters import NodeFilter
from chalicelib.content_databases.index_file import PublicChannel
from chalicelib.content_databases.labels import LANGUAGES, Labels, labels_of, with_parents
from chalicelib.operations.public.public_index import Index
from chalicelib.operations.public.public_nodes import candidates, source_of
from chalicelib.schemas.responses.public import NodeLabels

# For more channels, the labels of all their nodes are returned, to avoid fetching all databases.
MAX_CHANNELS = 10


def labels(index: Index, chosen: NodeFilter) -> NodeLabels:
    """The labels, languages and channels of the matching nodes.

    If these may be in more than MAX_CHANNELS channels, all nodes of those channels count, so filtering by some of the
    values may find nothing.
    """
    channels = candidates(index, chosen, None)
    exact = len(channels) <= MAX_CHANNELS and not _wants_whole_channels(chosen)
    found = [labels_of(source_of(channel, ""), chosen) if exact else _of_all_nodes(channel) for channel in channels]
    codes = _union(found, LANGUAGES)
    spoken = [language for code in codes if (language := languages.getlang(code))]
    return {
        "learning_activities": _union(found, "learning_activities"),
        "categories": with_parents(_union(found, "categories")),
        "grade_levels": _union(found, "grade_levels"),
        "accessibility_labels": _union(found, "accessibility_labels"),
        "learner_needs": _union(found, "learner_needs"),
        "languages": [{"id": language.code, "lang_name": language.native_name} for language in spoken],
        "channels": [
            {"id": channel.id, "name": channel.entry["name"]}
            for channel, its in zip(channels, found, strict=True)
            if not exact or any(its.values())
        ],
    }


def _wants_whole_channels(chosen: NodeFilter) -> bool:
    places = {"channels": (), "channel_id": None, "tree_id": None, "include_coach_content": None}
    return chosen.model_copy(update=places) == NodeFilter()


def _of_all_nodes(channel: PublicChannel) -> Labels:
    return {**channel.facts["labels"], LANGUAGES: channel.facts["languages"]}


def _union(found: Sequence[Labels], field: str) -> list[str]:
    return sorted({id for its in found for id in its[field]})
