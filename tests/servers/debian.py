"""Real servers of Debian's packages, each in a folder of its own on a free port."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.servers.process import missing, running

NUMBERS = count()


class Account(NamedTuple):
    """A user of this machine, made for the tests."""

    name: str
    password: str
    uid: int
    folder: Path


class Sshd(NamedTuple):
    """A running server: its port, its keys, and the two keys of clients of which it knows one."""

    port: int
    host_key: str
    key: Path
    stranger: Path


def need(binary: str) -> str:
    """The path of a server's program, or no test."""
    found = shutil.which(binary, path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if not found:
        missing(f"{binary} is not installed")
    return str(found)


def free_port() -> int:
    """A port nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def new_key(file: Path, kind: str = "ed25519", passphrase: str = "") -> Path:
    """A new private key, with its public half beside it."""
    subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-C", "test", "-f", file], check=True)
    return file


@contextmanager
def sshd(folder: Path, host_key: Path | None = None, port: int = 0) -> Iterator[Sshd]:
    """An OpenSSH server that knows one key of a client, and the passwords of this machine."""
    program = need("sshd")
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    port = port or free_port()
    host_key = host_key or new_key(folder / "host")
    key, stranger = new_key(folder / "client"), new_key(folder / "stranger")
    options = [
        f"Port {port}",
        "ListenAddress 127.0.0.1",
        f"HostKey {host_key}",
        f"AuthorizedKeysFile {key}.pub",
        f"PidFile {folder / 'pid'}",
        "StrictModes no",
        "UsePAM no",
        "PermitRootLogin yes",
        "MaxStartups 100",
        "Subsystem sftp internal-sftp",
    ]
    config = folder / "sshd_config"
    config.write_text("\n".join([*options, "PerSourcePenalties no", ""]))
    if subprocess.run([program, "-t", "-f", config], capture_output=True).returncode:  # older than that option
        config.write_text("\n".join([*options, ""]))
    with running([program, "-D", "-e", "-f", str(config)], port, folder / "log"):
        yield Sshd(port, Path(f"{host_key}.pub").read_text(), key, stranger)


@contextmanager
def account(folder: Path) -> Iterator[Account]:
    """A user of this machine whose home is `folder`."""
    if os.geteuid() != 0:
        pytest.skip("only root can make a user")
    name, password = f"dropzone{os.getpid()}x{next(NUMBERS)}", f"secret-of-{os.getpid()}"
    subprocess.run(["useradd", "--no-create-home", "--home-dir", folder, "--shell", "/bin/sh", name], check=True)
    try:
        subprocess.run(["chpasswd"], input=f"{name}:{password}\n", text=True, check=True)
        uid = int(subprocess.run(["id", "-u", name], capture_output=True, check=True).stdout)
        os.chown(folder, uid, uid)
        yield Account(name, password, uid, folder)
    finally:
        subprocess.run(["userdel", name], check=False, capture_output=True)


@contextmanager
def vsftpd(folder: Path, user: Account, certificate: Path | None = None) -> Iterator[int]:
    """A server whose one user is locked into the own folder; over TLS, with one session, if it has a certificate."""
    port = free_port()
    (folder / "empty").mkdir()
    options = {
        "listen": "YES",
        "listen_address": "127.0.0.1",
        "listen_port": port,
        "background": "NO",
        "anonymous_enable": "NO",
        "local_enable": "YES",
        "write_enable": "YES",
        "local_root": user.folder,
        "chroot_local_user": "YES",
        "allow_writeable_chroot": "YES",
        "secure_chroot_dir": folder / "empty",
        "pam_service_name": "vsftpd",
        "seccomp_sandbox": "NO",
        "delay_failed_login": 0,
        "delay_successful_login": 0,
    }
    if certificate:
        options |= {
            "ssl_enable": "YES",
            "rsa_cert_file": certificate,
            "rsa_private_key_file": certificate,
            "force_local_logins_ssl": "YES",
            "force_local_data_ssl": "YES",
            "require_ssl_reuse": "YES",
            "strict_ssl_read_eof": "YES",
            "ssl_ciphers": "HIGH",
        }
    config = folder / "vsftpd.conf"
    config.write_text("".join(f"{name}={value}\n" for name, value in options.items()))
    with running([need("vsftpd"), str(config)], port, folder / "log"):
        yield port
