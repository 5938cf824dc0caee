"""What a run found: a table for people, JSON for pipelines. Neither holds a body or a secret."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from vapi_provider.messages import PcmFormat
from vapi_provider.probe.findings import notes_apart
from vapi_provider.probe.run import Answer
from vapi_provider.probe.target import plain


def as_json(answers: Sequence[Answer]) -> dict[str, Any]:
    """The run as one JSON object; `fine` is what the exit code says."""
    return {"fine": all(one.fine for one in answers), "answers": [_entry(one) for one in answers]}


def as_text(answers: Sequence[Answer]) -> str:
    """A table, a line an answer, and below it every finding once with the answers it is of."""
    rows = [["", "status", "bytes", "sound", "first byte", "end", "sent", "verdict"]]
    rows += [_row(one) for one in answers]
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    return "\n".join([*lines, *_told(answers)])


def _told(answers: Sequence[Answer]) -> list[str]:
    where: dict[str, list[str]] = {}
    for answer in answers:
        wrong, notes = notes_apart(answer.findings)
        for text in [*map(str, wrong), *(f"note, {note}" for note in notes)]:
            where.setdefault(text, []).append(_label(answer))
    lines = [f"- {text} [{_places(labels, answers)}]" for text, labels in where.items()]
    return ["", *lines] if lines else []


def _places(labels: list[str], answers: Sequence[Answer]) -> str:
    if len(labels) == len(answers) and len(answers) > 1:
        return "all"
    return "; ".join(labels)


def _label(answer: Answer) -> str:
    if answer.text is None:
        return answer.name
    text = plain(answer.text)
    return f"{answer.name} {text[:24] + '…' if len(text) > 25 else text!r}"


def _row(answer: Answer) -> list[str]:
    exchange, entry = answer.exchange, _entry(answer)
    wrong, _ = notes_apart(answer.findings)
    return [
        _label(answer),
        str(exchange.status or "-"),
        str(len(exchange.body)),
        _seconds(entry.get("soundSeconds")),
        _seconds(exchange.first_byte_seconds),
        _seconds(exchange.seconds),
        ("in parts" if exchange.streamed else "at once") if exchange.body else "-",
        ", ".join(dict.fromkeys(one.code for one in wrong)) or "fine",
    ]


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f} s"


def _entry(answer: Answer) -> dict[str, Any]:
    exchange = answer.exchange
    wrong, notes = notes_apart(answer.findings)
    entry: dict[str, Any] = {
        "name": answer.name,
        "url": answer.url,
        "status": exchange.status,
        "bytes": len(exchange.body),
        "firstByteSeconds": exchange.first_byte_seconds,
        "seconds": exchange.seconds,
        "chunked": exchange.chunked if exchange.status else None,
        "streamed": exchange.streamed,
        "fine": answer.fine,
        "findings": [_finding(one.as_json()) for one in wrong],
        "notes": [_finding(one.as_json()) for one in notes],
    }
    if answer.rate:
        seconds = PcmFormat(answer.rate).duration(exchange.body)
        known = {one.code for one in wrong}.isdisjoint(("wrapped", "compressed", "width"))
        entry |= {"text": answer.text, "sampleRate": answer.rate}
        entry["soundSeconds"] = seconds if exchange.status == 200 and known else None
    return entry


def _finding(one: dict[str, Any]) -> dict[str, Any]:
    return {"code": one["code"], "says": one["says"], "sure": one["sure"]}
