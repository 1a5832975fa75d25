"""Estimators made of autoencoders."""
