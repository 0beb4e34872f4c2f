"""The certificate authority of a home network: who trusts what, who may read it, and what happens to damaged ones."""

from __future__ import annotations

import base64
import contextlib
import functools
import json
import os
import re
import shutil
import socket
import ssl
import stat
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from coach.errors import InputError, MachineError, OutputError
from coach.files import UNFINISHED, HeldFile
from coach.web import authority
from coach.web.authority import Certificate, certificate

HOSTS = ("192.168.1.20", "127.0.0.1", "::1", "localhost", "kitchen.local")
NOW = datetime(2030, 5, 17, 12, 34, 56, 789, tzinfo=UTC)
DAY = timedelta(days=1)
MODES = pytest.mark.skipif(os.name != "posix", reason="Windows has no modes of this kind")
OPENSSL = shutil.which("openssl")

START = """
import json, sys
from pathlib import Path
from coach.web.authority import certificate
made = certificate(Path(sys.argv[1]), ["127.0.0.1", "localhost"])
print(json.dumps([str(made.chain), str(made.authority), made.fingerprint]))
"""


def leaf_of(made: Certificate) -> x509.Certificate:
    return x509.load_pem_x509_certificate(made.chain.read_bytes())


def authority_of(made: Certificate) -> x509.Certificate:
    return x509.load_der_x509_certificate(made.authority.read_bytes())


def client_of(made: Certificate) -> ssl.SSLContext:
    """Return a client that trusts the authority and nobody else, as strict as Python 3.13's."""
    client = ssl.create_default_context(cadata=made.authority.read_bytes())
    client.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
    assert len(client.get_ca_certs()) == 1
    return client


def shaken_hands(client: ssl.SSLContext, chain: Path, key: Path, host: str) -> str:
    """Have a client meet a server over loopback, and return the version of TLS."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(chain, key)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            link, _ = listener.accept()
            with link, contextlib.suppress(OSError):  # the client did not trust it
                server.wrap_socket(link, server_side=True).close()

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            with (
                socket.create_connection(listener.getsockname(), timeout=10) as link,
                client.wrap_socket(link, server_hostname=host) as tls,
            ):
                return str(tls.version())
        finally:
            thread.join(10)


def signed_for(folder: Path, name: x509.GeneralName, subject: str = "") -> Path:
    """Have a certificate from the authority, as a thief of its key would; return it with its key."""
    kept = authority._read(folder / "authority.pem")
    key = ec.generate_private_key(ec.SECP256R1())
    builder = authority._leaf_builder(key.public_key(), kept.certificate, [name], datetime.now(UTC))
    if subject:
        builder._subject_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)])
    path = folder.parent / "stolen.pem"
    path.write_bytes(authority._pem(key, builder.sign(kept.key, hashes.SHA256())))
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data" / "https"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "192.168.1.20", "kitchen.local", "::1"])
def test_who_trusts_the_authority_reaches_this_machine(folder: Path, host: str) -> None:
    made = certificate(folder, HOSTS)
    assert shaken_hands(client_of(made), made.chain, made.key, host) == "TLSv1.3"


@pytest.mark.parametrize("host", ["192.168.1.21", "pantry.local", "example.org"])
def test_nobody_takes_this_machine_for_another(folder: Path, host: str) -> None:
    made = certificate(folder, HOSTS)
    with pytest.raises(ssl.SSLCertVerificationError, match="mismatch"):
        shaken_hands(client_of(made), made.chain, made.key, host)


def test_who_does_not_trust_the_authority_does_not_connect(tmp_path: Path) -> None:
    made, other = (certificate(tmp_path / name, HOSTS) for name in ("one", "other"))
    for client in (client_of(other), ssl.create_default_context()):
        with pytest.raises(ssl.SSLCertVerificationError, match=r"unable to get|self-signed"):
            shaken_hands(client, made.chain, made.key, "127.0.0.1")


@pytest.mark.parametrize(
    ("name", "host"),
    [
        (x509.DNSName("example.org"), "example.org"),
        (x509.DNSName("local.example.org"), "local.example.org"),
        (x509.DNSName("notlocal"), "notlocal"),
        (x509.IPAddress(ip_address("8.8.8.8")), "8.8.8.8"),
        (x509.IPAddress(ip_address("172.32.0.1")), "172.32.0.1"),
        (x509.IPAddress(ip_address("2001:db8::1")), "2001:db8::1"),
    ],
)
def test_a_stolen_key_is_of_no_use_in_the_internet(folder: Path, name: x509.GeneralName, host: str) -> None:
    made = certificate(folder, HOSTS)
    stolen = signed_for(folder, name)
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree violation"):
        shaken_hands(client_of(made), stolen, stolen, host)


def test_nor_is_it_through_the_older_place_for_names(folder: Path) -> None:
    made = certificate(folder, HOSTS)
    stolen = signed_for(folder, x509.IPAddress(ip_address("127.0.0.1")), subject="example.org")
    with pytest.raises(ssl.SSLCertVerificationError):
        shaken_hands(client_of(made), stolen, stolen, "example.org")


def test_the_authority_makes_no_other_authorities(folder: Path) -> None:
    made = certificate(folder, HOSTS)
    limits = authority_of(made).extensions.get_extension_for_class(x509.BasicConstraints)
    assert (limits.critical, limits.value) == (True, x509.BasicConstraints(ca=True, path_length=0))


@pytest.mark.skipif(OPENSSL is None, reason="openssl is not installed")
def test_openssl_finds_nothing_to_complain_about(folder: Path, tmp_path: Path) -> None:
    made = certificate(folder, HOSTS)
    root = tmp_path / "root.pem"
    root.write_bytes(authority_of(made).public_bytes(serialization.Encoding.PEM))
    verify = [str(OPENSSL), "verify", "-x509_strict", "-check_ss_sig", "-purpose", "sslserver", "-CAfile", str(root)]
    for name in ("-verify_ip", "127.0.0.1"), ("-verify_hostname", "localhost"):
        done = subprocess.run([*verify, *name, str(made.chain)], capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")
    stolen = signed_for(folder, x509.DNSName("example.org"))
    done = subprocess.run([*verify, str(stolen)], capture_output=True, text=True)
    assert done.returncode != 0
    assert "permitted subtree violation" in done.stderr


def test_the_verifier_of_cryptography_agrees(folder: Path) -> None:
    """It is stricter than OpenSSL about the forms of certificates, as the browsers' are."""
    from cryptography.x509.verification import PolicyBuilder, Store

    made = certificate(folder, HOSTS)
    builder = PolicyBuilder().store(Store([authority_of(made)]))
    chain = builder.build_server_verifier(x509.IPAddress(ip_address("192.168.1.20"))).verify(leaf_of(made), [])
    assert len(chain) == 2


def test_the_authority_is_kept_and_the_certificate_is_new_each_time(folder: Path) -> None:
    first = certificate(folder, ["127.0.0.1"])
    before = first.authority.read_bytes()
    second = certificate(folder, ["127.0.0.1", "10.0.0.7"])
    assert second.authority.read_bytes() == before
    assert first.fingerprint == second.fingerprint
    assert leaf_of(first).serial_number != leaf_of(second).serial_number
    assert leaf_of(first).public_key() != leaf_of(second).public_key()


def test_the_fingerprint_is_the_one_that_phones_show(folder: Path) -> None:
    made = certificate(folder, HOSTS)
    assert re.fullmatch(r"([0-9A-F]{2}:){31}[0-9A-F]{2}", made.fingerprint)
    assert bytes.fromhex(made.fingerprint.replace(":", "")) == authority_of(made).fingerprint(hashes.SHA256())
    assert made.authority.suffix == ".crt"


def test_names_are_given_once_and_in_small_letters(folder: Path) -> None:
    made = certificate(folder, ["LocalHost", "localhost", "127.0.0.1", "::ffff:127.0.0.1", "fe80::1%eth0", "fe80::1"])
    names = leaf_of(made).extensions.get_extension_for_class(x509.SubjectAlternativeName)
    assert names.critical
    assert list(names.value) == [
        x509.DNSName("localhost"),
        x509.IPAddress(ip_address("127.0.0.1")),
        x509.IPAddress(ip_address("fe80::1")),
    ]


@pytest.mark.parametrize("name", ["", "küche", "x" * 80, "ü" * 60, "a\udcffb", "a\nb", ", CN=bank"])
def test_any_name_of_a_machine_will_do(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(authority.socket, "gethostname", lambda: name)  # type: ignore[attr-defined]
    made = certificate(folder, ["127.0.0.1"])
    (attribute,) = authority_of(made).subject
    assert str(attribute.value).startswith("Stretch Coach on ")
    assert shaken_hands(client_of(made), made.chain, made.key, "127.0.0.1")


# --- dates ---


def test_the_authority_is_for_ten_years_and_the_certificate_for_one(folder: Path) -> None:
    made = certificate(folder, HOSTS, NOW)
    root, leaf = authority_of(made), leaf_of(made)
    assert root.not_valid_after_utc - root.not_valid_before_utc == timedelta(days=3650)
    assert leaf.not_valid_before_utc == root.not_valid_before_utc == NOW.replace(microsecond=0) - DAY
    assert leaf.not_valid_after_utc - leaf.not_valid_before_utc + timedelta(seconds=1) == timedelta(days=397)


@pytest.fixture(scope="module")
def ten_years(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("https")
    certificate(folder, HOSTS, NOW)
    return folder


@given(st.timedeltas(min_value=-DAY, max_value=timedelta(days=3700)), st.integers(-12, 14))
def test_a_certificate_is_never_too_long_nor_outlives_the_authority(
    ten_years: Path, later: timedelta, zone_h: int
) -> None:
    from datetime import timezone

    now = (NOW + later).astimezone(timezone(timedelta(hours=zone_h)))
    try:
        made = certificate(ten_years, ["127.0.0.1"], now)
    except MachineError:
        assert later > timedelta(days=3650 - 1 - 30) - timedelta(seconds=2) or later == -DAY
        return
    root, leaf = authority_of(made), leaf_of(made)
    assert root.not_valid_before_utc <= leaf.not_valid_before_utc <= now < leaf.not_valid_after_utc
    assert now + timedelta(days=29) < leaf.not_valid_after_utc <= root.not_valid_after_utc
    assert leaf.not_valid_after_utc - leaf.not_valid_before_utc < timedelta(days=397)
    made.chain.unlink()


@pytest.mark.parametrize(("years", "problem"), [(10.5, "expired on 2040-05-13"), (9.95, "expires on 2040-05-13")])
def test_only_a_person_replaces_an_authority_that_runs_out(folder: Path, years: float, problem: str) -> None:
    made = certificate(folder, HOSTS, NOW)
    before = made.authority.read_bytes()
    late = NOW + timedelta(days=365.25 * years)
    with pytest.raises(MachineError, match=f"{problem}.*Move that folder away.*every phone") as caught:
        certificate(folder, HOSTS, late)
    assert str(folder) in str(caught.value)
    assert made.authority.read_bytes() == before
    folder.rename(folder.with_name("old"))
    assert authority_of(certificate(folder, HOSTS, late)).not_valid_after_utc > late + timedelta(days=3000)


def test_a_clock_that_is_years_behind_is_what_is_wrong(folder: Path) -> None:
    certificate(folder, HOSTS, NOW)
    with pytest.raises(MachineError, match=r"clock of this computer says 2020-01-01.* on 2030-05-17; set the clock"):
        certificate(folder, HOSTS, datetime(2020, 1, 1, tzinfo=UTC))


# --- who may read it ---


@MODES
def test_only_the_owner_may_read(folder: Path) -> None:
    folder.mkdir(parents=True, mode=0o755)
    made = certificate(folder, HOSTS)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {
        "authority.pem": 0o600,
        "stretch-coach.crt": 0o600,
        made.key.name: 0o600,
    }


@MODES
def test_keys_are_secret_from_their_first_moment(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a umask that forbids nothing, each file is looked at as soon as it exists."""
    modes = []
    opened = os.open

    def open_and_look(path: Path, flags: int, mode: int = 0o777) -> int:
        handle = opened(path, flags, mode)
        modes.append(stat.S_IMODE(os.fstat(handle).st_mode))
        if flags & os.O_CREAT and "lock" not in str(path):
            assert flags & os.O_EXCL
        return handle

    monkeypatch.setattr(os, "open", open_and_look)
    before = os.umask(0)
    try:
        certificate(folder, HOSTS)
    finally:
        os.umask(before)
    assert set(modes) == {0o600, 0o700}
    assert modes.count(0o600) == 4  # the lock, both files of the authority, the certificate


@MODES
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(OutputError, match="cannot be read or written: Permission denied"):
            certificate(tmp_path / "https", HOSTS)
    finally:
        tmp_path.chmod(0o700)


def test_a_file_where_the_folder_should_be(tmp_path: Path) -> None:
    path = tmp_path / "https"
    path.write_text("mine")
    with pytest.raises(OutputError, match="cannot be read or written"):
        certificate(path, HOSTS)
    assert path.read_text() == "mine"


def test_a_full_disk_leaves_nothing_half_there(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("os.fsync", full)
        with pytest.raises(OutputError, match="No space left"):
            certificate(folder, HOSTS)
    assert list(folder.iterdir()) == []
    certificate(folder, HOSTS)


@pytest.mark.parametrize("writes", range(3))
def test_killed_between_any_two_files(folder: Path, monkeypatch: pytest.MonkeyPatch, writes: int) -> None:
    """The next start goes on with what is there, and nothing is left of the killed one."""
    written = authority.write_private
    done: list[Path] = []

    def write(path: Path, data: bytes) -> None:
        if len(done) == writes:
            folder.joinpath(f".{path.name}.0123abcd{UNFINISHED}").write_bytes(data[:40])
            raise KeyboardInterrupt
        written(path, data)
        done.append(path)

    with monkeypatch.context() as patched:
        patched.setattr(authority, "write_private", write)
        with pytest.raises(KeyboardInterrupt):
            certificate(folder, HOSTS)
    before = folder.joinpath("authority.pem").read_bytes() if writes else None
    made = certificate(folder, HOSTS)
    assert before in (None, folder.joinpath("authority.pem").read_bytes())
    assert shaken_hands(client_of(made), made.chain, made.key, "localhost")
    assert not list(folder.glob(f"*{UNFINISHED}")) + list(folder.glob(f".*{UNFINISHED}"))


def test_certificates_that_were_read_long_ago_are_removed(folder: Path) -> None:
    old, recent = certificate(folder, HOSTS), certificate(folder, HOSTS)
    os.utime(old.chain, (time.time() - 4000,) * 2)
    new = certificate(folder, HOSTS)
    assert set(folder.glob("server-*")) == {recent.chain, new.chain}


# --- what is refused ---


@pytest.mark.parametrize(
    "host", ["example.org", "8.8.8.8", "0.0.0.0", "::", "kitchen", "192.168.1.1:80", "", "*.local"]
)
def test_only_for_a_home_network(folder: Path, host: str) -> None:
    with pytest.raises(InputError, match="https is only for addresses of a home network"):
        certificate(folder, ["127.0.0.1", host])
    assert not folder.exists()


def test_for_no_address_at_all(folder: Path) -> None:
    with pytest.raises(InputError, match="is it in a network"):
        certificate(folder, [])


def test_without_cryptography(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cryptography", None)
    with pytest.raises(InputError, match=r"pip install 'stretch-coach\[https\]'"):
        certificate(folder, HOSTS)
    assert not folder.exists()


def refused(folder: Path, problem: str) -> None:
    """Expect that an authority is refused, and not touched."""
    before = {path: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(MachineError, match=f"(?s){problem}.*Move that folder away and start again"):
        certificate(folder, HOSTS)
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


def other_key() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def locked_key() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(b"secret")
    )


def test_a_damaged_authority_is_not_replaced(folder: Path) -> None:
    made = certificate(folder, HOSTS)
    made.chain.unlink()
    path = folder / "authority.pem"
    whole = path.read_bytes()
    key, _, rest = whole.partition(b"-----BEGIN CERT")
    root = b"-----BEGIN CERT" + rest
    pieces = [b"", b"\0" * len(whole), key, root, other_key() + root, locked_key() + root, whole[:-60], whole[100:]]
    for data in [*pieces, key + made.authority.read_bytes()]:
        path.write_bytes(data)
        refused(folder, "authority.pem is damaged")
    path.write_bytes(whole)
    assert certificate(folder, HOSTS).fingerprint == made.fingerprint


def test_a_missing_half_is_not_replaced(folder: Path) -> None:
    made = certificate(folder, HOSTS)
    (folder / "authority.pem").unlink()
    refused(folder, "authority.pem is missing")
    made.authority.unlink()
    assert certificate(folder, HOSTS).fingerprint != made.fingerprint


def test_the_copy_for_phones_belongs_to_the_authority(folder: Path, tmp_path: Path) -> None:
    made = certificate(folder, HOSTS)
    other = certificate(tmp_path / "other", HOSTS)
    whole = made.authority.read_bytes()
    for data in (other.authority.read_bytes(), whole[:-1], b""):
        made.authority.write_bytes(data)
        refused(folder, "stretch-coach.crt is damaged, or does not belong")
    made.authority.unlink()  # phones have it, and it can be made again from the other file
    assert certificate(folder, HOSTS).authority.read_bytes() == whole


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    folder = tmp_path_factory.mktemp("https")
    certificate(folder, HOSTS)
    return folder, folder.joinpath("authority.pem").read_bytes()


@given(st.data())
def test_whatever_byte_is_damaged_the_authority_is_refused_or_still_the_same(
    whole: tuple[Path, bytes], data: st.DataObject
) -> None:
    folder, text = whole
    place = data.draw(st.integers(0, len(text) - 1))
    changed = bytearray(text)
    changed[place] = data.draw(st.integers(0, 255))
    (folder / "authority.pem").write_bytes(changed)
    try:
        made = certificate(folder, ["127.0.0.1"])
    except MachineError as error:
        assert "Move that folder away" in str(error)  # noqa: PT017 - either is right
    else:
        leaf_of(made).verify_directly_issued_by(authority_of(made))
        made.chain.unlink()


def test_a_damaged_number_is_refused_without_a_warning(whole: tuple[Path, bytes]) -> None:
    """The package that reads certificates warns of numbers below zero, on stderr."""
    folder, text = whole
    key, _, certificate_text = text.partition(b"-----BEGIN CERTIFICATE-----\n")
    body = bytearray(base64.b64decode(certificate_text.partition(b"-----END")[0]))
    body[body.index(b"\x02\x01\x02") + 5] = 0x80  # after the version, what kind of thing the number is, and its length
    lines = b"\n".join(base64.b64encode(body[at : at + 48]) for at in range(0, len(body), 48))
    damaged = b"-----BEGIN CERTIFICATE-----\n" + lines + b"\n-----END CERTIFICATE-----\n"
    (folder / "authority.pem").write_bytes(key + damaged)
    with pytest.raises(MachineError, match="is damaged"):
        certificate(folder, ["127.0.0.1"])


# --- several at once ---


def test_two_that_start_at_once_make_one_authority(folder: Path) -> None:
    command = [sys.executable, "-c", START, str(folder)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    answers = [json.loads(process.communicate(timeout=120)[0]) for process in running]
    assert [process.returncode for process in running] == [0] * 4
    chains, roots, fingerprints = (set(column) for column in zip(*answers, strict=True))
    assert (len(chains), len(roots), len(fingerprints)) == (4, 1, 1)
    client = ssl.create_default_context(cadata=Path(roots.pop()).read_bytes())
    for chain in map(Path, chains):
        assert shaken_hands(client, chain, chain, "127.0.0.1")
    assert sorted(path.name for path in folder.iterdir() if not path.name.startswith("server-")) == [
        "authority.pem",
        "stretch-coach.crt",
    ]


def test_threads_too(folder: Path) -> None:
    found: list[Certificate] = []
    threads = [threading.Thread(target=lambda: found.append(certificate(folder, HOSTS))) for _ in range(4)]
    for step in (threading.Thread.start, functools.partial(threading.Thread.join, timeout=60)):
        for thread in threads:
            step(thread)
    assert len(found) == 4
    assert len({made.fingerprint for made in found}) == 1


def test_one_that_never_lets_go_is_told_of(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(authority, "_WAIT_S", 0.05)
    folder.mkdir(parents=True)
    with HeldFile(folder / "lock"), pytest.raises(MachineError, match="another coach has been busy with"):
        certificate(folder, HOSTS)
