"""XML as a frozen tree that remembers its lines and prefixes, so that what we do not know is written back as it came."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.sax import SAXException, SAXParseException, handler
from xml.sax.saxutils import escape, quoteattr

from defusedxml import DefusedXmlException
from defusedxml.sax import make_parser

from apps.core.errors import Refused

MOST_BYTES = 5_000_000
MOST_ELEMENTS = 200_000
DEEPEST = 100
WHITE = {"\n": "&#10;", "\t": "&#9;", "\r": "&#13;"}
XML = "http://www.w3.org/XML/1998/namespace"


@dataclass(frozen=True, slots=True)
class Element:
    """One element; `tag` and attribute names are written {namespace}name. Where it stood is no part of its identity."""

    tag: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    children: tuple[Element, ...] = ()
    text: str = ""
    tail: str = ""
    line: int = field(default=0, compare=False)

    @property
    def name(self) -> str:
        return self.tag.rpartition("}")[2]

    @property
    def namespace(self) -> str:
        return self.tag[1:].rpartition("}")[0]

    def get(self, name: str, default: str = "") -> str:
        return self.attributes.get(name, default)

    def all(self, tag: str) -> list[Element]:
        return [child for child in self.children if child.tag == tag]

    def first(self, tag: str) -> Element | None:
        return next((child for child in self.children if child.tag == tag), None)

    def walk(self) -> Iterator[Element]:
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True, slots=True)
class Document:
    """A tree with the prefixes its author used."""

    root: Element
    prefixes: Mapping[str, str] = field(compare=False, default_factory=dict)


class _Open:
    """An element whose end has not come yet."""

    def __init__(self, tag: str, attributes: dict[str, str], line: int) -> None:
        self.tag, self.attributes, self.line = tag, attributes, line
        self.children: list[Element] = []
        self.text: list[str] = []


class _Builder(handler.ContentHandler):
    """Builds the tree, and refuses what is too big before it is in memory twice."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[_Open] = []
        self.root: Element | None = None
        self.prefixes: dict[str, str] = {}
        self.count = 0
        self.locator: Any = None

    def setDocumentLocator(self, locator: Any) -> None:
        self.locator = locator

    def startPrefixMapping(self, prefix: str | None, uri: str) -> None:
        if uri not in self.prefixes.values() and (prefix or "") not in self.prefixes:
            self.prefixes[prefix or ""] = uri

    def startElementNS(self, name: Any, qname: Any, attrs: Any) -> None:
        line = self.locator.getLineNumber()
        self.count += 1
        if self.count > MOST_ELEMENTS:
            raise Refused(f"The file has more than {MOST_ELEMENTS} elements. Split the diagram.", code="too_large")
        if len(self.open) >= DEEPEST:
            raise Refused(f"Line {line}: elements are nested more than {DEEPEST} deep.", code="too_deep")
        attributes = {_tag(key): value for key, value in attrs.items()}
        self.open.append(_Open(_tag(name), attributes, line))

    def characters(self, content: str) -> None:
        if not self.open:
            return
        here = self.open[-1]
        if here.children:
            last = here.children[-1]
            here.children[-1] = Element(
                last.tag, last.attributes, last.children, last.text, last.tail + content, last.line
            )
        else:
            here.text.append(content)

    def endElementNS(self, name: Any, qname: Any) -> None:
        done = self.open.pop()
        element = Element(done.tag, done.attributes, tuple(done.children), "".join(done.text), "", done.line)
        if self.open:
            self.open[-1].children.append(element)
        else:
            self.root = element


def _tag(name: tuple[str | None, str]) -> str:
    return f"{{{name[0]}}}{name[1]}" if name[0] else name[1]


def parse(data: bytes) -> Document:
    """The document in `data`; refuses doctypes, entities, what is too big and what is no XML, with the line."""
    if len(data) > MOST_BYTES:
        raise Refused(
            f"The file has {len(data) // 1_000_000} MB; a diagram may have {MOST_BYTES // 1_000_000}.", code="too_large"
        )
    builder = _Builder()
    parser = make_parser()
    parser.forbid_dtd = True
    parser.setFeature(handler.feature_namespaces, True)
    parser.setContentHandler(builder)
    try:
        parser.parse(io.BytesIO(data))
    except DefusedXmlException as error:
        raise Refused(
            "The file declares a document type or entities, which can hide files and bombs. Export it without them.",
            code="xml_doctype",
        ) from error
    except SAXParseException as error:
        raise Refused(
            f"Line {error.getLineNumber()}: this is no well-formed XML ({error.getMessage()}). Export the diagram again.",
            code="not_xml",
        ) from error
    except (SAXException, ValueError, LookupError) as error:
        raise Refused("The file is no XML in a known encoding. Export the diagram again.", code="not_xml") from error
    if builder.root is None:
        raise Refused("The file is empty. Choose a BPMN file.", code="not_xml")
    return Document(_stripped(builder.root), builder.prefixes)


def _mixed(element: Element) -> bool:
    """Whether words stand between its elements, so that every blank counts."""
    return bool(element.children) and (
        bool(element.text.strip()) or any(child.tail.strip() for child in element.children)
    )


def _stripped(element: Element, tail: str = "") -> Element:
    """White space between elements is layout of the file, not content."""
    mixed = _mixed(element)
    children = tuple(_stripped(child, child.tail if mixed else "") for child in element.children)
    text = element.text if mixed or not children else ""
    return Element(element.tag, element.attributes, children, text, tail, element.line)


def serialise(document: Document) -> bytes:
    """The tree as XML with its author's prefixes, readable by people."""
    names = _Names(document)
    lines: list[str] = ['<?xml version="1.0" encoding="UTF-8"?>\n']
    _write(document.root, names, lines, "", names.declarations())
    return "".join(lines).encode()


class _Names:
    """Qualified names: every namespace gets one prefix, declared on the root; attributes need a named one."""

    def __init__(self, document: Document) -> None:
        self.by_uri: dict[str, str] = {}
        self.bare = any(not one.namespace for one in document.root.walk())
        for prefix, uri in document.prefixes.items():
            if prefix != "xml" and not (self.bare and not prefix):
                self.by_uri.setdefault(uri, prefix)
        self.extra: dict[str, str] = {}
        for element in document.root.walk():
            if element.namespace:
                self.prefix_of(element.namespace, attribute=False)
            for name in element.attributes:
                if name.startswith("{"):
                    self.prefix_of(name[1:].rpartition("}")[0], attribute=True)

    def prefix_of(self, uri: str, *, attribute: bool) -> str:
        if uri == XML:
            return "xml"
        prefix = self.extra.get(uri) if attribute and self.by_uri.get(uri) == "" else self.by_uri.get(uri)
        if prefix is None:
            taken = {*self.by_uri.values(), *self.extra.values()}
            prefix = next(name for name in (f"n{number}" for number in range(1, 10_000)) if name not in taken)
            (self.extra if uri in self.by_uri else self.by_uri)[uri] = prefix
        return prefix

    def qualified(self, name: str, *, attribute: bool = False) -> str:
        if not name.startswith("{"):
            return name
        uri, _, local = name[1:].rpartition("}")
        prefix = self.prefix_of(uri, attribute=attribute)
        return f"{prefix}:{local}" if prefix else local

    def declarations(self) -> str:
        pairs = [*self.by_uri.items(), *self.extra.items()]
        return "".join(f" xmlns{':' if prefix else ''}{prefix}={quoteattr(uri)}" for uri, prefix in pairs)


def _write(element: Element, names: _Names, lines: list[str], indent: str | None, declared: str = "") -> None:
    """`indent` is None inside mixed content, where a new line would be content."""
    tag = names.qualified(element.tag)
    attributes = "".join(
        f" {names.qualified(name, attribute=True)}={quoteattr(value, WHITE)}"
        for name, value in element.attributes.items()
    )
    lines.append(f"{indent or ''}<{tag}{declared}{attributes}")
    text = escape(element.text, {"\r": "&#13;"})
    if not element.children:
        lines.append(f">{text}</{tag}>" if text else "/>")
    else:
        deeper = None if indent is None or _mixed(element) else indent + "  "
        lines.append(f">{text}" + ("" if deeper is None else "\n"))
        for child in element.children:
            _write(child, names, lines, deeper)
        lines.append(f"{indent if indent and deeper is not None else ''}</{tag}>")
    lines.append(escape(element.tail, {"\r": "&#13;"}) if indent is None else "\n")
