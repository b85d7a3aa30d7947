"""Every word of the frame can be said in another language, and the shipped languages say all of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po
from django.conf import settings
from django.test import Client, override_settings
from django.utils import translation

from apps.accounts import services
from apps.core.access import scope
from apps.core.web.navigation import GROUPS, pages
from tests.factories.people import company, user

LOCALE = settings.BASE_DIR / "locale"
SHIPPED = ("de", "es", "ar")
LITERAL = re.compile(r'\{% translate "([^"]+)"|_\("([^"]+)"\)')
PLACE = re.compile(r"%\(\w+\)s")
ELSEWHERE = ("styleguide", "pdf", "drf_spectacular")
NOT_WORDS = {"option", "kbd", "script", "style", "title", "code"}


def _texts(one: str | list[str] | tuple[str, ...]) -> list[str]:
    return [one] if isinstance(one, str) else list(one)


def catalogue(language: str) -> Catalog:
    with (LOCALE / language / "LC_MESSAGES" / "django.po").open("rb") as file:
        return read_po(file, locale=language)


def template_words() -> set[str]:
    found: set[str] = set()
    for path in (settings.BASE_DIR / "templates").rglob("*.html"):
        if not any(part in path.parts for part in ELSEWHERE):
            found |= {one or other for one, other in LITERAL.findall(path.read_text())}
    return found


@pytest.mark.parametrize("language", SHIPPED)
def test_every_word_of_the_templates_is_translated(language: str) -> None:
    said = {message.id for message in catalogue(language) if isinstance(message.id, str) and message.string}
    assert template_words() - said == set()
    assert {page.label for page in pages if page.group in ("", "Settings")} - said == set()
    assert {group for group in GROUPS if group} - said == set()


@pytest.mark.parametrize("language", SHIPPED)
def test_a_translation_keeps_its_places(language: str) -> None:
    for message in catalogue(language):
        for wanted, said in zip(_texts(message.id), _texts(message.string), strict=False):
            assert sorted(PLACE.findall(wanted)) == sorted(PLACE.findall(said)), wanted


@pytest.mark.parametrize("language", SHIPPED)
def test_the_compiled_words_are_those_of_the_catalogue(language: str) -> None:
    # The head carries the minute in which it was compiled.
    fresh = BytesIO()
    write_mo(fresh, catalogue(language))
    fresh.seek(0)
    with (LOCALE / language / "LC_MESSAGES" / "django.mo").open("rb") as file:
        kept = {str(message.id): message.string for message in read_mo(file) if message.id}
    assert kept == {str(message.id): message.string for message in read_mo(fresh) if message.id}, (
        "run: pybabel compile -d locale -D django"
    )


class Texts(HTMLParser):
    """The texts of a page that somebody reads or hears."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        self.found += [value or "" for name, value in attrs if name in ("aria-label", "placeholder")]

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop() != tag:
            continue

    def handle_data(self, data: str) -> None:
        if not NOT_WORDS & set(self.open) and data.strip():
            self.found.append(data.strip())


@pytest.fixture(autouse=True)
def _own_language() -> Iterator[None]:
    """Requests of a test run in its thread; the next test reads English again."""
    with translation.override("en"):
        yield


@pytest.fixture
def pseudo(tmp_path: Path) -> Iterator[str]:
    """A language whose every word is the English one in brackets."""
    made = Catalog(locale="eo")
    for message in catalogue("de"):
        if message.id:
            one = message.id if isinstance(message.id, str) else message.id[0]
            many = f"⟦{one}⟧" if isinstance(message.id, str) else tuple(f"⟦{form}⟧" for form in message.id)
            made.add(message.id, many)
    folder = tmp_path / "eo" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    with (folder / "django.mo").open("wb") as file:
        write_mo(file, made)
    with override_settings(LOCALE_PATHS=[tmp_path], LANGUAGES=[("en", "English"), ("eo", "Brackets")]):
        yield "eo"


def spoken(client: Client, url: str, language: str) -> tuple[str, str]:
    answer = client.get(url, headers={"Accept-Language": language})
    return answer.content.decode(), answer.headers["Content-Language"]


@pytest.mark.django_db
@pytest.mark.parametrize("url", ["/", "/my-work/", "/settings/me/", "/search/", "/nowhere/", "/account/sessions/"])
def test_no_english_word_is_left_unmarked_on_the_main_pages(pseudo: str, url: str) -> None:
    with scope.system("test"):
        firm = company()
        person = user(role="OPM", department=firm.root)
    client = Client()
    client.force_login(person)
    html, language = spoken(client, url, pseudo)
    assert language == "eo"
    texts = Texts()
    texts.feed(html)
    plain = [text for text in texts.found if "⟦" not in text and re.search(r"[A-Za-z]{3}", text)]
    names = {str(person), "Opsplatform", *(str(one) for one in (firm.root,))}
    assert "\n".join(text for text in plain if text not in names) == ""


@pytest.mark.django_db
def test_a_person_reads_their_own_language_whatever_the_browser_says() -> None:
    with scope.system("test"):
        firm = company()
        person = user(role="OPM", department=firm.root)
    services.set_preferences(
        actor=person, theme="system", density="default", single_keys=True, time_zone="", language="ar"
    )
    client = Client()
    client.force_login(person)
    html, _ = spoken(client, "/settings/me/", "de")
    assert 'lang="ar" dir="rtl"' in html
    assert "إعداداتي" in html
    services.set_preferences(actor=person, theme="system", density="default", single_keys=True, time_zone="")
    html, _ = spoken(client, "/settings/me/", "de")
    assert 'lang="de" dir="ltr"' in html
    assert "Meine Einstellungen" in html
