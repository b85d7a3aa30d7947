"""Who calls: a bearer token, or the browser's session (then with CSRF). Undeclared views are closed."""

from __future__ import annotations

from typing import Any

from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed, MethodNotAllowed
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from apps.core.access.rights import rights_of
from apps.core.web.identify import TokenProblem


class TokenOrSession(BaseAuthentication):
    """The middleware already found the person; here only the kind of sign-in is checked."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        user = request._request.user
        if isinstance(user, TokenProblem):
            raise AuthenticationFailed(user.reason)
        if not user.is_authenticated:
            return None
        token = user.__dict__.get("acting_token")
        if token is None:
            SessionAuthentication().enforce_csrf(request)
        return user, token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="opsplatform"'


class SignedIn(BasePermission):
    """Any signed-in person or token."""

    message = "Sign in, or send a token as 'Authorization: Bearer ops_…'."

    def has_permission(self, request: Request, view: Any) -> bool:
        return bool(request.user and request.user.is_authenticated)


class DeclaredAccess(SignedIn):
    """The view names matrix row and verb (`access = (row, verb)`); a view that names none is closed."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if not super().has_permission(request, view):
            return False
        declared = view.access_for(request.method) if hasattr(view, "access_for") else getattr(view, "access", None)
        if declared is None:
            if hasattr(view, "access_for") and request.method not in SAFE_METHODS:
                raise MethodNotAllowed(str(request.method))  # nothing declared: the noun has no such verb
            return False
        row, verb = declared
        self.message = "You have no right to do this. Ask your admin for it."
        return not row or rights_of(request.user).can_somewhere(row, verb)
