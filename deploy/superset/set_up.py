"""
Makes or upgrades the database in which Superset keeps its users and charts, and sets the two logins up. It runs in one process, where
`superset db upgrade`, `superset init` and `superset fab create-user` each take another ten seconds.
"""

import os
from pathlib import Path

from flask_migrate import upgrade
from superset.app import create_app

DIR = Path(os.environ["QCC_SUPERSET_DIR"])


def set_login(manager, username: str, last_name: str, roles: list[str]) -> None:
    """The password is the content of a file, also if somebody has changed it in Superset."""
    password = (DIR / f"{username}-password").read_text()
    found = [manager.find_role(role) for role in roles]
    user = manager.find_user(username=username)
    if user:
        manager.reset_password(user.id, password)
    elif not manager.add_user(username, "QCC", last_name, f"{username}@localhost", found, password=password):
        raise SystemExit(f"the login {username} could not be made")


app = create_app()
with app.app_context():
    import superset

    upgrade(directory=str(Path(superset.__file__).parent / "migrations"))
    from superset.extensions import appbuilder, db, security_manager

    appbuilder.add_permissions(update_perms=True)
    security_manager.sync_role_definitions()
    set_login(security_manager, "admin", "Admin", ["Admin"])
    # Alpha makes charts and dashboards. ClickHouse decides which data it sees: the connection has the analyst's login.
    set_login(security_manager, "analyst", "Analyst", ["Alpha", "sql_lab"])
    db.session.commit()
