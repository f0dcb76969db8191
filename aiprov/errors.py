"""Every error that aiprov raises on purpose. This room imports nothing.

    AiprovError
    ├── ConfigError      wrong usage or configuration                      exit 2
    ├── InputError       this file only; the batch goes on                 exit 3
    ├── ProviderError    a provider did not answer, or answered wrongly    exit 3
    ├── IntegrityError   a model or the state file is not what it was      exit 4
    ├── BudgetReached    the next call would cross the cap                 exit 5
    ├── StorageError     disk full, read-only, I/O error                   exit 6
    ├── Busy             another run holds the folder                      exit 11
    └── Stopped          the user or the system asked to stop              exit 130

A message says what happened, to which file or model; the hint says what to do next. Neither ever holds a key
or words of a transcript.
"""

from __future__ import annotations


class AiprovError(Exception):
    """The base: catch it to catch everything that aiprov raises on purpose.

    Args:
        message: What happened, to which file or model. One sentence without a period.
        hint: What to do next, or None when there is nothing to do.
        code: A stable word for machines; the class's own when not given.
    """

    code = "error"
    exit_code = 1
    retryable = False

    def __init__(self, message: str, hint: str | None = None, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        if code is not None:
            self.code = str(code)  # a plain one, whatever enumeration it comes from


class ConfigError(AiprovError):
    """A setting, flag or file that the user wrote cannot be used as it stands."""

    code = "config"
    exit_code = 2


class InputError(AiprovError):
    """One input cannot be processed; other inputs are not concerned.

    Codes in use: `unreadable_audio`, `empty_audio`, `not_a_file`, `not_found`, `no_such_channel`,
    `changed_while_reading`, `too_long`, `name_too_long`, `output_exists`, `outputs_clash`, `bad_transcript`,
    `no_speakers`.
    """

    code = "input"
    exit_code = 3


class ProviderError(AiprovError):
    """A provider failed to answer, or its answer is not one.

    Args:
        provider: Which provider (`local`, `openai`, ...).
        model: Which model, when the failure concerns one.
        status: The HTTP status, when there was one.
        request_id: The vendor's identifier of the call, for support.
        retry_after_s: Seconds the provider asked to wait.
        retryable: Whether the same call may succeed later.
    """

    code = "provider"
    exit_code = 3

    # Seconds after which the work is worth another run; None when waiting does not help.
    parked_s: float | None = None
    # Whether the call never left this machine: then nothing was charged.
    unsent = False
    # What was tried, in order (`core.results.Attempt`), when it was more than one call.
    attempts: tuple[object, ...] = ()

    def __init__(
        self,
        message: str,
        hint: str | None = None,
        *,
        provider: str,
        model: str | None = None,
        status: int | None = None,
        request_id: str | None = None,
        retry_after_s: float | None = None,
        retryable: bool = False,
        code: str | None = None,
    ) -> None:
        super().__init__(message, hint, code=code)
        self.provider = provider
        self.model = model
        self.status = status
        self.request_id = request_id
        self.retry_after_s = retry_after_s
        self.retryable = retryable


class IntegrityError(AiprovError):
    """A model file or the state file is damaged, foreign or newer than this version of aiprov."""

    code = "integrity"
    exit_code = 4


class BudgetReached(AiprovError):
    """The next call could cost more than what is left of the cap."""

    code = "budget"
    exit_code = 5


class StorageError(AiprovError):
    """Something could not be written: disk full, read-only folder, I/O error. Retrying does not help."""

    code = "storage"
    exit_code = 6


class Busy(AiprovError):
    """Another run holds the output folder."""

    code = "busy"
    exit_code = 11


class Stopped(AiprovError):
    """The run was asked to stop and did; what was finished is kept."""

    code = "stopped"
    exit_code = 130
