"""What a user of the command line may expect to go wrong."""


class TrainingError(ValueError):
    """Data or options that cannot be used; the message is one sentence that says what to do."""
