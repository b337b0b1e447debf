"""Groundswell: queue, publish and measure an advocacy campaign. The map of the house is below."""

__version__ = "0.1.0"
