"""Private stores, and workers, beside the web process where no stores are set up. Knows nothing of crm."""
