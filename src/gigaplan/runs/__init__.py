"""Keeps runs: content-addressed folders that are whole or not there."""

from gigaplan.runs.addressing import code_id, content_id
from gigaplan.runs.store import RunRecord, RunStore, default_store

__all__ = ["RunRecord", "RunStore", "code_id", "content_id", "default_store"]
