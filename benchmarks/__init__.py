"""Figures of the product, each beside a raw limit measured in the same run. See docs/performance.md."""
