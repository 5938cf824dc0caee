"""Changes of a stack's numbers, derived from the engine's events."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.summary.samples import SECRET, UNKNOWN, read, said, step, urn
from vapi_provider.catalogue.message import Message
from vapi_provider.deployment.exported import OURS
from vapi_provider.models.constants import SIP_HOSTS
from vapi_provider.reconcile import diff_notes
from vapi_provider.reconcile.resource_key import resource_key
from vapi_provider.summary.changes import drop_ignored, summarize_drift, summarize_preview
from vapi_provider.summary.content import Change, FieldChange, Summary
from vapi_provider.summary.document import render_document
from vapi_provider.summary.events import Notice, read_events
from vapi_provider.summary.text import render_text
from vapi_provider.summary.values import Hidden
from vapi_provider.summary.words import describe_action

PARENT = "urn:pulumi:dev::shop::ours:Team::team"
LINE = {"provider": "vapi", "sip_uri": "sip:line@sip.vapi.ai", "name": "line"}
NUMBER = {"provider": "vapi", "number": "+14155550100", "number_desired_area_code": "415"}


def preview(*events: dict[str, Any]) -> Summary:
    return summarize_preview("test", read_events(events))


def drift(*events: dict[str, Any]) -> Summary:
    return summarize_drift("test", read_events(events))


def only(summary: Summary) -> Change:
    (change,) = summary.changes
    return change


def test_a_nested_field_is_told_by_its_path() -> None:
    """A changed nested field is one row with its path, old and new value."""
    old = {**LINE, "fallback_destination": {"type": "number", "number": "+14155550100"}}
    new = {
        **LINE,
        "fallback_destination": {"type": "number", "number": "+14155550100", "message": "Hi"},
    }
    assert only(preview(step("update", old=old, new=new))).fields == (
        FieldChange("fallback_destination.message", None, "Hi"),
    )


def test_what_means_the_same_is_no_row() -> None:
    """Letter case of a SIP URI, defaults and empty lists are no changes."""
    new = {**LINE, "sip_uri": "sip:LINE@sip.vapi.ai", "hooks": [], "name": "another"}
    fields = only(preview(step("update", old=LINE, new=new))).fields
    assert [field.path for field in fields] == ["name"]


def test_an_area_code_that_a_patch_does_not_send_is_no_row() -> None:
    """An area code that is no longer declared is no change of an update."""
    new = {"provider": "vapi", "name": "new"}
    fields = only(preview(step("update", old=NUMBER, new=new))).fields
    assert [field.path for field in fields] == ["name"]


def test_a_value_that_is_not_known_yet_says_so() -> None:
    """A value that is known after `up` is shown so, not as the engine's placeholder."""
    summary = preview(step("update", old=LINE, new={**LINE, "assistant_id": UNKNOWN}))
    assert only(summary).fields == (FieldChange("assistant_id", None, Hidden.LATER),)
    (field,) = render_document(summary)["changes"][0]["fields"]
    assert (field["new"], field["known"]) == (None, False)
    assert UNKNOWN not in render_text(summary)


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("authentication.password", {"authentication": {"username": "u", "password": SECRET}}, {}),
        ("server.headers", {"server": {"url": "https://a.example.com", "headers": SECRET}}, {}),
        ("hooks[0].do[0].exact", {"hooks": SECRET}, {"hooks": SECRET}),
    ],
)
def test_a_rotated_secret_is_told_by_the_plugins_note(
    path: str, old: dict[str, Any], new: dict[str, Any]
) -> None:
    """Of two masked secrets, the one that the plugin noted as different is a change."""
    summary = preview(
        said("debug", diff_notes.format_note("line-id", [path])),
        step("update", old={**LINE, **old}, new={**LINE, **old, **new}),
    )
    assert [field.path for field in only(summary).fields] == [path]
    assert only(summary).fields[0].is_rotated
    assert f"{path}: (secret) -> changed (secret)" in render_text(summary)


def test_a_note_adds_nothing_to_what_is_seen() -> None:
    """A field that differs in the events and in a note is one change."""
    summary = preview(
        said("debug", diff_notes.format_note("line-id", ["name", "assistant_id"])),
        step("update", old=LINE, new={**LINE, "name": "another"}),
    )
    assert [field.path for field in only(summary).fields] == ["name"]


def test_what_cannot_be_undone_comes_first_and_is_counted() -> None:
    """Deleted and replaced numbers come first, and the headline counts releases."""
    summary = preview(
        step("create", "new", None, NUMBER),
        step("update", "changed", LINE, {**LINE, "name": "another"}),
        step("create-replacement", "other", NUMBER, {**NUMBER, "number_desired_area_code": "212"}),
        step("replace", "other", NUMBER, {**NUMBER, "number_desired_area_code": "212"}),
        step("delete-replaced", "other", NUMBER, None),
        step("delete", "gone", NUMBER, None),
        step("same", "same", LINE, LINE),
        step("create", "numbers-test", None, {}, type_="pulumi:pulumi:Stack"),
        step("create", "default", None, {}, type_="pulumi:providers:pulumi-python"),
    )
    assert [change.action for change in summary.changes] == [
        "deleted",
        "replaced",
        "changed",
        "created",
    ]
    assert summary.releases == 2
    assert summary.exit_code == 2
    text = render_text(summary)
    assert text.startswith(
        "Preview of stack test: 1 deleted, 1 replaced, 1 changed, 1 created; "
        "2 numbers released for good."
    )
    assert "± VapiPhoneNumber other (+14155550100): replaced: this number is released" in text


def test_a_number_that_is_kept_is_not_released() -> None:
    """`retain_on_delete`, and a rename by adopt_id, only remove a number from the state."""
    summary = preview(
        step("delete", "kept", NUMBER, None, retainOnDelete=True),
        step("delete", "renamed", NUMBER, None),
        step("create", "renaming", None, {**NUMBER, "adopt_id": "renamed-id"}),
    )
    assert [(one.name, one.action) for one in summary.changes] == [
        ("renaming", "adopted"),
        ("kept", "forgotten"),
        ("renamed", "forgotten"),
    ]
    assert summary.releases == 0


@pytest.mark.parametrize("hidden", [SECRET, UNKNOWN])
def test_a_number_is_adopted_whether_or_not_its_id_may_be_shown(hidden: Any) -> None:
    """An `adopt_id` that is unknown or secret is an adoption, shown without an id."""
    found = only(preview(step("create", "line", None, {**NUMBER, "adopt_id": hidden})))
    assert (found.action, found.id) == ("adopted", None)


def test_an_imported_resource_is_a_change() -> None:
    """An `import_` of another provider's resource is a change."""
    summary = preview(step("import", "x", None, {"a": "b"}, type_="random:index:Id"))
    assert only(summary) == Change("adopted", "random:index:Id", "x")
    assert summary.exit_code == 2


def test_other_providers_resources_are_named() -> None:
    """A resource of another provider is shown with its type and without its fields."""
    summary = preview(step("create", "x", None, {"password": "p"}, type_="random:index:Id"))
    assert only(summary) == Change("created", "random:index:Id", "x")


def test_nothing_is_exit_code_0() -> None:
    """A preview without changes and a check without drift end with code 0."""
    assert preview(step("same", old=LINE, new=LINE)).exit_code == 0
    assert drift(read("same", "line", LINE, LINE)).exit_code == 0
    assert render_text(drift()) == "Drift of stack test: no drift."


def test_drift_is_a_field_with_its_recorded_and_its_actual_value() -> None:
    """A field changed outside is drift; one that only the API changes is not."""
    old = {**NUMBER, "status": "activating"}
    new = {"provider": "vapi", "number": "+14155550100", "status": "active", "squad_id": "s"}
    assert only(drift(read("update", "line", old, new))).fields == (
        FieldChange("squad_id", None, "s"),
    )


def test_a_number_deleted_outside_is_gone() -> None:
    """A number that was deleted outside is `gone` and no release."""
    summary = drift(read("delete", "line", NUMBER, None))
    assert only(summary) == Change(
        "gone", "VapiPhoneNumber", "line", id="line-id", number="+14155550100"
    )
    assert summary.exit_code == 2


def test_somebody_elses_number_does_not_drift() -> None:
    """A number that is only read by `get` has no drift."""
    changed = {**LINE, "name": "another"}
    assert drift(read("update", "line", LINE, changed, external=True)).changes == ()


@pytest.mark.parametrize(
    ("ignored", "left"),
    [
        (["name"], ["hooks[0].do[0].exact", "server.url"]),
        (["*"], []),
        (["server", "hooks[*].do"], ["name"]),
        (['["server"].url', "hooks[1]"], ["hooks[0].do[0].exact", "name"]),
        (["server.url.deeper"], ["hooks[0].do[0].exact", "name", "server.url"]),
    ],
)
def test_what_is_left_to_the_dashboard_is_no_drift(ignored: list[str], left: list[str]) -> None:
    """Fields that the state records under `ignore_changes` are no drift."""
    say = {"type": "say", "exact": "Hello"}
    old = {
        **LINE,
        "hooks": [{"on": "call.ringing", "do": [say]}],
        "server": {"url": "https://a.example.com"},
    }
    new = {
        **LINE,
        "name": "another",
        "hooks": [{"on": "call.ringing", "do": [{**say, "exact": "Bye"}]}],
        "server": {"url": "https://b.example.com"},
    }
    state = {
        "resources": [
            {
                "urn": urn("line"),
                "type": f"{OURS}VapiPhoneNumber",
                "id": "line-id",
                "ignoreChanges": ignored,
            }
        ]
    }
    summary = drop_ignored(drift(read("update", "line", old, new)), state)
    assert [field.path for one in summary.changes for field in one.fields] == left
    assert summary.exit_code == (2 if left else 0)


def test_a_number_that_is_gone_is_drift_whatever_is_ignored() -> None:
    """A deleted number is drift even if all its fields are ignored."""
    state = {
        "resources": [
            {
                "urn": urn("line"),
                "type": f"{OURS}VapiPhoneNumber",
                "id": "line-id",
                "ignoreChanges": ["*"],
            }
        ]
    }
    assert drop_ignored(drift(read("delete", "line", NUMBER, None)), state).exit_code == 2


@pytest.mark.parametrize(
    ("message", "name", "text"),
    [
        (
            "pulumi-python:dynamic/vapi:X resource 'a' has a problem: name: is long\n",
            "a",
            "name: is long",
        ),
        ("Preview failed: vapi: GET /x: 401\n\n", "a", "GET /x: 401"),
        (
            'Preview failed: resource "' + urn("a") + '" cannot be deleted\nbecause it is so\n',
            "a",
            'resource "a" cannot be deleted because it is so',
        ),
        (
            "Program failed with an unhandled exception:\nTraceback (most recent call last):\n"
            '  File "x.py", line 3\nRuntimeError: boom\n\n',
            None,
            "Program failed with an unhandled exception: RuntimeError: boom",
        ),
    ],
)
def test_an_error_is_one_line(message: str, name: str | None, text: str) -> None:
    """Each error is one line with its resource; the engine's generic errors are dropped."""
    summary = preview(
        said("error", message, name),
        said("error", message, name),
        said("error", "preview failed\n"),
        said("error", "an unhandled error occurred: program exited with non-zero exit code: 1\n"),
    )
    assert summary.errors == (Notice(name, text),)
    assert summary.exit_code == 1


def test_where_the_engine_says_no_more_its_own_words_stand() -> None:
    """The engine's generic error is kept if it is the only one."""
    assert preview(said("error", "preview failed\n")).errors == (Notice(None, "preview failed"),)


@pytest.mark.parametrize("text", ["vapi differs: ", "vapi differs: {}", "vapi differs: []", "x"])
def test_a_note_that_is_none_is_left_out(text: str) -> None:
    """Debug messages that the plugin did not write are no notes."""
    assert diff_notes.parse_note(text) is None
    assert diff_notes.parse_note(diff_notes.format_note("id", ["a.b", "c"])) == ("id", ["a.b", "c"])


def test_ignored_fields_are_matched_by_urn() -> None:
    """A `get` of the same record does not change what the resource ignores."""
    got = {"type": f"{OURS}VapiPhoneNumber", "id": "line-id", "external": True}
    own = {**got, "urn": urn("line"), "external": False, "ignoreChanges": ["name"]}
    found = drift(read("update", "line", LINE, {**LINE, "name": "another"}))
    for resources in ([own, {**got, "urn": urn("read")}], [{**got, "urn": urn("read")}, own]):
        assert drop_ignored(found, {"resources": resources}).exit_code == 0
    assert drop_ignored(found, {"resources": [{**own, "delete": True}]}).exit_code == 2


STACK = "pulumi:pulumi:Stack"


def outputs(old: dict[str, Any], new: dict[str, Any]) -> Summary:
    """Return a preview in which only the stack's outputs may change."""
    first = step("same", "numbers-test", old, old, "resOutputsEvent", STACK)
    last = step("same", "numbers-test", old, new, "resOutputsEvent", STACK)
    return summarize_preview("test", read_events([first, last]))


def test_changed_outputs_count() -> None:
    """Changed outputs of the stack alone are changes."""
    found = outputs(
        {"a": 1, "b": "x", "gone": [1], "s": SECRET}, {"a": True, "b": "x", "s": SECRET}
    )
    assert found.exit_code == 2
    assert [(one.path, one.old, one.new) for one in found.outputs] == [
        ("a", 1, True),
        ("gone", [1], None),
    ]
    assert outputs({"a": {"b": 1}}, {"a": {"b": 1.0}}).exit_code == 0


def test_words_on_keeping_and_releasing_are_for_numbers() -> None:
    """A replaced resource of another type is not called kept, bought or released."""
    other = "random:index/randomPet:RandomPet"
    steps = [
        step("replace", "pet", {"id": "a"}, {"id": "b"}, type_=other),
        step("delete", "left", {"id": "a"}, None, type_=other, retainOnDelete=True),
        step("delete", "gone", {"id": "a"}, None, type_=other),
    ]
    found = summarize_preview("test", read_events(steps))
    assert {one.name: describe_action(one) for one in found.changes} == {
        "pet": "replaced",
        "left": "leaves the state",
        "gone": "deleted",
    }


@pytest.mark.parametrize(
    ("differing", "ignored", "left"),
    [
        (["X-Key"], ['server.headers["X-Key"]'], 0),
        (["X-Key", "X-Other"], ['server.headers["X-Key"]'], 1),
        (["X-Key", "X-Other"], ["server.headers.X-Key", 'server.headers["X-Other"]'], 0),
        (["X-Key", "X-Other"], ["server.headers"], 0),
        (["X-Key"], ['server.headers["X-Ke"]'], 1),
    ],
)
def test_headers_are_ignored_one_by_one(
    differing: list[str], ignored: list[str], left: int
) -> None:
    """Changed headers are no drift if each differing header is ignored."""
    parts = tuple(f'server.headers["{name}"]' for name in differing)
    change = FieldChange("server.headers", Hidden.SECRET, Hidden.SECRET, parts)
    number = Change("changed", "VapiPhoneNumber", "line", fields=(change,), urn=urn("line"))
    resource = {"type": f"{OURS}VapiPhoneNumber", "urn": urn("line"), "ignoreChanges": ignored}
    found = drop_ignored(Summary("drift", "dev", (number,)), {"resources": [resource]})
    assert len(found.changes) == left


@pytest.mark.parametrize(
    ("old", "new"),
    [(SECRET, SECRET), (None, SECRET), (SECRET, None)],
    ids=["rotated", "added", "removed"],
)
@pytest.mark.parametrize("field", ["headers", "sip_headers"])
def test_headers_are_one_row(field: str, old: Any, new: Any) -> None:
    """Whatever becomes of headers, their row has the path of all, and knows which differ."""
    where = {"headers": "server", "sip_headers": "fallback_destination"}[field]
    base = {"type": "sip", "sip_uri": "sip:a@b.example"} if field == "sip_headers" else {}
    path = f"{where}.{field}"
    parts = (f'{path}["X-A"]', f'{path}["X-B"]')
    found = preview(
        said("debug", diff_notes.format_note("line-id", [path, *parts])),
        step(
            "update",
            old={**LINE, where: {**base, field: old}},
            new={**LINE, where: {**base, field: new}},
        ),
    )
    (row,) = only(found).fields
    assert (row.path, row.parts) == (path, parts)


@pytest.mark.parametrize(
    ("config", "variable", "default"),
    [(None, None, "us"), (None, "eu", "eu"), ("eu", "us", "eu"), ("us", "eu", "us")],
)
def test_a_default_is_that_of_the_accounts_region(
    config: str | None, variable: str | None, default: str
) -> None:
    """The config names the region, then the environment; what is its default is no row."""
    prelude = {"preludeEvent": {"config": {"vapi:region": config} if config else {}}}
    for region, host in SIP_HOSTS.items():
        news = {**LINE, "name": "b", "authentication": {"username": "u", "realm": host}}
        update = step("update", old={**LINE, "authentication": {"username": "u"}}, new=news)
        found = summarize_preview("test", read_events([prelude, update], variable))
        expected = ["name"] if region == default else ["authentication.realm", "name"]
        assert [field.path for field in only(found).fields] == expected


def test_a_childs_warning_is_the_resources() -> None:
    """The hash of a child's parent stands in its key, and in nothing that people read."""
    child = resource_key("acme/shop/dev", "VapiPhoneNumber", "line", PARENT)
    (warning,) = preview(
        said("warning", diff_notes.with_subject(child, Message("nobody answers")))
    ).warnings
    assert warning == Notice("line", "nobody answers")


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("name", "clear-text", SECRET),
        (
            "fallback_destination.message",
            {"type": "number", "number": "+14155550100", "message": "clear-text"},
            {"type": "number", "number": "+14155550100", "message": SECRET},
        ),
        (
            "hooks[0].do[0].exact",
            [{"on": "call.ringing", "do": [{"type": "say", "exact": "clear-text"}]}],
            [{"on": "call.ringing", "do": [{"type": "say", "exact": SECRET}]}],
        ),
    ],
)
def test_a_value_that_becomes_a_secret_is_a_row_without_the_value(
    path: str, old: Any, new: Any
) -> None:
    """The update sends nothing, and says which value it encrypts."""
    field = path.partition(".")[0].partition("[")[0]
    summary = preview(step("update", old={**LINE, field: old}, new={**LINE, field: new}))
    assert [row.path for row in only(summary).fields] == [path]
    assert "clear-text" not in render_text(summary)


@pytest.mark.parametrize(
    ("parent", "argument"),
    [
        ("urn:pulumi:test::numbers::pulumi:pulumi:Stack::numbers-test", "ROOT_STACK_RESOURCE"),
        (PARENT, PARENT),
    ],
)
def test_a_number_that_seems_to_have_moved_is_told_the_alias(parent: str, argument: str) -> None:
    """A deletion and a creation of one name would release the number; an alias keeps it."""
    deleted = step("delete", "line", NUMBER, None)
    deleted["resourcePreEvent"]["metadata"]["old"]["parent"] = parent
    moved = step("create", "line", None, NUMBER)
    (warning,) = preview(deleted, moved).warnings
    assert warning.resource == "line"
    assert argument in warning.text
    assert preview(deleted, step("create", "another", None, NUMBER)).warnings == ()
