"""The rooms behind `crm.ingest`: what a record is, how files are read, how batches are persisted."""
