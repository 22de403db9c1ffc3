"""A real Django with REST framework, on the benchmark's database. GET / wants a
token and answers with the user's name. Its middleware is the one that sets
Content-Length; those of sessions and forms would only slow it down."""
import os
from urllib.parse import unquote, urlparse

from django.conf import settings

url = urlparse(os.environ["DATABASE_URL"])
settings.configure(
    SECRET_KEY="a long random secret of this benchmark",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF="drf",
    USE_TZ=True,
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "rest_framework", "rest_framework.authtoken"],
    REST_FRAMEWORK={"DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"]},
    DATABASES={"default": {
        "ENGINE": "django.db.backends.postgresql", "NAME": url.path.lstrip("/"), "HOST": url.hostname, "PORT": url.port or 5432,
        "USER": unquote(url.username or ""), "PASSWORD": unquote(url.password or ""), "CONN_MAX_AGE": None}})

from django.core.wsgi import get_wsgi_application  # noqa: E402

application = get_wsgi_application()

from django.urls import path  # noqa: E402
from rest_framework.authentication import TokenAuthentication  # noqa: E402
from rest_framework.permissions import IsAuthenticated  # noqa: E402
from rest_framework.response import Response  # noqa: E402
from rest_framework.views import APIView  # noqa: E402


class Me(APIView):
    authentication_classes = [TokenAuthentication]
    permission_classes = [IsAuthenticated]

    def get(self, request):
        return Response({"user": request.user.username})


urlpatterns = [path("", Me.as_view())]
