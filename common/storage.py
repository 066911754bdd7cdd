"""Static files under names that carry their hash, so that a browser may keep them for ever."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from whitenoise.storage import CompressedManifestStaticFilesStorage

from common import stylesheets

KIT = "vendor/tabler.min.css"


class HashedModules(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # whitenoise has no types
    """Also rewrites the imports between our JavaScript modules to the hashed names, and leaves of the kit's
    style sheet only what our pages can use: a quarter of what every first visit would load.
    """

    support_js_module_import_aggregation = True

    def post_process(
        self, paths: dict[str, Any], dry_run: bool = False, **options: Any
    ) -> Iterator[tuple[str, str | None, bool | Exception]]:
        if KIT in paths and not dry_run:
            # From its source: what is in our folder may be an earlier selection.
            storage, path = paths[KIT]
            with storage.open(path) as file:
                css = file.read().decode()
            small = stylesheets.subset(css, stylesheets.words(settings.BASE_DIR))
            self.delete(KIT)
            self.save(KIT, ContentFile(small.encode()))
            paths = {**paths, KIT: (self, KIT)}
        yield from super().post_process(paths, dry_run, **options)
