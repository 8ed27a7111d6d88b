"""What a release of the real Helm left in a cluster, made again as it was recorded."""

import json

from tools.demo import ROOT


def installed(cluster, namespace, tmp_path):
    """Make the objects as Helm left them where they were recorded, and wait for the pods."""
    recorded = json.loads((ROOT / "tests" / "data" / "helm" / "installed.json").read_text())
    for thing in recorded:
        fields = thing["metadata"].pop("managedFields", None)
        if "annotations" in thing["metadata"]:
            thing["metadata"]["annotations"]["meta.helm.sh/release-namespace"] = namespace
        path = tmp_path / "installed.json"
        path.write_text(json.dumps(thing))
        cluster.kubectl("-n", namespace, "create", "-f", str(path), "--field-manager=helm")
        made = cluster.api.get(f"namespaces/{namespace}/{thing['kind'].lower()}s/{thing['metadata']['name']}")
        one = next(of for of in made["metadata"]["managedFields"] if not of.get("subresource"))
        assert fields is None or fields[0]["fieldsV1"] == one["fieldsV1"]
    cluster.wait_at_rest(namespace, "agent")
