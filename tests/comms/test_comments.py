"""Comments stand beside the record, are for those who may read it, and call only people who may."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from apps.accounts import services as accounts
from apps.accounts.models import User
from apps.comms import mentions, services
from apps.comms.models import Comment
from apps.core.access import scope
from apps.core.errors import NotAllowed, Refused
from apps.core.models import Event
from apps.org import services as org
from apps.org.models import Team
from tests.factories import people

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> people.Cast:
    with scope.system("test"):
        return people.cast()


@pytest.fixture
def team(cast: people.Cast) -> Team:
    with scope.system("test"):
        return org.form_team(department=cast.company.plant, code="EARLY", name="Early shift", actor=None)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def say(team: Team, user: User, text: str, **headers: str) -> Any:
    return signed_in(user).post(
        "/api/v1/comments/",
        {"subject": team.subject(), "text": text},
        content_type="application/json",
        headers=headers,
    )


def page(team: Team, user: User, query: str = "") -> str:
    return signed_in(user).get(f"/teams/{team.pk}/{query}").content.decode()


def test_a_comment_is_in_the_stream_of_its_record_and_nowhere_else(cast: people.Cast, team: Team) -> None:
    client = signed_in(cast.manager)
    answer = client.post(f"/comments/on/{team.subject()}/", {"text": "The press leaks.\nSee https://example.org/x"})
    assert answer.status_code == 302 and answer["Location"].startswith(f"/teams/{team.pk}/#comment-")
    shown = page(team, cast.manager)
    assert "The press leaks." in shown and '<a href="https://example.org/x" rel="nofollow">' in shown
    assert "The press leaks." not in page(team, cast.manager, "?history=changes")
    only = page(team, cast.manager, "?history=comments")
    assert "The press leaks." in only and "Team formed" not in only


def test_markup_is_only_text(cast: people.Cast, team: Team) -> None:
    for text in (
        "<script>alert(1)</script>",
        '"><svg onload=alert(1)>',
        "javascript:alert(1)",
        "{{ 7*7 }} {% load x %}",
    ):
        assert say(team, cast.manager, text).status_code == 201
    shown = page(team, cast.manager)
    assert "<script>alert" not in shown and "<svg onload" not in shown and 'href="javascript' not in shown
    assert "{{ 7*7 }} {% load x %}" in shown


def test_only_readers_of_the_record_read_and_write(cast: people.Cast, team: Team) -> None:
    made = say(team, cast.manager, "inside")
    key = made.json()["id"]
    for outsider in (cast.neighbour, cast.stranger):
        client = signed_in(outsider)
        assert client.get(f"/api/v1/comments/?subject={team.subject()}").status_code in {403, 404}
        assert say(team, outsider, "outside").status_code in {403, 404}
        assert client.post(f"/comments/on/{team.subject()}/", {"text": "outside"}).status_code in {403, 404}
        assert (
            client.patch(f"/api/v1/comments/{key}/", {"text": "x"}, content_type="application/json").status_code == 404
        )
        assert client.post(f"/api/v1/comments/{key}/delete/").status_code == 404
        assert client.post(f"/comments/{key}/delete/").status_code == 404
    with scope.of(cast.neighbour), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM comms_comment")
        assert cursor.fetchone() == (0,)
    with scope.system("test"):
        assert Comment.objects.get().text == "inside"


def test_an_author_corrects_for_a_quarter_of_an_hour_and_takes_back_any_time(cast: people.Cast, team: Team) -> None:
    with scope.of(cast.manager):
        made = services.add_comment(record=team, text="First", actor=cast.manager)
        made.refresh_from_db()
        services.edit_comment(made, text="Second", actor=cast.manager)
        with pytest.raises(NotAllowed):
            services.edit_comment(made, text="Mine now", actor=cast.by_role["OPM"])
        with pytest.raises(Refused) as late:
            services.edit_comment(
                made, text="Third", actor=cast.manager, now=made.created_at + timedelta(minutes=15, seconds=1)
            )
        assert late.value.code == "too_late"
        told = Event.objects.get(name="comms.comment_edited")
        assert told.changes == {"text": ["First", "Second"]}
        gone = services.delete_comment(made, actor=cast.manager)
        assert (gone.text, gone.deleted_at is not None) == ("", True)
        again = services.delete_comment(made, actor=cast.manager)
        assert again.deleted_at == gone.deleted_at
        with pytest.raises(Refused):
            services.edit_comment(made, text="Back", actor=cast.manager)
    shown = page(team, cast.manager)
    assert "deleted a comment" in shown and "Second" not in shown


def test_a_mention_without_access_is_refused_and_the_text_is_kept(cast: people.Cast, team: Team) -> None:
    text = "Look @neighbour, and @worker too"
    answer = signed_in(cast.manager).post(f"/comments/on/{team.subject()}/", {"text": text})
    assert answer.status_code == 422
    shown = answer.content.decode()
    assert text in shown and "Worker Test, Neighbour Test cannot see this record" in shown and "give access" in shown
    refused = say(team, cast.manager, text)
    assert refused.status_code == 422
    assert refused.json()["code"] == "mention_no_access"
    assert refused.json()["details"] == {"people": ["Worker Test", "Neighbour Test"]}
    with scope.system("test"):
        assert not Comment.objects.exists() and not Event.objects.filter(name="comms.commented").exists()


def test_people_and_teams_are_called_by_name(cast: people.Cast, team: Team) -> None:
    with scope.system("test"):
        org.set_team_members(team, users=[cast.by_role["SUP"], cast.by_role["QAI"]], actor=None)
    made = say(team, cast.manager, "Hello @role_dpm. Also @PLANT/EARLY, not me@example.org or @nobody-at-all")
    assert made.status_code == 201
    wanted = {cast.by_role[role].pk for role in ("DPM", "SUP", "QAI")}
    assert set(made.json()["mentions"]) == wanted


def test_a_bomb_of_mentions_is_refused(cast: people.Cast, team: Team) -> None:
    many = " ".join(f"@person{number}" for number in range(500))
    refused = say(team, cast.manager, many[:3990])
    assert (refused.status_code, refused.json()["code"]) == (422, "too_many_mentions")
    with scope.system("test"):
        crowd = [people.user(f"crowd{number}", role="SUP", department=cast.company.plant) for number in range(51)]
        org.set_team_members(team, users=crowd, actor=None)
    refused = say(team, cast.manager, "@PLANT/EARLY")
    assert (refused.status_code, refused.json()["code"]) == (422, "too_many_mentions")
    assert "51 people" in refused.json()["detail"]


@pytest.mark.parametrize("text", ["", "   \n ", "x" * 4001, "nul\x00byte"])
def test_what_is_no_comment_is_refused(cast: people.Cast, team: Team, text: str) -> None:
    assert say(team, cast.manager, text).status_code == (400 if "\x00" in text else 422), "no text at all is a bad body"
    assert signed_in(cast.manager).post(f"/comments/on/{team.subject()}/", {"text": text}).status_code == 422


def test_one_key_is_one_comment(cast: people.Cast, team: Team) -> None:
    answers = [say(team, cast.manager, "Once", **{"Idempotency-Key": "k1"}) for _ in range(2)]
    assert [one.status_code for one in answers] == [201, 201]
    assert answers[0].json()["id"] == answers[1].json()["id"]


def test_a_form_sent_twice_is_one_comment(cast: people.Cast, team: Team) -> None:
    client, data = signed_in(cast.manager), {"text": "Twice", "form_token": "t1"}
    places = {client.post(f"/comments/on/{team.subject()}/", data)["Location"] for _ in range(2)}
    assert len(places) == 1
    with scope.system("test"):
        assert Comment.objects.count() == 1


def test_a_reading_token_does_not_speak(cast: people.Cast, team: Team) -> None:
    with scope.of(cast.by_role["DPM"]):
        _, text = accounts.make_token(name="Reader", scopes=["department:read"], actor=cast.by_role["DPM"])
    answer = Client().post(
        "/api/v1/comments/",
        {"subject": team.subject(), "text": "beep"},
        content_type="application/json",
        headers={"Authorization": f"Bearer {text}"},
    )
    assert answer.status_code == 403


def test_names_are_offered_to_colleagues_only(cast: people.Cast) -> None:
    offered = signed_in(cast.by_role["OPR"]).get("/comments/names/?q=role").json()["people"]
    handles = {one["handle"] for one in offered}
    assert "role_dpm" in handles and "neighbour" not in handles
    assert signed_in(cast.by_role["OPR"]).get("/comments/names/?q=").json() == {"people": []}


def test_names_in_a_text() -> None:
    assert mentions.handles("@a.b, (@c) x@d @e/F. @ @@g @h-") == ["a.b", "c", "e/F", "h"]
    assert mentions.handles("@same @same") == ["same"]
    started = timezone.now()
    mentions.handles("@a/" * 40_000)
    assert timezone.now() - started < timedelta(seconds=1)
