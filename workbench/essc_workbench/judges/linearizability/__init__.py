"""Linearizability per citizen: whether one order of operations explains all that was answered."""

from essc_workbench.judges.linearizability.judge import Linearizability

__all__ = ["Linearizability"]
