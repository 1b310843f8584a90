"""With which key does this installation sign? One Ed25519 key in a file beside the database, made when first wanted."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)


class KeyProblem(Exception):
    """The installation's key cannot be read or made; the message names the file and the remedy, in Chinese."""


def key_file(database: Path) -> Path:
    """Where the key of that database is: `wangkao.db.key` beside `wangkao.db`; the public part ends in `.key.pub`."""
    return database.with_name(f"{database.name}.key")


def installation_key(database: Path) -> Ed25519PrivateKey:
    """The key that signs what is handed out of that database; made (mode 600) when there is none, never overwritten.

    The public part is put beside it as PEM, for those who are to verify. Two processes that both find no key end up
    with the same one. Raises KeyProblem when the file cannot be read, written or is no Ed25519 key.
    """
    path = key_file(database)
    try:
        if not path.exists():
            _put(path, _private_pem(Ed25519PrivateKey.generate()), os.link)  # a link never replaces a file
        key = load_pem_private_key(path.read_bytes(), password=None)
        if not isinstance(key, Ed25519PrivateKey):
            raise ValueError("not Ed25519")
        public = path.with_name(f"{path.name}.pub")
        pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        if not public.exists() or public.read_bytes() != pem:
            _put(public, pem, os.replace, 0o644)
    except OSError as error:
        raise KeyProblem(
            f"签名密钥 {error.filename or path} 不能读写（{error.strerror}）。请检查文件和所在文件夹的权限。"
        ) from error
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyProblem(
            f"签名密钥 {path} 已损坏，或不是未加密的 Ed25519 私钥（PEM）。请从备份恢复该文件；"
            "如无备份，请把它移走（程序会另造一把），并向各单位重新公布公钥。"
        ) from error
    return key


def _private_pem(key: Ed25519PrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _put(path: Path, data: bytes, place: Callable[[str, Path], None], mode: int = 0o600) -> None:
    """The file whole or not at all; where another process put it first, that one stays."""
    handle, name = tempfile.mkstemp(dir=path.resolve().parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, mode)
        place(name, path)
    except FileExistsError:
        pass
    finally:
        Path(name).unlink(missing_ok=True)
