"""Asks Helm what the OpenMetadata chart makes of the values in tests/resolution.rs."""

import base64
import sys

import golden

try:
    import helm_python
    import yaml
except ImportError:
    golden.skip("Helm is not installed (pip install helm-python-sdk pyyaml)")


def merged(below, above):
    """Values laid over each other as by `helm -f a -f b`."""
    out = dict(below)
    for key, value in above.items():
        both = isinstance(value, dict) and isinstance(out.get(key), dict)
        out[key] = merged(out[key], value) if both else value
    return out


def environment(chart, texts):
    """The server container's environment: what envFrom brings, and env over it."""
    values = {}
    for text in texts:
        values = merged(values, helm_python.values_from_yaml(text))
    manifests = chart.render(values, name="openmetadata", namespace="default")
    secrets, container = {}, None
    for text in manifests.values():
        for document in yaml.safe_load_all(text):
            kind = (document or {}).get("kind")
            if kind == "Secret":
                data = document.get("data") or {}
                decoded = {k: base64.b64decode(v or "").decode() for k, v in data.items()}
                secrets[document["metadata"]["name"]] = decoded
            elif kind == "Deployment" and container is None:
                pod = document["spec"]["template"]["spec"]
                container = next(c for c in pod["containers"] if "envFrom" in c)
    found = {}
    for source in container["envFrom"]:
        found.update(secrets.get(source.get("secretRef", {}).get("name"), {}))
    for variable in container.get("env") or []:
        found[variable["name"]] = None if "valueFrom" in variable else variable.get("value", "")
    return found


def main():
    if len(sys.argv) < 3:
        golden.skip("no chart: give the folder of the OpenMetadata chart as second argument")
    chart = helm_python.Chart.load(sys.argv[2])
    seen = wrong = 0
    for folder, arguments, expected in golden.cases(sys.argv[1]):
        files = golden.arguments(arguments, "--helm-values")
        if not files:
            continue
        seen += 1
        resolved = environment(chart, [(folder / file).read_text() for file in files])
        wrong += golden.report(folder.name, expected, resolved)
    golden.finish("helm", seen, wrong)


if __name__ == "__main__":
    main()
