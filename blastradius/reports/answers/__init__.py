"""The answers of ``impact`` and ``why``: first in sections of sentences, then as a format has them."""
