"""A process of the generator that plays a plan's journeys: `python -I -m …drills.generator`."""

from essc_workbench.drills.journeys.company import company_of
from essc_workbench.drills.worker import main

if __name__ == "__main__":
    main(company_of)
