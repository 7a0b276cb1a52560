"""tradenode itself."""

from __future__ import annotations
