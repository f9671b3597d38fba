#!/usr/bin/env python3
"""Renders OpenMetadata's chart with random values and compares what omlint finds in the values
with what it finds in the rendered manifests.

    python3 values_vs_manifests.py OMLINT CHART [RUNS [SEED]]

OMLINT is the program, CHART a folder with the official chart. Needs the packages
helm-python-sdk and pyyaml; without them, or without the chart, it says "skipped: why".
"""

import json
import pathlib
import random
import subprocess
import sys
import tempfile

# Rules about the chart's own switches have nothing to say about what was rendered.
ONLY_VALUES = {"oidc-helm-not-enabled", "auth-section-disabled"}
PROVIDERS = ["basic", "auth0", "google", "okta", "azure", "aws-cognito", "custom-oidc", "saml", "ldap"]


def skip(why):
    print(f"skipped: {why}")
    sys.exit(0)


def maybe(rng, target, key, *choices, odds=0.5):
    if rng.random() < odds:
        target[key] = rng.choice(choices)


def random_values(rng):
    tenant = "https://nordwind.eu.auth0.com"
    authentication, authorizer, jwt, config = {}, {}, {}, {}
    maybe(rng, authentication, "enabled", True, False, odds=0.2)
    maybe(rng, authentication, "provider", *PROVIDERS, odds=0.9)
    maybe(rng, authentication, "clientType", "public", "confidential", odds=0.6)
    maybe(rng, authentication, "clientId", "", "{Client ID}", "tVx81cHdQm0ZkqWJ2nYfB7sLrE4aGuPo", odds=0.8)
    maybe(rng, authentication, "authority", tenant, tenant + "/", "http://localhost:8081/realms/x",
          "https://{Domain}", "nordwind.eu.auth0.com", "", odds=0.8)
    maybe(rng, authentication, "callbackUrl", "https://catalog.nordwind-data.de/callback",
          "http://localhost:8585/callback", "https://catalog.nordwind-data.de/", "", odds=0.8)
    maybe(rng, authentication, "publicKeys",
          [tenant + "/.well-known/jwks.json"],
          [tenant + "/.well-known/jwks.json", "http://openmetadata:8585/api/v1/system/config/jwks"],
          ["https://www.googleapis.com/oauth2/v3/certs"], [], odds=0.8)
    maybe(rng, authentication, "enableSelfSignup", True, False)
    oidc = {}
    maybe(rng, oidc, "enabled", True, False, odds=0.7)
    maybe(rng, oidc, "discoveryUri", tenant + "/.well-known/openid-configuration", "", odds=0.7)
    maybe(rng, oidc, "callbackUrl", "https://catalog.nordwind-data.de/callback", "http://localhost:8585/callback")
    maybe(rng, oidc, "serverUrl", "https://catalog.nordwind-data.de", "http://localhost:8585", "")
    if rng.random() < 0.5:
        oidc["clientSecret"] = {"secretRef": "own-oidc", "secretKey": "secret"}
    authentication["oidcConfiguration"] = oidc
    maybe(rng, authorizer, "enabled", True, False, odds=0.2)
    maybe(rng, authorizer, "initialAdmins", ["admin"], ["m.keller"], ["m.keller", "admin"], [], ["admin:pw"], odds=0.8)
    maybe(rng, authorizer, "principalDomain", "nordwind-data.de", "", "open-metadata.org", odds=0.7)
    maybe(rng, authorizer, "enforcePrincipalDomain", True, False, odds=0.7)
    maybe(rng, authorizer, "allowedEmailRegistrationDomains", ["all"], ["nordwind-data.de"])
    maybe(rng, authorizer, "className", "org.openmetadata.service.security.NoopAuthorizer", odds=0.05)
    maybe(rng, jwt, "enabled", True, False, odds=0.3)
    maybe(rng, jwt, "keyId", "8f0b7f0e-3f5c-4a0e-9f53-5d7d9b5d3c11", "Gb389a-9f76-gdjs-a92j-0242bk94356")
    maybe(rng, jwt, "jwtissuer", "nordwind-data.de", "open-metadata.org")
    maybe(rng, jwt, "rsapublicKeyFilePath", "/etc/openmetadata/jwtkeys/public_key.der", "/opt/openmetadata/conf/public_key.der")
    maybe(rng, jwt, "rsaprivateKeyFilePath", "/etc/openmetadata/jwtkeys/private_key.der")
    if rng.random() < 0.5:
        config["fernetkey"] = rng.choice([{"value": "own-key"}, {"secretRef": "fernet", "secretKey": "key"}])
    pipeline = {}
    maybe(rng, pipeline, "enabled", True, False, odds=0.3)
    if rng.random() < 0.5:
        auth = {}
        maybe(rng, auth, "enabled", True, False)
        maybe(rng, auth, "username", "admin", "om")
        auth["password"] = {"secretRef": rng.choice(["", "airflow"]), "secretKey": "password"}
        pipeline["airflow"] = {"auth": auth}
    config["pipelineServiceClientConfig"] = pipeline
    database = {}
    maybe(rng, database, "host", "mysql", "db.abc.eu-west-1.rds.amazonaws.com")
    if rng.random() < 0.3:
        database["auth"] = {"password": {"secretRef": "", "secretKey": ""}}
    config["database"] = database
    config.update(authentication=authentication, authorizer=authorizer, jwtTokenConfiguration=jwt)
    values = {"openmetadata": {"config": config}}
    if rng.random() < 0.3:
        values["extraEnvs"] = rng.choice([
            [{"name": "JWT_KEY_ID", "value": "0b7d6a52-7a8f-4c5e-8d0e-9c1f2a3b4c5d"}],
            [{"name": "AUTHORIZER_ADMIN_PRINCIPALS", "value": "[admin]"}],
            [{"name": "FERNET_KEY", "valueFrom": {"secretKeyRef": {"name": "x", "key": "y"}}}],
        ])
    if rng.random() < 0.2:
        values["extraVolumes"] = [{"name": "keys", "secret": {"secretName": "om-keys"}}]
        values["extraVolumeMounts"] = [{"name": "keys", "mountPath": "/etc/openmetadata/jwtkeys"}]
    if rng.random() < 0.2:
        values["envFrom"] = [{"secretRef": {"name": "om-env"}}]
    return values


def findings(omlint, path):
    command = [omlint, "check", "--format", "json", "--min-severity", "info", "--om-version", "1.13.1", str(path)]
    report = json.loads(subprocess.run(command, capture_output=True, text=True).stdout)
    rules = {item["rule"] for item in report["findings"]}
    # Where a switch of the chart is the cause, it is the finding; the manifests show the effect.
    hidden = set(ONLY_VALUES)
    if "auth-section-disabled" in rules:
        hidden.add("auth-basic-enabled")
    if "oidc-helm-not-enabled" in rules:
        hidden.add("oidc-confidential-incomplete")
    return {
        (item["rule"], item["setting"], item["severity"], item["confidence"])
        for item in report["findings"]
        if item["rule"] not in hidden
    }, hidden


def main():
    if len(sys.argv) < 3:
        skip("name the program and the folder of the chart")
    omlint, folder = sys.argv[1], sys.argv[2]
    runs = int(sys.argv[3]) if len(sys.argv) > 3 else 200
    seed = int(sys.argv[4]) if len(sys.argv) > 4 else 1
    try:
        import helm_python
        import yaml
    except ImportError as error:
        skip(f"{error.name} is not installed")
    if not (pathlib.Path(folder) / "Chart.yaml").exists():
        skip(f"there is no chart in {folder}")
    chart = helm_python.Chart.load(folder)
    rng = random.Random(seed)
    different = refused = 0
    with tempfile.TemporaryDirectory() as scratch:
        values_file = pathlib.Path(scratch) / "om-values.yaml"
        manifests = pathlib.Path(scratch) / "rendered.yaml"
        for run in range(runs):
            values = random_values(rng)
            try:
                rendered = chart.render(values, name="openmetadata", namespace="default")
            except Exception:
                refused += 1
                continue
            manifests.write_text("\n---\n".join(rendered.values()))
            values_file.write_text(yaml.safe_dump(values, sort_keys=False))
            one, hidden = findings(omlint, values_file)
            other, _ = findings(omlint, manifests)
            other = {item for item in other if item[0] not in hidden}
            if one != other:
                different += 1
                print(f"run {run}:\n  only values: {sorted(one - other, key=str)}\n  only manifests: {sorted(other - one, key=str)}")
                print(values_file.read_text() if different <= 3 else "")
    print(f"{runs - refused} compared, {different} different, {refused} refused by the chart")
    sys.exit(1 if different else 0)


if __name__ == "__main__":
    main()
