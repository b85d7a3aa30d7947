"""Event logs as files: XES (IEEE 1849) read as a stream and written, CSV with the usual columns read."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any
from xml.sax import SAXException, handler
from xml.sax.saxutils import quoteattr

from defusedxml import DefusedXmlException
from defusedxml.sax import make_parser

from apps.core.errors import Refused
from apps.workflows.mining.log import Happened, Trace, traces_of

MOST_BYTES = 20_000_000
MOST_OPENED = 200_000_000
MOST_EVENTS = 200_000
CASE = ("case_id", "case", "case:concept:name")
ACTIVITY = ("activity", "concept:name")
RESOURCE = ("resource", "org:resource")
WHEN = ("timestamp", "time:timestamp", "end", "complete")
BEGAN = ("start", "start_timestamp")
HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1849-2016" xes.features="nested-attributes" xmlns="http://www.xes-standard.org/">
  <extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
  <extension name="Time" prefix="time" uri="http://www.xes-standard.org/time.xesext"/>
  <extension name="Organizational" prefix="org" uri="http://www.xes-standard.org/org.xesext"/>
  <extension name="Lifecycle" prefix="lifecycle" uri="http://www.xes-standard.org/lifecycle.xesext"/>
"""


def too_large() -> Refused:
    return Refused(f"The file has more than {MOST_BYTES // 1_000_000} MB. Split it.", code="too_large", field="file")


def read_log(content: bytes, name: str) -> list[Trace]:
    """The cases in a file: .xes, .xes.gz or .csv; refuses what is no log, with the line."""
    if len(content) > MOST_BYTES:
        raise too_large()
    if content[:2] == b"\x1f\x8b":
        content, name = _opened(content), name.removesuffix(".gz")
    rows = _csv(content) if name.lower().endswith(".csv") else _xes(content)
    traces = traces_of(_counted(rows))
    if not traces:
        raise Refused("The file holds no event. Choose an event log.", code="no_events", field="file")
    return traces


def _opened(content: bytes) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
            found = file.read(MOST_OPENED + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise Refused("The file cannot be unpacked. Pack it again.", code="not_gzip", field="file") from error
    if len(found) > MOST_OPENED:
        raise Refused("The file is too large when unpacked. Split it.", code="too_large", field="file")
    return found


def _counted(rows: Iterable[tuple[str, Happened]]) -> Iterator[tuple[str, Happened]]:
    for count, row in enumerate(rows):
        if count >= MOST_EVENTS:
            raise Refused(f"The log has more than {MOST_EVENTS} events. Split it.", code="too_large", field="file")
        yield row


def moment(text: str, line: int) -> datetime:
    try:
        found = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    except ValueError:
        raise Refused(
            f"Line {line}: “{text[:40]}” is no time. Write it like 2026-11-24T08:00:00Z.", code="bad_time", field="file"
        ) from None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def _csv(content: bytes) -> Iterator[tuple[str, Happened]]:
    try:
        rows = csv.DictReader(io.StringIO(content.decode("utf-8-sig")))
        names = {one.strip().lower(): one for one in rows.fieldnames or ()}
    except (UnicodeDecodeError, csv.Error) as error:
        raise Refused("The file is no CSV in UTF-8.", code="not_csv", field="file") from error
    case, activity, resource, when, began = (
        next((names[one] for one in wanted if one in names), "") for wanted in (CASE, ACTIVITY, RESOURCE, WHEN, BEGAN)
    )
    if not (case and activity and when):
        raise Refused(
            "A log has the columns case_id, activity and timestamp (or start and end).", code="columns", field="file"
        )
    for line, row in enumerate(rows, 2):
        start = moment(row[began], line) if began and row[began] else None
        yield (
            str(row[case])[:120],
            Happened(str(row[activity])[:200], moment(str(row[when]), line), start, str(row.get(resource) or "")[:120]),
        )


class _Events(handler.ContentHandler):
    """Collects events as they stream by; attributes deeper than the event's own are not looked at."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[tuple[str, Happened]] = []
        self.stack: list[str] = []
        self.case: str = ""
        self.traces = 0
        self.event: dict[str, str] = {}
        self.locator: Any = None

    def setDocumentLocator(self, locator: Any) -> None:
        self.locator = locator

    def startElement(self, name: str, attrs: Any) -> None:
        inside = self.stack[-1] if self.stack else ""
        if not self.stack and name != "log":
            raise Refused("The file is no XES log. Choose a file that starts with “log”.", code="not_xes", field="file")
        if name == "trace":
            self.traces += 1
            self.case = f"Case {self.traces}"
        elif name == "event":
            self.event = {}
        elif "key" in attrs and inside == "event":
            self.event[attrs["key"]] = attrs.get("value", "")
        elif inside == "trace" and attrs.get("key") == "concept:name":
            self.case = attrs.get("value", "")[:120]
        self.stack.append(name)

    def endElement(self, name: str) -> None:
        self.stack.pop()
        if name == "event" and self.event:
            self._keep()

    def _keep(self) -> None:
        line = self.locator.getLineNumber()
        if "concept:name" not in self.event or "time:timestamp" not in self.event:
            raise Refused(f"Line {line}: an event has no name or no time.", code="bad_event", field="file")
        if len(self.rows) >= MOST_EVENTS:
            raise Refused(f"The log has more than {MOST_EVENTS} events. Split it.", code="too_large", field="file")
        start = self.event.get("start_timestamp")
        self.rows.append(
            (
                self.case,
                Happened(
                    self.event["concept:name"][:200],
                    moment(self.event["time:timestamp"], line),
                    moment(start, line) if start else None,
                    self.event.get("org:resource", "")[:120],
                ),
            )
        )


def _xes(content: bytes) -> list[tuple[str, Happened]]:
    found, parser = _Events(), make_parser()
    parser.forbid_dtd = True
    parser.setContentHandler(found)
    try:
        parser.parse(io.BytesIO(content))
    except DefusedXmlException as error:
        raise Refused(
            "The file declares a document type or entities. Export it without.", code="xml_doctype", field="file"
        ) from error
    except (SAXException, ValueError, LookupError) as error:
        raise Refused(f"The file is no well-formed XES ({error})."[:300], code="not_xes", field="file") from error
    return found.rows


def write_xes(traces: Iterable[Trace]) -> Iterator[str]:
    """The log as XES, piece by piece."""
    yield HEAD
    for trace in traces:
        yield f'  <trace>\n    <string key="concept:name" value={quoteattr(trace.case)}/>\n'
        for one in trace.events:
            yield "    <event>\n" + "".join(f"      {line}\n" for line in _lines(one)) + "    </event>\n"
        yield "  </trace>\n"
    yield "</log>\n"


def _lines(one: Happened) -> Iterator[str]:
    yield f'<string key="concept:name" value={quoteattr(one.activity)}/>'
    yield '<string key="lifecycle:transition" value="complete"/>'
    if one.resource:
        yield f'<string key="org:resource" value={quoteattr(one.resource)}/>'
    if one.start is not None:
        yield f'<date key="start_timestamp" value="{one.start.isoformat()}"/>'
    yield f'<date key="time:timestamp" value="{one.end.isoformat()}"/>'
