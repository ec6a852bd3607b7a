"""One hour in which something beyond the merit order happens: shortage, storage, export."""
