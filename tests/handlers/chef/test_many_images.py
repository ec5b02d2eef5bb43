"""Requests whose exercises together show more images than one batch of reads holds."""

from chalicelib.models import assessment_items, stored_objects
from tests.support.aws.calls import counting
from tests.support.worlds import nodes

EXERCISES, QUESTIONS, IMAGES = 10, 21, 5


def test_ten_exercises_may_show_more_than_a_thousand_images(studio):
    names = [f"{number:032x}.png" for number in range(EXERCISES * QUESTIONS * IMAGES)]
    for name in names:
        stored_objects.remember(name, 9)
    shown = iter([nodes.file(name, "exercise_image") for name in names])
    sent = [
        nodes.exercise(
            f"e{number}",
            *(nodes.question(f"{number} {at}", files=[next(shown) for _ in range(IMAGES)]) for at in range(QUESTIONS)),
        )
        for number in range(EXERCISES)
    ]
    _, root = studio.make_channel()
    with counting(studio) as calls:
        added = studio.add(root, *sent)
    assert len(added) == EXERCISES
    assert calls.names.count("HeadObject") == 0
    stored = [item for node_id in added.values() for item in assessment_items.of(node_id)]
    assert sorted(file["checksum"] + ".png" for item in stored for file in item["files"]) == names
