"""A site of its own on a database that ginauth has migrated, protected by django-oauth-toolkit.

Prints its port, and does what it is told in lines on standard input: see Process.Call in package djangotest.
"""
import json
import os
import sys
import threading
from datetime import timedelta
from wsgiref.simple_server import WSGIRequestHandler, make_server

import django
from django.conf import settings
from django_setup import database

settings.configure(
    DATABASES={"default": database(os.environ["DATABASE_URL"])}, USE_TZ=True, DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    SECRET_KEY="a key of more than 16 bytes", ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__,
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "rest_framework", "oauth2_provider"],
    OAUTH2_PROVIDER={"SCOPES": {"read": "read", "write": "write", "notes": "notes"}, "ROTATE_REFRESH_TOKEN": True},
    REST_FRAMEWORK={
        "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
        "DEFAULT_AUTHENTICATION_CLASSES": ["oauth2_provider.contrib.rest_framework.OAuth2Authentication"],
    })
django.setup()

from django.contrib.auth.models import User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.urls import path  # noqa: E402
from django.utils import timezone  # noqa: E402
from oauth2_provider.contrib.rest_framework import OAuth2Authentication, TokenHasScope  # noqa: E402
from oauth2_provider.models import AccessToken, Application, RefreshToken  # noqa: E402
from oauth2_provider.views import RevokeTokenView, TokenView  # noqa: E402
from rest_framework.authentication import BasicAuthentication, SessionAuthentication  # noqa: E402
from rest_framework.permissions import AllowAny, IsAuthenticated  # noqa: E402
from rest_framework.response import Response  # noqa: E402
from rest_framework.views import APIView  # noqa: E402


def view(*permissions, authentication=(OAuth2Authentication,)):
    class View(APIView):
        authentication_classes = authentication
        permission_classes = permissions
        required_scopes = ["read"]

        def get(self, request):
            return Response({
                "user": getattr(request.user, "username", None) or None, "client": request.auth and request.auth.application_id,
                "scopes": request.auth and sorted(request.auth.scope.split())})

    return View.as_view()


urlpatterns = [
    path("any", view(AllowAny)),
    path("read", view(TokenHasScope)),
    path("member-read", view(IsAuthenticated, TokenHasScope)),
    path("basic-after", view(IsAuthenticated, TokenHasScope, authentication=(OAuth2Authentication, BasicAuthentication))),
    path("session-first", view(TokenHasScope, authentication=(SessionAuthentication, OAuth2Authentication))),
    path("token", TokenView.as_view()),
    path("revoke", RevokeTokenView.as_view()),
]


def migrate(*target):
    call_command("migrate", *target, verbosity=0)


def create_application():
    return Application.objects.create(
        name="client", client_id="client", client_secret="secret", client_type=Application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Application.GRANT_CLIENT_CREDENTIALS).pk


def create_token(token, user, scope, seconds, resource=None):
    owner = User.objects.get(username=user) if user else None
    more = {} if resource is None else {"resource": resource}
    access = AccessToken.objects.create(
        token=token, user=owner, scope=scope, application=Application.objects.get(), expires=timezone.now() + timedelta(seconds=seconds), **more)
    if owner:
        RefreshToken.objects.create(user=owner, token="refresh " + token, application=access.application, access_token=access)


def restricts():
    return any(f.name == "resource" for f in AccessToken._meta.fields)


def revoke_refresh_tokens(user):
    """What docs/tokens.md tells Django to do when a user logs out everywhere."""
    for token in RefreshToken.objects.filter(user__username=user, revoked=None):
        token.revoke()
    AccessToken.objects.filter(user__username=user).delete()


class Quiet(WSGIRequestHandler):
    def log_message(self, *args):
        pass


if __name__ == "__main__":
    server = make_server("127.0.0.1", 0, get_wsgi_application(), handler_class=Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_port, flush=True)
    for line in sys.stdin:
        name, *args = json.loads(line)
        try:
            answer = globals()[name](*args)
        except Exception as e:
            answer = {"error": repr(e)}
        print(json.dumps(answer), flush=True)
