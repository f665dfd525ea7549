"""What a caller gave cannot be used; the message is one line and says what to change."""


class InputError(ValueError):
    """Settings, data or a folder that cannot be used, said in one line."""
