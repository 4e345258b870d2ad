"""The command ``mail test``."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from app.cli.context import fail, get_settings
from app.services.people import users
from app.services.reporting.doctor import describe_error
from app.services.upkeep.outbox import OutgoingMail
from app.web.mail import send_now

mail = AppGroup("mail", help="Check that mail can be sent.")


@mail.command("test")
@click.argument("address")
def send_test_mail(address: str) -> None:
    """Send a short mail to ADDRESS at once, and say why it failed if it did."""
    deliver_test_mail(address)


def deliver_test_mail(address: str) -> None:
    """Send a test mail and print what became of it. Exit with status 2 if it was not sent."""
    to = users.normalise_address(address)
    if to is None:
        fail(f"{address}: this is not a valid e-mail address.")
    settings = get_settings()
    text = f"This mail was sent to test the server at {settings.base_url}. Mail from this server reaches you.\n"
    try:
        send_now(OutgoingMail(to, "Palpate: test mail", text))
    except OSError as error:
        fail(f"PALPATE_MAIL: the mail was not sent. {describe_error(error)}.")
    match settings.mail:
        case "console":
            click.echo("Printed above, because PALPATE_MAIL=console. Nothing was sent.")
        case "file":
            click.echo(f"Kept in {settings.data / 'mail'}, because PALPATE_MAIL=file. Nothing was sent.")
        case _:
            click.echo("The mail server accepted the mail.")
