"""The demo company's organisation: a maker of valve blocks with three sites, eight departments and 120 people."""

from __future__ import annotations

from datetime import date

from apps.accounts import services as accounts
from apps.accounts.models import User
from apps.core.demo import Demo, demo_part, keep_secret, token_file
from apps.org import services
from apps.org.models import Calendar, Department, Site

SITES = (
    ("GOT", "Plant 1, Gothenburg", "Gothenburg", "SE", "Europe/Stockholm", "SEK"),
    ("POZ", "Plant 2, Poznan", "Poznan", "PL", "Europe/Warsaw", "PLN"),
    ("LYO", "Warehouse, Lyon", "Lyon", "FR", "Europe/Paris", "EUR"),
)
# code, name, parent, site, people
DEPARTMENTS = (
    ("CO", "Nordvalve", None, "GOT", 6),
    ("PROD", "Production", "CO", "GOT", 10),
    ("CNC", "CNC machining", "PROD", "GOT", 24),
    ("ASM", "Assembly", "PROD", "GOT", 26),
    ("TEST", "Leak test", "PROD", "GOT", 12),
    ("POZ", "Casting, Poznan", "CO", "POZ", 22),
    ("QUAL", "Quality", "CO", "GOT", 8),
    ("LOG", "Purchasing and logistics", "CO", "LYO", 12),
)
# user name, first, last, title, role, department
SIGN_INS = (
    ("demo.opm", "Maria", "Duarte", "Operations manager", "OPM", "CO"),
    ("demo.exe", "Henrik", "Falk", "Managing director", "EXE", "CO"),
    ("demo.adm", "Ines", "Varga", "Platform admin", "ADM", "CO"),
    ("demo.aud", "Otto", "Reimers", "Internal auditor", "AUD", "CO"),
    ("demo.dpm", "Sara", "Lindqvist", "Production manager", "DPM", "PROD"),
    ("demo.sup", "Joy", "Okafor", "Shift supervisor", "SUP", "ASM"),
    ("demo.opr", "Piotr", "Nowak", "Assembly operator", "OPR", "ASM"),
    ("demo.qai", "Thandi", "Adeyemi", "QA inspector", "QAI", "QUAL"),
    ("demo.buy", "Luc", "Brandt", "Buyer", "BUY", "LOG"),
)
FIRST = (
    "Ada",
    "Bela",
    "Carl",
    "Dina",
    "Emil",
    "Fanny",
    "Gita",
    "Hugo",
    "Ida",
    "Jonas",
    "Karin",
    "Leo",
    "Mina",
    "Nils",
    "Olga",
    "Pavel",
    "Rosa",
    "Sven",
    "Tara",
    "Ulf",
    "Vera",
    "Willem",
    "Yara",
    "Zeno",
)
LAST = (
    "Aho",
    "Berg",
    "Cazal",
    "Dahl",
    "Ek",
    "Fors",
    "Grabow",
    "Holm",
    "Ivers",
    "Jansky",
    "Kowal",
    "Lund",
    "Moreau",
    "Nyman",
    "Ohlin",
    "Pires",
    "Quist",
    "Rask",
    "Stahl",
    "Toivo",
    "Uhlig",
    "Vinter",
    "Wolska",
    "Zander",
)
HOLIDAYS = (
    ((1, 1), "New Year's Day"),
    ((5, 1), "Labour Day"),
    ((12, 25), "Christmas Day"),
    ((12, 26), "Second Christmas Day"),
)
SHIFTS = [["06:00", "14:00"], ["14:00", "22:00"]]


@demo_part("sites, departments and people", 10)
def build(demo: Demo) -> None:
    start = date(demo.until.year - 3, 1, 1)
    sites = _sites(_calendar(demo))
    departments: dict[str, Department] = {}
    for code, name, parent, site, _ in DEPARTMENTS:
        above = departments[parent] if parent else None
        departments[code] = services.open_department(
            code=code, name=name, parent=above, site=sites[site], valid_from=start, actor=None
        )
    demo.made |= {"sites": sites, "departments": departments, "people": _people(demo, departments, start)}
    opm = demo.made["people"]["demo.opm"]
    _, text = accounts.make_token(name="Demo integration", scopes=accounts.possible_scopes(opm), actor=opm, days=365)
    keep_secret(token_file(), text)
    for code in ("CNC", "ASM", "TEST", "POZ"):
        for shift in ("Early", "Late"):
            services.form_team(department=departments[code], code=shift.upper(), name=f"{shift} shift", actor=None)


def _calendar(demo: Demo) -> Calendar:
    hours = [SHIFTS] * 5 + [[], []]
    calendar = services.add_calendar(
        code="two-shift", name="Two shifts, Monday to Friday", time_zone="Europe/Stockholm", hours=hours, actor=None
    )
    for year in range(demo.until.year - 2, demo.until.year + 2):
        for (month, day), name in HOLIDAYS:
            services.add_holiday(calendar=calendar, day=date(year, month, day), name=name, actor=None)
    return calendar


def _sites(calendar: Calendar) -> dict[str, Site]:
    names = ("code", "name", "city", "country", "time_zone", "currency")
    return {
        facts[0]: services.open_site(calendar=calendar, actor=None, **dict(zip(names, facts, strict=True)))
        for facts in SITES
    }


def _people(demo: Demo, departments: dict[str, Department], start: date) -> dict[str, User]:
    people: dict[str, User] = {}
    for username, first, last, title, role, code in SIGN_INS:
        people[username] = accounts.invite_user(
            username=username,
            first_name=first,
            last_name=last,
            title=title,
            email=f"{username}@nordvalve.example",
            password=demo.password,
            actor=None,
        )
        services.grant_role(
            user=people[username], role=role, department=departments[code], valid_from=start, actor=None
        )
    for code, _, _, _, count in DEPARTMENTS:
        missing = count - sum(1 for one in SIGN_INS if one[5] == code)
        for index in range(missing):
            username = f"{code.lower()}{index + 1:02d}"
            people[username] = accounts.invite_user(
                username=username,
                first_name=demo.rng.choice(FIRST),
                last_name=demo.rng.choice(LAST),
                actor=None,
                title="Supervisor" if index == 0 else "Operator",
            )
            role = "SUP" if index == 0 else "OPR"
            services.grant_role(
                user=people[username], role=role, department=departments[code], valid_from=start, actor=None
            )
    return people
