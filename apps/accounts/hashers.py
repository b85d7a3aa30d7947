"""Password hashing sized for two cores, so that signing in is no denial-of-service lever."""

from django.contrib.auth.hashers import Argon2PasswordHasher, MD5PasswordHasher


class Argon2(Argon2PasswordHasher):
    """Argon2id with 64 MiB, two passes, one lane."""

    time_cost = 2
    memory_cost = 65_536
    parallelism = 1


class FastForTests(MD5PasswordHasher):
    """Only listed when OPS_TEST=1."""

    algorithm = "test"
