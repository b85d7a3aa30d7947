"""The cast of access stories: a manager, a worker, a neighbour, a stranger, and one person per role."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import count

from apps.accounts import services as accounts
from apps.accounts.models import User
from apps.core.access import matrix
from apps.org import services as org
from apps.org.models import Department, Site

PASSWORD = "correct horse battery staple"
_numbers = count(1)


def user(username: str = "", *, role: str = "", department: Department | None = None) -> User:
    name = username or f"person{next(_numbers)}"
    made = accounts.invite_user(username=name, first_name=name.title(), last_name="Test", actor=None, password=PASSWORD)
    made.email = f"{name}@example.org"
    made.save(update_fields=["email"])
    if role and department is not None:
        grant(made, role, department)
    return made


def grant(person: User, role: str, department: Department) -> None:
    org.grant_role(user=person, role=role, department=department, valid_from=date(2020, 1, 1), actor=None)
    person.__dict__.pop("_rights", None)


@dataclass
class Company:
    """Root, two plants below it, a line below the first plant."""

    site: Site
    root: Department
    plant: Department
    line: Department
    other: Department


def company(prefix: str = "") -> Company:
    site = org.open_site(code=f"{prefix}S1", name=f"{prefix}Main site", actor=None, city="Gothenburg", country="SE")
    root = org.open_department(code=f"{prefix}ROOT", name=f"{prefix}Company", actor=None, site=site)
    plant = org.open_department(code=f"{prefix}PLANT", name=f"{prefix}Plant", parent=root, actor=None, site=site)
    line = org.open_department(code=f"{prefix}LINE", name=f"{prefix}Line 1", parent=plant, actor=None, site=site)
    other = org.open_department(code=f"{prefix}OTHER", name=f"{prefix}Other plant", parent=root, actor=None, site=site)
    return Company(site, root, plant, line, other)


@dataclass
class Cast:
    """manager: plant and below. worker: the line. neighbour: the other plant. stranger: signed in, no role."""

    company: Company
    manager: User
    worker: User
    neighbour: User
    stranger: User
    admin: User
    by_role: dict[str, User]


def cast() -> Cast:
    places = company()
    by_role = {
        role: user(
            f"role_{role.lower()}",
            role=role,
            department=places.root if role in {"ADM", "EXE", "OPM", "AUD"} else places.plant,
        )
        for role in matrix.ROLES
        if role != "TOK"
    }
    return Cast(
        company=places,
        manager=user("manager", role="DPM", department=places.plant),
        worker=user("worker", role="OPR", department=places.line),
        neighbour=user("neighbour", role="DPM", department=places.other),
        stranger=user("stranger"),
        admin=by_role["ADM"],
        by_role=by_role,
    )
