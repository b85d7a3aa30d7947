"""Where sign-in differs from the library's default: no self sign-up, guessing is slowed, company sign-in needs an account."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from apps.accounts import devices, heldmail, lockout, services
from apps.accounts.models import User
from apps.core.errors import Refused
from apps.core.events import outbound
from apps.core.web import errors
from apps.core.web.identify import client_address

WRONG = "The sign-in name or the password is not correct."


class AccountAdapter(DefaultAccountAdapter):
    """People are invited by an admin, never by themselves."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "too_many_login_attempts": "Too many failed tries. Wait a few minutes and try again.",
        "many_accounts_tried": "Many accounts failed to sign in lately. Wait a quarter of an hour, or use a device on"
        " which you signed in before.",
        "username_password_mismatch": WRONG,
        "email_password_mismatch": WRONG,
        "incorrect_password": "The password is not correct.",
        "enter_current_password": "The present password is not correct.",
        "incorrect_code": "The code is not correct. Use the newest one.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_address(request, settings.PROXY_COUNT) or "127.0.0.1"

    def _keys(self, request: HttpRequest, credentials: dict[str, Any]) -> dict[str, str]:
        account = lockout.account_key(str(credentials.get("username") or credentials.get("email") or ""))
        place = lockout.place_key(self.get_client_ip(request), devices.known_device(request, account))
        return {"account": account, "place": place}

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        user = super().authenticate(request, **credentials)
        if user:
            lockout.succeeded(**self._keys(request, credentials))
        return user

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        self._login_failed_rl_usage = None
        keys = self._keys(request, credentials)
        if lockout.sprayed(keys["place"]):
            raise self.validation_error("many_accounts_tried")
        if not lockout.may_try(**keys):
            raise self.validation_error("too_many_login_attempts")

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        keys = self._keys(request, credentials)
        count = lockout.failed(**keys)
        if count >= lockout.FREE_TRIES:
            services.record_security_event(
                "locked",
                login=str(credentials.get("username") or ""),
                address=self.get_client_ip(request),
                agent=self.get_http_user_agent(request),
                failures=count,
                place=keys["place"],
            )
        if count == 1 and lockout.sprayed(keys["place"]):
            services.record_security_event("sprayed", address=self.get_client_ip(request), place=keys["place"])

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        if outbound.paused():
            heldmail.hold(context.get("user"), email)
        else:
            super().send_mail(template_prefix, email, context)

    def post_login(self, request: HttpRequest, user: Any, **options: Any) -> HttpResponse:
        response: HttpResponse = super().post_login(request, user, **options)
        devices.remember(request, response, user)
        return response


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    """Company sign-in connects to an account that an admin made, found by its verified e-mail address."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        if sociallogin.is_existing or request.user.is_authenticated:
            return
        verified = [one.email for one in sociallogin.email_addresses if one.verified is True]
        user = User.objects.filter(email__iexact=verified[0], is_active=True).first() if verified else None
        if user is None:
            services.record_security_event(
                "sign_in_failed",
                login=verified[0] if verified else "",
                address=client_address(request, settings.PROXY_COUNT),
                method="company sign-in",
            )
            text = "No account here has this verified e-mail address. Ask your admin to add you."
            raise ImmediateHttpResponse(errors.refused(request, Refused(text, code="no_account")))
        sociallogin.connect(request, user)
