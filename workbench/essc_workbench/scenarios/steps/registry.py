"""All steps there are: every module beside this one that holds some is read once."""

from importlib import import_module
from pkgutil import iter_modules

from essc_workbench.scenarios import steps
from essc_workbench.scenarios.steps.base import STEPS, Step


def all_steps() -> dict[str, type[Step]]:
    """The steps by verb."""
    for module in sorted(iter_modules(steps.__path__), key=lambda each: each.name):
        import_module(f"{steps.__name__}.{module.name}")
    return dict(sorted(STEPS.items()))
