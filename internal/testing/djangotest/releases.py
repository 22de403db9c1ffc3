"""Prints the releases of the packages that the tests may use, as JSON. Packages that are absent have an empty one."""
import json
import platform
from importlib.metadata import PackageNotFoundError, version

PACKAGES = {
    "Django": "Django", "DRF": "djangorestframework", "SimpleJWT": "djangorestframework-simplejwt", "PyJWT": "PyJWT",
    "APIKey": "djangorestframework-api-key", "Guardian": "django-guardian", "OAuthToolkit": "django-oauth-toolkit",
    "Allauth": "django-allauth", "OTP": "django-otp", "Axes": "django-axes",
}


def release(package):
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


print(json.dumps({"Python": platform.python_version(), **{name: release(package) for name, package in PACKAGES.items()}}))
