"""What forms offer to choose from: (code, name) of le-utils, in the order in which people look for them."""

from functools import cache

from le_utils.constants import languages, licenses, roles
from le_utils.constants.labels import (
    accessibility_categories,
    learning_activities,
    levels,
    needs,
    resource_type,
    subjects,
)

from chalicelib.rendering import names

Choice = tuple[str, str]
ROLES: list[Choice] = [(roles.LEARNER, "Everyone"), (roles.COACH, "Coaches only")]
LEVELS = (  # from the youngest learners on
    *(levels.PRESCHOOL, levels.LOWER_PRIMARY, levels.UPPER_PRIMARY, levels.LOWER_SECONDARY, levels.UPPER_SECONDARY),
    *(levels.TERTIARY, levels.PROFESSIONAL, levels.WORK_SKILLS, levels.BASIC_SKILLS),
)
_OTHERS = {
    "learning_activities": ("What learners do", learning_activities),
    "resource_types": ("Kind of resource", resource_type),
    "learner_needs": ("What learners need", needs),
    "accessibility_labels": ("Accessibility", accessibility_categories),
    "categories": ("Subjects", subjects),
}


@cache
def licences() -> list[Choice]:
    """Licences by name."""
    return [("", "None yet"), *((one.name, one.name) for one in licenses.LICENSELIST)]


@cache
def spoken() -> list[Choice]:
    """Languages by name; "" is for none."""
    found = ((one.code, names.language(one.code)) for one in languages.LANGUAGELIST)
    return sorted(found, key=lambda choice: choice[1].casefold())


@cache
def labels() -> list[tuple[str, str, list[tuple[str, str, int]]]]:
    """(field of a node, its name, (code, name, depth) of its labels, those with parts before their parts)."""
    ages = ("grade_levels", "Level", [(code, names.label(code), 0) for code in LEVELS])
    return [ages, *((field, title, _nested(dict(module.choices))) for field, (title, module) in _OTHERS.items())]


def _nested(known: dict[str, str]) -> list[tuple[str, str, int]]:
    def path(code: str) -> list[str]:
        parts = code.split(".")
        return [known.get(".".join(parts[: end + 1]), "") for end in range(len(parts))]

    return [(code, known[code], code.count(".")) for code in sorted(known, key=path)]
