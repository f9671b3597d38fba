"""Reads OSCAL assessment results with NIST's own forms, as compliance-trestle has them: oscal.py FILE.

Says what is wrong and exits 1.
"""

import sys
from pathlib import Path

from trestle.oscal.assessment_results import AssessmentResults


def main(file):
    document = AssessmentResults.oscal_read(Path(file).resolve())
    assert document is not None and document.results, "there is no result"
    for result in document.results:
        known = {observation.uuid for observation in result.observations or []}
        for finding in result.findings or []:
            for related in finding.related_observations or []:
                assert related.observation_uuid in known, f"{finding.title}: no such observation"


if __name__ == "__main__":
    main(*sys.argv[1:])
