"""Writes the users and the tokens of a Django project for `narthex import django`.

Copy it to APP/management/commands/narthex_export.py and run: ./manage.py narthex_export >shop.jsonl

The tokens are those of Django REST framework (rest_framework.authtoken) and of knox, if they are
installed. The file contains password hashes. docs/import.md describes its format.
"""

import hashlib
import json
from datetime import timezone

from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand


def time(value):
    # Without USE_TZ, the times have no zone.
    if value is None:
        return None
    return value.astimezone(timezone.utc).isoformat().replace("+00:00", "Z")


class Command(BaseCommand):
    help = "Write users and API tokens for narthex import"

    def add_arguments(self, parser):
        parser.add_argument("--app", help="a name, if several projects are imported")

    def handle(self, app=None, **_):
        self.lines = {"users": 0, "tokens": 0}
        self.write({"narthex": "export", "version": 1, "source": "django", "app": app})
        for user in get_user_model()._default_manager.iterator():
            self.user(user)
        if apps.is_installed("rest_framework.authtoken"):
            for token in apps.get_model("authtoken", "Token").objects.iterator():
                digest = hashlib.sha256(token.key.encode()).hexdigest()
                # The key is a secret, and it is the primary key. So the digest is the ID.
                self.token(token, f"drf-{digest}", "drf", digest, None)
        if apps.is_installed("knox"):
            for token in apps.get_model("knox", "AuthToken").objects.iterator():
                digest = hashlib.sha256(bytes.fromhex(token.digest)).hexdigest()
                self.token(token, f"knox-{digest}", "knox", digest, token.expiry)
        self.write({"end": self.lines})

    def user(self, user):
        self.lines["users"] += 1
        self.write({
            "user": str(user.pk),
            "email": getattr(user, user.get_email_field_name()) or "",
            "name": user.get_full_name() or user.get_username(),
            "password": user.password if user.has_usable_password() else None,
            "created_at": time(getattr(user, "date_joined", None)),
            "disabled": not user.is_active,
        })

    def token(self, token, id, form, digest, expiry):
        self.lines["tokens"] += 1
        self.write({
            "token": id, "user": str(token.user_id), "name": form, "sha256": digest, "form": form,
            "created_at": time(token.created), "expires_at": time(expiry),
        })

    def write(self, line):
        self.stdout.write(json.dumps(line, ensure_ascii=False))
