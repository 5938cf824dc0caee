"""Whose record is this: automatic names and clashes before buying."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import AUTOMATIC_NAME, DECLARATION, UUID, Api, answer
from vapi_provider.errors import OwnershipError
from vapi_provider.identity import Account, Claims, automatic_name
from vapi_provider.identity.names import NAME_LENGTH
from vapi_provider.models.kinds import KINDS
from vapi_provider.models.record import PhoneNumberRecord

words = st.text(st.characters(exclude_characters="/", codec="utf-8"), min_size=1, max_size=60)


@given(words, words, words)
def test_an_automatic_name_fits(project: str, stack: str, resource: str) -> None:
    """A name is never longer than the API takes, and the same each time."""
    declaration = f"acme/{project}/{stack}/VapiPhoneNumber/{resource}"
    name = automatic_name(declaration)
    assert 0 < len(name) <= NAME_LENGTH == 40
    assert automatic_name(declaration) == name


@given(st.text("ab/-", max_size=30), st.text("ab/-", max_size=30))
def test_automatic_names_are_distinct(one: str, other: str) -> None:
    """Resources that differ only in the middle of a long name have different names."""
    first, second = (
        automatic_name(f"acme/customer-portal/production/VapiPhoneNumber/a-{middle}-hotline")
        for middle in (one, other)
    )
    assert (first == second) == (one == other)


@pytest.mark.parametrize(
    ("declaration", "name"),
    [
        (DECLARATION, AUTOMATIC_NAME),
        ("acme/p/s/VapiPhoneNumber/a/b/c", "p/s/a/b/c"),
        (f"acme/p/s/VapiPhoneNumber/{'r' * 36}", f"p/s/{'r' * 36}"),
    ],
)
def test_a_short_name_is_readable(declaration: str, name: str) -> None:
    """Project, stack and resource stand in the name as they are, up to forty characters."""
    assert automatic_name(declaration) == name


def test_a_long_name_keeps_both_ends() -> None:
    """A shortened name begins and ends as the whole one, with a hash between."""
    name = automatic_name("acme/customer-portal/production/VapiPhoneNumber/front-desk-hotline")
    beginning, digest, end = name.split("~")
    assert "customer-portal/production".startswith(beginning)
    assert "front-desk-hotline".endswith(end)
    assert len(beginning) == len(end) == 15
    assert int(digest, 16) >= 0


def test_names_tell_stacks_apart() -> None:
    """The same resource has another name in another project and in another stack."""
    names = {
        automatic_name(f"acme/{project}/{stack}/VapiPhoneNumber/{'hotline' * 6}")
        for project in ("shop", "desk")
        for stack in ("dev", "prod")
    }
    assert len(names) == 4


def refuse(
    account: Account, kind: str = "vapi", replaced: tuple[str, ...] = (), **declared: Any
) -> None:
    """Asks `account` whether `declared` may be made."""
    account.refuse_what_is_there(KINDS[kind], declared, DECLARATION, replaced)


CLASHES = [
    ("vapi", {"sipUri": "sip:Support@sip.vapi.ai"}, {"sip_uri": "SIP:support@sip.vapi.ai"},
     "the SIP URI SIP:support@sip.vapi.ai"),
    ("twilio", {}, {"number": "+14155552671"}, "the number +14155552671"),
    ("vonage", {}, {"number": "+14155552671"}, "the number +14155552671"),
    ("vapi", {"name": AUTOMATIC_NAME}, {"name": AUTOMATIC_NAME},
     f"a vapi number with this resource's automatic name '{AUTOMATIC_NAME}'"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "there", "declared", "words"), CLASHES)
def test_what_is_there_is_not_made_again(
    kind: str, there: dict[str, Any], declared: dict[str, Any], words: str
) -> None:
    """A clash names the record and both ways out, the alias for a rename first."""
    with pytest.raises(OwnershipError) as refused:
        refuse(Account(Api(answer(kind, **there)).client()), kind, **declared)
    text = str(refused.value)
    assert f"the account already has {words} (id {UUID}" in text
    assert "2026-03-26T15:43:16.145Z" in text
    assert 0 < text.index("aliases=[") < text.index(f"adopt_id={UUID!r}")
    assert "\n" not in text


@pytest.mark.parametrize(("kind", "there", "declared", "words"), CLASHES)
def test_what_is_being_replaced_is_no_clash(
    kind: str, there: dict[str, Any], declared: dict[str, Any], words: str
) -> None:
    """The record that this run is about to release does not stand in the way."""
    refuse(Account(Api(answer(kind, **there)).client()), kind, (UUID,), **declared)


@pytest.mark.parametrize(
    ("there", "kind", "declared"),
    [
        (answer(name="a"), "vapi", {"name": "a"}),
        (answer("twilio", name=AUTOMATIC_NAME), "vapi", {"name": AUTOMATIC_NAME}),
        (answer(name=AUTOMATIC_NAME), "vapi", {"name": "mine"}),
        (answer(sipUri="sip:a@b"), "vapi", {"sip_uri": "sip:c@b"}),
        (answer("twilio"), "twilio", {"number": "+14155552672"}),
        (answer(), "vapi", {"number_desired_area_code": "415"}),
        (answer("plivo", number="+14155552671"), "twilio", {"number": "+14155552672"}),
    ],
)
def test_strangers_are_no_clash(there: dict[str, Any], kind: str, declared: dict[str, Any]) -> None:
    """A given name, another kind's name, other URIs and numbers may stand beside ours."""
    refuse(Account(Api(there).client()), kind, **declared)


def test_a_number_of_an_unknown_kind_is_a_clash() -> None:
    """A carrier number that the account has under a kind we do not know is there all the same."""
    account = Account(Api(answer("plivo", number="+14155552671")).client())
    with pytest.raises(OwnershipError, match="the number"):
        refuse(account, "twilio", number="+14155552671")


def test_the_account_is_listed_once_a_run() -> None:
    """Any number of creates, from any number of threads, cost one listing."""
    api = Api(answer(name="other"))
    account = Account(api.client())
    with ThreadPoolExecutor(8) as threads:
        for done in [threads.submit(refuse, account, name=f"n{at}") for at in range(64)]:
            done.result()
    assert api.sent == ["GET /phone-number"]


def test_what_this_run_made_is_known_without_listing_again() -> None:
    """A record that was just made clashes, and no longer once it was released."""
    api = Api()
    account = Account(api.client())
    refuse(account, sip_uri="sip:a@b")
    account.made(PhoneNumberRecord.read(answer(sipUri="sip:a@b")))
    with pytest.raises(OwnershipError, match="the SIP URI"):
        refuse(account, sip_uri="sip:a@b")
    account.released(UUID)
    account.released(UUID)
    refuse(account, sip_uri="sip:a@b")
    assert len(api.requests) == 1


def test_made_and_released_before_any_listing_are_seen_by_it() -> None:
    """What was made before the first listing is found by the listing itself."""
    account = Account(Api(answer(sipUri="sip:a@b")).client())
    account.made(PhoneNumberRecord.read(answer(sipUri="sip:a@b")))
    account.released("unheard-of")
    with pytest.raises(OwnershipError, match="the SIP URI"):
        refuse(account, sip_uri="sip:a@b")


OTHER = "acme/shop/dev/VapiPhoneNumber/hotline"
TWICE = "declared twice: as 'support' and as 'hotline'; remove one of them"


def claims(*declared: str) -> Claims:
    """The claims of a run whose program declares these."""
    made = Claims()
    for declaration in declared:
        made.declare(declaration)
    return made


def test_what_one_has_no_other_adopts() -> None:
    """A resource has its record again and again; adopting it by another one is refused."""
    run = claims(DECLARATION)
    run.own(UUID, DECLARATION)
    run.own(UUID, DECLARATION)
    run.declare(DECLARATION, UUID)
    run.declare(OTHER, "another")
    with pytest.raises(OwnershipError, match=TWICE):
        run.declare(OTHER, UUID)


def test_what_one_adopts_no_other_has() -> None:
    """The same the other way round: whoever comes first keeps it."""
    run = claims(DECLARATION, OTHER)
    run.declare(DECLARATION, UUID)
    run.own(UUID, DECLARATION)
    with pytest.raises(OwnershipError, match=TWICE):
        run.own(UUID, OTHER)


def test_only_what_the_program_declares_counts() -> None:
    """A refresh under names that the program has changed since stands in nobody's way."""
    run = claims()
    run.own(UUID, DECLARATION)
    run.declare(OTHER, UUID)
    run.own(UUID, OTHER)
    assert run.has_changed_hands(UUID, DECLARATION)


def test_one_of_many_adopters_wins() -> None:
    """Of threads that adopt one record at the same time, exactly one gets it."""
    run = claims()

    def adopts(at: int) -> bool:
        try:
            run.declare(f"acme/shop/dev/VapiPhoneNumber/n{at}", UUID)
        except OwnershipError:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(adopts, range(64))) == 1


@pytest.mark.parametrize(
    ("owner", "replaced", "made", "changed"),
    [
        (None, False, None, False),
        (DECLARATION, False, None, False),
        (OTHER, False, None, True),
        (OTHER, False, DECLARATION, True),
        (OTHER, False, OTHER, False),
        (OTHER, True, None, False),
        (DECLARATION, True, None, False),
    ],
)
def test_a_record_changes_hands(
    owner: str | None, replaced: bool, made: str | None, changed: bool
) -> None:
    """A record that another resource has by now is kept, unless that one has a new record."""
    run = claims(DECLARATION, OTHER)
    if owner:
        run.own(UUID, owner)
    if replaced:
        run.replace(UUID, DECLARATION)
    if made:
        run.make(made)
    assert run.has_changed_hands(UUID, DECLARATION) is changed
