"""Migrations; see the package `migrations`."""
