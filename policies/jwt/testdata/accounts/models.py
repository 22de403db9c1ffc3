"""The table of modeltest.Account, whose key is a UUID."""
import uuid

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models


class Account(AbstractBaseUser):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    email = models.EmailField(unique=True)
    blocked = models.BooleanField(default=False)
    USERNAME_FIELD = "email"
    objects = BaseUserManager()

    @property
    def is_active(self):
        return not self.blocked

    class Meta:
        managed = False
        db_table = "accounts"
