"""Exception hierarchy of the provider. Each message is one line that says what to do next.

VapiError
├── ConfigurationError      invalid config or environment; no request was sent
├── DeclarationError        the declared properties cannot be sent
├── OwnershipError          the stack must not adopt, create or drop this record
│   ├── JournalChangedError another machine changed the journal during this run
│   └── TakenError          another record has the number, SIP URI or automatic name
├── LimitError              the run would release more numbers than the stack allows
├── NotReadyError           the record was created but is not usable
├── AbandonedError          the engine exited, so the request was not sent
├── TransportError          the API was not reached; nothing changed
│   └── UnclearError        no response to a request that may have taken effect
└── ApiError                error response
    ├── AuthenticationError 401, 403
    ├── NotFoundError       404 in the API's own JSON
    ├── RejectedError       any other 4xx; a retry would fail again
    ├── RateLimitedError    429
    └── ServerError         5xx, redirects, responses that are not JSON, a 404 from a proxy
        └── PagingError     a list whose next page cannot be reached
"""

from __future__ import annotations

from vapi_provider.catalogue.message import Message


class VapiError(Exception):
    """Base class of expected failures; the message is one line without secrets."""

    def __init__(self, message: Message) -> None:
        super().__init__(message)
        self.message = message


class ConfigurationError(VapiError):
    """Config or environment that is missing, contradictory or dangerous."""


class DeclarationError(VapiError):
    """Declared and recorded properties that the API no longer accepts."""


class OwnershipError(VapiError):
    """A record, or an account, that this stack must not change."""


class JournalChangedError(OwnershipError):
    """A concurrent write to the journal that this run must read before it purchases."""


class TakenError(OwnershipError):
    """A number, SIP URI or automatic name that another record of the account has."""


class LimitError(VapiError):
    """A limit of this stack that the run would exceed."""


class NotReadyError(VapiError):
    """A record that was created but will not become usable as it is."""


class AbandonedError(VapiError):
    """A request that was not sent because the engine exited.

    `may_still_complete` is true if the API may still complete an earlier attempt of the request.
    """

    may_still_complete = False


class TransportError(VapiError):
    """A request that did not reach the API."""


class UnclearError(TransportError):
    """A request that was sent and whose outcome is unknown.

    `may_still_complete` is true if the API may still complete it, as after a read timeout.
    """

    def __init__(self, message: Message, *, may_still_complete: bool = False) -> None:
        super().__init__(message)
        self.may_still_complete = may_still_complete


class ApiError(VapiError):
    """An error response of the API.

    `status` is the HTTP status; `retry_after_seconds` is the response's Retry-After, if it has one.
    """

    def __init__(
        self, message: Message, status: int, retry_after_seconds: float | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after_seconds = retry_after_seconds


class AuthenticationError(ApiError):
    """A key that the API does not accept, or that lacks the permission."""


class NotFoundError(ApiError):
    """A record that does not exist or that the key cannot see.

    `after_unclear_try` is true if an earlier attempt of the same DELETE may have released it.
    """

    after_unclear_try = False


class RejectedError(ApiError):
    """A request that the API rejects as invalid."""


class RateLimitedError(ApiError):
    """A rate limit that still applied after all retries."""


class ServerError(ApiError):
    """A failure of the API or of a gateway in front of it."""

    @property
    def may_still_complete(self) -> bool:
        """Whether a gateway timed out (524 is Cloudflare's); the API may still be working on it."""
        return self.status in (504, 524)


class PagingError(ServerError):
    """A list of the account that is incomplete and has no usable next page."""
