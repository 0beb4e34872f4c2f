"""A certificate authority for one home network, which phones trust once, and certificates for this machine from it.

It can vouch for addresses of a home network and nothing else, so that whoever steals its key cannot pretend to be
a bank. The limits stand in the authority itself, and are obeyed there by

- iOS and macOS: https://github.com/apple-open-source/macos/tree/master/Security/trust/trustd (nameconstraints.c,
  SecPolicyServer.c);
- Chrome and Edge from version 112 on, earlier ones accept and ignore them there:
  https://learn.microsoft.com/en-us/deployedge/microsoft-edge-browser-policies/enforcelocalanchorconstraintsenabled;
- OpenSSL, and NSS, which is Firefox's.

Names stand in the form of https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.10: ``local`` allows what ends in
``.local`` too. Java, which older Androids ask, stumbles over a dot before it: https://bugs.openjdk.org/browse/JDK-8311546.
"""

from __future__ import annotations

import contextlib
import secrets
import socket
import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from coach.core.quoting import quoted
from coach.errors import InputError, MachineError, OutputError, reason
from coach.files import UNFINISHED, HeldFile, sweep, write_private
from coach.web.addresses import HOME_NAMES, HOME_NETWORKS, address_of, is_private

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec

NEEDS = "--https needs cryptography; install it with: pip install 'stretch-coach[https]'"

AUTHORITY_VALID = timedelta(days=3650)
LEAF_VALID = timedelta(days=397)
"""Apple recommends at most 397 days, https://support.apple.com/102028, and refuses more than 825 days even from an
authority that a person added, https://support.apple.com/103769."""
BACKDATED = timedelta(days=1)
"""So that a phone whose clock is behind does not take a new certificate for one of the future."""
RENEWED_BEFORE = timedelta(days=30)
"""An authority that is valid for less than this is no longer used."""

_AUTHORITY = "authority.pem"
"""The key and the certificate of the authority, in one file: either both are there or neither."""
_FOR_PHONES = "stretch-coach.crt"
"""The certificate of the authority alone, as DER, which Android, iOS and Windows open by this ending."""
_LOCK = "lock"
_WAIT_S = 30.0
_LEAVES = "server-*.pem"
_LEAF_KEPT_S = 3600.0
"""A server reads its certificate once, as it starts; an hour later the file can go."""
_LONGEST_NAME = 64  # bytes: https://www.rfc-editor.org/rfc/rfc5280#appendix-A.1, ub-common-name


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """Where the certificate for this machine is, and that of the authority which vouches for it."""

    chain: Path
    """PEM, for uvicorn's ``ssl_certfile``; to be read at once, it is removed when it is an hour old."""
    key: Path
    """PEM, for uvicorn's ``ssl_keyfile``; the same file, so that the two always belong together."""
    authority: Path
    """DER, which phones install. It is no secret, but has to be fetched from a machine that one trusts."""
    fingerprint: str
    """SHA-256 of the authority, as ``AA:BB:…``, to compare by eye."""


@dataclass(frozen=True)
class _Authority:
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate


def certificate(folder: Path, hosts: Sequence[str], now: datetime | None = None) -> Certificate:
    """Return a new certificate for some addresses, from the authority in a folder, which is made if it is not there.

    An authority that is damaged or out of date is never replaced: phones would stop trusting this machine, and nobody
    would know why.

    Args:
        folder: where the authority is kept, for nothing else; only its owner may look into it.
        hosts: the addresses in digits, and names such as ``localhost``, by which this machine is reached.
        now: the time; ``None`` for the clock's.

    Raises:
        InputError: cryptography is not installed, there are no hosts, or one is not of a home network.
        MachineError: the authority is damaged, incomplete, or valid for less than 30 days; or another process keeps it.
        OutputError: the folder cannot be read or written.
    """
    _check_installed()
    names = _alternative_names(hosts)
    now = (now or datetime.now(UTC)).astimezone(UTC).replace(microsecond=0)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        with HeldFile(folder / _LOCK, wait_s=_WAIT_S):
            _tidy(folder)
            return _issue(folder, _kept(folder, now) or _make(folder, now), names, now)
    except TimeoutError as error:
        raise MachineError(f"another coach has been busy with {folder} for {_WAIT_S:.0f} s; end it first") from error
    except OSError as error:
        raise OutputError(f"the certificates in {folder} cannot be read or written: {reason(error)}") from error


def _check_installed() -> None:
    try:
        import cryptography  # noqa: F401
    except ImportError as error:
        raise InputError(NEEDS) from error


def _alternative_names(hosts: Sequence[str]) -> list[x509.GeneralName]:
    from cryptography import x509

    if not hosts:
        raise InputError("https needs an address of this machine, and there is none; is it in a network?")
    for host in hosts:
        if not is_private(host):
            raise InputError(
                f"https is only for addresses of a home network, such as 192.168.1.20, localhost or kitchen.local; "
                f"{quoted(host)} is none"
            )
    addresses = [address_of(host) for host in hosts]
    names: list[x509.GeneralName] = [
        x509.DNSName(host.lower()) if address is None else x509.IPAddress(address)
        for host, address in zip(hosts, addresses, strict=True)
    ]
    return list(dict.fromkeys(names))


def _tidy(folder: Path) -> None:
    """Remove certificates that were read long ago, and what a killed process left; the folder is held."""
    sweep(folder.glob(f".*{UNFINISHED}"))
    for path in folder.glob(_LEAVES):
        with contextlib.suppress(OSError):
            if path.stat().st_mtime < time.time() - _LEAF_KEPT_S:
                path.unlink()


def _kept(folder: Path, now: datetime) -> _Authority | None:
    """Return the authority in a folder; ``None`` if there is none.

    Raises:
        MachineError: it cannot be used.
    """
    path, copy = folder / _AUTHORITY, folder / _FOR_PHONES
    if not path.exists():
        if copy.exists():
            raise _unusable(folder, f"{path} is missing")
        return None
    authority = _read(path)
    if not copy.exists():
        write_private(copy, _der(authority.certificate))
    elif copy.read_bytes() != _der(authority.certificate):
        raise _unusable(folder, f"{copy} is damaged, or does not belong to {path}")
    _check_dates(folder, authority.certificate, now)
    return authority


def _read(path: Path) -> _Authority:
    """Read an authority, and see whether its parts belong together.

    Raises:
        MachineError: they do not, or one is damaged.
    """
    from cryptography import exceptions, x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    damaged = _unusable(path.parent, f"{path} is damaged")
    data = path.read_bytes()
    try:
        with warnings.catch_warnings(action="ignore"):  # of what is damaged; its signature tells
            certificate = x509.load_pem_x509_certificate(data)
        certificate.verify_directly_issued_by(certificate)
        public = certificate.public_key()
        key = serialization.load_pem_private_key(data, password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(public, ec.EllipticCurvePublicKey):
            raise damaged
        algorithm = ec.ECDSA(hashes.SHA256())
        public.verify(key.sign(b"", algorithm), b"", algorithm)
    except (ValueError, TypeError, exceptions.InvalidSignature, exceptions.UnsupportedAlgorithm) as error:
        raise damaged from error
    return _Authority(key, certificate)


def _check_dates(folder: Path, certificate: x509.Certificate, now: datetime) -> None:
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if now < begins:
        raise MachineError(
            f"the clock of this computer says {now:%Y-%m-%d}, but the authority in {folder} was made later, on "
            f"{begins + BACKDATED:%Y-%m-%d}; set the clock"
        )
    if ends < now:
        raise _unusable(folder, f"the authority in it expired on {ends:%Y-%m-%d}")
    if ends < now + RENEWED_BEFORE:
        raise _unusable(folder, f"the authority in it expires on {ends:%Y-%m-%d}, too soon")


def _unusable(folder: Path, problem: str) -> MachineError:
    return MachineError(
        f"the folder {folder} cannot be used for https: {problem}. Move that folder away and start again: a new "
        f"authority is made, which every phone then has to trust once, in place of the old one"
    )


def _make(folder: Path, now: datetime) -> _Authority:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    begins = now - BACKDATED
    authority = _Authority(key, _authority_builder(key.public_key(), begins).sign(key, hashes.SHA256()))
    write_private(folder / _AUTHORITY, _pem(key, authority.certificate))
    write_private(folder / _FOR_PHONES, _der(authority.certificate))
    return authority


def _authority_builder(key: ec.EllipticCurvePublicKey, begins: datetime) -> x509.CertificateBuilder:
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    host = "".join(filter(str.isprintable, socket.gethostname())) or "this computer"
    text = f"Stretch Coach on {host}".encode()[:_LONGEST_NAME].decode(errors="ignore")
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])  # else iOS cannot trust it
    permitted = [*map(x509.IPAddress, HOME_NETWORKS), *map(x509.DNSName, HOME_NAMES)]
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + AUTHORITY_VALID)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.NameConstraints(permitted, None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _issue(folder: Path, authority: _Authority, names: list[x509.GeneralName], now: datetime) -> Certificate:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    builder = _leaf_builder(key.public_key(), authority.certificate, names, now)
    path = folder / _LEAVES.replace("*", secrets.token_hex(8))
    write_private(path, _pem(key, builder.sign(authority.key, hashes.SHA256())))
    fingerprint = authority.certificate.fingerprint(hashes.SHA256()).hex(":").upper()
    return Certificate(chain=path, key=path, authority=folder / _FOR_PHONES, fingerprint=fingerprint)


def _leaf_builder(
    key: ec.EllipticCurvePublicKey, issuer: x509.Certificate, names: list[x509.GeneralName], now: datetime
) -> x509.CertificateBuilder:
    from cryptography import x509
    from cryptography.x509.oid import ExtendedKeyUsageOID

    identifier = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    begins = max(now - BACKDATED, issuer.not_valid_before_utc)
    ends = min(begins + LEAF_VALID - timedelta(seconds=1), issuer.not_valid_after_utc)  # its last second counts
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))  # the names stand elsewhere, and some programs hold the limits against this one
        .issuer_name(issuer.subject)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
        .add_extension(x509.SubjectAlternativeName(names), critical=True)  # as it must be if there is no subject
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> bytes:
    from cryptography.hazmat.primitives import serialization

    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return secret + certificate.public_bytes(serialization.Encoding.PEM)


def _der(certificate: x509.Certificate) -> bytes:
    from cryptography.hazmat.primitives import serialization

    return certificate.public_bytes(serialization.Encoding.DER)
