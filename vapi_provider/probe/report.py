"""The report of a run: a table for people, JSON for pipelines, both without bodies and secrets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from vapi_provider.messages import PcmFormat
from vapi_provider.probe.findings import split_notes
from vapi_provider.probe.run import ProbeResult
from vapi_provider.shared.text import align, escape_control


def to_json(results: Sequence[ProbeResult]) -> dict[str, Any]:
    """Return the run as one JSON object; `fine` corresponds to the exit code."""
    return {
        "fine": all(result.fine for result in results),
        "answers": [_result_json(result) for result in results],
    }


def to_text(results: Sequence[ProbeResult]) -> str:
    """Return a table with one line a result, then each finding once with its results."""
    rows = [["", "status", "bytes", "sound", "first byte", "end", "sent", "verdict"]]
    rows += [_row(result) for result in results]
    return "\n".join([*align(rows), *_finding_lines(results)])


def _finding_lines(results: Sequence[ProbeResult]) -> list[str]:
    labels_by_text: dict[str, list[str]] = {}
    for result in results:
        faults, notes = split_notes(result.findings)
        for text in [*map(str, faults), *(f"note, {note}" for note in notes)]:
            labels_by_text.setdefault(text, []).append(_label(result))
    lines: list[str] = []
    for text, labels in labels_by_text.items():
        affected = "all" if len(labels) == len(results) > 1 else "; ".join(labels)
        lines.append(f"- {text} [{affected}]")
    return ["", *lines] if lines else []


def _label(result: ProbeResult) -> str:
    if result.text is None:
        return result.name
    text = escape_control(result.text)
    return f"{result.name} {text[:24] + '…' if len(text) > 25 else text!r}"


def _row(result: ProbeResult) -> list[str]:
    exchange, entry = result.exchange, _result_json(result)
    faults, _ = split_notes(result.findings)
    return [
        _label(result),
        str(exchange.status or "-"),
        str(len(exchange.body)),
        _seconds(entry.get("soundSeconds")),
        _seconds(exchange.first_byte_seconds),
        _seconds(exchange.seconds),
        ("in parts" if exchange.streamed else "at once") if exchange.body else "-",
        ", ".join(dict.fromkeys(fault.code for fault in faults)) or "fine",
    ]


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f} s"


def _result_json(result: ProbeResult) -> dict[str, Any]:
    exchange = result.exchange
    faults, notes = split_notes(result.findings)
    entry: dict[str, Any] = {
        "name": result.name,
        "url": result.url,
        "status": exchange.status,
        "bytes": len(exchange.body),
        "firstByteSeconds": exchange.first_byte_seconds,
        "seconds": exchange.seconds,
        "chunked": exchange.chunked if exchange.status else None,
        "streamed": exchange.streamed,
        "fine": result.fine,
        "findings": [fault.to_json() for fault in faults],
        "notes": [note.to_json() for note in notes],
    }
    if result.rate:
        seconds = PcmFormat(result.rate).duration(exchange.body)
        is_known = {fault.code for fault in faults}.isdisjoint(("wrapped", "compressed", "width"))
        entry |= {"text": result.text, "sampleRate": result.rate}
        entry["soundSeconds"] = seconds if exchange.status == 200 and is_known else None
    return entry
