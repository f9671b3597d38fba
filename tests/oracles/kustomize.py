"""Asks kustomize what it builds of the deployments in tests/resolution.rs, and gives the
server's container the environment that the kubelet would."""

import base64
import re
import shutil
import subprocess
import sys

import golden

try:
    import yaml
except ImportError:
    golden.skip("PyYAML is not installed (pip install pyyaml)")


def flat(documents):
    """The objects of all documents, those of lists too."""
    for document in documents:
        if document and document["kind"].endswith("List"):
            yield from flat(document["items"])
        elif document:
            yield document


def expanded(text, known):
    """`$(NAME)` where the name is known above, and `$` for `$$`; anything else stays, and omlint
    takes it for a reference: something may fill it in."""
    left = []

    def meant(found):
        if found[0] == "$$":
            return "$"
        left.extend([] if found[1] in known else [found[0]])
        return known.get(found[1]) or found[0]

    out = re.sub(r"\$\$|\$\(([\w.-]+)\)", meant, text)
    return None if left else filled_in(out)


def filled_in(text):
    """The server fills in `${NAME}` within values: omlint does not say what."""
    return None if re.search(r"\$\{\w+\}", text or "") else text


def environment(objects):
    stores, container = {}, None
    for item in objects:
        kind, name = item["kind"], item["metadata"]["name"]
        if kind == "ConfigMap":
            stores[kind, name] = item.get("data") or {}
        elif kind == "Secret":
            data = {k: base64.b64decode(v or "").decode() for k, v in (item.get("data") or {}).items()}
            stores[kind, name] = {**data, **(item.get("stringData") or {})}
        elif kind == "Deployment":
            containers = item["spec"]["template"]["spec"]["containers"]
            container = next(c for c in containers if "openmetadata/server" in c["image"])
    found = {}
    for source in container.get("envFrom") or []:
        for key, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
            if key in source:
                for name, value in stores[kind, source[key]["name"]].items():
                    found[source.get("prefix", "") + name] = filled_in(value)
    for variable in container.get("env") or []:
        source = variable.get("valueFrom")
        if "value" in variable or source is None:
            found[variable["name"]] = expanded(str(variable.get("value") or ""), found)
        elif "secretKeyRef" in source:
            store = stores["Secret", source["secretKeyRef"]["name"]]
            found[variable["name"]] = store[source["secretKeyRef"]["key"]]
        elif "configMapKeyRef" in source:
            store = stores["ConfigMap", source["configMapKeyRef"]["name"]]
            found[variable["name"]] = store[source["configMapKeyRef"]["key"]]
    return found


def main():
    if shutil.which("kustomize"):
        command = ["kustomize", "build"]
    elif shutil.which("kubectl"):
        command = ["kubectl", "kustomize"]
    else:
        golden.skip("neither kustomize nor kubectl is installed")
    seen = wrong = 0
    for folder, arguments, expected in golden.cases(sys.argv[1]):
        if not arguments or not (folder / arguments[-1] / "kustomization.yaml").exists():
            continue
        run = subprocess.run(
            [*command, str(folder / arguments[-1])], capture_output=True, text=True
        )
        # Without charts, which kustomize would fetch: those are Helm's to tell.
        if "--enable-helm" in run.stderr or "kind: Deployment" not in run.stdout:
            continue
        if run.returncode:
            sys.exit(f"{folder}: {run.stderr}")
        seen += 1
        objects = flat(yaml.safe_load_all(run.stdout))
        wrong += golden.report(folder.name, expected, environment(objects))
    golden.finish("kustomize", seen, wrong)


main()
