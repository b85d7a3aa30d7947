"""The organisation's rules: a dated tree without circles, roles that count at once, stand-ins inside their dates."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.models.signals import post_init
from django.utils import timezone

from apps.accounts.models import User
from apps.core.access import scope
from apps.core.access.rights import rights_of
from apps.core.errors import Refused
from apps.core.web.views_explain import explain
from apps.org import services as org
from apps.org.forms import DelegateForm
from apps.org.models import Closure, Department, Placement, RoleGrant, Team
from tests.factories import people

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()


def fresh(person: User) -> User:
    """As the next request would load the person."""
    return User.objects.get(pk=person.pk)


def test_a_move_today_changes_what_people_reach_and_the_past_keeps_its_place() -> None:
    with scope.system("test"):
        cast = people.cast()
        line, other = cast.company.line, cast.company.other
        assert line.pk in rights_of(fresh(cast.manager)).reach("kpi_value", "r").departments
        org.move_department(line, parent=other, valid_from=TODAY, actor=None)
        assert line.pk not in rights_of(fresh(cast.manager)).reach("kpi_value", "r").departments
        assert line.pk in rights_of(fresh(cast.neighbour)).reach("kpi_value", "r").departments
        places = Placement.objects.filter(department=line).order_by("valid_from")
        assert [(p.parent_id, p.valid_until) for p in places] == [(cast.company.plant.pk, TODAY), (other.pk, None)]


def test_a_move_dated_ahead_waits_for_its_day() -> None:
    with scope.system("test"):
        places = people.company()
        day = TODAY + timedelta(days=3)
        org.move_department(places.line, parent=places.other, valid_from=day, actor=None)
        assert Department.objects.get(pk=places.line.pk).parent_id == places.plant.pk
        assert org.apply_placements(today=day) == 1
        assert Department.objects.get(pk=places.line.pk).parent_id == places.other.pk
        assert Closure.objects.filter(ancestor=places.other, descendant=places.line).exists()
        assert org.apply_placements(today=day) == 0


def test_no_circle_by_service_nor_by_sql() -> None:
    with scope.system("test"):
        places = people.company()
        with pytest.raises(Refused) as refused:
            org.move_department(places.plant, parent=places.line, valid_from=TODAY, actor=None)
        assert refused.value.code == "tree_circle"
        with pytest.raises(IntegrityError), transaction.atomic():
            Department.objects.filter(pk=places.root.pk).update(parent=places.line)


def test_a_role_counts_at_once_and_ends_at_once() -> None:
    with scope.system("test"):
        cast = people.cast()
        assert not rights_of(fresh(cast.stranger)).can_somewhere("kpi", "r")
        grant = org.grant_role(
            user=cast.stranger, role="SUP", department=cast.company.plant, valid_from=TODAY, actor=cast.admin
        )
        assert rights_of(fresh(cast.stranger)).can_somewhere("kpi", "r")
        assert fresh(cast.stranger).departments == [cast.company.plant.pk]
        org.end_role(grant, on=TODAY, actor=cast.admin)
        assert not rights_of(fresh(cast.stranger)).can_somewhere("kpi", "r")
        assert fresh(cast.stranger).departments == []


def test_who_may_not_grant() -> None:
    with scope.system("test"):
        cast = people.cast()
        for actor in (cast.manager, cast.by_role["OPM"], cast.worker):
            with pytest.raises(Refused):
                org.grant_role(
                    user=cast.stranger, role="OPR", department=cast.company.line, valid_from=TODAY, actor=actor
                )
        with pytest.raises(Refused) as refused:
            org.grant_role(
                user=cast.stranger, role="TOK", department=cast.company.line, valid_from=TODAY, actor=cast.admin
            )
        assert refused.value.code == "unknown_role"
        assert not RoleGrant.objects.filter(user=cast.stranger).exists()


def test_the_same_role_twice_at_a_time_is_refused() -> None:
    with scope.system("test"):
        cast = people.cast()
        with pytest.raises(Refused) as refused:
            org.grant_role(
                user=cast.manager, role="DPM", department=cast.company.plant, valid_from=TODAY, actor=cast.admin
            )
        assert refused.value.code == "role_held"


def test_a_stand_in_acts_inside_the_dates_and_never_as_admin() -> None:
    with scope.system("test"):
        cast = people.cast()
        org.delegate(
            principal=cast.manager,
            substitute=cast.stranger,
            valid_from=TODAY,
            valid_until=TODAY + timedelta(days=1),
            actor=cast.manager,
        )
        rights = rights_of(fresh(cast.stranger))
        assert cast.company.line.pk in rights.reach("kpi_value", "r").departments
        assert {one.on_behalf_of_id for one in rights.grants} == {cast.manager.pk}
        later = org.delegate(
            principal=cast.by_role["OPM"],
            substitute=cast.worker,
            valid_from=TODAY + timedelta(days=5),
            valid_until=TODAY + timedelta(days=9),
            actor=cast.by_role["OPM"],
        )
        assert rights_of(fresh(cast.worker)).roles == {"OPR"}
        org.delegate(
            principal=cast.admin,
            substitute=cast.neighbour,
            valid_from=TODAY,
            valid_until=TODAY + timedelta(days=1),
            actor=cast.admin,
        )
        assert rights_of(fresh(cast.neighbour)).roles == {"DPM"}
        with pytest.raises(Refused):
            org.end_delegation(later, actor=cast.stranger)
        with pytest.raises(Refused):
            org.delegate(
                principal=cast.manager,
                substitute=cast.stranger,
                valid_from=TODAY,
                valid_until=TODAY + timedelta(days=1),
                actor=cast.neighbour,
            )


def test_a_site_or_department_in_use_stays_open() -> None:
    with scope.system("test"):
        places = people.company()
        with pytest.raises(Refused) as refused:
            org.close_site(places.site, actor=None)
        assert refused.value.code == "site_in_use"
        with pytest.raises(Refused):
            org.close_department(places.plant, actor=None)
        org.close_department(places.line, actor=None)
        org.close_department(places.plant, actor=None)


def test_team_members_are_exactly_those_named() -> None:
    with scope.system("test"):
        cast = people.cast()
        team = org.form_team(department=cast.company.line, code="T", name="T", actor=None)
        org.set_team_members(team, users=[cast.worker, cast.manager], actor=None)
        org.set_team_members(team, users=[cast.worker], actor=None)
        assert list(Team.objects.get(pk=team.pk).memberships.values_list("user_id", flat=True)) == [cast.worker.pk]


def test_explain_names_the_grant_or_the_missing_role() -> None:
    with scope.system("test"):
        cast = people.cast()
        team = org.form_team(department=cast.company.line, code="T", name="T", actor=None)
        manager = {
            row.key: (row.cells[1].text, row.cells[2].text) for row in explain(cast.manager, "team", team.pk).rows
        }
        assert manager["r"][0] == "Yes"
        assert "Department manager reaches" in manager["r"][1]
        assert manager["c"][0] == "No"
        assert "Operations manager" in manager["c"][1]
        neighbour = {row.key: row.cells[1].text for row in explain(cast.neighbour, "team", team.pk).rows}
        assert set(neighbour.values()) == {"No"}
        cast.worker.is_active = False
        cast.worker.__dict__.pop("_rights", None)
        assert explain(cast.worker, "team", None).rows[0].cells[2].text == "The account is switched off."


def test_the_hourly_look_at_homes_loads_and_writes_only_those_that_moved() -> None:
    with scope.system("test"):
        places = people.company()
        moved, ended, same = (people.user(name, role="DPM", department=places.plant) for name in ("a", "b", "c"))
        User.objects.filter(pk=moved.pk).update(departments=[])
        RoleGrant.objects.filter(user=ended).update(
            valid_from=timezone.localdate() - timedelta(9), valid_until=timezone.localdate()
        )
        loaded: list[str] = []

        def note(sender: type, instance: User, **kwargs: object) -> None:
            loaded.append(instance.username)

        post_init.connect(note, sender=User)
        org.refresh_homes()
        post_init.disconnect(note, sender=User)
        assert sorted(loaded) == ["a", "b"]
        kept = dict(User.objects.values_list("username", "departments"))
    assert kept["a"] == kept["c"] == [places.plant.pk] and kept["b"] == []
    assert same.departments == [places.plant.pk]


def test_an_operator_reads_no_colleague_and_can_still_name_one_as_stand_in() -> None:
    with scope.system("test"):
        places = people.company()
        operator = people.user("operator", role="OPR", department=places.plant)
        colleague = people.user("colleague", role="SUP", department=places.plant)
        stranger = people.user("stranger", role="SUP", department=places.other)
    with scope.of(operator):
        assert list(User.objects.visible_to(operator)) == [operator]
        offered = set(DelegateForm(actor=operator).fields["substitute"].queryset)  # type: ignore[attr-defined]
    assert offered == {operator, colleague} and stranger not in offered
