"""What has to be done to a file so that a network takes it: pure, from what we measured and what the network declares.

A file is changed only in ways that leave what it shows as it is: another form, fewer pixels, fewer bytes, another codec. What
would change the picture (cropping, padding, cutting, another aspect) is left to people: ``Unfit`` says what stands in the way.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any, Literal

from providers.contract import Issue, Media, MediaFacts
from providers.rules import readable_bytes

VERSION = 1
"""Part of every key: raise it when ``converting`` makes other files of the same fit."""
JPEG, PNG, MP4 = "image/jpeg", "image/png", "video/mp4"
WRITTEN = (JPEG, PNG, "image/webp")
"""The forms of pictures that we write."""
IN_MP4 = ("h264", "hevc", "av1", "vp9", "mpeg4")
"""Codecs that go from one container into an MP4 as they are."""
SOUND_IN_MP4 = ("aac", "mp3", "ac3", "eac3")
SOUND_RATE, SOUND_BITS = 48_000, 128_000
USUAL_BITS = 0.15
"""For each pixel of each frame: more is not seen."""
FEWEST_BITS = 0.04
"""For each pixel of each frame: with fewer, fewer pixels look better."""
SMALLEST_SIDE = 240
"""Pixels. A video that would have to be smaller than this to fit is not worth showing."""
SPARE = 0.92
"""Of the allowed bytes: encoders meet a bit rate roughly."""
NEAR = 0.005
"""Sizes are whole pixels and rates are averages: so much over a limit is on it."""


class What(StrEnum):
    """In which way a file is over a limit."""

    TYPE = "type"
    MOVES = "moves"
    BYTES = "bytes"
    PIXELS = "pixels"
    SMALL = "small"
    ASPECT = "aspect"
    DURATION = "duration"
    CODEC = "codec"
    PIXEL_FORMAT = "pixel format"
    PIXEL_ASPECT = "pixel aspect"
    FRAME_RATE = "frame rate"
    BIT_RATE = "bit rate"
    SOUND = "sound"


CODES: Mapping[What, str] = {
    What.TYPE: "type_unsupported",
    What.MOVES: "animation_unsupported",
    What.BYTES: "too_large",
    What.PIXELS: "resolution_invalid",
    What.SMALL: "resolution_invalid",
    What.ASPECT: "aspect_invalid",
    What.DURATION: "duration_invalid",
    What.CODEC: "codec_unsupported",
    What.PIXEL_FORMAT: "codec_unsupported",
    What.PIXEL_ASPECT: "resolution_invalid",
    What.FRAME_RATE: "frame_rate_invalid",
    What.BIT_RATE: "bit_rate_invalid",
    What.SOUND: "audio_unsupported",
}
"""How the codes of issues end; they begin with the network and the kind: ``x_video_duration_invalid``."""
BEYOND_US = frozenset({What.MOVES, What.SMALL, What.ASPECT, What.DURATION})
"""Mending these would change what the file shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """One limit that a file is over, with the numbers of both."""

    what: What
    details: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """What a file becomes. ``reasons`` are why; all else is what the conversion needs to know."""

    kind: Literal["image", "video"]
    mime: str
    width: int | None = None
    height: int | None = None
    max_bytes: int | None = None
    encode_video: bool = False
    """False: the stream goes over as it is."""
    frame_rate: float | None = None
    """None: as it is."""
    bit_rate: int | None = None
    """Of the pictures of a video, at most."""
    encode_audio: bool = False
    sample_rate: int | None = None
    channels: int | None = None
    reasons: tuple[What, ...] = ()

    @property
    def key(self) -> str:
        """The same for the same work, and safe inside an address."""
        parts = [f"fit{VERSION}", self.mime.rpartition("/")[2]]
        parts += [f"{self.width}x{self.height}"] if self.width else []
        parts += [f"b{self.max_bytes}"] if self.max_bytes else []
        if self.kind == "video":
            parts.append("h264" if self.encode_video else "copy")
            parts += [f"{self.frame_rate:g}fps"] if self.frame_rate else []
            parts += [f"r{self.bit_rate}"] if self.bit_rate else []
            parts += [f"aac{self.sample_rate}x{self.channels}"] if self.encode_audio else []
        return "-".join(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfit:
    """Nothing that leaves the picture as it is makes the file fit."""

    breaches: tuple[Breach, ...]


def plan(facts: MediaFacts, limits: Media) -> Fit | Unfit | None:
    """What has to be done to the file; None when it fits as it is."""
    found = tuple(breaches(facts, limits))
    if not found:
        return None
    if facts.moves:
        found = (*found, Breach(what=What.MOVES))  # one picture of several is another picture
    hopeless = tuple(breach for breach in found if breach.what in BEYOND_US)
    if hopeless:
        return Unfit(breaches=hopeless)
    if facts.kind not in ("image", "video"):
        return Unfit(breaches=found)
    reasons = tuple(dict.fromkeys(breach.what for breach in found))
    fit = _picture(facts, limits, reasons) if facts.kind == "image" else _film(facts, limits, reasons)
    if fit is None:
        return Unfit(breaches=found)
    left = tuple(breaches(after(facts, fit), limits))
    return Unfit(breaches=left) if left else fit


def after(facts: MediaFacts, fit: Fit) -> MediaFacts:
    """What the fitted file will be, as far as can be told before it is made."""
    size = None if facts.size is None or fit.max_bytes is None else min(facts.size, fit.max_bytes)
    made = replace(
        facts, mime=fit.mime, extension=extension_of(fit.mime), size=size, width=fit.width, height=fit.height
    )
    if fit.kind == "image":
        return replace(made, alpha=facts.alpha and fit.mime != JPEG)
    made = replace(made, container="mp4", size=size if fit.encode_video else facts.size)
    if fit.encode_video:
        made = replace(
            made,
            video_codec="h264",
            pixel_format="yuv420p",
            pixel_aspect=1.0,
            rotation=0,
            frame_rate=fit.frame_rate or facts.frame_rate,
            bit_rate=None if fit.bit_rate is None else fit.bit_rate + SOUND_BITS,
        )
    if fit.encode_audio:
        made = replace(made, audio_codec="aac", sample_rate=fit.sample_rate, channels=fit.channels)
    return made


def extension_of(mime: str) -> str:
    return {JPEG: "jpg", PNG: "png", "image/webp": "webp", MP4: "mp4"}[mime]


# --- is it over? --------------------------------------------------------------------------------------------------------


def breaches(facts: MediaFacts, limits: Media) -> Iterator[Breach]:
    """Every limit that the file is over. What is not known breaks none."""
    if limits.mimes and facts.mime not in limits.mimes:
        yield Breach(what=What.TYPE, details={"mime": facts.mime, "supportedValues": list(limits.mimes)})
    if limits.max_bytes and facts.size and facts.size > limits.max_bytes:
        yield Breach(what=What.BYTES, details={"size": facts.size, "maxBytes": limits.max_bytes})
    if facts.width and facts.height:
        yield from _size_breaches(facts.width, facts.height, limits)
    if facts.kind == "video":
        yield from _film_breaches(facts, limits)


def _size_breaches(width: int, height: int, limits: Media) -> Iterator[Breach]:
    size = {"width": width, "height": height}
    if _room(width, height, limits) < 1:
        most = {"maxWidth": limits.max_width, "maxHeight": limits.max_height, "maxPixels": limits.max_pixels}
        yield Breach(what=What.PIXELS, details={**size, **most, "maxSides": limits.max_sides})
    least = _turned(width, height, limits.min_width, limits.min_height, limits.either_way)
    if width < (least[0] or 0) or height < (least[1] or 0):
        yield Breach(what=What.SMALL, details={**size, "minWidth": limits.min_width, "minHeight": limits.min_height})
    aspect = width / height
    if _outside(aspect, limits.min_aspect, limits.max_aspect):
        bounds = {"minAspect": limits.min_aspect, "maxAspect": limits.max_aspect}
        yield Breach(what=What.ASPECT, details={**size, "aspect": round(aspect, 4), **bounds})


def _film_breaches(facts: MediaFacts, limits: Media) -> Iterator[Breach]:
    if facts.duration and not (limits.min_seconds or 0) <= facts.duration <= (limits.max_seconds or math.inf):
        bounds = {"minSeconds": limits.min_seconds, "maxSeconds": limits.max_seconds}
        yield Breach(what=What.DURATION, details={"duration": round(facts.duration, 2), **bounds})
    for what, said, taken in (
        (What.CODEC, facts.video_codec, limits.video_codecs),
        (What.PIXEL_FORMAT, facts.pixel_format, limits.pixel_formats),
        (What.SOUND, facts.audio_codec, limits.audio_codecs),
    ):
        if said and taken and said not in taken:
            yield Breach(what=what, details={"value": said, "supportedValues": list(taken)})
    if limits.square_pixels and facts.pixel_aspect and _outside(facts.pixel_aspect, 1.0, 1.0):
        yield Breach(what=What.PIXEL_ASPECT, details={"value": facts.pixel_aspect})
    if facts.frame_rate and _outside(facts.frame_rate, limits.min_frame_rate, limits.max_frame_rate):
        bounds = {"minFrameRate": limits.min_frame_rate, "maxFrameRate": limits.max_frame_rate}
        yield Breach(what=What.FRAME_RATE, details={"frameRate": facts.frame_rate, **bounds})
    if facts.bit_rate and _outside(facts.bit_rate, None, limits.max_bit_rate):
        yield Breach(what=What.BIT_RATE, details={"bitRate": facts.bit_rate, "maxBitRate": limits.max_bit_rate})
    for name, value, most in (
        ("sampleRate", facts.sample_rate, limits.max_sample_rate),
        ("channels", facts.channels, limits.max_channels),
    ):
        if facts.audio_codec and value and most and value > most:
            yield Breach(what=What.SOUND, details={"name": name, "value": value, "max": most})


def _outside(value: float, least: float | None, most: float | None) -> bool:
    return value < (least or 0) * (1 - NEAR) or value > (most or math.inf) * (1 + NEAR)


# --- sizes --------------------------------------------------------------------------------------------------------------


def _turned(
    width: int, height: int, wide: int | None, high: int | None, either_way: bool
) -> tuple[int | None, int | None]:
    """The limits of width and height as they stand for a picture that may be turned."""
    if not either_way or wide is None or high is None:
        return wide, high
    longer, shorter = max(wide, high), min(wide, high)
    return (longer, shorter) if width >= height else (shorter, longer)


def _room(width: int, height: int, limits: Media) -> float:
    """By how much the sides may be multiplied: less than 1 when the picture is too large."""
    wide, high = _turned(width, height, limits.max_width, limits.max_height, limits.either_way)
    ratios = [math.inf]
    ratios += [wide / width] if wide else []
    ratios += [high / height] if high else []
    ratios += [math.sqrt(limits.max_pixels / (width * height))] if limits.max_pixels else []
    ratios += [limits.max_sides / (width + height)] if limits.max_sides else []
    return min(ratios)


def _shrunk(width: int, height: int, limits: Media, factor: float, step: int) -> tuple[int, int]:
    """Both sides times ``factor``, in whole steps, without leaving the allowed aspects by the rounding."""
    wide = max(step, math.floor(width * factor / step) * step)
    high = max(step, math.floor(height * factor / step) * step)
    if limits.max_aspect and wide / high > limits.max_aspect:
        wide = max(step, math.floor(high * limits.max_aspect / step) * step)
    if limits.min_aspect and wide / high < limits.min_aspect:
        high = max(step, math.floor(wide / limits.min_aspect / step) * step)
    return wide, high


# --- pictures -----------------------------------------------------------------------------------------------------------


def _picture(facts: MediaFacts, limits: Media, reasons: tuple[What, ...]) -> Fit | None:
    """The same form where it can stay: JPEG takes transparency away, and makes fewer bytes of nearly all else."""
    stays = What.BYTES not in reasons and facts.mime in WRITTEN and What.TYPE not in reasons
    mime = facts.mime if stays else JPEG
    if not facts.width or not facts.height or (limits.mimes and mime not in limits.mimes):
        return None
    width, height = facts.width, facts.height
    if What.PIXELS in reasons:
        width, height = _shrunk(width, height, limits, _room(width, height, limits), 1)
    return Fit(kind="image", mime=mime, width=width, height=height, max_bytes=limits.max_bytes, reasons=reasons)


# --- films --------------------------------------------------------------------------------------------------------------


def _film(facts: MediaFacts, limits: Media, reasons: tuple[What, ...]) -> Fit | None:
    """An MP4, with the streams as they are where they can stay."""
    if limits.mimes and MP4 not in limits.mimes:
        return None
    codec_stays = facts.video_codec in IN_MP4 and not {
        What.CODEC,
        What.PIXEL_FORMAT,
        What.PIXEL_ASPECT,
        What.PIXELS,
        What.FRAME_RATE,
        What.BIT_RATE,
        What.BYTES,
    }.intersection(reasons)
    encode_audio = facts.audio_codec is not None and (
        What.SOUND in reasons or What.BYTES in reasons or facts.audio_codec not in SOUND_IN_MP4
    )
    fit = Fit(
        kind="video",
        mime=MP4,
        width=facts.width,
        height=facts.height,
        max_bytes=None if codec_stays else limits.max_bytes,
        encode_audio=encode_audio,
        sample_rate=_at_most(facts.sample_rate, limits.max_sample_rate, SOUND_RATE) if encode_audio else None,
        channels=_at_most(facts.channels, limits.max_channels, 2) if encode_audio else None,
        reasons=reasons,
    )
    return fit if codec_stays else _encoded(fit, facts, limits)


def _at_most(value: int | None, limit: int | None, usual: int) -> int:
    return min(value or usual, limit or usual, usual)


def _encoded(fit: Fit, facts: MediaFacts, limits: Media) -> Fit | None:
    if not facts.width or not facts.height or (limits.video_codecs and "h264" not in limits.video_codecs):
        return None
    rate = _frame_rate(facts.frame_rate, limits)
    factor = min(1.0, _room(facts.width, facts.height, limits))
    width, height = _shrunk(facts.width, facts.height, limits, factor, 2)
    usual = int(width * height * (rate or facts.frame_rate or 30) * USUAL_BITS)
    most = [bits for bits in (usual, limits.max_bit_rate and int(limits.max_bit_rate * SPARE)) if bits]
    if limits.max_bytes and facts.duration:
        fits = int(limits.max_bytes * 8 * SPARE / facts.duration) - (SOUND_BITS if facts.audio_codec else 0)
        few = width * height * (rate or facts.frame_rate or 30) * FEWEST_BITS
        if fits <= 0:
            return None
        if fits < few:
            width, height = _shrunk(width, height, limits, math.sqrt(fits / few), 2)
        if min(width, height) < min(SMALLEST_SIDE, facts.width // 2 * 2, facts.height // 2 * 2):
            return None
        most.append(fits)
    elif What.BYTES in fit.reasons:
        return None  # nobody knows how long it is, so nobody knows how many bits a second may have
    return replace(fit, encode_video=True, width=width, height=height, frame_rate=rate, bit_rate=max(1, min(most)))


def _frame_rate(rate: float | None, limits: Media) -> float | None:
    """The new rate; None when the old one may stay. A whole part or a whole multiple keeps movements even."""
    if rate is None or not _outside(rate, limits.min_frame_rate, limits.max_frame_rate):
        return None
    least, most = limits.min_frame_rate or 0.0, limits.max_frame_rate or math.inf
    part = rate / math.ceil(rate / most) if rate > most else rate * math.ceil(least / rate)
    return part if least <= part <= most else most if rate > most else least


# --- said to people -------------------------------------------------------------------------------------------------------

FORMS = {
    JPEG: "JPEG",
    PNG: "PNG",
    "image/webp": "WebP",
    "image/gif": "GIF",
    MP4: "MP4",
    "video/quicktime": "MOV",
    "video/webm": "WebM",
    "video/x-m4v": "M4V",
    "video/x-matroska": "MKV",
    "video/x-msvideo": "AVI",
}
CODECS = {"h264": "H.264", "hevc": "H.265", "vp8": "VP8", "vp9": "VP9", "av1": "AV1", "aac": "AAC", "opus": "Opus"}


def told(network: str, facts: MediaFacts, fit: Fit, made: MediaFacts | None = None) -> str:
    """What is done to a file, or what was done when ``made`` is there: one sentence with the numbers of both."""
    now = made or after(facts, fit)
    changes = _changes(facts, fit, now, "" if made else "at most ")
    verb = "was" if made else "is"
    noun = "picture" if fit.kind == "image" else "video"
    return f"The {noun} {verb} fitted for {network}: {', '.join(changes)}."


def _changes(facts: MediaFacts, fit: Fit, made: MediaFacts, roughly: str) -> Iterator[str]:
    if facts.mime != made.mime:
        yield f"{form(facts.mime)} → {form(made.mime)}"
    if (facts.width, facts.height) != (made.width, made.height):
        yield f"{facts.width}×{facts.height} → {made.width}×{made.height}"
    if fit.encode_video and (facts.video_codec, facts.pixel_format) != (made.video_codec, made.pixel_format):
        same = facts.video_codec == made.video_codec
        yield (
            f"{facts.pixel_format} → {made.pixel_format}"
            if same
            else f"{codec(facts.video_codec)} → {codec(made.video_codec)}"
        )
    if fit.encode_audio:
        yield f"sound {codec(facts.audio_codec)} → {codec(made.audio_codec)}"
    if fit.frame_rate and facts.frame_rate:
        yield f"{facts.frame_rate:.4g} → {fit.frame_rate:.4g} frames a second"
    if What.PIXEL_ASPECT in fit.reasons:
        yield "square pixels"
    if facts.alpha and not made.alpha:
        yield "white behind what was transparent"
    before, now = readable_bytes(facts.size or 0), readable_bytes(made.size or 0)
    if facts.size and made.size and before != now and (fit.kind == "image" or fit.encode_video):
        yield f"{before} → {roughly}{now}"
    elif What.BIT_RATE in fit.reasons and fit.bit_rate:
        yield f"at most {fit.bit_rate / 1_000_000:.3g} million bits a second"


def form(mime: str) -> str:
    return FORMS.get(mime, mime.rpartition("/")[2].removeprefix("x-").upper())


def codec(name: str | None) -> str:
    return CODECS.get(name or "", (name or "unknown").upper())


def issue_of(breach: Breach, *, network: str, codes: str, kind: str, position: int, asset: Mapping[str, Any]) -> Issue:
    return Issue(
        code=f"{codes}_{kind}_{CODES[breach.what]}",
        where=f"assets.{position}",
        message=sentence(breach, network, kind),
        details={**{name: value for name, value in breach.details.items() if value is not None}, **asset},
    )


def sentence(breach: Breach, network: str, kind: str, verb: str = "takes") -> str:
    """What the network takes, what the file is, and what to do."""
    noun, d = ("picture" if kind == "image" else "video"), breach.details
    size = f"{d.get('width')}×{d.get('height')} pixels"
    match breach.what:
        case What.TYPE:
            taken = ", ".join(form(mime) for mime in d["supportedValues"])
            return f"{network} {verb} {taken}; this {noun} is {form(d['mime'])}. Save it in another form."
        case What.MOVES:
            return f"{network} takes no moving pictures of this form, and one frame of it would be another picture. Use a video or a still picture."
        case What.BYTES:
            return f"{network} {verb} {noun}s of at most {readable_bytes(d['maxBytes'])}; this one has {readable_bytes(d['size'])}. Use a smaller one."
        case What.PIXELS:
            return f"{network} takes no {noun} of {size}. Make it smaller."
        case What.SMALL:
            least = " and ".join(
                f"at least {d[name]} pixels {word}"
                for name, word in (("minWidth", "wide"), ("minHeight", "high"))
                if d[name]
            )
            return f"{network} {verb} {noun}s {least}; this one has {size}. Use a larger one."
        case What.ASPECT:
            return f"{network} {verb} {noun}s {_shape(d['minAspect'], d['maxAspect'])}; this one has {size}. Crop it."
        case What.DURATION:
            return f"{network} {verb} videos of {_between(d['minSeconds'], d['maxSeconds'])} seconds; this one has {d['duration']:.4g}. Cut it, or use another."
        case What.FRAME_RATE:
            return f"{network} {verb} videos of {_between(d['minFrameRate'], d['maxFrameRate'])} frames a second; this one has {d['frameRate']:.4g}. Export it anew."
        case What.BIT_RATE:
            return f"{network} {verb} videos of at most {d['maxBitRate'] / 1_000_000:g} million bits a second; this one has {d['bitRate'] / 1_000_000:.3g}. Export it anew."
        case What.CODEC | What.PIXEL_FORMAT | What.PIXEL_ASPECT | What.SOUND:
            return f"{network} does not take the {breach.what} of this video ({d.get('value')}). Export it as H.264 with AAC."


def _between(least: float | None, most: float | None) -> str:
    if least and most:
        return f"{least:g} to {most:g}"
    return f"at least {least:g}" if least else f"at most {most:g}"


def _shape(least: float | None, most: float | None) -> str:
    """In words, because a bare ratio tells nobody which side is meant."""
    if least and most:
        return f"that are between {least:.3g} and {most:.3g} times as wide as high"
    return (
        f"that are at least {least:.3g} times as wide as high"
        if least
        else f"that are at most {most:.3g} times as wide as high"
    )


# --- kept -----------------------------------------------------------------------------------------------------------------


def facts_json(facts: MediaFacts) -> dict[str, Any]:
    return asdict(facts)


def facts_of(data: Mapping[str, Any] | None) -> MediaFacts | None:
    """None when nobody measured the file yet, or it could not be measured."""
    return MediaFacts(**data) if data else None
