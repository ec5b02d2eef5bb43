"""PDF, EPUB, HTML5, H5P, BloomPUB and ZIM files of a few hundred bytes, written by hand."""

import hashlib
import io
import json
import struct
import zipfile


def pdf(text: str, pages: int = 1) -> bytes:
    """A PDF with `text` (ASCII) and the page's number on each of its pages."""
    kids = " ".join(f"{4 + 2 * page} 0 R" for page in range(pages))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {pages} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for page in range(pages):
        stream = f"BT /F1 18 Tf 40 200 Td ({text}, page {page + 1}) Tj ET"
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 400 260] /Contents {5 + 2 * page} 0 R"
            " /Resources << /Font << /F1 3 0 R >> >> >>"
        )
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
    return _pdf_file(objects)


def _pdf_file(objects: list[str]) -> bytes:
    out = bytearray(b"%PDF-1.4\n")
    offsets = []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n".encode()
    table = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    start, size = len(out), len(objects) + 1
    out += f"xref\n0 {size}\n0000000000 65535 f \n{table}".encode()
    out += f"trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n".encode()
    return bytes(out)


def zipped(members: dict[str, str | bytes]) -> bytes:
    """A zip with `members` in order and without times, so that equal contents give equal bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), data)
    return out.getvalue()


def page(title: str, body: str = "") -> str:
    """A small HTML page. ricecooker 0.8.0 fails on a body that begins with a tag."""
    head = f"<!doctype html><html><head><title>{title}</title></head>"
    return f"{head}<body>\n<h1>{title}</h1>{body}</body></html>"


def html5(title: str, extra: dict[str, str | bytes] | None = None) -> bytes:
    """An HTML5 app: index.html, a style sheet and the members of `extra`."""
    link = '<link rel="stylesheet" href="css/style.css">'
    return zipped({"index.html": page(title, link), "css/style.css": "h1 { color: teal }", **(extra or {})})


def epub(title: str) -> bytes:
    """An EPUB 3 book with one chapter."""
    chapter = f'<html xmlns="http://www.w3.org/1999/xhtml"><head><title>{title}</title></head><body>{{}}</body></html>'
    container = (
        '<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
        '<rootfile full-path="OEBPS/book.opf" media-type="application/oebps-package+xml"/>'
        "</rootfiles></container>"
    )
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id">'
        '<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">'
        '<dc:identifier id="id">urn:example:book</dc:identifier>'
        f"<dc:title>{title}</dc:title><dc:language>en</dc:language></metadata><manifest>"
        '<item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>'
        '<item id="one" href="one.xhtml" media-type="application/xhtml+xml"/></manifest>'
        '<spine><itemref idref="one"/></spine></package>'
    )
    contents = (
        '<nav xmlns:epub="http://www.idpf.org/2007/ops" epub:type="toc"><ol>'
        '<li><a href="one.xhtml">One</a></li></ol></nav>'
    )
    return zipped(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": container,
            "OEBPS/book.opf": package,
            "OEBPS/nav.xhtml": chapter.format(contents),
            "OEBPS/one.xhtml": chapter.format(f"<h1>{title}</h1><p>One chapter.</p>"),
        }
    )


def h5p(title: str) -> bytes:
    """An H5P package of the AdvancedText library."""
    library = {"machineName": "H5P.AdvancedText", "majorVersion": 1, "minorVersion": 1}
    about = {"title": title, "language": "und", "mainLibrary": "H5P.AdvancedText", "embedTypes": ["div"]}
    code = {
        **library,
        "title": "Text",
        "patchVersion": 0,
        "runnable": 1,
        "preloadedJs": [{"path": "text.js"}],
    }
    return zipped(
        {
            "h5p.json": json.dumps({**about, "preloadedDependencies": [library]}),
            "content/content.json": json.dumps({"text": f"<p>{title}</p>"}),
            "H5P.AdvancedText-1.1/library.json": json.dumps(code),
            "H5P.AdvancedText-1.1/text.js": "H5P.AdvancedText = function (p) { this.text = p.text };",
        }
    )


def bloompub(title: str) -> bytes:
    """A BloomPUB book with one page."""
    about = {
        "bookInstanceId": "7a6bd95a-1f4f-4d3e-9bb8-000000000001",
        "title": title,
        "allTitles": {"en": title},
    }
    one = f'<div class="bloom-page"><div class="bloom-editable" lang="en"><p>{title}</p></div></div>'
    return zipped({"meta.json": json.dumps(about), "index.htm": page(title, one)})


def zim(title: str) -> bytes:
    """A ZIM archive (version 5) with one article, its main page, and the archive's title.

    Layout: header, MIME types, pointers to the entries by URL, indexes by title, the entries, one
    uncompressed cluster with their contents, MD5 of all that. https://wiki.openzim.org/wiki/ZIM_file_format
    """
    entries = [("A", "index.html", title, 0, page(title).encode()), ("M", "Title", "", 1, title.encode())]
    mime_types = b"text/html\0text/plain\0\0"
    by_url = 80 + len(mime_types)
    by_title = by_url + 8 * len(entries)
    position = by_title + 4 * len(entries)
    pointers, directory = [], b""
    for number, (namespace, url, name, mime, _) in enumerate(entries):
        pointers.append(position + len(directory))
        fields = struct.pack("<HBcIII", mime, 0, namespace.encode(), 0, 0, number)
        directory += fields + url.encode() + b"\0" + name.encode() + b"\0"
    cluster_pointers = position + len(directory)
    blobs = [data for *_, data in entries]
    offsets = [4 * (len(blobs) + 1) + sum(map(len, blobs[:n])) for n in range(len(blobs) + 1)]
    cluster = b"\1" + struct.pack(f"<{len(offsets)}I", *offsets) + b"".join(blobs)
    cluster_position = cluster_pointers + 8
    places = (by_url, by_title, cluster_pointers, 80, 0, 0xFFFFFFFF, cluster_position + len(cluster))
    identity = hashlib.md5(title.encode(), usedforsecurity=False).digest()
    header = struct.pack("<IHH16sIIQQQQIIQ", 72173914, 5, 0, identity, len(entries), 1, *places)
    body = header + mime_types + struct.pack(f"<{len(entries)}Q", *pointers)
    body += struct.pack(f"<{len(entries)}I", *range(len(entries))) + directory
    body += struct.pack("<Q", cluster_position) + cluster
    return body + hashlib.md5(body, usedforsecurity=False).digest()
