"""What can go wrong, each in one line that says what to do next.

VapiError
├── ConfigurationError      config or environment is wrong: nothing was sent
├── DeclarationError        what is declared cannot be sent
├── OwnershipError          something in the account is not ours to take, make or forget
│   └── TakenError          another record has the number, SIP URI or automatic name
├── LimitError              more numbers would be released than this stack allows
├── NotReadyError           made, but not usable
├── AbandonedError          the engine that asked is gone: nothing more is sent
├── TransportError          the API was not reached: nothing was done
│   └── UnclearError        a request went out, its answer did not come: it may have been done
└── ApiError                an answer that says no
    ├── AuthenticationError 401, 403
    ├── NotFoundError       404 in the API's own JSON
    ├── RejectedError       any other 4xx: repeating it is no use
    ├── RateLimitedError    429
    └── ServerError         5xx, redirects, pages that are no JSON, a 404 that is not the API's
        └── PagingError     a list whose pages lead no further
"""

from __future__ import annotations


class VapiError(Exception):
    """Any failure that we expect; its text is one line, for a person, without secrets."""


class ConfigurationError(VapiError):
    """Config or environment is missing, contradictory or dangerous."""


class DeclarationError(VapiError):
    """What is declared, and was recorded so, is not what the API takes."""


class OwnershipError(VapiError):
    """A record, or the whole account, is not the one that this stack may touch."""


class JournalChangedError(OwnershipError):
    """Another machine wrote to the journal what this run must look at before it buys."""


class TakenError(OwnershipError):
    """A number, SIP URI or automatic name that another record of the account has."""


class LimitError(VapiError):
    """A guard of this stack against too much at once."""


class NotReadyError(VapiError):
    """A record was made and will not work as it is."""


class AbandonedError(VapiError):
    """The engine that asked for something is gone, so it was not done.

    `may_come_later` where the API may still be at an earlier try of the same request.
    """

    may_come_later = False


class TransportError(VapiError):
    """The API was not reached."""


class UnclearError(TransportError):
    """A request went out and its outcome is unknown.

    `may_come_later` where the API may still be at it: it was slow, not broken.
    """

    def __init__(self, message: str, *, may_come_later: bool = False) -> None:
        super().__init__(message)
        self.may_come_later = may_come_later


class ApiError(VapiError):
    """The API answered with an error.

    `status` is the HTTP status; `retry_after_seconds` is what the answer asked to wait, if it did.
    """

    def __init__(self, message: str, status: int, retry_after_seconds: float | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after_seconds = retry_after_seconds


class AuthenticationError(ApiError):
    """The key is not accepted here, or may not do this."""


class NotFoundError(ApiError):
    """No such record, as far as this key can see.

    `after_unclear_try` where an earlier try of the same DELETE may have released it.
    """

    after_unclear_try = False


class RejectedError(ApiError):
    """The API refused the request as it is."""


class RateLimitedError(ApiError):
    """Too many requests, also after waiting."""


class ServerError(ApiError):
    """The API, or what stands before it, is in trouble."""

    @property
    def may_come_later(self) -> bool:
        """Whether a gateway gave up waiting (524 is Cloudflare's); the API behind it may not."""
        return self.status in (504, 524)


class PagingError(ServerError):
    """The list of the account leads no further, though it does not end here."""
