"""gigaplan's version; runs are named by it."""

VERSION = "0.1.0"
