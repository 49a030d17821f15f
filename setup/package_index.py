"""Which Python package index this machine uses, and where in it a file lies.

The index is the one that pip would ask: no address is written down here.
"""

import base64
import configparser
import json
import os
import ssl
import sys
import sysconfig
import urllib.request
from html.parser import HTMLParser
from pathlib import Path
from typing import Iterator, List, Optional, Tuple
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

from pins import SetupError, Wheel

TIMEOUT_SECONDS = 60


def index_address() -> str:
    """The address of the simple index, by the order in which pip decides: environment, configuration, built in."""
    named = (os.environ.get(name) for name in ("PIP_INDEX_URL", "UV_INDEX_URL"))
    for address in named:
        if address:
            return address
    address = configured("index-url") or pip_default()
    if not address:
        raise SetupError(
            "no package index is known: this Python has neither pip nor ensurepip, and PIP_INDEX_URL is not set; "
            "install pip (Debian, Ubuntu: apt install python3-pip), or set PIP_INDEX_URL to the address of your index, "
            "or put the files that setup/pins.json lists into a folder and name it in HOURGLASS_WHEELS"
        )
    return address


def configured(key: str) -> Optional[str]:
    """The value of `key` in pip's configuration files; the most specific file that has it wins."""
    for path in configuration_files():
        parser = configparser.RawConfigParser()
        try:
            parser.read(path, encoding="utf-8")
        except (configparser.Error, UnicodeDecodeError) as problem:
            raise SetupError(f"{path} cannot be read as pip's configuration: {problem}") from problem
        for section in ("download", "install", "global"):
            for spelling in (key, key.replace("-", "_")):
                value = parser.get(section, spelling, fallback=None)
                if value:
                    return value
    return None


def configuration_files() -> Iterator[Path]:
    explicit = os.environ.get("PIP_CONFIG_FILE")
    if explicit:
        yield Path(explicit)
    if explicit == os.devnull:  # pip's way of saying: read no configuration at all
        return
    home = Path(os.path.expanduser("~"))
    yield Path(os.environ.get("VIRTUAL_ENV") or sys.prefix) / "pip.conf"
    yield Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config") / "pip" / "pip.conf"
    yield home / ".pip" / "pip.conf"
    for folder in (os.environ.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(":"):
        yield Path(folder) / "pip" / "pip.conf"
    yield Path("/etc/pip.conf")


def pip_default() -> Optional[str]:
    """The address built into pip: the installed one, else the wheel that Python carries to install it from."""
    for wheel in [None] + bundled_pip_wheels():
        if wheel:
            sys.path.append(wheel)
        try:
            from pip._internal.models.index import PyPI
        except ImportError:
            continue
        return PyPI.simple_url
    return None


def bundled_pip_wheels() -> List[str]:
    folders = [
        Path(sysconfig.get_path("stdlib")) / "ensurepip" / "_bundled",
        Path(sysconfig.get_config_var("WHEEL_PKG_DIR") or "/usr/share/python-wheels"),
    ]
    return [str(wheel) for folder in folders for wheel in sorted(folder.glob("pip-*.whl"))]


def file_address(wheel: Wheel, index: str) -> str:
    """The address of the wheel's file, from the index's page of its project."""
    page = f"{index.rstrip('/')}/{wheel.project}/"
    accept = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"
    with open_address(page, {"Accept": accept}) as response:
        base, kind, body = response.geturl(), response.headers.get_content_type(), response.read().decode()
    links = json_links(body) if kind.endswith("json") else html_links(body)
    for name, address in links:
        if name == wheel.file:
            return urljoin(base, address)
    raise SetupError(
        f"{without_password(page)} lists no file {wheel.file}; set PIP_INDEX_URL to a complete index, "
        "or put the file into the folder that HOURGLASS_WHEELS names"
    )


def json_links(body: str) -> List[Tuple[str, str]]:
    return [(entry["filename"], entry["url"]) for entry in json.loads(body)["files"]]


def html_links(body: str) -> List[Tuple[str, str]]:
    links: List[Tuple[str, str]] = []

    class Links(HTMLParser):
        def handle_starttag(self, tag, attributes):
            address = dict(attributes).get("href")
            if tag == "a" and address:
                links.append((unquote(urlsplit(address).path.rsplit("/", 1)[-1]), address))

    Links().feed(body)
    return links


def open_address(address: str, headers: dict):
    """Opens an address with this machine's proxies, certificates and the credentials that the address may carry."""
    parts = urlsplit(address)
    request = urllib.request.Request(without_password(address), headers=headers)
    if parts.username:
        login = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
        request.add_unredirected_header("Authorization", "Basic " + base64.b64encode(login).decode())
    return urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS, context=certificates())


def certificates() -> ssl.SSLContext:
    context = ssl.create_default_context()  # heeds SSL_CERT_FILE and SSL_CERT_DIR
    for bundle in (os.environ.get("PIP_CERT"), os.environ.get("REQUESTS_CA_BUNDLE"), configured("cert")):
        if bundle and os.path.isdir(bundle):
            context.load_verify_locations(capath=bundle)
        elif bundle and os.path.exists(bundle):
            context.load_verify_locations(cafile=bundle)
    return context


def without_password(address: str) -> str:
    parts = urlsplit(address)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
