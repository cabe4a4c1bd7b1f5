"""Only the two thumbnails of every file of a folder, turned upright when they are small. `manual`: as Pillow's manual makes thumbnails, each
from the file with `thumbnail`, which has libjpeg decode at a scale that will do (draft), with Pillow's own encoder settings. `best`: what
somebody does who has measured: the file is decoded once, at the smallest scale of all that will do, the smaller one is made from the
larger, and the encoder is told to make the same effort as ours."""
import json
import os
import resource
import sys
import time
from io import BytesIO

from PIL import Image, ImageOps


def webp(picture, **options):
    out = BytesIO()
    picture.save(out, "WEBP", **options)
    return len(out.getvalue())


def peak_bytes():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))


def manual(path):
    total = 0
    for side, quality in ((800, 80), (200, 75)):
        with Image.open(path) as picture:
            picture.thumbnail((side, side))
            total += webp(ImageOps.exif_transpose(picture), quality=quality)
    return total


def best(path):
    with Image.open(path) as picture:
        picture.draft("RGB", (800, 800))
        picture.thumbnail((800, 800))
        upright = ImageOps.exif_transpose(picture)
        total = webp(upright, quality=82, method=2)
        upright.thumbnail((200, 200))
        return total + webp(upright, quality=77, method=2)


folder, way = sys.argv[1:]
files = sorted(os.listdir(folder))
make = best if way == "best" else manual
started = time.perf_counter()
before = resource.getrusage(resource.RUSAGE_SELF)
total = sum(make(os.path.join(folder, name)) for name in files)
after = resource.getrusage(resource.RUSAGE_SELF)
print(
    json.dumps(
        {
            "cpu_ms": 1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime),
            "wall_ms": 1000 * (time.perf_counter() - started),
            "peak_rss_bytes": peak_bytes(),
            "photos": len(files),
            "thumbnail_bytes": total,
        }
    )
)
