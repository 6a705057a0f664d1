"""The one kind of error that a feature raises."""


class FeatureError(ValueError):
    """An array or parameter that a feature is not defined for; the message says what it needs."""
