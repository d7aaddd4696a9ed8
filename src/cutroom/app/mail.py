"""The mail server that the settings name."""

from cutroom.app.settings import Settings
from cutroom.kit.mail import Mailer, MailSettings


def make_mailer(settings: Settings) -> Mailer | None:
    """What sends letters; None when no server is set.

    Raises:
        Invalid: `bad_mail_address`, when the sender is not an address.
    """
    if settings.smtp_host is None or settings.smtp_from is None:
        return None
    password = settings.smtp_password
    return Mailer(
        MailSettings(
            host=settings.smtp_host,
            port=settings.smtp_port,
            sender=settings.smtp_from,
            security=settings.smtp_security,
            username=settings.smtp_username,
            password=None if password is None else password.get_secret_value(),
        )
    )
