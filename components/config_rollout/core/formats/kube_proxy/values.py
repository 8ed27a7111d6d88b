"""
How Go reads the values of a KubeProxyConfiguration: plain scalars, numbers, durations, quantities, addresses.

Not which field they are of (fields.py).
"""

import ipaddress
import math
import re
import struct
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from ..meaning import NotUnderstood

MAX_INT32 = 2**31 - 1
MAX_INT64 = 2**63 - 1


@dataclass(frozen=True)
class Number:
    """A number as JSON spells it, since Go decides by the spelling whether it is an integer; `NaN` is none."""

    literal: str


_LONGEST = 1000
"""Numbers and durations of more characters are refused, although Go would read them."""

_CONSTANTS: dict[str, bool | None] = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
}
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_INTEGERS = [
    (re.compile(r"([-+]?)(0)"), 10),
    (re.compile(r"([-+]?)([1-9][0-9]*)"), 10),
    (re.compile(r"([-+]?)0[xX]([0-9a-fA-F]+)"), 16),
    (re.compile(r"([-+]?)0[bB]([01]+)"), 2),
    (re.compile(r"([-+]?)0[oO]?([0-7]+)"), 8),
]
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")


def resolve(text: str) -> bool | str | Number | None:
    """
    Return what Go takes a plain scalar for. YAML 1.1 booleans and octal numbers are known, base 60 and dates are not.

    Source: go.yaml.in/yaml/v2 `resolve`, and encoding/json for the spelling of its floats.
    """
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _NOT_FINITE.fullmatch(text):
        return Number("NaN")
    if text[0] not in "+-.0123456789":
        return text
    if len(text) > _LONGEST:
        raise NotUnderstood(f"a scalar that begins like a number has more than {_LONGEST} characters")
    plain = text if text[0] == "." else text.replace("_", "")
    for pattern, base in _INTEGERS:
        if match := pattern.fullmatch(plain):
            value = int(match[1] + match[2], base)
            if -(2**63) <= value < 2**64 and not (value >= 2**63 and match[1] == "+"):
                return Number(str(value))
    if _FLOAT.fullmatch(plain):
        number = float(plain)
        if math.isinf(number):  # out of range for Go, and so a text
            return text
        whole = number.is_integer() and abs(number) < 1e21
        return Number(str(int(Decimal(repr(number)))) if whole else repr(number))
    return text


_JSON_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")


def integer(number: Number, least: int, most: int) -> int | None:
    """Return the integer, or `None` for one with a point or an exponent, or out of bounds."""
    if not re.fullmatch(r"-?[0-9]{1,20}", number.literal):
        return None
    value = int(number.literal)
    return value if least <= value <= most else None


def float32(number: Number) -> float | None:
    """
    Return the nearest float32 in its shortest spelling, or `None` beyond the range.

    Rounded once, from the decimal: two numbers are the same only if Go's `ParseFloat(s, 32)` makes them so.
    """
    if not _JSON_NUMBER.fullmatch(number.literal) or len(number.literal) > _LONGEST:
        return None
    exponent = re.search(r"[eE]([-+]?[0-9]+)", number.literal)
    if exponent and abs(int(exponent[1])) > 4000:  # Fraction would write it out
        return None
    exact = Fraction(number.literal)
    try:
        near = struct.unpack("<I", struct.pack("<f", abs(float(exact))))[0]
    except OverflowError:
        return None
    bits = [candidate for candidate in (near - 1, near, near + 1) if 0 <= candidate < 0x7F800000]
    best = min(bits, key=lambda candidate: (abs(Fraction(_from_bits(candidate)) - abs(exact)), candidate % 2))
    value = _from_bits(best)
    shortest = next(s for p in range(1, 18) if _to_bits(s := float(f"{value:.{p}g}")) == best)
    return math.copysign(shortest, exact) if value else 0.0


def _from_bits(bits: int) -> float:
    value: float = struct.unpack("<f", struct.pack("<I", bits))[0]
    return value


def _to_bits(value: float) -> int | None:
    try:
        bits: int = struct.unpack("<I", struct.pack("<f", value))[0]
    except OverflowError:
        return None
    return bits


_UNITS = {"ns": 1, "us": 10**3, "µs": 10**3, "μs": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}
_DURATION_PART = re.compile(r"([0-9]*)(?:\.([0-9]*))?(ns|us|µs|μs|ms|s|m|h)")


def duration(text: str) -> int | None:
    """
    Return a Go duration in nanoseconds, or `None` if it is none or longer than 292 years.

    Source: Go `time.ParseDuration`.
    """
    sign, rest = (-1 if text.startswith("-") else 1), text[1:] if text[:1] in ("-", "+") else text
    if rest == "0":
        return 0
    if len(rest) > _LONGEST:
        return None
    total, at = 0, 0
    while at < len(rest):
        part = _DURATION_PART.match(rest, at)
        if not part or not (part[1] or part[2]):
            return None
        unit = _UNITS[part[3]]
        total += int(part[1] or "0") * unit + _part_of(part[2] or "", unit)
        at = part.end()
    if not rest or total > MAX_INT64:
        return None
    return sign * total


def _part_of(digits: str, unit: int) -> int:
    """Return the digits after the point as nanoseconds; Go calculates in float64, and so does this."""
    value, scale = 0, 1.0
    for digit in digits:
        if value > MAX_INT64 // 10 or value * 10 + int(digit) > MAX_INT64 + 1:
            break
        value, scale = value * 10 + int(digit), scale * 10
    return int(float(value) * (float(unit) / scale))


def show_duration(nanoseconds: int) -> str:
    """Return the one spelling of a duration that Go prints: `1h30m0s`, `250ms`, `0s`."""
    sign, rest = ("-" if nanoseconds < 0 else ""), abs(nanoseconds)
    if rest == 0:
        return "0s"
    for unit, size in (("ns", 1), ("µs", 10**3), ("ms", 10**6)):
        if rest < 1000 * size:
            return f"{sign}{_decimal(rest, size)}{unit}"
    minutes, below = divmod(rest, 60 * 10**9)
    hours, minutes = divmod(minutes, 60)
    head = f"{hours}h{minutes}m" if hours else f"{minutes}m" if minutes else ""
    return f"{sign}{head}{_decimal(below, 10**9)}s"


def _decimal(value: int, unit: int) -> str:
    whole, part = divmod(value, unit)
    digits = f"{part:0{len(str(unit)) - 1}d}".rstrip("0") if part else ""
    return f"{whole}.{digits}" if digits else str(whole)


_QUANTITY = re.compile(r"([-+]?)([0-9]+\.?[0-9]*|\.[0-9]+)([numkMGTPE]|[KMGTPE]i|[eE][-+]?[0-9]{1,2})?")
_POWERS = {"n": -9, "u": -6, "m": -3, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}


def quantity(text: str) -> int | None:
    """
    Return a Kubernetes quantity as a whole number, rounded away from zero as its `Value()` is.

    `None` if it is none, or beyond an int64, which Kubernetes would cap. Source: apimachinery `resource.ParseQuantity`.
    """
    match = _QUANTITY.fullmatch(text.strip(" "))
    if not match or len(text) > 60:
        return None
    amount, suffix = Fraction(match[2].rstrip(".")), match[3] or ""
    if suffix.endswith("i"):
        amount *= 1024 ** ("KMGTPE".index(suffix[0]) + 1)
    elif suffix:
        amount *= Fraction(10) ** (_POWERS[suffix] if suffix in _POWERS else int(suffix[1:]))
    whole = math.ceil(amount)
    if whole > MAX_INT64:
        return None
    return -whole if match[1] == "-" else whole


def address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return an IP address; leading zeros are decimal, zones are refused. Source: k8s.io/utils `ParseIPSloppy`."""
    try:
        if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9}){3}", text):
            return ipaddress.IPv4Address(".".join(str(int(part)) for part in text.split(".")))
        return ipaddress.IPv6Address(text) if ":" in text and "%" not in text and text.isascii() else None
    except ValueError:
        return None


def is_ipv4(ip: ipaddress.IPv4Address | ipaddress.IPv6Address | None) -> bool:
    """Tell whether Go's `To4` has an answer: IPv4 and IPv4-mapped IPv6 addresses."""
    return isinstance(ip, ipaddress.IPv4Address) or (ip is not None and ip.ipv4_mapped is not None)


def cidr_family(text: str) -> int | None:
    """Return 4 or 6, or `None` if the text is no CIDR. Source: k8s.io/utils `ParseCIDRSloppy`."""
    host, slash, length = text.partition("/")
    ip = address(host)
    if ip is None or not slash or not re.fullmatch(r"[0-9]{1,6}", length) or int(length) > ip.max_prefixlen:
        return None
    mask = (1 << ip.max_prefixlen) - (1 << (ip.max_prefixlen - int(length)))
    return 4 if is_ipv4(type(ip)(int(ip) & mask)) else 6


def split_host_port(text: str) -> tuple[str, str] | None:
    """Return host and port of `host:port` or `[host]:port`. Source: Go `net.SplitHostPort`."""
    host, colon, port = text.rpartition(":")
    if not colon or "]" in port or "[" in port:
        return None
    if host.startswith("["):
        host = host[1:-1] if host.endswith("]") else "["
        return None if "[" in host or "]" in host else (host, port)
    return None if ":" in host or "[" in host or "]" in host else (host, port)


def with_port(text: str, port: int) -> str:
    """Return an address without port with one; anything else as it is. Source: proxyutil `AppendPortIfNeeded`."""
    if split_host_port(text) or address(text) is None:
        return text
    return f"[{text}]:{port}" if ":" in text else f"{text}:{port}"
