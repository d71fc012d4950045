"""Records and messages of patientport, written from docs/record-format.md alone.

A second implementation, to show that the document suffices for one: it shares no code with the first, and
its primitives come from the packages `cryptography` and `blake3`. Section numbers in comments are the
document's. It keeps whole records in memory and is no model of how to handle secrets.
"""

from __future__ import annotations

import calendar
import hashlib
import hmac
import json
import math
import re
import unicodedata
from base64 import b32encode
from dataclasses import dataclass

from blake3 import blake3
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

CURVE = ec.SECP256K1()
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
CHUNK = 65_536
TAG = 16
MAX_MESSAGE = 8_192
MAX_HEAD = 8_192
MAX_PACKAGE = 32_768
MAX_DEPTH = 32

MALFORMED = "malformed"
UNSUPPORTED = "unsupported version"
WRONG_PLACE = "wrong place"
NO_KEY = "no matching key"
AUTHENTICATION = "authentication failed"
COMMITMENT = "commitment mismatch"


class Failure(Exception):
    """A failure class of §6."""


def refuse_unless(condition: object, failure: str = MALFORMED) -> None:
    if not condition:
        raise Failure(failure)


def number(value: int, length: int) -> bytes:
    return value.to_bytes(length, "big")


class Reader:
    """Fields one after another; what is not there is malformed."""

    def __init__(self, data: bytes):
        self.data, self.at = data, 0

    def take(self, length: int) -> bytes:
        refuse_unless(self.at + length <= len(self.data))
        self.at += length
        return self.data[self.at - length : self.at]

    def number(self, length: int) -> int:
        return int.from_bytes(self.take(length), "big")

    def rest(self) -> bytes:
        return self.take(len(self.data) - self.at)

    def end(self) -> None:
        refuse_unless(self.at == len(self.data))


# --- primitives --------------------------------------------------------------------------------------


def extract(salt: bytes, ikm: bytes) -> bytes:
    return hmac.new(salt or bytes(32), ikm, hashlib.sha256).digest()


def expand(prk: bytes, info: bytes, length: int) -> bytes:
    out, block, counter = b"", b"", 1
    while len(out) < length:
        block = hmac.new(prk, block + info + bytes([counter]), hashlib.sha256).digest()
        out, counter = out + block, counter + 1
    return out[:length]


def hkdf(ikm: bytes, info: bytes, length: int = 32) -> bytes:
    return expand(extract(b"", ikm), info, length)


def seal(key: bytes, nonce: bytes, aad: bytes, plaintext: bytes) -> bytes:
    return ChaCha20Poly1305(key).encrypt(nonce, plaintext, aad)


def open_sealed(key: bytes, nonce: bytes, aad: bytes, ciphertext: bytes) -> bytes:
    try:
        return ChaCha20Poly1305(key).decrypt(nonce, ciphertext, aad)
    except InvalidTag:
        raise Failure(AUTHENTICATION) from None


def scalar(secret: bytes) -> int:
    value = int.from_bytes(secret, "big")
    refuse_unless(len(secret) == 32 and 0 < value < ORDER)
    return value


def public(secret: bytes) -> bytes:
    key = ec.derive_private_key(scalar(secret), CURVE).public_key()
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def point(encoded: bytes) -> ec.EllipticCurvePublicKey:
    refuse_unless(len(encoded) == 65 and encoded[0] == 4)
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(CURVE, encoded)
    except ValueError:
        raise Failure(MALFORMED) from None


def diffie_hellman(secret: bytes, encoded: bytes) -> bytes:
    return ec.derive_private_key(scalar(secret), CURVE).exchange(ec.ECDH(), point(encoded))


# --- sealing, §1 (RFC 9180) --------------------------------------------------------------------------

KEM = b"KEM" + number(0x0016, 2)
SUITE = b"HPKE" + number(0x0016, 2) + number(0x0001, 2) + number(0x0003, 2)


def labeled_extract(suite: bytes, salt: bytes, label: bytes, ikm: bytes) -> bytes:
    return extract(salt, b"HPKE-v1" + suite + label + ikm)


def labeled_expand(suite: bytes, prk: bytes, label: bytes, info: bytes, length: int) -> bytes:
    return expand(prk, number(length, 2) + b"HPKE-v1" + suite + label + info, length)


def schedule(shared_point: bytes, enc: bytes, recipient: bytes, info: bytes) -> tuple[bytes, bytes]:
    """Key and base nonce of base mode."""
    prk = labeled_extract(KEM, b"", b"eae_prk", shared_point)
    shared = labeled_expand(KEM, prk, b"shared_secret", enc + recipient, 32)
    psk_id_hash = labeled_extract(SUITE, b"", b"psk_id_hash", b"")
    context = b"\0" + psk_id_hash + labeled_extract(SUITE, b"", b"info_hash", info)
    secret = labeled_extract(SUITE, shared, b"secret", b"")
    key = labeled_expand(SUITE, secret, b"key", context, 32)
    return key, labeled_expand(SUITE, secret, b"base_nonce", context, 12)


def hpke_seal(ephemeral: bytes, recipient: bytes, info: bytes, aad: bytes, plaintext: bytes) -> tuple[bytes, bytes]:
    enc = public(ephemeral)
    key, nonce = schedule(diffie_hellman(ephemeral, recipient), enc, recipient, info)
    return enc, seal(key, nonce, aad, plaintext)


def hpke_open(secret: bytes, enc: bytes, info: bytes, aad: bytes, ciphertext: bytes) -> bytes:
    key, nonce = schedule(diffie_hellman(secret, enc), enc, public(secret), info)
    return open_sealed(key, nonce, aad, ciphertext)


@dataclass
class Context:
    """What a sealed message is bound to."""

    purpose: int
    chain_id: int
    port: bytes
    sender: bytes
    recipient: bytes = bytes(20)
    request_id: int = 0
    list_digest: bytes = bytes(32)

    def info(self, recipient_key: bytes) -> bytes:
        return (
            b"patientport/seal" + number(1, 1) + number(self.purpose, 1) + number(self.chain_id, 8)
            + self.port + self.sender + self.recipient + recipient_key
            + number(self.request_id, 4) + self.list_digest
        )


def seal_message(context: Context, recipient_key: bytes, plaintext: bytes, ephemeral: bytes) -> bytes:
    enc, sealed = hpke_seal(ephemeral, recipient_key, context.info(recipient_key), b"", plaintext)
    return enc + sealed


def open_message(context: Context, secret: bytes, message: bytes) -> bytes:
    refuse_unless(65 + TAG <= len(message) <= MAX_MESSAGE)
    return hpke_open(secret, message[:65], context.info(public(secret)), b"", message[65:])


# --- section secrets and links, §2 -------------------------------------------------------------------


def parse_list(message: bytes) -> tuple[list[tuple[int, int]], bytes, bytes]:
    """Sections with their epochs, the list's bytes, and what follows."""
    refuse_unless(len(message) <= MAX_MESSAGE)
    reader = Reader(message)
    count = reader.number(1)
    refuse_unless(1 <= count <= 64)
    entries = [(reader.number(1), reader.number(4)) for _ in range(count)]
    for before, (section, epoch) in zip([(-1, 0), *entries], entries):
        refuse_unless(before[0] < section < 64 and epoch >= 1)
    return entries, message[: reader.at], reader.rest()


def open_secrets(context: Context, secret: bytes, message: bytes) -> list[tuple[int, int, bytes, str]]:
    entries, listed, sealed = parse_list(message)
    context.list_digest = hashlib.sha256(listed).digest()
    refuse_unless(len(sealed) >= 65 + TAG)
    # Both are public, so they are checked before anything is opened.
    point(sealed[:65])
    inside = len(sealed) - 65 - TAG - 32 * len(entries)
    refuse_unless(inside >= 0 and inside % 32 == 0)
    plaintext = hpke_open(secret, sealed[:65], context.info(public(secret)), b"", sealed[65:])
    reader = Reader(plaintext)
    secrets = [reader.take(32) for _ in entries]
    for one in secrets:
        scalar(one)
    names = [""] * len(entries)
    if reader.at < len(plaintext):
        names = [read_name(reader) for _ in entries]
        padding = reader.rest()
        refuse_unless(len(padding) < 32 and not any(padding))
        refuse_unless(any(names))
    return [(section, epoch, one, name) for (section, epoch), one, name in zip(entries, secrets, names)]


def read_name(reader: Reader) -> str:
    text = decode_utf8(reader.take(reader.number(1)))
    refuse_unless(len(text.encode()) <= 64 and not has_control(text))
    return text


def seal_secrets(context: Context, recipient_key: bytes, entries: list[tuple[int, int, bytes, str]], ephemeral: bytes) -> bytes:
    listed = number(len(entries), 1) + b"".join(number(it[0], 1) + number(it[1], 4) for it in entries)
    context.list_digest = hashlib.sha256(listed).digest()
    plaintext = b"".join(it[2] for it in entries)
    if any(it[3] for it in entries):
        names = b"".join(number(len(it[3].encode()), 1) + it[3].encode() for it in entries)
        plaintext += names + bytes(-len(names) % 32)
    return listed + seal_message(context, recipient_key, plaintext, ephemeral)


def open_links(chain_id: int, port: bytes, new_secret: bytes, links: bytes) -> list[bytes]:
    refuse_unless(len(links) % 57 == 0 and len(links) <= 64 * 57)
    reader, section_before, parsed = Reader(links), -1, []
    while reader.at < len(links):
        section, new, opened, sealed = reader.number(1), reader.number(4), reader.number(4), reader.take(48)
        refuse_unless(section_before < section < 64 and 1 <= opened < new)
        section_before = section
        parsed.append((section, new, opened, sealed))
    previous = []
    for section, new, opened, sealed in parsed:
        info = (
            b"patientport/v1/link" + number(chain_id, 8) + port
            + number(section, 1) + number(new, 4) + number(opened, 4)
        )
        secret = open_sealed(hkdf(new_secret, info), bytes(12), b"", sealed)
        scalar(secret)
        previous.append(secret)
    return previous


def make_link(chain_id: int, port: bytes, section: int, new: int, opened: int, new_secret: bytes, previous: bytes) -> bytes:
    place = number(section, 1) + number(new, 4) + number(opened, 4)
    info = b"patientport/v1/link" + number(chain_id, 8) + port + place
    return place + seal(hkdf(new_secret, info), bytes(12), b"", previous)


# --- emergency packages, §2 --------------------------------------------------------------------------


@dataclass(frozen=True)
class PackagePlace:
    """What the chain says of a package."""

    chain_id: int
    port: bytes
    sender: bytes
    responder: bytes

    def layer(self, custodian: bytes) -> Context:
        return Context(6, self.chain_id, self.port, self.sender, custodian, 0, hashlib.sha256(self.responder).digest())

    def secrets(self) -> Context:
        return Context(7, self.chain_id, self.port, self.sender, self.responder)


def parse_package(data: bytes) -> tuple[PackagePlace, dict[bytes, bytes]]:
    refuse_unless(len(data) <= MAX_PACKAGE)
    reader = Reader(data)
    refuse_unless(reader.take(8) == b"PPORTEMG")
    refuse_unless(reader.number(1) == 1, UNSUPPORTED)
    place = PackagePlace(reader.number(8), reader.take(20), reader.take(20), reader.take(20))
    count, layers = reader.number(1), {}
    refuse_unless(1 <= count <= 3)
    for _ in range(count):
        custodian = reader.take(20)
        refuse_unless(all(before < custodian for before in layers))
        layer = reader.take(reader.number(2))
        refuse_unless(65 + TAG <= len(layer) <= MAX_MESSAGE)
        point(layer[:65])
        layers[custodian] = layer
    reader.end()
    return place, layers


def open_package(entry: PackagePlace, commitment: bytes, custodian: bytes, custodian_secret: bytes, data: bytes) -> bytes:
    """The message that a custodian hands to the responder, checked in the order of §6."""
    refuse_unless(blake3(data).digest() == commitment, COMMITMENT)
    place, layers = parse_package(data)
    refuse_unless(place == entry, WRONG_PLACE)
    refuse_unless(custodian in layers, NO_KEY)
    return open_message(place.layer(custodian), custodian_secret, layers[custodian])


def write_package(place: PackagePlace, responder_key: bytes, custodians: dict[bytes, bytes], entries: list, ephemerals: list[bytes]) -> bytes:
    """`custodians` are keys by account; the first ephemeral secret is for the inner message."""
    inner = seal_secrets(place.secrets(), responder_key, entries, ephemerals[0])
    data = b"PPORTEMG\x01" + number(place.chain_id, 8) + place.port + place.sender + place.responder
    data += number(len(custodians), 1)
    for account, ephemeral in zip(sorted(custodians), ephemerals[1:]):
        layer = seal_message(place.layer(account), custodians[account], inner, ephemeral)
        data += account + number(len(layer), 2) + layer
    return data


# --- keys of single records, §5 ----------------------------------------------------------------------


def record_list(records: list[int]) -> bytes:
    refuse_unless(1 <= len(records) <= 16)
    return number(len(records), 1) + b"".join(number(it, 4) for it in records)


def open_record_keys(context: Context, secret: bytes, records: list[int], message: bytes) -> list[bytes]:
    context.list_digest = hashlib.sha256(record_list(records)).digest()
    refuse_unless(len(message) == 65 + 32 * len(records) + TAG)
    keys = open_message(context, secret, message)
    return [keys[at : at + 32] for at in range(0, len(keys), 32)]


def seal_record_keys(context: Context, recipient_key: bytes, records: list[int], keys: list[bytes], ephemeral: bytes) -> bytes:
    context.list_digest = hashlib.sha256(record_list(records)).digest()
    return seal_message(context, recipient_key, b"".join(keys), ephemeral)


# --- texts, §3 and metadata, §4 ----------------------------------------------------------------------


def decode_utf8(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise Failure(MALFORMED) from None


def has_control(text: str, allowed: str = "") -> bool:
    return any(unicodedata.category(it) == "Cc" and it not in allowed for it in text)


class NotAnInteger:
    """A number with a sign, fraction or exponent: JSON, but no number of the document."""

    def __init__(self, digits: str):
        # Beyond a double's range it is no I-JSON either.
        refuse_unless(math.isfinite(float(digits)))


def parse_integer(digits: str) -> object:
    # Python turns long digits into integers of any size, and -0 into 0.
    return NotAnInteger(digits) if digits.startswith("-") or len(digits) > 20 else int(digits)


def well_formed(value: object, depth: int = 1) -> bool:
    """No lone surrogate, and at most 32 levels."""
    if isinstance(value, str):
        return not any(0xD800 <= ord(it) < 0xE000 for it in value)
    if isinstance(value, dict):
        return depth <= MAX_DEPTH and all(well_formed(name) and well_formed(it, depth + 1) for name, it in value.items())
    if isinstance(value, list):
        return depth <= MAX_DEPTH and all(well_formed(it, depth + 1) for it in value)
    return True


def parse_object(data: bytes) -> dict:
    """One object of I-JSON (RFC 7493)."""

    def no_repeats(pairs):
        refuse_unless(len({name for name, _ in pairs}) == len(pairs))
        return dict(pairs)

    def no_constant(_):
        raise Failure(MALFORMED)

    try:
        value = json.loads(
            decode_utf8(data), object_pairs_hook=no_repeats, parse_constant=no_constant,
            parse_int=parse_integer, parse_float=NotAnInteger,
        )
    except (ValueError, RecursionError):
        raise Failure(MALFORMED) from None
    refuse_unless(isinstance(value, dict) and well_formed(value))
    return value


def is_number(value: object, limit: int) -> bool:
    return type(value) is int and 0 <= value < limit


def known(value: dict, *names: str) -> dict:
    """The members that the document names, in its order."""
    return {name: value[name] for name in names}


def parse_request(data: bytes) -> dict:
    refuse_unless(len(data) <= 4_096)
    it = parse_object(data)
    refuse_unless(isinstance(it.get("purpose"), str) and re.fullmatch(r"[A-Z0-9_-]{1,32}", it["purpose"]))
    refuse_unless(isinstance(it.get("sections"), list) and all(is_number(one, 64) for one in it["sections"]))
    refuse_unless("until" in it and (it["until"] is None or is_number(it["until"], 1 << 64)))
    refuse_unless(it.get("rights") in ("read", "write", "read-write"))
    refuse_unless(isinstance(it.get("text"), str))
    return known(it, "purpose", "sections", "until", "rights", "text")


def parse_words(data: bytes) -> dict:
    """`DenialText` and `EmergencyText`."""
    refuse_unless(len(data) <= 4_096)
    it = parse_object(data)
    refuse_unless(isinstance(it.get("text"), str))
    return known(it, "text")


DATE = r"(\d{4})-(0[1-9]|1[0-2])-(\d\d)"
TIME = r"[Tt]([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)"


def is_time(text: object) -> bool:
    """`full-date` or `date-time` of RFC 3339."""
    if not isinstance(text, str) or len(text.encode()) > 512:
        return False
    found = re.fullmatch(f"{DATE}({TIME})?", text, re.ASCII)
    if not found:
        return False
    year, month, day = (int(found[it]) for it in (1, 2, 3))
    # The proleptic Gregorian calendar repeats after 400 years; Python's begins with year 1.
    return 1 <= day <= calendar.monthrange(year % 400 + 400, month)[1]


def parse_metadata(plaintext: bytes) -> dict:
    refuse_unless(len(plaintext) % 512 == 0)
    reader = Reader(plaintext)
    it = parse_object(reader.take(reader.number(2)))
    padding = reader.rest()
    refuse_unless(len(padding) < 512 and not any(padding))
    for name in ("title", "media_type", "note"):
        text = it.get(name)
        refuse_unless(isinstance(text, str) and len(text.encode()) <= 512)
        refuse_unless(not has_control(text, "\n\t" if name == "note" else ""))
    refuse_unless("content_time" in it and "length" in it)
    time = it["content_time"]
    refuse_unless(time is None or is_time(time))
    refuse_unless(it["length"] is None or is_number(it["length"], 1 << 64))
    return known(it, "title", "media_type", "content_time", "note", "length")


def encode_text(value: dict) -> bytes:
    """A text of §3, padded with spaces to a multiple of 64 bytes."""
    text = encode_metadata(value)
    return text + b" " * (-len(text) % 64)


def encode_metadata(metadata: dict) -> bytes:
    return json.dumps(metadata, ensure_ascii=False, separators=(",", ":")).encode()


# --- the envelope, §4 --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Place:
    """What the chain says of a record."""

    chain_id: int
    port: bytes
    author: bytes
    section: int
    epoch: int

    def bytes(self) -> bytes:
        return number(self.chain_id, 8) + self.port + self.author + number(self.section, 1) + number(self.epoch, 4)


def padme(length: int) -> int:
    exponent = length.bit_length() - 1
    low = exponent - ((exponent.bit_length() - 1) + 1)
    mask = (1 << max(low, 0)) - 1
    return (length + mask) & ~mask


def stream_length(body: int) -> int:
    """Bytes of the stream in a body; refuses a length that no body can have."""
    chunks = -(-body // (CHUNK + TAG))
    stream = body - chunks * TAG
    refuse_unless(stream >= 8 and -(-stream // CHUNK) == chunks and padme(stream) == stream)
    return stream


@dataclass
class Head:
    """A parsed head."""

    raw: bytes
    place: Place
    recipient: int
    enc: bytes
    sealed_key: bytes
    key_commitment: bytes
    body_hash: bytes
    body_length: int
    sealed_metadata: bytes


def parse_head(head: bytes) -> Head:
    refuse_unless(len(head) <= MAX_HEAD)
    reader = Reader(head)
    refuse_unless(reader.take(8) == b"PPORTREC")
    version, suite = reader.number(1), reader.number(1)
    refuse_unless(version == 1 and suite == 1, UNSUPPORTED)
    place = Place(reader.number(8), reader.take(20), reader.take(20), reader.number(1), reader.number(4))
    recipient = reader.number(1)
    enc, sealed_key, key_commitment = reader.take(65), reader.take(48), reader.take(32)
    body_hash, body_length = reader.take(32), reader.number(8)
    sealed_metadata = reader.take(reader.number(2))
    reader.end()
    refuse_unless(place.section < 64 and place.epoch >= 1 and recipient <= 1)
    point(enc)
    stream_length(body_length)
    refuse_unless(len(sealed_metadata) > TAG and (len(sealed_metadata) - TAG) % 512 == 0)
    return Head(head, place, recipient, enc, sealed_key, key_commitment, body_hash, body_length, sealed_metadata)


def head_keys(head: bytes, record_key: bytes) -> tuple[bytes, bytes]:
    prk = extract(blake3(head[:129]).digest(), record_key)
    return expand(prk, b"patientport/v1/commit", 32), expand(prk, b"patientport/v1/metadata", 32)


def record_context(place: Place) -> Context:
    return Context(4, place.chain_id, place.port, place.author)


def open_record(entry: Place, commitment: bytes, secrets: dict[tuple[int, int], bytes], patient: bytes | None, head: bytes, body: bytes) -> tuple[dict, bytes]:
    """Metadata and payload of a record, checked in the order of §6."""
    refuse_unless(blake3(head).digest() == commitment, COMMITMENT)
    parsed = parse_head(head)
    refuse_unless(parsed.place == entry, WRONG_PLACE)
    secret = patient if parsed.recipient else secrets.get((entry.section, entry.epoch))
    refuse_unless(secret is not None, NO_KEY)
    info = record_context(entry).info(public(secret))
    record_key = hpke_open(secret, parsed.enc, info, head[:64], parsed.sealed_key)
    expected, metadata_key = head_keys(head, record_key)
    refuse_unless(hmac.compare_digest(expected, parsed.key_commitment), AUTHENTICATION)
    metadata = parse_metadata(open_sealed(metadata_key, bytes(12), head[:249], parsed.sealed_metadata))

    refuse_unless(len(body) == parsed.body_length and blake3(body).digest() == parsed.body_hash, COMMITMENT)
    payload_key = hkdf(record_key, b"patientport/v1/payload")
    stream, counter = b"", 0
    chunks = [body[at : at + CHUNK + TAG] for at in range(0, len(body), CHUNK + TAG)]
    for counter, chunk in enumerate(chunks):
        nonce = number(counter, 11) + bytes([counter == len(chunks) - 1])
        stream += open_sealed(payload_key, nonce, b"", chunk)
    length = int.from_bytes(stream[-8:], "big")
    refuse_unless(length <= len(stream) - 8 and padme(length + 8) == len(stream))
    refuse_unless(not any(stream[length:-8]))
    refuse_unless(metadata["length"] in (None, length))
    return metadata, stream[:length]


def write_record(place: Place, recipient: int, recipient_key: bytes, metadata: dict, payload: bytes, record_key: bytes, ephemeral: bytes) -> tuple[bytes, bytes]:
    """Head and body of a record."""
    stream = payload + bytes(padme(len(payload) + 8) - len(payload) - 8) + number(len(payload), 8)
    payload_key = hkdf(record_key, b"patientport/v1/payload")
    cuts = range(0, len(stream), CHUNK)
    body = b"".join(
        seal(payload_key, number(counter, 11) + bytes([at + CHUNK >= len(stream)]), b"", stream[at : at + CHUNK])
        for counter, at in enumerate(cuts)
    )
    start = b"PPORTREC\x01\x01" + place.bytes() + number(recipient, 1)
    info = record_context(place).info(recipient_key)
    enc, sealed_key = hpke_seal(ephemeral, recipient_key, info, start, record_key)
    key_commitment, metadata_key = head_keys(start + enc, record_key)
    text = encode_metadata(metadata)
    plaintext = number(len(text), 2) + text
    plaintext += bytes(-len(plaintext) % 512)
    head = start + enc + sealed_key + key_commitment + blake3(body).digest() + number(len(body), 8)
    sealed = seal(metadata_key, bytes(12), head, plaintext)
    return head + number(len(sealed), 2) + sealed, body


# --- identities, §7 ----------------------------------------------------------------------------------


def derive_key(ikm: bytes) -> bytes:
    prk = labeled_extract(KEM, b"", b"dkp_prk", ikm)
    for counter in range(256):
        candidate = labeled_expand(KEM, prk, b"candidate", bytes([counter]), 32)
        if 0 < int.from_bytes(candidate, "big") < ORDER:
            return candidate
    raise AssertionError("256 candidates out of range")


def provider_key(seed: bytes, index: int) -> bytes:
    return derive_key(hkdf(seed, b"patientport/v1/identity/provider" + number(index, 4)))


def patient_key(seed: bytes, index: int) -> bytes:
    return derive_key(hkdf(seed, b"patientport/v1/identity/patient" + number(index, 4)))


def fingerprint(key: bytes) -> str:
    text = b32encode(hashlib.sha256(key).digest()[:10]).decode().lower()
    return "-".join(text[at : at + 4] for at in range(0, 16, 4))
