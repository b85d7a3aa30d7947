"""The page behind the set-up link: the first admin and the root department of an empty installation."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.contrib.auth.password_validation import validate_password
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from apps.accounts import services as accounts
from apps.accounts import setuplink
from apps.accounts.forms import SIGN_IN_NAME
from apps.accounts.models import User
from apps.core.access import scope
from apps.core.errors import Refused
from apps.core.web import errors
from apps.org import services
from apps.org.models import Department


class FirstAdminForm(forms.Form):
    """Who runs this installation, and what the company is called."""

    company = forms.CharField(max_length=80, label="Company name", help_text="It becomes the topmost department.")
    username = forms.CharField(max_length=150, label="Sign-in name", validators=[SIGN_IN_NAME])
    first_name = forms.CharField(max_length=150)
    last_name = forms.CharField(max_length=150)
    password = forms.CharField(
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="At least 15 characters. Four or five words make a good password.",
    )
    again = forms.CharField(
        strip=False, label="Password again", widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )

    def clean(self) -> None:
        given = self.cleaned_data
        password = given.get("password", "")
        if password and password != given.get("again"):
            self.add_error("again", "The two passwords differ. Type it again.")
        names = {name: given.get(name, "") for name in ("username", "first_name", "last_name")}
        if password:
            try:
                validate_password(password, User(**names))
            except forms.ValidationError as error:
                self.add_error("password", error)


def first_admin(request: HttpRequest, text: str) -> HttpResponse:
    """GET shows the form while the link is good; POST makes everything once."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('first admin'))")
        setuplink.check(text)
    except Refused as refused:
        return errors.refused(request, refused)
    form = FirstAdminForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return render(
            request, "org/setup.html", {"form": form, "page_title": "Set up"}, status=422 if form.errors else 200
        )
    _make(form.cleaned_data)
    messages.success(request, "Set up. Sign in with your new account.")
    return HttpResponseRedirect(reverse("account_login"))


def _make(given: dict[str, str]) -> None:
    with scope.system("the first admin sets up the installation"):
        names = {name: given[name] for name in ("username", "first_name", "last_name", "password")}
        person = accounts.invite_user(actor=None, **names)
        root = Department.objects.filter(parent__isnull=True).first()
        if root is None:
            root = services.open_department(code="ROOT", name=given["company"], actor=None)
        for role in ("ADM", "OPM"):
            services.grant_role(user=person, role=role, department=root, valid_from=timezone.localdate(), actor=None)
    accounts.record_security_event("first_admin_made", user=person, login=person.username)
