"""What the oracles share: the laid-out tests, and how a server reads a variable's text."""

import json
import pathlib
import sys


def skip(why):
    print(f"skipped: {why}")
    sys.exit(0)


def cases(root):
    """The deployments that the tests laid out: folder, arguments, expected variables."""
    for file in sorted(pathlib.Path(root).glob("*/expected.json")):
        text = json.loads(file.read_text())
        yield file.parent, text["arguments"], text["expected"]


def arguments(of, name):
    """The values of a repeated option."""
    return [value for option, value in zip(of, of[1:]) if option == name]


def unquoted(text):
    """The text without blanks around it, without one pair of quotes, or without a comment."""
    text = text.strip()
    if text[:1] not in ("\"", "'"):
        text = (" " + text).split(" #")[0].strip()
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "\"'":
        text = text[1:-1].strip()
    return text


def compact(text):
    """A list in one spelling: blanks and quotes around its items do not count."""
    text = unquoted(text)
    if text.startswith("[") and text.endswith("]"):
        items = [unquoted(item) for item in text[1:-1].split(",")]
        return "[" + ", ".join(item for item in items if item) + "]"
    return text


def agrees(wanted, environment, variable):
    """Whether the real program made of a variable what the test expects."""
    there = variable in environment
    value = environment.get(variable)
    if wanted == "default":
        return not there
    if wanted == "reference":
        # Where nothing gives a value, compose puts an empty text in, and a Secret is not shown.
        return not there or not value
    if not there or value is None:
        return False
    if wanted == "secret":
        return bool(unquoted(value))
    if wanted == "empty":
        return unquoted(value) in ("", "~", "null")
    return compact(value) in (wanted["set"], compact(wanted["set"]))


def report(name, expected, environment):
    """Prints what differs; the number of differences."""
    wrong = [v for v, wanted in expected.items() if not agrees(wanted, environment, v)]
    for variable in wrong:
        found = repr(environment[variable]) if variable in environment else "not set"
        print(f"{name}: {variable}: expected {expected[variable]}, the program says {found}")
    return len(wrong)


def finish(name, seen, wrong):
    print(f"{name}: {seen} deployments, {wrong} differences")
    sys.exit(1 if wrong else 0)
