"""Settings of the local Superset. QCC_SUPERSET_DIR is the folder of its data and secrets."""

import os
from pathlib import Path

from superset.config import THEME_DEFAULT as ORIGINAL_THEME

_dir = Path(os.environ["QCC_SUPERSET_DIR"])

SECRET_KEY = (_dir / "secret-key").read_text()
SQLALCHEMY_DATABASE_URI = f"sqlite:///{_dir}/superset.db?check_same_thread=false"

APP_NAME = "企查查年检监测"
BABEL_DEFAULT_LOCALE = "zh"
LANGUAGES = {
    "zh": {"flag": "cn", "name": "简体中文"},
    "en": {"flag": "us", "name": "English"},
}
# Without these, a browser picks a font for Chinese that may be a Japanese one.
_FONTS = (
    "Inter, 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', 'Source Han Sans SC', "
    "'WenQuanYi Zen Hei', Helvetica, Arial, sans-serif"
)
THEME_DEFAULT = {
    **ORIGINAL_THEME,
    "token": {**ORIGINAL_THEME["token"], "brandAppName": APP_NAME, "fontFamily": _FONTS},
}
# One theme: a dashboard looks the same for everybody.
THEME_DARK = None
D3_TIME_FORMAT = {
    "dateTime": "%Y-%m-%d %H:%M:%S",
    "date": "%Y-%m-%d",
    "time": "%H:%M:%S",
    "periods": ["上午", "下午"],
    "days": ["星期日", "星期一", "星期二", "星期三", "星期四", "星期五", "星期六"],
    "shortDays": ["周日", "周一", "周二", "周三", "周四", "周五", "周六"],
    "months": [f"{month}月" for month in range(1, 13)],
    "shortMonths": [f"{month}月" for month in range(1, 13)],
}

# It is reached on loopback by http.
TALISMAN_ENABLED = False
SESSION_COOKIE_SAMESITE = "Lax"
# Another Superset on this host would take the same name, and cookies know no port.
SESSION_COOKIE_NAME = "qcc_superset_session"
# A session of the API ends with the process, and its client asks again only once.
WTF_CSRF_TIME_LIMIT = None

# Each query of a chart costs the login one of its quota, so an answer is used again for a minute.
_cache = {"CACHE_TYPE": "FileSystemCache", "CACHE_DIR": str(_dir / "cache"), "CACHE_DEFAULT_TIMEOUT": 60}
CACHE_CONFIG = {**_cache, "CACHE_KEY_PREFIX": "meta_"}
DATA_CACHE_CONFIG = {**_cache, "CACHE_KEY_PREFIX": "data_"}
FILTER_STATE_CACHE_CONFIG = {**_cache, "CACHE_DEFAULT_TIMEOUT": 7 * 86400, "CACHE_KEY_PREFIX": "filter_"}
EXPLORE_FORM_DATA_CACHE_CONFIG = {**_cache, "CACHE_DEFAULT_TIMEOUT": 7 * 86400, "CACHE_KEY_PREFIX": "explore_"}
