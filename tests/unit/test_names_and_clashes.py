"""Automatic names, and clashes that are found before anything is bought."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.support.builders import AUTOMATIC_NAME, DECLARATION, UUID, FlakyApi, wire_record
from vapi_provider.errors import OwnershipError
from vapi_provider.lifecycle.account_view import AccountView
from vapi_provider.lifecycle.clashes import refuse_clash
from vapi_provider.lifecycle.ownership import Ownership
from vapi_provider.models.kinds import KINDS
from vapi_provider.models.record import PhoneNumberRecord
from vapi_provider.reconcile.automatic_names import NAME_LENGTH, automatic_name
from vapi_provider.reconcile.resource_key import old_form, recorded_form, resource_key


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


CHILD = "acme/shop/dev/VapiPhoneNumber~0a1b2c3d/support"


def test_a_child_is_named_after_its_parents_types() -> None:
    """The hash of the parent's types stands behind the name, and in the digest of a long one."""
    assert automatic_name(CHILD) == f"{AUTOMATIC_NAME}~0a1b2c3d"
    long = "acme/customer-portal/production/VapiPhoneNumber{}/front-desk-hotline"
    names = {automatic_name(long.format(f"~0a1b2c3{at}")) for at in "def"}
    assert len({automatic_name(long.format("")), *names}) == 4
    assert {len(name) for name in names} <= set(range(NAME_LENGTH + 1))
    assert all(name.endswith("ont-desk-hotline"[-15:]) for name in names)


def test_a_key_is_hashed_over_all_types_up_the_chain() -> None:
    """Parents of other types give other keys; the stack as a parent is no parent."""
    head = "urn:pulumi:dev::shop::"
    parents = (None, f"{head}pulumi:pulumi:Stack::shop-dev")
    assert {
        resource_key("acme/shop/dev", "VapiPhoneNumber", "support", one) for one in parents
    } == {DECLARATION}
    parents = (f"{head}a:b:C::x", f"{head}d:e:F$a:b:C::x", f"{head}a:b:C::y")
    keys = [resource_key("acme/shop/dev", "VapiPhoneNumber", "support", one) for one in parents]
    assert keys[0] == keys[2] != keys[1]
    assert {old_form(key) for key in keys} == {DECLARATION}
    assert recorded_form(keys[0], DECLARATION) == DECLARATION
    assert recorded_form(keys[0], keys[1]) == keys[0]


@pytest.mark.parametrize(
    ("there", "asking"),
    [(AUTOMATIC_NAME, CHILD), (f"{AUTOMATIC_NAME}~0a1b2c3d", DECLARATION)],
)
def test_a_moved_resource_is_known_by_the_other_form_of_its_name(there: str, asking: str) -> None:
    """What was moved into a component or out of one clashes with its earlier name, with a hint.

    Where a resource of this run holds it, or it is being replaced, it is no clash.
    """
    account = AccountView(FlakyApi(wire_record(name=there)).observed())
    declared = {"name": automatic_name(asking)}
    with pytest.raises(OwnershipError, match="Alias\\(parent=pulumi.ROOT_STACK_RESOURCE\\)"):
        refuse_clash(account, KINDS["vapi"], declared, asking, ())
    refuse_clash(account, KINDS["vapi"], declared, asking, (), {UUID})
    refuse_clash(account, KINDS["vapi"], declared, asking, (), replacing=True)
    sister = asking.replace("0a1b2c3d", "ffffffff") if asking == CHILD else CHILD
    other = AccountView(FlakyApi(wire_record(name=f"{AUTOMATIC_NAME}~12345678")).observed())
    refuse_clash(other, KINDS["vapi"], {"name": automatic_name(sister)}, sister, ())


def test_names_tell_stacks_apart() -> None:
    """The same resource has another name in another project and in another stack."""
    names = {
        automatic_name(f"acme/{project}/{stack}/VapiPhoneNumber/{'hotline' * 6}")
        for project in ("shop", "desk")
        for stack in ("dev", "prod")
    }
    assert len(names) == 4


def refuse(
    account: AccountView, kind: str = "vapi", replaced: tuple[str, ...] = (), **declared: Any
) -> None:
    """Asks `account` whether `declared` may be made."""
    refuse_clash(account, KINDS[kind], declared, DECLARATION, replaced)


CLASHES = [
    ("vapi", {"sipUri": "sip:Support@sip.vapi.ai"}, {"sip_uri": "SIP:support@sip.vapi.ai"},
     "the SIP URI of `sip_uri`"),
    ("twilio", {}, {"number": "+14155552671"}, "the number of `number`"),
    ("vonage", {}, {"number": "+14155552671"}, "the number of `number`"),
    ("vapi", {"name": AUTOMATIC_NAME}, {"name": AUTOMATIC_NAME},
     f"a vapi number with this resource's automatic name '{AUTOMATIC_NAME}'"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "there", "declared", "words"), CLASHES)
def test_what_is_there_is_not_made_again(
    kind: str, there: dict[str, Any], declared: dict[str, Any], words: str
) -> None:
    """A clash names the record and both ways out, the alias for a rename first."""
    with pytest.raises(OwnershipError) as refused:
        refuse(AccountView(FlakyApi(wire_record(kind, **there)).observed()), kind, **declared)
    text = str(refused.value)
    assert f"the account already has {words} (id {UUID}" in text
    assert "2026-03-26T15:43:16.145Z" in text
    # A declared value may be a secret, which the engine takes the mark off.
    assert not [it for it in ("sip_uri", "number") if str(declared.get(it, "-none-")) in text]
    assert 0 < text.index("aliases=[") < text.index(f"adopt_id={UUID!r}")
    assert "\n" not in text


@pytest.mark.parametrize(("kind", "there", "declared", "words"), CLASHES)
def test_what_is_being_replaced_is_no_clash(
    kind: str, there: dict[str, Any], declared: dict[str, Any], words: str
) -> None:
    """The record that this run is about to release does not stand in the way."""
    refuse(AccountView(FlakyApi(wire_record(kind, **there)).observed()), kind, (UUID,), **declared)


@pytest.mark.parametrize(
    ("there", "kind", "declared"),
    [
        (wire_record(name="a"), "vapi", {"name": "a"}),
        (wire_record("twilio", name=AUTOMATIC_NAME), "vapi", {"name": AUTOMATIC_NAME}),
        (wire_record(name=AUTOMATIC_NAME), "vapi", {"name": "mine"}),
        (wire_record(sipUri="sip:a@b"), "vapi", {"sip_uri": "sip:c@b"}),
        (wire_record("twilio"), "twilio", {"number": "+14155552672"}),
        (wire_record(), "vapi", {"number_desired_area_code": "415"}),
        (wire_record("plivo", number="+14155552671"), "twilio", {"number": "+14155552672"}),
    ],
)
def test_strangers_are_no_clash(there: dict[str, Any], kind: str, declared: dict[str, Any]) -> None:
    """A given name, another kind's name, other URIs and numbers may stand beside ours."""
    refuse(AccountView(FlakyApi(there).observed()), kind, **declared)


def test_a_number_of_an_unknown_kind_is_a_clash() -> None:
    """A carrier number that the account has under a kind we do not know is there all the same."""
    account = AccountView(FlakyApi(wire_record("plivo", number="+14155552671")).observed())
    with pytest.raises(OwnershipError, match="the number"):
        refuse(account, "twilio", number="+14155552671")


def test_the_account_is_listed_once_a_run() -> None:
    """Any number of creates, from any number of threads, cost one listing."""
    api = FlakyApi(wire_record(name="other"))
    account = AccountView(api.observed())
    with ThreadPoolExecutor(8) as threads:
        for done in [threads.submit(refuse, account, name=f"n{at}") for at in range(64)]:
            done.result()
    assert api.sent == ["GET /phone-number"]


def test_what_this_run_made_is_known_without_listing_again() -> None:
    """A record that was just made clashes, and no longer once it was released."""
    api = FlakyApi()
    account = AccountView(api.observed())
    refuse(account, sip_uri="sip:a@b")
    account.remember(PhoneNumberRecord.read(wire_record(sipUri="sip:a@b")))
    with pytest.raises(OwnershipError, match="the SIP URI"):
        refuse(account, sip_uri="sip:a@b")
    account.forget(UUID)
    account.forget(UUID)
    refuse(account, sip_uri="sip:a@b")
    assert len(api.requests) == 1


def test_made_and_released_before_any_listing_are_seen_by_it() -> None:
    """What was made before the first listing is found by the listing itself."""
    account = AccountView(FlakyApi(wire_record(sipUri="sip:a@b")).observed())
    account.remember(PhoneNumberRecord.read(wire_record(sipUri="sip:a@b")))
    account.forget("unheard-of")
    with pytest.raises(OwnershipError, match="the SIP URI"):
        refuse(account, sip_uri="sip:a@b")


OTHER = "acme/shop/dev/VapiPhoneNumber/hotline"
TWICE = "declared twice: as 'support' and as 'hotline'; remove one of them"


def ownership(*declared: str) -> Ownership:
    """The claims of a run whose program declares these."""
    made = Ownership()
    for declaration in declared:
        made.register_check(declaration)
    return made


def test_what_one_has_no_other_adopts() -> None:
    """A resource has its record again and again; adopting it by another one is refused."""
    run = ownership(DECLARATION)
    run.hold(UUID, DECLARATION)
    run.hold(UUID, DECLARATION)
    run.register_check(OTHER, "another")
    with pytest.raises(OwnershipError, match=TWICE):
        run.register_check(OTHER, UUID)


def test_what_one_adopts_no_other_has() -> None:
    """The same the other way round: whoever comes first keeps it."""
    run = ownership(DECLARATION, OTHER)
    run.register_check(DECLARATION, UUID)
    run.hold(UUID, DECLARATION)
    run.hold(UUID, OTHER)
    with pytest.raises(OwnershipError, match=TWICE):
        run.keep(UUID, OTHER)


def test_only_what_the_program_declares_counts() -> None:
    """A refresh under keys that the program has changed since stands in nobody's way."""
    run = ownership()
    run.hold(UUID, DECLARATION)
    assert run.holder(UUID) is None
    run.register_check(OTHER, UUID)
    run.hold(UUID, OTHER)
    assert run.holder(UUID) == OTHER


@pytest.mark.parametrize("spelled", [UUID, UUID.upper()])
def test_an_id_is_one_in_any_case(spelled: str) -> None:
    """`adopt_id` in capitals names the record that another resource holds."""
    run = ownership(DECLARATION)
    run.hold(UUID, DECLARATION)
    with pytest.raises(OwnershipError, match=TWICE):
        run.register_check(OTHER, spelled)


def test_two_resources_of_one_key_are_told_apart_by_id() -> None:
    """Where two children share a key, replacing the record of one leaves the other its own."""
    run = Ownership()
    for id_ in ("one", "two"):
        run.register_check(DECLARATION, recorded=DECLARATION)
        run.hold(id_, DECLARATION)
    run.note_replaced("one", DECLARATION)
    run.begin_create(DECLARATION)
    assert (run.holder("one"), run.holder("two")) == (None, DECLARATION)


def test_a_record_with_two_holders_is_kept_for_the_other() -> None:
    """Where two children share key and record, replacing one of them gives nothing up."""
    run = Ownership()
    others: list[str | None] = []
    for _ in range(2):
        run.register_check(DECLARATION, recorded=DECLARATION)
        others.append(run.hold(UUID, DECLARATION))
    run.note_replaced(UUID, DECLARATION)
    assert others == [None, DECLARATION]
    assert run.holder(UUID) == DECLARATION
    assert UUID not in run.replaced


def test_a_replacement_without_a_diff_is_seen() -> None:
    """A check with recorded inputs, then one without, and no diff between: the engine's wish."""
    run = Ownership()
    assert not run.register_check(OTHER)
    assert not run.register_check(DECLARATION, recorded=DECLARATION)
    assert run.register_check(DECLARATION)
    assert run.is_forced(DECLARATION)
    run = Ownership()
    run.register_check(DECLARATION, recorded=DECLARATION)
    run.hold(UUID, DECLARATION)
    assert not run.register_check(DECLARATION)


def test_one_of_many_adopters_wins() -> None:
    """Of threads that adopt one record at the same time, exactly one gets it."""
    run = ownership()

    def adopts(at: int) -> bool:
        try:
            run.register_check(f"acme/shop/dev/VapiPhoneNumber/n{at}", UUID)
        except OwnershipError:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(adopts, range(64))) == 1


def test_what_a_run_gains_is_held_whatever_comes_of_its_key() -> None:
    """A record that was adopted, taken over or created in a run stays its resource's to the end."""
    run = ownership(DECLARATION, OTHER)
    run.hold(UUID, DECLARATION)
    run.gain(UUID, OTHER)
    run.note_replaced(UUID, DECLARATION)
    run.begin_create(OTHER)
    run.allow_create(OTHER)
    assert run.holder(UUID.upper()) == OTHER
