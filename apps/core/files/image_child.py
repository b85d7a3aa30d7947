"""Decodes one picture in a confined process and writes it anew, so that only its pixels survive."""

from __future__ import annotations

import io
import sys

from apps.core.sandbox import confine

MAX_PIXELS = 40_000_000
FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP"}
TOO_LARGE, NO_PICTURE = 3, 4


def clean(content: bytes, media_type: str) -> bytes:
    """The picture turned the right way up, without metadata, further frames or anything after its end."""
    from PIL import Image, ImageOps

    name = FORMATS[media_type]
    Image.MAX_IMAGE_PIXELS = None
    with Image.open(io.BytesIO(content), formats=(name,)) as source:
        if source.width * source.height > MAX_PIXELS:
            sys.exit(TOO_LARGE)
        picture = ImageOps.exif_transpose(source)
        if name == "JPEG" or picture.mode not in ("L", "RGB", "RGBA", "LA", "1"):
            alpha = picture.mode in ("P", "PA", "La", "RGBa") and name != "JPEG"
            picture = picture.convert("RGBA" if alpha else "RGB")
        if name == "WEBP" and picture.mode not in ("RGB", "RGBA"):
            picture = picture.convert("RGBA" if picture.mode == "LA" else "RGB")
        fresh = Image.new(picture.mode, picture.size)
        fresh.paste(picture)
    target = io.BytesIO()
    options = {"quality": 88} if name != "PNG" else {}
    fresh.save(target, name, **options)
    return target.getvalue()


def main() -> None:
    media_type = confine(sys.argv[1:])[0]
    try:
        content = clean(sys.stdin.buffer.read(), media_type)
    except (OSError, ValueError, SyntaxError):
        sys.exit(NO_PICTURE)
    sys.stdout.buffer.write(content)


if __name__ == "__main__":
    main()
