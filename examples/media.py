"""Generates small pictures, sound, films and subtitles, with the same bytes each time on one machine."""

import io
import subprocess
from pathlib import Path

from PIL import Image, ImageDraw

BITEXACT = ("-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact", "-map_metadata", "-1")


def write(path: Path, data: bytes | str) -> str:
    """Write `data` to `path`, making its folder, and return the path as ricecooker takes it: a string."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return str(path)


def picture(text: str, colour: str = "steelblue", size: tuple[int, int] = (320, 180), kind: str = "PNG") -> bytes:
    """A rectangle of `colour` with a frame and `text` on it, in any format that Pillow writes."""
    image = Image.new("RGB", size, colour)
    draw = ImageDraw.Draw(image)
    draw.rectangle((4, 4, size[0] - 5, size[1] - 5), outline="white", width=2)
    draw.text((size[0] // 10, size[1] // 3), text, fill="white")
    out = io.BytesIO()
    image.save(out, kind)
    return out.getvalue()


def drawing(label: str) -> str:
    """An SVG: a right triangle with `label` under it."""
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="120" height="90" viewBox="0 0 120 90">'
        '<path d="M10 70 L100 70 L10 10 Z" fill="none" stroke="black"/>'
        f'<text x="40" y="86" font-size="12">{label}</text></svg>'
    )


def film(path: Path, height: int, seconds: int = 1) -> str:
    """Write an MP4 of a test picture with a tone; ricecooker calls it high resolution from 720 lines on."""
    width = height * 16 // 9
    sources = [
        *("-f", "lavfi", "-i", f"testsrc=size={width}x{height}:rate=5:duration={seconds}"),
        *("-f", "lavfi", "-i", f"sine=frequency=440:duration={seconds}"),
    ]
    return _ffmpeg(path, *sources, "-c:v", "libx264", "-threads", "1", "-pix_fmt", "yuv420p", "-c:a", "aac")


def tone(path: Path, seconds: int = 2) -> str:
    """Write an MP3 with a tone of `seconds`."""
    return _ffmpeg(path, "-f", "lavfi", "-i", f"sine=frequency=330:duration={seconds}", "-c:a", "libmp3lame")


def _ffmpeg(path: Path, *arguments: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    command = ["ffmpeg", "-y", "-loglevel", "error", *arguments, *BITEXACT, str(path)]
    subprocess.run(command, check=True)  # noqa: S603
    return str(path)


def subtitles_vtt(line: str) -> str:
    """One WebVTT cue of a second."""
    return f"WEBVTT\n\n00:00.000 --> 00:01.000\n{line}\n"


def subtitles_srt(line: str) -> str:
    """The same cue as SubRip, which ricecooker turns into WebVTT."""
    return f"1\n00:00:00,000 --> 00:00:01,000\n{line}\n"
