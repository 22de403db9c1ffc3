"""Serves the application on a free port of 127.0.0.1, which it prints, and does what it is told in lines on standard input.

A line is a JSON list: the name of a function below, and its arguments. The answer is a line with a JSON value.
"""
import json
import sys
import threading
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from wsgi import application  # sets Django up

from django.contrib.auth import get_user, get_user_model, hashers, update_session_auth_hash  # noqa: E402
from django.contrib.auth.models import Group, Permission  # noqa: E402
from django.contrib.auth.tokens import default_token_generator  # noqa: E402
from django.contrib.auth.views import PasswordResetConfirmView  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.http import HttpRequest  # noqa: E402
from django.test import RequestFactory  # noqa: E402
from django.utils.dateparse import parse_datetime  # noqa: E402
from django.utils.encoding import force_bytes  # noqa: E402
from django.utils.http import urlsafe_base64_encode  # noqa: E402
from rest_framework.authtoken.models import Token  # noqa: E402
from rest_framework_api_key.models import APIKey  # noqa: E402
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken  # noqa: E402
from rest_framework_simplejwt.tokens import SlidingToken  # noqa: E402


def user(name):
    return get_user_model().objects.get(username=name)


def create_user(name, password):
    return get_user_model().objects.create_user(name, password=password).pk


def set_password(name, password):
    u = user(name)
    u.set_password(password)
    u.save()


def change_password(session_key, password):
    """What Django's PasswordChangeView does: the session stays, under the key that is returned."""
    request = HttpRequest()
    request.session = SessionStore(session_key)
    request.user = get_user(request)
    request.user.set_password(password)
    request.user.save()
    update_session_auth_hash(request, request.user)
    request.session.save()
    return request.session.session_key


def make_link(name):
    """What Django's mail has in its link: the user's key and a token."""
    u = user(name)
    return [urlsafe_base64_encode(force_bytes(u.pk)), default_token_generator.make_token(u)]


def follow_link(uid, token, password):
    """Answers whether Django's page behind the link took the new password."""
    view, session = PasswordResetConfirmView.as_view(success_url="/"), SessionStore()

    def ask(method, part, **data):
        request = getattr(RequestFactory(), method)("/reset/%s/%s/" % (uid, part), data)
        request.session, request._dont_enforce_csrf_checks = session, True
        return view(request, uidb64=uid, token=part).status_code

    return [ask("get", token), ask("post", "set-password", new_password1=password, new_password2=password)] == [302, 302]


@transaction.atomic
def revoke_all(name):
    """What models.Users.RevokeAll does; docs/revocation.md shows it."""
    u = user(name)
    with connection.cursor() as cursor:
        cursor.execute("""SELECT pg_advisory_xact_lock(
            ('x' || left(encode(sha256(convert_to('ginauth_epoch ' || %s, 'UTF8')), 'hex'), 16))::bit(64)::bigint)""", [str(u.pk)])
        cursor.execute("""INSERT INTO ginauth_epoch (user_id, epoch)
            VALUES (%s, CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint))
            ON CONFLICT (user_id) DO UPDATE SET epoch = greatest(ginauth_epoch.epoch + 1, excluded.epoch)""", [u.pk])
    for token in OutstandingToken.objects.filter(user=u):
        BlacklistedToken.objects.get_or_create(token=token)


def set_active(name, active):
    get_user_model().objects.filter(username=name).update(is_active=active)


def create_token(name):
    return Token.objects.get_or_create(user=user(name))[0].key


def revoke_token(name):
    Token.objects.filter(user=user(name)).delete()


def revoke_sliding(token):
    SlidingToken(token).blacklist()


def create_api_key(name, expiry_date):
    return APIKey.objects.create_key(name=name, expiry_date=expiry_date and parse_datetime(expiry_date))[1]


def create_slow_api_key(name):
    """A key as version 2 of the package makes it."""
    row, key = APIKey.objects.create_key(name=name)
    row.hashed_key = hashers.make_password(key)
    row.save()
    return key


def revoke_api_key(prefix):
    key = APIKey.objects.get(prefix=prefix)
    key.revoked = True
    key.save()


def grant(group, perm):
    app, codename = perm.split(".")
    Group.objects.get(name=group).permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))


def revoke(group, perm):
    app, codename = perm.split(".")
    Group.objects.get(name=group).permissions.remove(Permission.objects.get(content_type__app_label=app, codename=codename))


def join(name, group):
    user(name).groups.add(Group.objects.get(name=group))


def has_perm(name, perm):
    return user(name).has_perm(perm)


def stored_password(name):
    return user(name).password


def hasher_parameter(name, parameter):
    """A parameter of Django's own hasher, or None if this Django does not have it."""
    return getattr(getattr(hashers, name, None), parameter, None)


def take_over():
    """Finds nothing left to do on a database that Migrate or an older Django has made, but for this Django's own migrations."""
    call_command("migrate", fake_initial=True, verbosity=0)
    call_command("makemigrations", check_changes=True, dry_run=True, verbosity=0)


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Quiet(WSGIRequestHandler):
    def log_message(self, *args):
        pass


def main():
    server = make_server("127.0.0.1", 0, application, Server, Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_port, flush=True)
    for line in sys.stdin:
        name, *args = json.loads(line)
        try:
            answer = globals()[name](*args)
        except Exception as e:  # the test shows it
            answer = {"error": repr(e)}
        print(json.dumps(answer), flush=True)


main()
