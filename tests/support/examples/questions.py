"""Questions of an exercise."""

from tests.support.examples.recording import Scene
from tests.support.examples.worlds import fractions


def record(scene: Scene) -> None:
    made = fractions(scene)
    question = scene(
        "POST /api/assessmentitem",
        {
            "contentnode": made.exercise_id,
            "type": "single_selection",
            "question": "What is $$\\frac{1}{2} + \\frac{1}{4}$$?",
            "answers": [
                {"answer": "$$\\frac{3}{4}$$", "correct": True, "order": 0},
                {"answer": "$$\\frac{2}{6}$$", "correct": False, "order": 1},
            ],
            "hints": [{"hint": "Make the parts equally large.", "order": 0}],
            "randomize": True,
        },
        title="A question with two answers and a hint",
    )
    own = {"id": f"{made.exercise_id},{question['assessment_id']}"}
    scene("GET /api/assessmentitem", query={"contentnode": made.exercise_id, "ordering": "order"})
    scene("GET /api/assessmentitem/{id}", at=own)
    scene("PATCH /api/assessmentitem/{id}", {"randomize": False}, at=own)
    whole = {"contentnode": made.exercise_id, "type": "input_question", "question": "How many quarters make a half?"}
    scene("PUT /api/assessmentitem/{id}", {**whole, "answers": [{"answer": 2, "correct": True}], "hints": []}, at=own)
    scene("DELETE /api/assessmentitem/{id}", at=own)
