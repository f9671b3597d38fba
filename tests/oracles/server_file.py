"""Asks commons-text and SnakeYAML what a server makes of the openmetadata.yaml files in
tests/resolution.rs, in the environment that docker compose gives it."""

import json
import os
import pathlib
import shutil
import subprocess
import sys

import compose
import golden

JARS = ["commons-text", "commons-lang3", "snakeyaml"]
# The variables by which the tests name settings of the file.
PATHS = {
    "AUTHENTICATION_PROVIDER": "authenticationConfiguration.provider",
    "AUTHENTICATION_CLIENT_ID": "authenticationConfiguration.clientId",
    "AUTHENTICATION_AUTHORITY": "authenticationConfiguration.authority",
    "JWT_KEY_ID": "jwtTokenConfiguration.keyId",
    "JWT_ISSUER": "jwtTokenConfiguration.jwtissuer",
}


def main():
    folder = pathlib.Path(os.environ.get("JARS", "/usr/share/java"))
    jars = [folder / f"{name}.jar" for name in JARS]
    missing = [jar.name for jar in jars if not jar.exists()]
    program = shutil.which("docker-compose")
    if shutil.which("java") is None or missing or program is None:
        golden.skip("a JDK, docker-compose or one of the jars is missing: " + ", ".join(missing))
    source = pathlib.Path(__file__).with_name("ServerFile.java")
    command = ["java", "-cp", os.pathsep.join(map(str, jars)), str(source)]
    seen = wrong = 0
    for folder, _, expected in golden.cases(sys.argv[1]):
        file = folder / "openmetadata.yaml"
        if not file.exists():
            continue
        seen += 1
        variables = compose.environment(program, folder, [])
        flat = [text for pair in variables.items() for text in (pair[0], pair[1] or "")]
        run = subprocess.run([*command, str(file), *flat], capture_output=True, text=True)
        if run.returncode:
            sys.exit(f"{folder.name}: {run.stderr}")
        values = json.loads(run.stdout)
        found = {name: values[path] for name, path in PATHS.items() if path in values}
        for name, wanted in expected.items():
            # The file's quotes are gone here: what is left is the value.
            text = found.get(name)
            same = text in (None, "") if wanted == "empty" else text == wanted["set"]
            if not same:
                wrong += 1
                print(f"{folder.name}: {name}: expected {wanted}, the program says {text!r}")
    golden.finish("server_file", seen, wrong)


if __name__ == "__main__":
    main()
