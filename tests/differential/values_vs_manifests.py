#!/usr/bin/env python3
"""Renders OpenMetadata's chart with random values and compares what omlint finds in the values
with what it finds in the rendered manifests.

    python3 values_vs_manifests.py OMLINT CHART [RUNS [SEED [ALIAS]]]

OMLINT is the program, CHART a folder with the official chart. With ALIAS the chart is a dependency
of another one under that name. Needs the packages helm-python-sdk and pyyaml; without them, or
without the chart, it says "skipped: why".
"""

import json
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

CALLBACK = "authenticationConfiguration.callbackUrl"
PROVIDERS = ["basic", "auth0", "google", "okta", "azure", "aws-cognito", "custom-oidc", "saml", "ldap"]


def skip(why):
    print(f"skipped: {why}")
    sys.exit(0)


def maybe(rng, target, key, *choices, odds=0.5):
    if rng.random() < odds:
        target[key] = rng.choice(choices)


def random_values(rng, shipped):
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
        pipeline.update(client(shipped, {"auth": auth}))
    config["pipelineServiceClientConfig"] = pipeline
    config.update(authentication=authentication, authorizer=authorizer, jwtTokenConfiguration=jwt)
    values = {"openmetadata": {"config": config}}
    add_services(rng, config, shipped)
    add_mail(rng, config, shipped)
    add_providers(rng, authentication)
    add_web(rng, config)
    add_doors(rng, values)
    add_container(rng, values)
    while rng.random() < 0.4:
        distort(rng, config)
    if not is_nested(shipped):
        # Charts before 1.12.2 do not tell the server that the client is off (their issue 339).
        (config["pipelineServiceClientConfig"] or {}).pop("enabled", None)
    return values


def client(shipped, settings):
    """Airflow's settings, where this chart has them."""
    return {"airflow": settings} if is_nested(shipped) else settings


def is_nested(shipped):
    """Charts before 1.12 knew no other client than Airflow."""
    return "airflow" in shipped_config(shipped).get("pipelineServiceClientConfig", {})


def shipped_config(shipped):
    return shipped["global"] if is_old(shipped) else shipped["openmetadata"]["config"]


def is_old(shipped):
    """Charts before 1.1.0 had their configuration below `global`."""
    return "openmetadata" not in shipped


def old_layout(values, shipped):
    """The same for a chart of the old layout, as far as it knows it."""
    config = values.pop("openmetadata")["config"]
    config["airflow"] = config.pop("pipelineServiceClientConfig") or {}
    config["airflow"]["host"] = config["airflow"].pop("apiEndpoint", "http://airflow:8080")
    # Some of these charts ship a key and some a reference, and the server's version does not tell which.
    config.setdefault("fernetkey", {"value": "own-key", "secretRef": ""})
    # A password's reference without a name is rendered as one, which no cluster takes.
    for section in ["database", "airflow", "elasticsearch"]:
        auth = (config.get(section) or {}).get("auth")
        if auth and not (auth.get("password") or {}).get("secretRef"):
            auth.pop("password", None)
    return {"global": known(config, shipped["global"]), **known(values, shipped)}


def known(mapping, shipped):
    kept = {}
    for key, value in mapping.items():
        if key in shipped:
            both = isinstance(value, dict) and isinstance(shipped[key], dict) and shipped[key]
            kept[key] = known(value, shipped[key]) if both else value
    return kept


def distort(rng, mapping):
    """Puts something odd in place of a value: null, blanks, quotes, a reference, another type.

    Not a null among the items of a list: the chart's schema refuses it.
    """
    key = rng.choice(list(mapping) or [None])
    if isinstance(mapping.get(key), dict):
        distort(rng, mapping[key])
    elif isinstance(mapping.get(key), list):
        mapping[key] = rng.choice([[], [""], [" admin "], ["admin", "ADMIN"], ['"admin"'], ["'admin'", "m.keller"], ["${ADMIN}"]])
    elif isinstance(mapping.get(key), str):
        text = mapping[key]
        mapping[key] = rng.choice([None, "", " ", f" {text} ", text.upper(), f'"{text}"', f"'{text}'", "${FROM_OUTSIDE}", 'a "b" c', "back\\slash", "{a b}", "[x]", "@x", "a: b", "a #b"])
    elif isinstance(mapping.get(key), bool):
        mapping[key] = rng.choice([str(mapping[key]).lower(), "yes", 1, 0, None])


def add_services(rng, config, shipped):
    """The database, the search engine, the pipeline client, the secrets manager."""
    database = config.setdefault("database", {})
    maybe(rng, database, "enabled", True, False, odds=0.1)
    maybe(rng, database, "host", "mysql", "db.abc.eu-west-1.rds.amazonaws.com")
    maybe(rng, database, "dbScheme", "mysql", "postgresql", odds=0.3)
    maybe(rng, database, "dbParams", "useSSL=true&requireSSL=true", "sslmode=verify-full", "", odds=0.4)
    if rng.random() < 0.3:
        database["auth"] = {"password": {"secretRef": "", "secretKey": ""}}
    search = config.setdefault("elasticsearch", {})
    maybe(rng, search, "enabled", True, False, odds=0.1)
    maybe(rng, search, "host", "opensearch", "search.nordwind-data.de", odds=0.4)
    maybe(rng, search, "scheme", "http", "https", odds=0.4)
    if rng.random() < 0.4:
        search["auth"] = {"enabled": rng.choice([True, False]), "username": "om",
                          "password": {"secretRef": rng.choice(["", "search"]), "secretKey": "password"}}
    manager = config.setdefault("secretsManager", {})
    maybe(rng, manager, "enabled", True, False, odds=0.1)
    maybe(rng, manager, "provider", "db", "aws", "in-memory", "managed-azure-kv", odds=0.4)
    if rng.random() < 0.3:
        parameters = manager["additionalParameters"] = {"enabled": rng.choice([True, False])}
        maybe(rng, parameters, "region", "eu-west-1", "")
        for name in ["accessKeyId", "secretAccessKey", "clientId", "clientSecret", "tenantId", "vaultName"]:
            maybe(rng, parameters, name, {"secretRef": "cloud", "secretKey": "x"}, {"secretRef": "", "secretKey": ""})
    pipeline = config["pipelineServiceClientConfig"]
    maybe(rng, pipeline, "metadataApiEndpoint", "https://catalog.nordwind-data.de/api", odds=0.2)
    if is_nested(shipped):
        maybe(rng, pipeline, "type", "airflow", "k8s", odds=0.2)
        airflow = pipeline.setdefault("airflow", {})
    else:
        airflow = pipeline
    maybe(rng, airflow, "verifySsl", "no-ssl", "ignore", "validate", odds=0.5)
    maybe(rng, airflow, "apiEndpoint", "https://airflow.nordwind-data.de", odds=0.3)
    maybe(rng, airflow, "sslCertificatePath", "/certs/ca.pem", "", odds=0.3)
    maybe(rng, config, "logLevel", "INFO", "DEBUG", "TRACE", odds=0.3)
    if rng.random() < 0.3:
        rdf = config["rdf"] = {"enabled": rng.choice([True, False])}
        maybe(rng, rdf, "username", "admin", "om", "")
        maybe(rng, rdf, "password", {"secretRef": "rdf", "secretKey": "password"})


def add_mail(rng, config, shipped):
    """Mail, which charts before 1.6.12 set."""
    if "smtpConfig" not in shipped_config(shipped) or rng.random() < 0.5:
        return
    mail = config["smtpConfig"] = {"enableSmtpServer": rng.choice([True, True, False])}
    maybe(rng, mail, "transportationStrategy", "SMTP", "SMTP_TLS", "SMTPS")
    maybe(rng, mail, "openMetadataUrl", "https://catalog.nordwind-data.de", "http://localhost:8585", "")
    maybe(rng, mail, "serverEndpoint", "mail.nordwind-data.de", "localhost")
    maybe(rng, mail, "serverPort", "25", "587", 465)
    maybe(rng, mail, "username", "om@nordwind-data.de", "")
    maybe(rng, mail, "password", {"secretRef": "mail", "secretKey": "password"})


def add_providers(rng, authentication):
    """What single providers need."""
    maybe(rng, authentication, "responseType", "id_token", "code", odds=0.2)
    maybe(rng, authentication, "jwtPrincipalClaims", ["email"], ["sub", "email"], [], odds=0.2)
    maybe(rng, authentication, "jwtPrincipalClaimsMapping", ["username:sub", "email:email"], ["username:sub"], odds=0.2)
    oidc = authentication["oidcConfiguration"]
    maybe(rng, oidc, "scope", "openid email", "openid", "email profile", "", odds=0.3)
    maybe(rng, oidc, "useNonce", True, False, "false", odds=0.3)
    maybe(rng, oidc, "disablePkce", True, False, odds=0.3)
    maybe(rng, oidc, "preferredJwsAlgorithm", "RS256", "none", "HS256", odds=0.3)
    maybe(rng, oidc, "tokenValidity", "3600", 172800, odds=0.2)
    maybe(rng, oidc, "sessionExpiry", "604800", 1209600, odds=0.2)
    maybe(rng, oidc, "tenant", "", "common", odds=0.2)
    if rng.random() < 0.5:
        ldap = authentication["ldapConfiguration"] = {}
        maybe(rng, ldap, "host", "ldap.nordwind-data.de", "localhost", "")
        maybe(rng, ldap, "sslEnabled", True, False)
        maybe(rng, ldap, "dnAdminPrincipal", "cn=om,dc=nordwind,dc=de")
        maybe(rng, ldap, "userBaseDN", "ou=people,dc=nordwind,dc=de")
        maybe(rng, ldap, "truststoreConfigType", "TrustAll", "JVMDefault", "CustomTrustStore")
        maybe(rng, ldap, "dnAdminPassword", {"secretRef": "ldap", "secretKey": "password"}, {"secretRef": "", "secretKey": ""})
        trust = ldap["trustStoreConfig"] = {"customTrustManagerConfig": {}, "jvmDefaultConfig": {}, "trustAllConfig": {}}
        maybe(rng, trust["customTrustManagerConfig"], "verifyHostname", True, False, odds=0.3)
        maybe(rng, trust["customTrustManagerConfig"], "trustStoreFilePath", "/certs/trust.jks", odds=0.3)
        maybe(rng, trust["jvmDefaultConfig"], "verifyHostname", True, False, odds=0.3)
        maybe(rng, trust["trustAllConfig"], "examineValidityDates", True, False, odds=0.3)
    if rng.random() < 0.5:
        saml = authentication["saml"] = {"idp": {}, "sp": {}, "security": {}}
        maybe(rng, saml, "debugMode", True, False)
        maybe(rng, saml["idp"], "entityId", "https://idp.nordwind-data.de/saml", "")
        maybe(rng, saml["idp"], "ssoLoginUrl", "https://idp.nordwind-data.de/login", "http://idp.nordwind-data.de/login")
        maybe(rng, saml["sp"], "acs", "https://catalog.nordwind-data.de/api/v1/saml/acs", "http://localhost:8585/x")
        maybe(rng, saml["sp"], "callback", "https://catalog.nordwind-data.de/saml/callback", "https://catalog.nordwind-data.de")
        maybe(rng, saml["idp"], "idpX509Certificate", {"secretRef": "idp", "secretKey": "certificate"}, odds=0.6)
        maybe(rng, saml["sp"], "spPrivateKey", {"secretRef": "sp", "secretKey": "key"}, odds=0.3)
        maybe(rng, saml["security"], "keyStorePassword", {"secretRef": "sp", "secretKey": "store"}, odds=0.3)
        for switch in ["sendSignedAuthRequest", "strictMode", "validateXml", "wantMessagesSigned", "wantAssertionsSigned", "wantAssertionEncrypted"]:
            maybe(rng, saml["security"], switch, True, False)


def add_web(rng, config):
    if rng.random() < 0.5:
        return
    web = config["web"] = {}
    maybe(rng, web, "enabled", True, False, odds=0.3)
    maybe(rng, web, "uriPath", "/", "/api")
    for header in ["hsts", "frameOptions", "contentTypeOptions", "csp", "referrerPolicy"]:
        maybe(rng, web, header, {"enabled": True}, {"enabled": False}, {"enabled": "true"}, odds=0.7)
    if "csp" in web:
        maybe(rng, web["csp"], "policy", "default-src 'self'", "script-src * 'unsafe-eval'", "")


def add_doors(rng, values):
    """Ways from outside."""
    if rng.random() < 0.4:
        values["service"] = {"type": rng.choice(["ClusterIP", "NodePort", "LoadBalancer"])}
        if rng.random() < 0.3:
            values["service"]["annotations"] = {"service.beta.kubernetes.io/aws-load-balancer-internal": "true"}
    if rng.random() < 0.4:
        ingress = values["ingress"] = {"enabled": rng.choice([True, True, False])}
        ingress["hosts"] = [{"host": "catalog.nordwind-data.de", "paths": [{"path": "/", "pathType": "Prefix"}]}]
        if rng.random() < 0.5:
            ingress["tls"] = [{"secretName": "catalog-tls", "hosts": ["catalog.nordwind-data.de"]}]
        elif rng.random() < 0.4:
            ingress["annotations"] = {rng.choice(["cert-manager.io/cluster-issuer", "alb.ingress.kubernetes.io/certificate-arn"]): "x"}
    if rng.random() < 0.2:
        values["networkPolicy"] = {"enabled": rng.choice([True, False])}


def add_container(rng, values):
    """The image, and what goes past the chart's settings."""
    if rng.random() < 0.4:
        image = values["image"] = {}
        maybe(rng, image, "tag", "1.13.1", "latest", "1.11.0", "")
        maybe(rng, image, "repository", "docker.getcollate.io/openmetadata/server",
              "registry.nordwind-data.de/platform/om", "registry.nordwind-data.de/openmetadata/server")
    if rng.random() < 0.2:
        values["securityContext"] = rng.choice([
            {"runAsNonRoot": True}, {"runAsNonRoot": True, "allowPrivilegeEscalation": False,
                                     "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}])
    if rng.random() < 0.5:
        known = [
            {"name": "JWT_KEY_ID", "value": "0b7d6a52-7a8f-4c5e-8d0e-9c1f2a3b4c5d"},
            {"name": "AUTHORIZER_ADMIN_PRINCIPALS", "value": "[admin]"},
            {"name": "AUTHORIZER_ADMIN_PRINCIPALS", "value": "[m.keller, \"a.berg\"]"},
            {"name": "AUTHORIZER_ADMIN_PRINCIPALS", "value": "jane.doe"},
            {"name": "AUTHENTICATION_CLIENT_ID", "value": "{Client ID}"},
            {"name": "AUTHENTICATION_PROVIDER", "value": "\"basic\""},
            {"name": "FERNET_KEY", "valueFrom": {"secretKeyRef": {"name": "x", "key": "y"}}},
            {"name": "FORCE_SECURE_SESSION_COOKIE", "value": "true"},
            {"name": "OPENMETADATA_DEBUG", "value": "true"},
            {"name": "DB_USER_PASSWORD", "value": "openmetadata_password"},
            {"name": "OIDC_CLIENT_SECRET", "value": "qN7rT2vXcL9pZsKd"},
            {"name": "AUTHENTICATION_PROVIDER", "value": ""},
            {"name": "AUTHENTICATION_CALBACK_URL", "value": "https://catalog.nordwind-data.de/callback"},
            {"name": "AUTHORIZER_INGESTION_PRINCIPALS", "value": "[ingestion-bot]"},
            {"name": "OM_DEPLOYMENT", "value": "prod"},
            {"name": "OIDC_CALLBACK_URL", "value": "https://catalog.nordwind-data.de/callback"},
            {"name": "JWT_KEYID", "value": "0b7d6a52-7a8f-4c5e-8d0e-9c1f2a3b4c5d"},
            {"name": "AUTHENTICATION_PUBLIC_KEYS", "value": "[https://nordwind.eu.auth0.com/.well-known/jwks.json]"},
            {"name": "AUTHENTICATION_CLIENT_ID", "value": "$(TENANT)-client"},
            {"name": "SECRET_MANAGER", "valueFrom": {"configMapKeyRef": {"name": "om", "key": "manager"}}},
            {"name": "RDF_ENABLED", "value": "false"},
            {"name": "OPENMETADATA_HEAP_OPTS", "value": "-Xmx2G -Xms2G"},
            {"name": "ELASTICSEARCH_PASSWORD", "value": "${ES_PASSWORD}"},
            {"name": "DB_PARAMS", "value": "sslmode=verify-full"},
            {"name": "SAML_STRICT_MODE", "value": "true"},
            {"name": "LOG_LEVEL", "value": "DEBUG"},
        ]
        values["extraEnvs"] = rng.sample(known, rng.choice([1, 1, 2, 3]))
        if rng.random() < 0.4:
            # The kubelet fills in what stands above, the server what it has.
            values["extraEnvs"].insert(rng.choice([0, 1]), {"name": "TENANT", "value": "nordwind"})
            values["extraEnvs"] += rng.sample([
                {"name": "AUTHENTICATION_AUTHORITY", "value": "https://$(TENANT).eu.auth0.com"},
                {"name": "JWT_ISSUER", "value": "${TENANT}.de"},
                {"name": "AUTHORIZER_PRINCIPAL_DOMAIN", "value": "${DOMAIN:-open-metadata.org}"},
                {"name": "AUTHENTICATION_CALLBACK_URL", "value": "http://${TENANT}/callback"},
                {"name": "OIDC_SERVER_URL", "value": "$$(TENANT)"}], 2)
    if rng.random() < 0.3:
        values["extraVolumes"] = [{"name": "keys", "secret": {"secretName": "om-keys"}}]
        if rng.random() < 0.3:
            values["extraVolumes"][0]["secret"]["defaultMode"] = rng.choice([0o644, 0o400])
        target = rng.choice(["/etc/openmetadata/jwtkeys", "/opt/openmetadata/conf", "/srv/other"])
        values["extraVolumeMounts"] = [{"name": "keys", "mountPath": target}]
    maybe(rng, values, "podSecurityContext", {"runAsNonRoot": True}, {"fsGroup": 1000}, odds=0.1)
    maybe(rng, values, "automountServiceAccountToken", True, False, odds=0.2)
    maybe(rng, values, "fullnameOverride", "catalog", odds=0.1)
    maybe(rng, values, "commonLabels", {"team": "data"}, odds=0.1)
    maybe(rng, values, "sidecars", [{"name": "proxy", "image": "oauth2-proxy:7", "env": [{"name": "LOG_LEVEL", "value": "DEBUG"}]}], odds=0.1)
    maybe(rng, values, "extraInitContainers", [{"name": "wait", "image": "busybox:1.36"}], odds=0.1)
    if rng.random() < 0.2:
        values["envFrom"] = [{"secretRef": {"name": "om-env"}}]


def findings(omlint, path, version):
    command = [omlint, "check", "--format", "json", "--min-severity", "info", "--om-version", version, str(path)]
    return json.loads(subprocess.run(command, capture_output=True, text=True).stdout)["findings"]


def only_of_values(items):
    """What the values show and no manifest, or the cause where the manifests show the effect: rules,
    and of some of them the setting.
    """
    rules = {item["rule"] for item in items}
    # The server's container is not handed the switch of RDF, only the one for migrations is (charts
    # up to 1.13.1): what is meant to be on is off.
    hidden = {("rdf-default-credentials", None)}
    if "auth-section-disabled" in rules:
        # A section that is switched off is the cause, the provider that the image falls back to the effect.
        hidden |= {("auth-section-disabled", None), ("auth-basic-enabled", None)}
    if "oidc-helm-not-enabled" in rules:
        # As much for a section that is not switched on, and what is missing for that reason.
        hidden |= {("oidc-helm-not-enabled", None), ("oidc-confidential-incomplete", None)}
        # To the manifests' rule both callbacks are one field. To the values' rule they are none.
        hidden |= {(rule, CALLBACK) for rule in ["sso-localhost-url", "sso-insecure-url", "sso-callback-path"]}
    if any(item["rule"] == "k8s-networkpolicy-off" and item["severity"] == "low" for item in items):
        # That there is no policy does not show among the manifests: others may apply one.
        hidden.add(("k8s-networkpolicy-off", None))
    return hidden


def comparable(items, hidden):
    kept = set()
    for item in items:
        rule, setting, severity = item["rule"], item["setting"], item["severity"]
        if (rule, None) in hidden or (rule, setting) in hidden:
            continue
        if rule == "k8s-networkpolicy-off":
            # The values name the switch, the manifests have the policy itself.
            setting = None
        if rule == "inline-secret":
            # A value in a Secret is one grade less than the same value in a file of values.
            severity = None
        kept.add((rule, setting, severity, item["confidence"]))
    return kept


def umbrella(folder, chart, alias, version):
    """A chart that has the official one as a dependency."""
    shutil.copytree(chart, folder / "charts" / "openmetadata")
    dependency = f"  - {{ name: openmetadata, alias: {alias}, version: {version}, repository: 'https://helm.open-metadata.org' }}"
    (folder / "Chart.yaml").write_text(f"apiVersion: v2\nname: platform\nversion: 0.1.0\ndependencies:\n{dependency}\n")
    return folder


def main():
    if len(sys.argv) < 3:
        skip("name the program and the folder of the chart")
    omlint, folder = sys.argv[1], sys.argv[2]
    runs = int(sys.argv[3]) if len(sys.argv) > 3 else 200
    seed = int(sys.argv[4]) if len(sys.argv) > 4 else 1
    alias = sys.argv[5] if len(sys.argv) > 5 else None
    try:
        import helm_python
        import yaml
    except ImportError as error:
        skip(f"{error.name} is not installed")
    if not (pathlib.Path(folder) / "Chart.yaml").exists():
        skip(f"there is no chart in {folder}")
    version = yaml.safe_load((pathlib.Path(folder) / "Chart.yaml").read_text())["appVersion"]
    shipped = yaml.safe_load((pathlib.Path(folder) / "values.yaml").read_text())
    rng = random.Random(seed)
    different = refused = 0
    with tempfile.TemporaryDirectory() as scratch:
        values_file = pathlib.Path(scratch) / "om-values.yaml"
        manifests = pathlib.Path(scratch) / "rendered.yaml"
        if alias:
            folder = umbrella(pathlib.Path(scratch) / "umbrella", folder, alias, version)
        chart = helm_python.Chart.load(str(folder))
        for run in range(runs):
            values = random_values(rng, shipped)
            values = old_layout(values, shipped) if is_old(shipped) else values
            values = {alias: values} if alias else values
            try:
                rendered = chart.render(values, name="openmetadata", namespace="default")
                for text in rendered.values():
                    list(yaml.safe_load_all(text))
            except Exception:
                refused += 1
                continue
            manifests.write_text("\n---\n".join(rendered.values()))
            values_file.write_text(yaml.safe_dump(values, sort_keys=False))
            in_values = findings(omlint, values_file, version)
            hidden = only_of_values(in_values)
            one = comparable(in_values, hidden)
            other = comparable(findings(omlint, manifests, version), hidden)
            if one != other:
                different += 1
                print(f"run {run}:\n  only values: {sorted(one - other, key=str)}\n  only manifests: {sorted(other - one, key=str)}")
                print(values_file.read_text() if different <= 3 else "")
    print(f"{runs - refused} compared, {different} different, {refused} refused by the chart")
    sys.exit(1 if different else 0)


if __name__ == "__main__":
    main()
