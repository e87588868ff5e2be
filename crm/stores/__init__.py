"""MongoDB and Redis, one file a noun. Nothing else in `crm` speaks to either."""
