"""The domain of Mini-CRM: customers, orders, segments, campaigns. Imports no web framework."""
