# SPDX-License-Identifier: Apache-2.0
"""Pages link to files of the repository that the site does not hold (../bench/README.md). There is nothing to go to from the
site, so such a link becomes the file's path. A link to what does not exist is a warning."""

from __future__ import annotations

from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms import SphinxTransform
from sphinx.util import logging

log = logging.getLogger(__name__)


class Outside(SphinxTransform):
    default_priority = 1  # before references are looked up

    def apply(self, **_) -> None:
        page = Path(self.env.doc2path(self.env.docname))
        docs = Path(self.app.srcdir).resolve()
        kinds = (addnodes.pending_xref, nodes.reference)  # downloads are references, too
        for link in [link for kind in kinds for link in self.document.findall(kind)]:
            target = (link.get("reftarget") or link.get("refuri") or "").partition("#")[0]
            if not target or "://" in target or target.startswith("mailto:"):
                continue
            file = (page.parent / target).resolve()
            inside = docs in file.parents and file.suffix in (".md", "")
            if inside or (docs in file.parents and isinstance(link, addnodes.download_reference)):
                continue
            if not file.exists():
                log.warning("there is no %s", target, location=link)
                continue
            shown = str(file.relative_to(docs.parent)) + ("/" if file.is_dir() else "")
            words = link.astext()
            link.replace_self([nodes.literal(shown, shown)] if words == shown or words in shown else
                              [nodes.Text(words + " ("), nodes.literal(shown, shown), nodes.Text(")")])


def setup(app):
    app.add_transform(Outside)
    return {"version": "1", "parallel_read_safe": True}
