"""All settings in one place, safe by default; every variable is read through a typed reader."""

from __future__ import annotations

from pathlib import Path

from opsplatform import env

BASE_DIR = Path(__file__).resolve().parent.parent
OPS_HOME = Path(env.text("OPS_HOME", str(BASE_DIR / "var")))
OPS_TEST = env.flag("OPS_TEST")
OPS_ROLE = env.text("OPS_ROLE", "web")
DEBUG = env.flag("OPS_DEBUG")
SECRET_KEY = env.text("OPS_SECRET_KEY")
TOKEN_PEPPER = env.text("OPS_TOKEN_PEPPER", SECRET_KEY)
VERSION = "0.1.0"

BASE_URL = env.text("OPS_BASE_URL", "http://127.0.0.1:8000")
ALLOWED_HOSTS = env.words("OPS_ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]")
CSRF_TRUSTED_ORIGINS = [BASE_URL] if BASE_URL.startswith("https://") else []
PROXY_COUNT = env.number("OPS_PROXY_COUNT", 0)
HTTPS = BASE_URL.startswith("https://")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "django_htmx",
    "lucide",
    "django_filters",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "apps.core",
    "apps.accounts",
    "apps.org",
    "apps.work",
    "apps.comms",
    "apps.reports",
    "apps.dashboard",
    "apps.integrations",
    "apps.workflows",
    "apps.processes",
    "apps.inventory",
    "apps.kpis",
    "apps.budgets",
    "apps.strategy",
    "apps.procurement",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "apps.core.web.middleware.SecurityHeaders",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "apps.accounts.middleware.SessionLife",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "apps.core.web.middleware.UnitOfWork",
]

ROOT_URLCONF = "opsplatform.urls"
WSGI_APPLICATION = "opsplatform.wsgi.application"
ASGI_APPLICATION = "opsplatform.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "lucide.templatetags.lucide",
                "apps.core.templatetags.ops",
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "apps.core.web.frame.frame",
            ],
        },
    }
]

# -- language, time ----------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch"), ("es", "Español"), ("ar", "العربية")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = USE_TZ = True
# The company's own: its days ("today") begin and end there. The database keeps and tells moments in UTC.
TIME_ZONE = env.zone("OPS_TIME_ZONE", "Europe/Stockholm")

# -- database: two roles; only migrations, backup and restore run as the owner ------------------------------------
DATABASES = {
    "default": {
        **env.database(
            env.text("DATABASE_OWNER_URL") if env.text("OPS_DB_AS", "app") == "owner" else env.text("DATABASE_URL")
        ),
        "CONN_MAX_AGE": None if OPS_ROLE != "web" else 600,
        "CONN_HEALTH_CHECKS": True,
    }
}
DATABASES["default"]["OPTIONS"] |= {
    "application_name": f"ops-{OPS_ROLE}",
    "options": f"-c ops.time_zone={TIME_ZONE} "
    + " ".join(
        [
            f"-c statement_timeout={'15s' if OPS_ROLE == 'web' else '300s'}",
            "-c lock_timeout=5s",
            f"-c idle_in_transaction_session_timeout={'30s' if OPS_ROLE == 'web' else '300s'}",
        ]
        if env.text("OPS_DB_AS", "app") != "owner"
        else ["-c lock_timeout=30s"]
    ),
}
APP_DB_ROLE = env.text("OPS_APP_DB_ROLE", "ops_app")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# -- broker and cache: a doorbell and a shared counter, nothing that may not be lost -----------------------------
REDIS_URL = env.text("REDIS_URL")
CACHES = {
    "default": {
        "BACKEND": "apps.core.web.cache.ForgivingRedisCache",
        "LOCATION": REDIS_URL,
        "OPTIONS": {"socket_timeout": 1, "socket_connect_timeout": 1},
        "KEY_PREFIX": "ops",
    }
}
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://", 1).replace("?db=", "?virtual_host=")

# -- sign-in -----------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "apps.accounts.hashers.Argon2",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
if OPS_TEST:
    PASSWORD_HASHERS = ["apps.accounts.hashers.FastForTests", *PASSWORD_HASHERS]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "apps.accounts.passwords.Length"},
    {"NAME": "apps.accounts.passwords.ContextWords"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "password1*"]
ACCOUNT_FORMS = {
    "login": "apps.accounts.signin.SignInForm",
    "reset_password": "apps.accounts.signinforms.ForgottenPasswordForm",
    "change_password": "apps.accounts.signinforms.ChangePasswordForm",
    "reset_password_from_key": "apps.accounts.signinforms.SetPasswordForm",
}
ACCOUNT_ADAPTER = "apps.accounts.adapters.AccountAdapter"
SOCIALACCOUNT_ADAPTER = "apps.accounts.adapters.SocialAccountAdapter"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
# Wrong passwords are counted by apps.accounts.lockout; "login_failed" here guards codes of second factors.
ACCOUNT_RATE_LIMITS = {"login": "120/m/ip", "login_failed": "5/300s/key"}
ACCOUNT_SESSION_REMEMBER = False
PASSWORD_RESET_TIMEOUT = 30 * 60
SOCIALACCOUNT_LOGIN_ON_GET = True  # a form may not be sent on to another site under our content policy
ALLAUTH_TRUSTED_PROXY_COUNT = PROXY_COUNT
MFA_ADAPTER = "apps.accounts.factors.FactorAdapter"
MFA_FORMS = {"add_webauthn": "apps.accounts.factorforms.PasskeyForm"}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "opsplatform"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS
USERSESSIONS_TRACK_ACTIVITY = False  # reading a page writes nothing
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": "sso",
                "name": env.text("OPS_OIDC_NAME", "Company sign-in"),
                "client_id": env.text("OPS_OIDC_CLIENT_ID"),
                "secret": env.text("OPS_OIDC_SECRET"),
                "settings": {"server_url": env.text("OPS_OIDC_URL")},
            }
        ]
        if env.text("OPS_OIDC_URL", "")
        else [],
    }
}
SESSION_COOKIE_NAME = "__Host-ops" if HTTPS else "ops"
CSRF_COOKIE_NAME = "__Host-ops-csrf" if HTTPS else "ops-csrf"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_IDLE_SECONDS = env.number("OPS_SESSION_IDLE_MINUTES", 30) * 60
CSRF_FAILURE_VIEW = "apps.core.web.errors.csrf_failure"

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_SSL_REDIRECT = HTTPS and PROXY_COUNT == 0
if PROXY_COUNT:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
X_FRAME_OPTIONS = "DENY"

# -- files -------------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = OPS_HOME / "static"
STATICFILES_DIRS: list[Path | tuple[str, Path]] = [BASE_DIR / "static"]
_inter = BASE_DIR / "frontend/node_modules/@fontsource-variable/inter/files"
if _inter.is_dir():
    STATICFILES_DIRS.append(("inter", _inter))
FONT_FILE = _inter / "inter-latin-wght-normal.woff2"
ECHARTS = "echarts/echarts.common.min.js"
MODELER = "bpmn-js/dist/bpmn-modeler.production.min.js"
_PACKAGES = BASE_DIR / "frontend/node_modules"
PACKAGED_FILES: dict[str, Path] = {
    ECHARTS: _PACKAGES / "echarts/dist/echarts.common.min.js",
    MODELER: _PACKAGES / MODELER,
    **{
        name: _PACKAGES / name
        for name in (
            "bpmn-js/dist/assets/diagram-js.css",
            "bpmn-js/dist/assets/bpmn-js.css",
            "bpmn-js/dist/assets/bpmn-font/css/bpmn.css",
            *(f"bpmn-js/dist/assets/bpmn-font/font/bpmn.{kind}" for kind in ("eot", "svg", "ttf", "woff", "woff2")),
        )
    },
}
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "opsplatform.packaged.PackagedFilesFinder",
]
WHITENOISE_USE_FINDERS = not env.flag("OPS_COLLECTED_STATIC")
WHITENOISE_AUTOREFRESH = DEBUG
WHITENOISE_MAX_AGE = 0 if WHITENOISE_USE_FINDERS else 31_536_000
if env.flag("OPS_COLLECTED_STATIC"):
    STORAGES = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    }
MEDIA_ROOT = Path(env.text("OPS_MEDIA", str(OPS_HOME / "media")))
FILE_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
DATA_UPLOAD_MAX_MEMORY_SIZE = 20_000_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000
PDF_ENABLED = env.text("OPS_PDF", "on") != "off"

# -- API ---------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["apps.core.api.auth.TokenOrSession"],
    "DEFAULT_PERMISSION_CLASSES": ["apps.core.api.auth.DeclaredAccess"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["apps.core.api.parsers.StrictJSONParser"],
    "DEFAULT_THROTTLE_CLASSES": ["apps.core.api.throttle.AtomicThrottle"],
    "DEFAULT_PAGINATION_CLASS": None,
    "DEFAULT_SCHEMA_CLASS": "apps.core.api.schema.ProblemAwareSchema",
    "EXCEPTION_HANDLER": "apps.core.api.problems.handle",
    "DEFAULT_VERSIONING_CLASS": None,
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "COERCE_DECIMAL_TO_STRING": True,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
API_RATE = env.text("OPS_API_RATE", "600/60")
SPECTACULAR_SETTINGS = {
    "TITLE": "opsplatform API",
    "DESCRIPTION": "Everything the screens can do, over HTTP. Same rules, same words.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["apps.core.api.auth.SignedIn"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_NAME_OVERRIDES": {
        "GrainEnum": "apps.kpis.models.Grain",
        "ImportStateEnum": "apps.core.models.ImportBatch.State",
        "JobStateEnum": "apps.core.models.Job.State",
        "ProcessLevelEnum": "apps.processes.models.Process.Level",
        "ProcessStateEnum": "apps.processes.models.Process.State",
        "DocumentKindEnum": "apps.processes.models.Document.Kind",
        "RevisionStateEnum": "apps.processes.models.Revision.State",
        "HandoffStateEnum": "apps.processes.models.Handoff.State",
        "BudgetCheckEnum": "apps.budgets.models.Plan.Check",
        "BudgetEntryKindEnum": "apps.budgets.models.Kind",
        "BudgetRhythmEnum": "apps.budgets.models.Plan.Rhythm",
        "SavingKindEnum": "apps.budgets.models.Saving.Kind",
        "SavingRhythmEnum": "apps.budgets.models.Saving.Rhythm",
        "ItemTrackingEnum": "apps.inventory.models.Item.Tracking",
        "StockLocationKindEnum": "apps.inventory.models.Location.Kind",
        "StockMoveKindEnum": "apps.inventory.models.Move.Kind",
        "LotStatusEnum": "apps.inventory.models.Lot.Status",
        "StockCountStateEnum": "apps.inventory.models.Count.State",
        "StockPolicyMethodEnum": "apps.inventory.models.StockPolicy.Method",
        "StockProposalStateEnum": "apps.inventory.models.Proposal.State",
        "PracticeStateEnum": "apps.processes.models.Practice.State",
        "ObjectiveLevelEnum": "apps.strategy.models.Objective.Level",
        "OnDayOffEnum": "apps.work.models.Series.Holiday",
        "ReportOnDayOffEnum": "apps.reports.models.Pack.Holiday",
        "ApproverKindEnum": "apps.work.models.approval.StepKind",
        "TaskStateEnum": "apps.work.models.Task.State",
        "ApprovalStateEnum": "apps.work.models.Approval.State",
        "AlertStateEnum": "apps.kpis.models.Alert.State",
        "WatchKindEnum": "apps.kpis.models.Watch.Kind",
        "ReportStateEnum": "apps.reports.models.ReportRun.State",
        "PromiseStateEnum": "apps.reports.models.Promise.State",
        "DeliveryStateEnum": "apps.reports.models.Dispatch.State",
        "ObjectiveStateEnum": "apps.strategy.models.Objective.State",
        "InitiativeStateEnum": "apps.strategy.models.Initiative.State",
        "CaseStateEnum": "apps.workflows.models.Case.State",
        "CaseMessageStateEnum": "apps.workflows.models.Message.State",
        "EscalationStateEnum": "apps.comms.models.Escalation.State",
        "EscalationKindEnum": "apps.comms.models.EscalationStep.Kind",
        "ScanStateEnum": "apps.strategy.models.ScanItem.State",
        "SupplierStateEnum": "apps.procurement.models.Supplier.State",
        "PriceListKindEnum": "apps.procurement.models.PriceList.Kind",
        "RequisitionStateEnum": "apps.procurement.models.Requisition.State",
        "RfqStateEnum": "apps.procurement.models.Rfq.State",
        "OrderStateEnum": "apps.procurement.models.Order.State",
        "ReceiptStateEnum": "apps.procurement.models.Receipt.State",
        "InvoiceKindEnum": "apps.procurement.models.Invoice.Kind",
        "InvoiceStateEnum": "apps.procurement.models.Invoice.State",
        "ScanKindEnum": "apps.strategy.models.ScanItem.Kind",
    },
    "ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE": False,
}

# -- mail --------------------------------------------------------------------------------------------------------
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_HOST = env.text("OPS_SMTP_HOST", "")
EMAIL_PORT = env.number("OPS_SMTP_PORT", 25)
EMAIL_HOST_USER = env.text("OPS_SMTP_USER", "")
EMAIL_HOST_PASSWORD = env.text("OPS_SMTP_PASSWORD", "")
EMAIL_USE_TLS = env.flag("OPS_SMTP_TLS")
EMAIL_TIMEOUT = 10
if not EMAIL_HOST:
    EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
DEFAULT_FROM_EMAIL = env.text("OPS_MAIL_FROM", "opsplatform@localhost")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": env.text("OPS_LOG_LEVEL", "WARNING")},
    "loggers": {
        "ops": {"level": "INFO"},
        "django.request": {"level": "ERROR"},
        "weasyprint": {"level": "ERROR"},
        "fontTools": {"level": "WARNING"},
    },
}
