"""Packs: composed in one person's view, signed on exactly these figures, frozen when issued, copied and sent to each reader."""

from __future__ import annotations

import io
import smtplib
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone, translation

from apps.accounts.models import User
from apps.core.access import scope
from apps.core.errors import Refused
from apps.core.files import read_stored
from apps.kpis import services as kpis
from apps.kpis.models import Definition
from apps.org import services as org
from apps.org.models import Department, Site
from apps.reports import handlers, parts, services
from apps.reports.models import Dispatch, Pack, Recipient, ReportRun
from tests.factories import people
from tests.factories.kpis import kpi
from tests.support.mailbox import Mailbox

pytestmark = pytest.mark.django_db
WEEK = "2026-W10"


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def mailbox(settings: Any) -> Iterator[Mailbox]:
    with Mailbox() as box:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", box.port
        settings.EMAIL_USE_TLS = False
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        yield box


@pytest.fixture
def places() -> people.Company:
    with scope.system("test"):
        found = people.company()
        one = kpi("otd", found.root, rule="sum", on_overview=True, unit="pcs")
        feed(one, found.plant, "60")
        feed(one, found.other, "40")
        return found


@pytest.fixture
def boss(places: people.Company) -> User:
    with scope.system("test"):
        return person("boss", "OPM", places.root)


def person(name: str, role: str, department: Department) -> User:
    made = people.user(name, role=role, department=department)
    User.objects.filter(pk=made.pk).update(email=f"{name}@example.org")
    made.email = f"{name}@example.org"
    return made


def feed(one: Definition, department: Department, value: str) -> None:
    row = (one.pk, department.pk, datetime(2026, 3, 3, 10, tzinfo=UTC), Decimal(value), None)
    kpis.roll_up_batch(kpis.record_readings([row], source="api", department=department, actor=None).pk)


def pack(boss: User, places: people.Company, **values: Any) -> Pack:
    values = {"code": "weekly", "title": "Weekly pack", "department": places.root, "owner": boss} | values
    return services.set_pack(actor=boss, **values)


def made(run: ReportRun) -> ReportRun:
    services.make_report(handlers.run_of(run.pk), now=timezone.now())
    return handlers.run_of(run.pk)


def words_of(run: ReportRun, settings: Any) -> str:
    from pypdf import PdfReader

    content = read_stored(run.sha256, settings.MEDIA_ROOT / services.STORE)
    text = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
    return text.replace("\u202f", " ").replace("\u00a0", " ")


def test_a_pack_has_cover_contents_pages_bookmarks_and_tags(places: people.Company, boss: User, settings: Any) -> None:
    from pypdf import PdfReader

    with scope.system("test"):
        one = pack(boss, places)
        services.make_promise(
            pack=one, period_key="2026-W09", action="Call the carrier", owner=boss, due_on=date(2026, 3, 6), actor=boss
        )
        run = services.request_pack_run(
            one, actor=boss, period_key=WEEK, commentary="A calm week.", decisions="Buy a bench\nHire two"
        )
    run = made(run)
    assert run.state == "ready"
    book = PdfReader(io.BytesIO(read_stored(run.sha256, settings.MEDIA_ROOT / services.STORE)))
    text = words_of(run, settings)
    for words in (
        "Weekly pack",
        "A calm week.",
        "Contents",
        "Buy a bench",
        "Call the carrier",
        "Key figures",
        "100",
        "Page 1 of",
    ):
        assert words in text, words
    titles = [one.title for one in book.outline if not isinstance(one, list)]
    assert "Weekly pack" in " ".join(str(title) for title in titles)
    assert book.trailer["/Root"]["/MarkInfo"]["/Marked"] and book.trailer["/Root"]["/Lang"] == "en"
    assert run.audit_head[:12] in text.replace("\n", ""), "the audit head is in the footer"


def test_the_workbook_has_the_same_figures(places: people.Company, boss: User, settings: Any) -> None:
    from python_calamine import CalamineWorkbook

    with scope.system("test"):
        run = services.request_pack_run(pack(boss, places), actor=boss, period_key=WEEK)
    run = made(run)
    book = CalamineWorkbook.from_filelike(
        io.BytesIO(read_stored(run.xlsx_sha256, settings.MEDIA_ROOT / services.STORE))
    )
    rows = book.get_sheet_by_name("Key figures exact kpis").to_python()
    assert rows[1][rows[0].index("value")] == 100
    assert run.snapshot["kpis"][0]["value"] == "100"


def test_signing_holds_only_for_the_figures_that_were_signed(places: people.Company, boss: User, settings: Any) -> None:
    with scope.system("test"):
        run = services.request_pack_run(pack(boss, places), actor=boss, period_key=WEEK)
    run = made(run)
    with transaction.atomic(), scope.of(boss):
        services.sign_off(run, actor=boss)
    with scope.system("late data"):
        feed(Definition.objects.get(code="otd"), places.line, "7")
    with pytest.raises(Refused, match="Figures changed"):
        services.finish_sign_off(handlers.run_of(run.pk), now=timezone.now())
    again = handlers.run_of(run.pk)
    assert (again.state, again.signed_by) == ("waiting", None)
    again = made(again)
    with transaction.atomic(), scope.of(boss):
        services.sign_off(again, actor=boss)
    issued = services.finish_sign_off(handlers.run_of(run.pk), now=timezone.now())
    assert issued.state == "issued"
    text = words_of(handlers.run_of(run.pk), settings)
    assert "107" in text and "Signed off Boss Test" in text


def test_an_issued_report_is_frozen_by_the_database(places: people.Company, boss: User) -> None:
    with scope.system("test"):
        run = services.request_pack_run(pack(boss, places, needs_sign_off=False), actor=boss, period_key=WEEK)
    run = made(run)
    assert run.state == "issued"
    for statement in ("UPDATE reports_reportrun SET commentary = 'x'", "DELETE FROM reports_reportrun"):
        with pytest.raises(IntegrityError), transaction.atomic(), scope.system("test"), connection.cursor() as cursor:
            cursor.execute(statement)


def burst(run: ReportRun) -> list[ReportRun]:
    with transaction.atomic(), scope.system("test"):
        services.burst(run)
        services.burst(run)
    copies = []
    with transaction.atomic(), scope.system("test"):
        keys = list(ReportRun.objects.filter(copy_of=run).values_list("pk", flat=True))
    for key in keys:
        copies.append(made(handlers.run_of(key)))
        with transaction.atomic(), scope.system("test"):
            services.dispatch(copies[-1])
            services.dispatch(copies[-1])
    return copies


def test_each_reader_gets_a_copy_in_their_own_view(
    places: people.Company, boss: User, mailbox: Mailbox, settings: Any
) -> None:
    with transaction.atomic(), scope.system("test"):
        local = person("local", "DPM", places.plant)
        one = pack(boss, places, needs_sign_off=False)
        services.add_recipient(pack=one, person=local, channel="file", actor=boss)
        services.add_recipient(pack=one, person=boss, channel="link", actor=boss)
        run = services.request_pack_run(one, actor=boss, period_key=WEEK)
    run = made(run)
    copies = {copy.requested_by.username: copy for copy in burst(run)}
    assert set(copies) == {"local", "boss"}
    assert "60" in words_of(copies["local"], settings) and "100" not in words_of(copies["local"], settings)
    assert "100" in words_of(copies["boss"], settings)
    with transaction.atomic(), scope.system("test"):
        keys = list(Dispatch.objects.values_list("pk", flat=True))
    assert len(keys) == 2
    for key in keys * 2:
        services.send_dispatch(key)
    by_reader = {mail["To"]: mail for mail in mailbox.mails}
    assert len(mailbox.mails) == 2, "a second attempt sends nothing"
    attached = [part.get_filename() for part in by_reader["local@example.org"].iter_attachments()]
    assert attached == [f"{copies['local'].number}.pdf"]
    assert not list(by_reader["boss@example.org"].iter_attachments())
    assert by_reader["boss@example.org"]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    with transaction.atomic(), scope.of(local):
        assert copies["boss"].pk not in set(ReportRun.objects.visible_to(local).values_list("pk", flat=True))
    _follow_link(by_reader["boss@example.org"])
    _leave(by_reader["local@example.org"], local)


def _follow_link(mail: Any) -> None:
    link = next(line for line in mail.get_content().splitlines() if "/reports/shared/" in line)
    path = "/reports/shared/" + link.partition("/reports/shared/")[2].strip()
    answer = Client().get(path)
    assert answer.status_code == 200 and answer.content.startswith(b"%PDF-")
    with transaction.atomic(), scope.system("test"):
        assert Dispatch.objects.filter(opened_at__isnull=False).count() == 1
        Dispatch.objects.update(link_until=timezone.now() - timedelta(seconds=1))
    assert Client().get(path).status_code == 422
    assert Client().get(path[:-3] + "xx/").status_code == 422


def _leave(mail: Any, reader: User) -> None:
    leave = mail["List-Unsubscribe"].strip("<>").partition("/reports/leave/")[2]
    strict = Client(enforce_csrf_checks=True)
    assert strict.get(f"/reports/leave/{leave}").status_code == 200
    with transaction.atomic(), scope.system("test"):
        assert Recipient.objects.get(person=reader).left_at is None, "opening the page changes nothing"
    for _ in range(2):
        assert strict.post(f"/reports/leave/{leave}", {"List-Unsubscribe": "One-Click"}).status_code == 200
    with transaction.atomic(), scope.system("test"):
        assert Recipient.objects.get(person=reader).left_at is not None


def test_refused_addresses_are_final_and_a_dead_server_is_tried_again(
    places: people.Company, boss: User, mailbox: Mailbox, settings: Any
) -> None:
    with transaction.atomic(), scope.system("test"):
        one = pack(boss, places, needs_sign_off=False)
        services.add_recipient(pack=one, person=boss, channel="file", actor=boss)
        run = services.request_pack_run(one, actor=boss, period_key=WEEK)
    burst(made(run))
    with transaction.atomic(), scope.system("test"):
        row = Dispatch.objects.get()
    settings.EMAIL_PORT = 1
    with pytest.raises((OSError, smtplib.SMTPException)):
        services.send_dispatch(row.pk)
    settings.EMAIL_PORT = mailbox.port
    mailbox.refused.add("boss@example.org")
    services.send_dispatch(row.pk)
    with transaction.atomic(), scope.system("test"):
        row = Dispatch.objects.get()
        assert (row.state, row.attempts) == ("bounced", 2)
        assert "550" in row.problem and "no such mailbox" in row.problem
    assert mailbox.mails == []


def test_a_section_that_raises_delivers_nothing(places: people.Company, boss: User) -> None:
    def broken(user: Any, period: Any) -> parts.Part:
        raise RuntimeError("no luck")

    source = parts.contribute(parts.Source("broken", 99, broken, title="Broken"))
    try:
        with scope.system("test"):
            run = services.request_pack_run(pack(boss, places, needs_sign_off=False), actor=boss, period_key=WEEK)
        with pytest.raises(RuntimeError):
            made(run)
        with transaction.atomic(), scope.system("test"):
            fresh = ReportRun.objects.get(pk=run.pk)
            assert (fresh.state, fresh.sha256) == ("waiting", "")
            from apps.core.models import Job

            Job.objects.filter(pk=fresh.job_id).update(state="failed", problem="Something went wrong")
            assert services.fail_stuck_runs() == 1
            fresh = ReportRun.objects.get(pk=run.pk)
            assert (fresh.state, fresh.problem) == ("failed", "Something went wrong")
            assert not Dispatch.objects.exists()
    finally:
        parts.sources._items.pop(source.name)


def test_a_due_pack_runs_once_per_period_and_moves_off_days_off(places: people.Company, boss: User) -> None:
    with transaction.atomic(), scope.system("test"):
        calendar = org.add_calendar(
            code="day",
            name="Day",
            time_zone="Europe/Stockholm",
            hours=[[["08:00", "17:00"]]] * 5 + [[], []],
            actor=boss,
        )
        org.add_holiday(calendar=calendar, day=date(2030, 1, 7), name="Bridge day", actor=boss)
        site = places.site
        org.change_site(site, actor=boss, calendar=calendar, time_zone="Europe/Stockholm")
        one = pack(boss, places, rrule="FREQ=WEEKLY;BYDAY=MO;BYHOUR=7;BYMINUTE=0", site=site)
        from apps.reports.services.packs import next_run

        sunday = datetime(2030, 1, 6, 12, tzinfo=UTC)
        assert next_run(one, sunday) == datetime(2030, 1, 8, 6, tzinfo=UTC), "Monday is off, so Tuesday 07:00"
        one.on_holiday = "skip"
        assert next_run(one, sunday) == datetime(2030, 1, 14, 6, tzinfo=UTC)
        one.on_holiday = "any"
        assert next_run(one, sunday) == datetime(2030, 1, 7, 6, tzinfo=UTC)
        now = timezone.now()
        Pack.objects.update(next_at=now - timedelta(days=30))
        assert services.run_due_packs(now=now) == 1
        Pack.objects.update(next_at=now - timedelta(minutes=1))
        assert services.run_due_packs(now=now) == 0, "this period is made already"
        assert Pack.objects.get().next_at > now
        assert ReportRun.objects.get().requested_by_id == boss.pk


@pytest.mark.parametrize(
    ("values", "field"),
    [({"sections": "kpis, nothing"}, "sections"), ({"rrule": "sometimes"}, "rrule")],
)
def test_what_a_pack_refuses(places: people.Company, boss: User, values: dict[str, Any], field: str) -> None:
    with scope.system("test"), pytest.raises(Refused) as refused:
        pack(boss, places, **values)
    assert refused.value.field == field


def test_only_readers_of_reports_become_recipients(places: people.Company, boss: User) -> None:
    with scope.system("test"):
        one = pack(boss, places)
        nobody = people.user("nobody")
        with pytest.raises(Refused, match="may not read reports"):
            services.add_recipient(pack=one, person=nobody, actor=boss)
        silent = people.user("silent", role="DPM", department=places.plant)
        silent.email = ""
        with pytest.raises(Refused, match="no e-mail address"):
            services.add_recipient(pack=one, person=silent, actor=boss)
        assert services.add_recipient(pack=one, person=silent, channel="app", actor=boss)


def test_commentary_lands_in_its_section(places: people.Company, boss: User, settings: Any) -> None:
    with scope.system("test"):
        run = services.request_pack_run(pack(boss, places), actor=boss, period_key=WEEK)
    run = made(run)
    with transaction.atomic(), scope.of(boss):
        services.comment_report(run, section="kpis", text="The carrier strike is over.", actor=boss)
    assert "The carrier strike is over." in words_of(made(handlers.run_of(run.pk)), settings)


@pytest.mark.parametrize(
    ("language", "schedule"),
    [
        ("en", "every Monday at 07:00, Europe/Stockholm"),
        ("de", "jeden Montag um 07:00 Uhr, Europe/Stockholm"),
        ("es", "cada lunes a las 07:00, Europe/Stockholm"),
        ("ar", "كل الاثنين الساعة 07:00, Europe/Stockholm"),
    ],
)
def test_a_pack_tells_its_schedule_and_sections_in_words(
    places: people.Company, boss: User, language: str, schedule: str
) -> None:

    with scope.system("test"):
        Site.objects.filter(pk=places.site.pk).update(time_zone="Europe/Stockholm")
        site = Site.objects.get(pk=places.site.pk)
        one = pack(
            boss, places, rrule="FREQ=WEEKLY;BYDAY=MO;BYHOUR=7;BYMINUTE=0", site=site, sections="kpis,inventory"
        )  # fmt: skip
        with translation.override(language):
            assert one.get_rrule_display().casefold() == schedule.casefold()
            if language == "en":
                assert one.get_sections_display() == "Key figures, Inventory"
    User.objects.filter(pk=boss.pk).update(language=language)
    client = Client()
    client.force_login(User.objects.get(pk=boss.pk))
    page = client.get(f"/report-packs/{one.pk}/").content.decode()
    assert schedule.casefold() in page.casefold()
