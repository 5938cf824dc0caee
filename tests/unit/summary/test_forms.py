"""Rendered summaries leak no secret, and no text escapes from its place."""

from __future__ import annotations

import json

import pytest

from tests.unit.summary.samples import SECRET, said, step
from vapi_provider.cli.summary_workflow import write
from vapi_provider.summary.changes import summarize_preview
from vapi_provider.summary.content import Change, FieldChange, Summary
from vapi_provider.summary.document import render_document
from vapi_provider.summary.events import Notice, read_events
from vapi_provider.summary.markdown import LONGEST, render_markdown
from vapi_provider.summary.text import render_text
from vapi_provider.summary.values import Hidden

SERVER = {"url": "https://voice.example.com", "headers": {"X-Token": "planted-secret"}}
HELD = {
    "provider": "twilio",
    "twilio_auth_token": "planted-secret",
    "server": SERVER,
    "fallback_destination": {
        "type": "sip",
        "sip_uri": "sip:a@b.example",
        "sip_headers": SECRET,
        "message": {"ciphertext": "planted-secret", **SECRET},
    },
    "hooks": [{"on": "call.ringing", "do": SECRET}],
}


@pytest.mark.parametrize("name", sorted(set(HELD) - {"provider"}))
@pytest.mark.parametrize("declared", [True, False])
@pytest.mark.parametrize("both", [True, False])
def test_a_secret_is_in_no_form(name: str, declared: bool, both: bool) -> None:
    """A value that the engine or the model marks as secret is masked in every form."""
    base = {"provider": "twilio", "number": "+14155550100"}
    held = {**base, name: HELD[name]}
    old, new = (held, held) if both else (base, held) if declared else (held, base)
    type_ = "pulumi-python:dynamic/vapi:TwilioPhoneNumber"
    events = [
        step("update", "line", old, {**new, "name": "x"}, type_=type_),
        said("debug", 'vapi differs: ["line-id", "twilio_auth_token", "server.headers"]'),
    ]
    summary = summarize_preview("test", read_events(events))
    forms = [render_text(summary), render_markdown(summary), json.dumps(render_document(summary))]
    assert not any("planted-secret" in form or "[secret]" in form for form in forms)
    assert len(summary.changes[0].fields) > (0 if both else 1)


def test_an_error_is_one_line_of_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """An error's text neither moves the cursor nor starts a line in a log."""
    write(Summary("preview", "test", errors=(Notice("a\n", "no \x1b[31m\r::set"),)), "text")
    assert capsys.readouterr().err == "Error: a\\n: no \\u001b[31m\\r::set\n"


def test_a_long_value_is_cut() -> None:
    """A long value is shortened in text and Markdown and complete in JSON."""
    long = "a" * 5000
    change = Change("changed", "VapiPhoneNumber", "line", fields=(FieldChange("name", None, long),))
    summary = Summary("preview", "test", (change,))
    assert len(render_markdown(summary)) < 600
    assert "…" in render_text(summary)
    assert render_document(summary)["changes"][0]["fields"][0]["new"] == long


def test_a_comment_of_a_whole_fleet_fits() -> None:
    """Markdown stays within GitHub's limit and says that there is more."""
    change = Change("changed", "VapiPhoneNumber", "x" * 90, fields=(FieldChange("name", "a", "b"),))
    text = render_markdown(Summary("preview", "test", (change,) * 2000))
    assert len(text) <= LONGEST
    assert text.endswith("`--format json` tells all of it.")


def test_a_comment_is_as_long_as_javascript_counts_it() -> None:
    """The limit counts UTF-16 code units, as a pipeline in JavaScript does."""
    change = Change("created", "VapiPhoneNumber", "\U0001f600" * 200)
    text = render_markdown(Summary("preview", "test", (change,) * 400))
    assert len(text.encode("utf-16-le")) // 2 <= LONGEST


def test_the_json_document_is_this() -> None:
    """The JSON has exactly the documented keys."""
    field = FieldChange("server.headers", Hidden.SECRET, Hidden.SECRET)
    change = Change("changed", "VapiPhoneNumber", "line", "id-1", "+14155550100", False, (field,))
    warned = (Notice("line", "nobody answers"),)
    assert render_document(Summary("drift", "prod", (change,), warned)) == {
        "what": "drift",
        "stack": "prod",
        "changes": [
            {
                "action": "changed",
                "type": "VapiPhoneNumber",
                "name": "line",
                "id": "id-1",
                "number": "+14155550100",
                "released": False,
                "fields": [
                    {
                        "path": "server.headers",
                        "old": None,
                        "new": None,
                        "secret": True,
                        "known": True,
                    }
                ],
            }
        ],
        "releases": 0,
        "warnings": [{"resource": "line", "text": "nobody answers", "code": None}],
        "errors": [],
    }


def test_a_code_ends_each_line_and_is_a_key_of_its_own() -> None:
    """Text and Markdown end a line with the code, however long it is; JSON has it apart."""
    text = f"name: {'long ' * 100}name"
    summary = Summary("preview", "test", errors=(Notice("line", f"{text} [VAPI-X]"),))
    (error,) = render_document(summary)["errors"]
    assert error == {"resource": "line", "text": text, "code": "VAPI-X"}
    assert render_markdown(summary).splitlines()[-1].endswith("…` `VAPI-X`")


def test_errors_take_the_place_of_changes() -> None:
    """A summary with errors shows no changes."""
    change = Change("changed", "VapiPhoneNumber", "line")
    summary = Summary("preview", "test", (change,), errors=(Notice("line", "name: is long"),))
    assert render_document(summary)["changes"] == []
    assert "`line: name: is long`" in render_markdown(summary)
    assert "|" not in render_markdown(summary)


def test_a_changed_output_is_in_every_form_for_people() -> None:
    """An output of the stack has its own rows and counts as a change."""
    outputs = (FieldChange("reached", "+14155550100", "+14155550199"),)
    summary = Summary("preview", "test", outputs=outputs)
    assert summary.exit_code == 2
    text, markdown = render_text(summary), render_markdown(summary)
    assert "1 output of the stack changed" in text
    assert '    reached: "+14155550100" -> "+14155550199"' in text.splitlines()
    assert '| `reached` | `"+14155550100"` | `"+14155550199"` |' in markdown.splitlines()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (Change("forgotten", "aws:s3/bucket:Bucket", "logs"), "leaves the state"),
        (Change("created", "aws:s3/bucket:Bucket", "logs"), "created"),
        (Change("replaced", "VapiPhoneNumber", "line"), "replaced: the old one is kept"),
        (Change("forgotten", "VapiPhoneNumber", "line"), "leaves the state, the number is kept"),
        (Change("gone", "VapiPhoneNumber", "line"), "deleted outside"),
        (
            Change("replaced", "VapiPhoneNumber", "line", released=True),
            "replaced: this number is released, another is bought",
        ),
    ],
)
def test_a_change_says_what_becomes_of_the_number(change: Change, said: str) -> None:
    """The words of an action tell whether a number is lost."""
    line = render_text(Summary("preview", "test", (change,))).splitlines()[-1]
    assert line.endswith(f"{change.name}: {said}")
