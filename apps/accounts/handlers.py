"""What accounts do by themselves: watch the sign-in library, ask before sensitive verbs, send password links that waited."""

from apps.accounts import heldmail, stepup, watch
from apps.accounts.events import PasswordMailHeld
from apps.core.events.handlers import on
from apps.core.models import Event

__all__ = ["send_held", "stepup", "watch"]


@on(PasswordMailHeld, name="accounts.send_held_mail", slow=True)
def send_held(event: Event) -> None:
    heldmail.send(event)
