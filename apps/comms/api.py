"""Comments, watching and notices in the API."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.comms import choices, services
from apps.comms.models import Comment, Notice, NoticeSettings
from apps.comms.panels import watch_state
from apps.comms.queries import comments_on, settings_of, tie_of, titles_of
from apps.core.api.endpoints import Endpoint, check_parameters, page_size
from apps.core.api.output import api_value
from apps.core.errors import Refused
from apps.core.records.once import Answer
from apps.core.resources.resource import of_subject

SUBJECT = OpenApiParameter("subject", str, required=True, description="A record, such as kpi:17")
LIMIT = OpenApiParameter("limit", {"type": "integer", "minimum": 1, "maximum": 200, "default": 50})
STATES = ("follow", "mute", "none")


class Own(Endpoint):
    """Endpoints of signed-in people about records they may read."""

    def access_for(self, method: str | None) -> tuple[str, str] | None:
        return ("", "r")

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super(Endpoint, self).initial(request, *args, **kwargs)
        allowed = self.allowed_parameters if request.method in {"GET", "HEAD"} else frozenset()
        check_parameters(request.query_params, allowed, set())


def record_of(request: Request, subject: Any) -> Any:
    """The record named by the subject, if the caller may read it."""
    found = of_subject(subject) if isinstance(subject, str) and len(subject) <= 120 else None
    if found is None:
        raise Refused("'subject' names a record, such as kpi:17.", code="bad_body", field="subject")
    resource, key = found
    record = resource.rows(request.user).filter(pk=key).first() if resource.may(request.user, "r") else None
    if record is None:
        raise Http404
    return record


def body_of(request: Request, *names: str) -> dict[str, Any]:
    body: Any = request.data
    if not isinstance(body, dict) or set(body) - set(names):
        raise Refused(f"Send an object with {', '.join(names)}.", code="bad_body")
    return dict(body)


def text_of(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str):
        raise Refused(f"'{name}' is a text.", code="bad_body", field=name)
    return value


def _comment_fields() -> dict[str, Any]:
    return {
        "id": serializers.IntegerField(),
        "subject": serializers.CharField(),
        "author": serializers.IntegerField(),
        "text": serializers.CharField(help_text="Plain text; empty after the comment was deleted"),
        "mentions": serializers.ListField(child=serializers.IntegerField()),
        "created_at": serializers.DateTimeField(),
        "edited_at": serializers.DateTimeField(allow_null=True),
        "deleted_at": serializers.DateTimeField(allow_null=True),
    }


def _comment(one: Comment) -> dict[str, Any]:
    return {name: api_value(getattr(one, "author_id" if name == "author" else name)) for name in _comment_fields()}


class CommentsEndpoint(Own):
    """Comments of one record."""

    allowed_parameters = frozenset({"subject", "limit", "before"})

    @extend_schema(
        operation_id="comments_list",
        summary="Comments on a record, newest first",
        tags=["Comments"],
        parameters=[SUBJECT, LIMIT, OpenApiParameter("before", int, description="Only comments with a smaller id")],
        responses=inline_serializer(
            "Comments", {"results": inline_serializer("Comment", _comment_fields(), many=True)}
        ),
    )
    def get(self, request: Request) -> Response:
        record = record_of(request, request.query_params.get("subject"))
        rows, before = comments_on(record.subject()), request.query_params.get("before", "")
        if before:
            if not (before.isascii() and before.isdigit() and len(before) < 19):
                raise Refused("'before' is the id of a comment.", code="bad_filter", field="before")
            rows = rows.filter(pk__lt=int(before))
        return Response({"results": [_comment(one) for one in rows[: page_size(request.query_params)]]})

    @extend_schema(
        operation_id="comments_add",
        summary="Comment on a record",
        description="@name calls a person, @DEPARTMENT/TEAM a team. Somebody who may not read the record is refused.",
        tags=["Comments"],
        request=inline_serializer(
            "CommentIn", {"subject": serializers.CharField(), "text": serializers.CharField(max_length=4000)}
        ),
        responses={201: inline_serializer("CommentAdded", _comment_fields())},
    )
    def post(self, request: Request) -> Response:
        body = body_of(request, "subject", "text")

        def run() -> Answer:
            record = record_of(request, body.get("subject"))
            made = services.add_comment(record=record, text=text_of(body, "text"), actor=request.user)
            made.refresh_from_db()
            return Answer(201, _comment(made), {})

        return self.answer(request, run)


def _own(request: Request, key: int) -> Comment:
    found = Comment.objects.filter(pk=key).first()
    if found is None:
        raise Http404
    record_of(request, found.subject)
    return found


class CommentEndpoint(Own):
    """One comment."""

    @extend_schema(
        operation_id="comments_change",
        summary="Change one's own comment",
        description="Possible for 15 minutes. What it said before stays in the log.",
        tags=["Comments"],
        request=inline_serializer("CommentChange", {"text": serializers.CharField(max_length=4000)}),
        responses=inline_serializer("CommentChanged", _comment_fields()),
    )
    def patch(self, request: Request, key: int) -> Response:
        words = text_of(body_of(request, "text"), "text")
        found = _own(request, key)
        return self.answer(
            request, lambda: Answer(200, _comment(services.edit_comment(found, text=words, actor=request.user)), {})
        )


class DeleteCommentEndpoint(Own):
    """Taking a comment back."""

    @extend_schema(
        operation_id="comments_delete",
        summary="Delete one's own comment",
        description="Its place stays, its words go. Deleting twice changes nothing.",
        tags=["Comments"],
        request=None,
        responses=inline_serializer("CommentGone", _comment_fields()),
    )
    def post(self, request: Request, key: int) -> Response:
        return Response(_comment(services.delete_comment(_own(request, key), actor=request.user)))


def _watching_fields() -> dict[str, Any]:
    return {"subject": serializers.CharField(), "watch": serializers.ChoiceField(STATES)}


class WatchingEndpoint(Own):
    """Whether the caller hears of a record."""

    allowed_parameters = frozenset({"subject"})

    @extend_schema(
        operation_id="watching_read",
        summary="Whether you watch a record",
        tags=["Notices"],
        parameters=[SUBJECT],
        responses=inline_serializer("Watching", _watching_fields()),
    )
    def get(self, request: Request) -> Response:
        record = record_of(request, request.query_params.get("subject"))
        return Response({"subject": record.subject(), "watch": watch_state(tie_of(request.user, record.subject()))})

    @extend_schema(
        operation_id="watching_choose",
        summary="Watch, mute or forget a record",
        tags=["Notices"],
        request=inline_serializer("WatchingIn", _watching_fields()),
        responses=inline_serializer("WatchingChosen", _watching_fields()),
    )
    def post(self, request: Request) -> Response:
        body = body_of(request, "subject", "watch")
        record, state = record_of(request, body.get("subject")), body.get("watch")
        if state not in STATES:
            raise Refused("'watch' is follow, mute or none.", code="bad_choice", field="watch")
        if state == "none":
            services.unfollow(subject=record.subject(), actor=request.user)
        else:
            services.follow(subject=record.subject(), actor=request.user, muted=state == "mute")
        return Response({"subject": record.subject(), "watch": state})


NOTICE = {
    "id": serializers.IntegerField,
    "fact": serializers.CharField,
    "subject": serializers.CharField,
    "title": serializers.CharField,
    "kind": serializers.CharField,
    "level": serializers.CharField,
    "reason": serializers.CharField,
    "excerpt": serializers.CharField,
    "created_at": serializers.DateTimeField,
}


class NoticesEndpoint(Own):
    """The caller's notices."""

    allowed_parameters = frozenset({"unread", "limit"})

    @extend_schema(
        operation_id="notices_list",
        summary="Your notices, newest first",
        tags=["Notices"],
        parameters=[OpenApiParameter("unread", {"type": "string", "enum": ["1"]}, description="Unread only"), LIMIT],
        responses=inline_serializer(
            "Notices",
            {
                "results": inline_serializer(
                    "Notice",
                    {
                        **{name: kind() for name, kind in NOTICE.items()},
                        "actor": serializers.IntegerField(allow_null=True),
                        "read_at": serializers.DateTimeField(allow_null=True),
                    },
                    many=True,
                )
            },
        ),
    )
    def get(self, request: Request) -> Response:
        rows = Notice.objects.filter(owner_id=request.user.pk).select_related("actor").order_by("-id")
        if request.query_params.get("unread") == "1":
            rows = rows.filter(read_at__isnull=True)
        found = list(rows[: page_size(request.query_params)])
        titles = {name: pair[0] for name, pair in titles_of(request.user, {one.subject for one in found}).items()}
        return Response({"results": [_notice(one, titles) for one in found if one.subject in titles]})


def _notice(one: Notice, titles: dict[str, str]) -> dict[str, Any]:
    plain = {name: api_value(getattr(one, name)) for name in NOTICE if name != "title"}
    return {**plain, "title": titles[one.subject], "actor": one.actor_id, "read_at": api_value(one.read_at)}


class ReadEndpoint(Own):
    """Marking notices read."""

    @extend_schema(
        operation_id="notices_read",
        summary="Mark notices read",
        tags=["Notices"],
        request=inline_serializer("NoticesRead", {"ids": serializers.ListField(child=serializers.IntegerField())}),
        responses=inline_serializer("NoticesMarked", {"marked": serializers.IntegerField()}),
    )
    def post(self, request: Request) -> Response:
        keys = body_of(request, "ids").get("ids")
        if not isinstance(keys, list) or not all(type(one) is int and 0 < one < 2**63 for one in keys[:1000]):
            raise Refused("Send 'ids': a list of notices.", code="bad_body", field="ids")
        return Response({"marked": services.mark_read(actor=request.user, keys=keys[:1000])})


@extend_schema_field(
    {
        "type": "string",
        "pattern": r"^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,6})?)?$",
        "example": "18:00:00",
    }
)
class ClockTime(serializers.TimeField):
    """A time on the reader's own clock: the schema's `time` asks for an offset, which it has not."""


def _wish_fields() -> dict[str, Any]:
    return {
        "grid": serializers.DictField(
            child=serializers.DictField(child=serializers.CharField()),
            help_text="kind → app, mail, push → now, digest, off",
        ),
        "digest_hour": serializers.IntegerField(min_value=0, max_value=23),
        "quiet_from": ClockTime(allow_null=True),
        "quiet_until": ClockTime(allow_null=True),
    }


class WishIn(serializers.Serializer[Any]):
    """The whole preference page."""

    grid = serializers.DictField(child=serializers.DictField(child=serializers.CharField()))
    digest_hour = serializers.IntegerField(min_value=0, max_value=23)
    quiet_from = ClockTime(allow_null=True)
    quiet_until = ClockTime(allow_null=True)


class SettingsEndpoint(Own):
    """What the caller wants to hear, and how."""

    @extend_schema(
        operation_id="notice_settings_read",
        summary="What you want to hear, and how",
        tags=["Notices"],
        responses=inline_serializer("NoticeWishes", _wish_fields()),
    )
    def get(self, request: Request) -> Response:
        return Response(_wishes(settings_of(request.user.pk or 0)))

    @extend_schema(
        operation_id="notice_settings_choose",
        summary="Choose what you want to hear",
        tags=["Notices"],
        request=WishIn,
        responses=inline_serializer("NoticeWishesChosen", _wish_fields()),
    )
    def post(self, request: Request) -> Response:
        values = body_of(request, "grid", "digest_hour", "quiet_from", "quiet_until")
        form = WishIn(data=values)
        if not form.is_valid():
            field, words = next(iter(form.errors.items()))
            raise Refused(f"'{field}': {words}", code="not_valid", field=str(field))
        return Response(_wishes(services.choose(actor=request.user, **form.validated_data)))


def _wishes(row: NoticeSettings) -> dict[str, Any]:
    grid = {
        kind: {channel: choices.choice(row.grid, kind, channel) for channel in choices.CHANNELS}
        for kind in choices.KINDS
    }
    return {
        "grid": grid,
        "digest_hour": row.digest_hour,
        "quiet_from": api_value(row.quiet_from),
        "quiet_until": api_value(row.quiet_until),
    }
