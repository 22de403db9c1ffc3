"""Asks real Django and guardian who may do what: permissions_django.py URL prints a line for each yes, in which a user, a
permission and perhaps the key of a note are separated by tabs. permissions_django.py URL CLASS... prints the codenames and names
that Django gives to the permissions of such classes."""
import sys

from django.apps import AppConfig

from django_setup import setup


class Core(AppConfig):
    name, label = "__main__", "core"


setup(sys.argv[1], "__main__.Core")

from django.contrib.auth.management import _get_builtin_permissions
from django.contrib.auth.models import Permission, User
from django.db import models
from guardian.shortcuts import get_objects_for_user


class Note(models.Model):
    title = models.CharField(max_length=100)
    owner = models.ForeignKey(User, models.CASCADE)


for name in sys.argv[2:]:
    model = type(name, (models.Model,), {"__module__": __name__, "Meta": type("Meta", (), {"app_label": "names"})})
    for codename, text in _get_builtin_permissions(model._meta):
        print(codename, text, sep="\t")
if sys.argv[2:]:
    sys.exit()

everything = [f"{app}.{codename}" for app, codename in Permission.objects.values_list("content_type__app_label", "codename")]
codenames = [*Permission.objects.filter(content_type__model="note").values_list("codename", flat=True), "publish_note"]
notes = [*Note.objects.order_by("pk"), Note(pk=6)]
for user in User.objects.all():
    for perm in [*everything, "core.publish_note", "nosuch.perm", "view_note", ""]:
        if user.has_perm(perm):
            print("has", user.username, perm, sep="\t")
    for perm in user.get_all_permissions():
        print("all", user.username, perm, sep="\t")
    for perm in [*codenames, *(f"core.{codename}" for codename in codenames)]:
        for note in notes:
            if user.has_perm(perm, note):
                print("object", user.username, perm, note.pk, sep="\t")
    for perm in codenames[:-1]:
        if user.is_active:  # guardian does not ask for it here
            for note in get_objects_for_user(user, f"core.{perm}", Note, accept_global_perms=False):
                print("listed", user.username, perm, note.pk, sep="\t")
