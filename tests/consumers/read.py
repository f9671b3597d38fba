"""Reads the reports of one run as other programs do: read.py SCHEMA SARIF GITLAB JUNIT EXPECTED.

EXPECTED is how many findings each of them must hold. Says what is wrong and exits 1.
"""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import junitparser
from jsonschema import Draft7Validator
from sarif import loader


def main(schema, sarif, gitlab, junit, expected):
    expected = int(expected)
    log = json.loads(Path(sarif).read_text())
    schema = json.loads(Path(schema).read_text())
    wrong = [f"{list(e.absolute_path)}: {e.message}" for e in Draft7Validator(schema).iter_errors(log)]
    assert not wrong, "\n".join(wrong)

    read = loader.load_sarif_file(sarif)
    records = read.get_records()
    assert len(records) == expected, f"sarif-tools sees {len(records)} results"
    assert all(record["Location"] and record["Line"] > 0 for record in records), records

    # What sarif-tools makes of the SARIF for GitLab is what omlint writes for GitLab.
    issues = json.loads(Path(gitlab).read_text())
    with tempfile.TemporaryDirectory() as folder:
        converted = Path(folder, "out.json")
        command = [Path(sys.executable).with_name("sarif"), "codeclimate", "--output", converted, sarif]
        subprocess.run(command, check=True, capture_output=True)
        theirs = json.loads(converted.read_text())
    def place(issue):
        return issue["location"]["path"], issue["location"]["lines"]["begin"], issue["check_name"]
    from urllib.parse import unquote
    ours = sorted(place(issue) for issue in issues)
    theirs = sorted((unquote(path), line, name.split()[0]) for path, line, name in map(place, theirs))
    assert ours == theirs, f"{ours}\n{theirs}"
    assert len({issue["fingerprint"] for issue in issues}) == len(issues) == expected
    for issue in issues:
        assert issue["severity"] in ("info", "minor", "major", "critical", "blocker")
        assert issue["description"] and not re.match(r"\./|/|.*\.\./", issue["location"]["path"])

    tests = junitparser.JUnitXml.fromfile(junit)
    cases = [case for suite in tests for case in suite]
    failed = [case for case in cases if any(isinstance(r, junitparser.Failure) for r in case.result)]
    assert len(failed) == expected, f"junitparser sees {len(failed)} failures"
    assert cases, "a report without a test case"
    assert (tests.tests, tests.failures) == (len(cases), len(failed))
    names = {(case.classname, case.name) for case in cases}
    assert len(names) == len(cases), "two test cases have one name"


if __name__ == "__main__":
    main(*sys.argv[1:])
