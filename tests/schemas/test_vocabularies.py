"""Names of codes: complete, and accepted wherever a request sends a code."""

import pytest

from chalicelib.domain.trees.node_edits import SetChange
from chalicelib.errors import BadRequest, ValidationFailed
from chalicelib.schemas import constants, countries, vocabularies
from chalicelib.schemas.assessmentitem import QuestionWrite
from chalicelib.schemas.base import parse
from chalicelib.schemas.channel import ChannelChange, ContentDefaults
from chalicelib.schemas.chef import NodeIn
from chalicelib.schemas.contentnode import NodeChange, NodeQuery
from chalicelib.schemas.file import UploadUrl
from chalicelib.schemas.file_resource import FileChanges
from chalicelib.schemas.query import parse_query
from chalicelib.schemas.search import SearchQuery

ID = "0123456789abcdef0123456789abcdef"
CODES = {
    "Kind": constants.KINDS,
    "Preset": constants.PRESETS,
    "FileFormat": constants.FORMATS,
    "LicenseName": constants.LICENSES,
    "Role": constants.ROLES,
    "QuestionType": constants.QUESTIONS,
    "MasteryModel": constants.MASTERY_MODELS,
    "Country": countries.CODES,
}


@pytest.mark.parametrize("vocabulary", vocabularies.VOCABULARIES)
class TestNames:
    def test_are_there_for_every_code(self, vocabulary):
        names = vocabularies.names(vocabulary)
        assert all(name.strip() == name != "" for name in names.values())
        assert set(names) == set(CODES.get(vocabulary, names))

    def test_find_no_other_code(self, vocabulary):
        for code, name in vocabularies.names(vocabulary).items():
            assert vocabularies.code_of(vocabulary, name) in (code, None) or vocabulary == "Language"
        assert vocabularies.code_of(vocabulary, "nothing of this name") is None

    def test_are_unique_or_found_by_none(self, vocabulary):
        """All but some languages and file formats have a name that no other code has."""
        names = vocabularies.names(vocabulary)
        unclear = [code for code, name in names.items() if vocabularies.code_of(vocabulary, name) is None]
        assert len(unclear) <= {"FileFormat": 2, "Language": 2}.get(vocabulary, 0)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("English", "en"),
        ("español", "es"),
        ("Castilian", "es-ES"),
        ("Swahili", "sw"),
        ("swedish", "sv"),
        ("isiNdebele", None),
        ("Portuguese, Brazil", "pt-BR"),
    ],
)
def test_languages_are_found_by_their_names(text, code):
    assert vocabularies.code_of("Language", text) == code


class TestWrites:
    def test_of_nodes(self):
        sent = {
            "kind": "Video",
            "language": "Español",
            "license": "cc by-sa",
            "role_visibility": "Coach",
            "categories": ["Daily Life", "Algebra"],
            "grade_levels": {"Lower Primary": True, "Preschool": False},
            "learning_activities": ["watch"],
        }
        node = parse(NodeChange, sent)
        assert (node.kind, node.language, node.license, node.role_visibility) == ("video", "es", "CC BY-SA", "coach")
        assert node.categories == SetChange({"PbGoe2MV": True, "d&WXdXWF.qs0Xlaxq.0t5msbL5": True}, whole=True)
        assert node.grade_levels == SetChange({"wnarlxKo": True, "FOhG0ib": False}, whole=False)
        assert list(node.learning_activities.values) == ["UD5UGM0z"]

    def test_of_chefs(self):
        sent = {"node_id": ID, "content_id": ID, "kind": "Topic", "title": "t", "role": "Learner"}
        node = parse(NodeIn, {**sent, "language": "French", "categories": ["Daily Life"], "license": 1})
        assert (node.kind, node.role, node.language, node.license) == ("topic", "learner", "fr", "CC BY")
        assert node.categories == ["PbGoe2MV"]

    def test_of_channels(self):
        channel = parse(ChannelChange, {"language": "Hindi", "countries": ["Kenya", "us", "CD"]})
        assert (channel.language, channel.countries) == ("hi", ["CD", "KE", "US"])
        defaults = parse(ContentDefaults, {"mastery_model": "5 in a row", "license": "public domain"})
        assert (defaults.mastery_model, defaults.license) == ("num_correct_in_a_row_5", "Public Domain")

    def test_of_files_and_questions(self):
        sent = {"size": 1, "checksum": ID, "name": "a", "file_format": "PDF Document", "preset": "Document"}
        upload = parse(UploadUrl, sent)
        assert (upload.file_format, upload.preset) == ("pdf", "document")
        changes = parse(FileChanges, {"preset": "thumbnail (video)", "language": "Arabic"})
        assert (changes.preset, changes.language) == ("video_thumbnail", "ar")
        question = parse(QuestionWrite, {"contentnode": ID, "type": "Multiple Selection"})
        assert question.type == "multiple_selection"

    def test_of_queries(self):
        assert parse_query(NodeQuery, {"kind": ["HTML5 App"]}).kind == "html5"
        query = parse_query(SearchQuery, {"kinds": ["Video,audio"], "licenses": ["cc by,2"]})
        assert (query.kinds, query.licenses) == (("video", "audio"), (1, 2))

    @pytest.mark.parametrize(
        ("schema", "sent"),
        [
            (NodeChange, {"kind": "Film"}),
            (NodeChange, {"language": "Klingonese"}),
            (NodeChange, {"license": "CC"}),
            (NodeChange, {"license": True}),
            (NodeChange, {"categories": ["Alchemy"]}),
            (FileChanges, {"preset": "Thumbnail"}),
            (ChannelChange, {"countries": ["Atlantis"]}),
        ],
    )
    def test_refuse_names_that_mean_nothing_or_several_things(self, schema, sent):
        with pytest.raises(ValidationFailed) as refused:
            parse(schema, sent)
        assert list(refused.value.fields) == list(sent)


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("German", ("de",)),
        ("Deutsch, english", ("de", "en")),
        ("PT-br", ("pt-br",)),
        ("Español", ("es",)),
        ("xx", ("xx",)),  # a code that le-utils does not know
        ("Luo", ("luo",)),
    ],
)
def test_languages_of_filters_are_codes_or_names(text, codes):
    assert parse_query(SearchQuery, {"languages": [text]}).languages == codes


@pytest.mark.parametrize("text", ["Klingon language", "!", "a" * 5000])
def test_other_languages_of_filters_are_refused(text):
    with pytest.raises(BadRequest, match="languages"):
        parse_query(SearchQuery, {"languages": [text]})
