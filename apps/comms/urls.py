"""Addresses of comments, watching, notices and their preferences."""

from django.urls import path

from apps.comms import api, api_boards, views, views_board, views_shift

urlpatterns = [
    path("comments/on/<str:subject>/", views.comment, name="comment"),
    path("comments/names/", views.names, name="comment_names"),
    path("comments/<int:key>/edit/", views.comment_edit, name="comment_edit"),
    path("comments/<int:key>/delete/", views.comment_delete, name="comment_delete"),
    path("watch/<str:subject>/", views.watch, name="watch"),
    path("notices/", views.notices, name="notices"),
    path("notices/read/", views.read, name="notices_read"),
    path("notices/settings/", views.preferences, name="notice_settings"),
    path("notices/push/", views.push, name="push"),
    path("notices/worker.js", views.push_worker, name="push_worker"),
    path("tier-boards/<int:key>/board/", views_board.tier_board, name="tier_board"),
    path("shift-log/", views_shift.shift_log, name="shift_log"),
    path("notices/leave/<str:token>/", views.leave, name="notices_leave"),
]
api_urlpatterns = [
    path("comments/", api.CommentsEndpoint.as_view(), name="api-comments"),
    path("comments/<int:key>/", api.CommentEndpoint.as_view(), name="api-comments-one"),
    path("comments/<int:key>/delete/", api.DeleteCommentEndpoint.as_view(), name="api-comments-delete"),
    path("tier-boards/<int:key>/days/", api_boards.BoardDaysEndpoint.as_view(), name="api-tier-boards-days"),
    path("watching/", api.WatchingEndpoint.as_view(), name="api-watching"),
    path("notices/", api.NoticesEndpoint.as_view(), name="api-notices"),
    path("notices/read/", api.ReadEndpoint.as_view(), name="api-notices-read"),
    path("notices/settings/", api.SettingsEndpoint.as_view(), name="api-notices-settings"),
]
