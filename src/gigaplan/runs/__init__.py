"""Keeps runs: content-addressed folders that are whole or not there."""

from gigaplan.runs.addressing import content_id
from gigaplan.runs.store import RunRecord, RunStore, default_store

__all__ = ["RunRecord", "RunStore", "content_id", "default_store"]
