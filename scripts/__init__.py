"""Tools for those who maintain the sample workspace; no part of the product."""
