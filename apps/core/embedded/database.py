"""Roles, rights and extensions of the platform's database, the same on our own server and on an outside one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import connection as Connection

EXTENSIONS = ("pg_trgm", "unaccent", "btree_gist")
OWNER = "ops_owner"
APPLICATION = "ops_app"


@contextmanager
def session(url: str) -> Iterator[Connection]:
    """A connection in autocommit, closed at the end."""
    connection = psycopg2.connect(url, connect_timeout=10)
    connection.autocommit = True
    try:
        yield connection
    finally:
        connection.close()


def prepare_roles(superuser: Connection, *, owner_password: str, app_password: str) -> None:
    """Make both roles. The owner sees every row (backup, data migrations); the application never does."""
    wanted = (
        (OWNER, owner_password, "LOGIN CREATEDB BYPASSRLS NOSUPERUSER NOCREATEROLE"),
        (APPLICATION, app_password, "LOGIN NOCREATEDB NOBYPASSRLS NOSUPERUSER NOCREATEROLE"),
    )
    with superuser.cursor() as cursor:
        for name, password, rights in wanted:
            cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name])
            verb = "ALTER" if cursor.fetchone() else "CREATE"
            statement = sql.SQL(verb + " ROLE {} " + rights + " PASSWORD {}")
            cursor.execute(statement.format(sql.Identifier(name), sql.Literal(password)))


def create_database(connection: Connection, name: str, *, owner: str = OWNER) -> bool:
    """Make an empty database unless it exists; True when it was made."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        if cursor.fetchone():
            return False
        statement = sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0")
        try:
            cursor.execute(statement.format(sql.Identifier(name), sql.Identifier(owner)))
        except (psycopg2.errors.DuplicateDatabase, psycopg2.errors.UniqueViolation):
            return False
    return True


def prepare_database(connection: Connection, *, owner: str = OWNER, application: str = APPLICATION) -> None:
    """Give the application rows but neither tables nor TRUNCATE. Runs as the owner or a superuser, again at will."""
    statements = [
        "REVOKE ALL ON DATABASE {database} FROM PUBLIC",
        "GRANT CONNECT, TEMPORARY ON DATABASE {database} TO {application}",
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        "GRANT USAGE ON SCHEMA public TO {application}",
        (
            "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public "
            "GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {application}"
        ),
        "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {application}",
        *(f"CREATE EXTENSION IF NOT EXISTS {name}" for name in EXTENSIONS),
    ]
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_database()")
        names = {
            "database": sql.Identifier(cursor.fetchone()[0]),
            "owner": sql.Identifier(owner),
            "application": sql.Identifier(application),
        }
        for statement in statements:
            cursor.execute(sql.SQL(statement).format(**names))


def drop_database(connection: Connection, name: str) -> None:
    """Remove a database and whoever is still connected to it."""
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def clone_database(connection: Connection, *, template: str, name: str, owner: str = OWNER) -> None:
    """Copy a database file by file, which takes a fraction of migrating an empty one."""
    statement = sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {} STRATEGY FILE_COPY")
    names = (sql.Identifier(name), sql.Identifier(owner), sql.Identifier(template))
    with connection.cursor() as cursor:
        cursor.execute(statement.format(*names))
