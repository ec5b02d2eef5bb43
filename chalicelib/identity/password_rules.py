"""Which passwords are accepted: long ones that are not common. There are no rules about the characters in them."""

MIN_PASSWORD = 10  # characters
MAX_PASSWORD = 1000  # characters
MAX_ESTIMATED = 32  # characters that zxcvbn looks at: with 72, a crafted password takes it seven seconds
MIN_SCORE = 3  # of zxcvbn, 0 to 4: at least a hundred million guesses
_OWN_WORDS = ("kolibri", "studio")


def problem(password: str, address: str) -> str | None:
    """Why a password is not accepted for the user with this address, as a message for the user; None if it is."""
    if len(password) < MIN_PASSWORD:
        return f"This password is too short. It must have at least {MIN_PASSWORD} characters."
    if len(password) > MAX_PASSWORD:
        return f"This password is too long. It must have at most {MAX_PASSWORD} characters."
    from zxcvbn import zxcvbn  # a tenth of a second, only when a password is chosen

    known = [address, *address.replace("@", ".").split("."), *_OWN_WORDS]
    found = zxcvbn(password[:MAX_ESTIMATED], user_inputs=known)
    if found["score"] >= MIN_SCORE:
        return None
    reason = found["feedback"]["warning"] or "It resembles words and patterns that are guessed first."
    return f"This password is too easy to guess. {reason} Use several uncommon words, or a password manager."
