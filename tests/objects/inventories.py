"""Inventories as files, and the mode that each sets; Ansible is asked for the same by tests/judge."""

from pathlib import Path

from config_rollout.cli.errors import Trouble

K8S = "group_vars/k8s_cluster"

FOLDER, LINK = object(), object()


def mode(value: str) -> str:
    return f"kube_proxy_mode: {value}\n"


LAYOUTS = {
    "a folder goes before a file": ({f"{K8S}/a.yml": mode("folder"), f"{K8S}.yml": mode("yml")}, "folder"),
    "a file without suffix goes before one with": ({K8S: mode("plain"), f"{K8S}.yml": mode("yml")}, "plain"),
    "yml goes before yaml and json": (
        {f"{K8S}.json": '{"kube_proxy_mode": "json"}', f"{K8S}.yaml": mode("yaml"), f"{K8S}.yml": mode("yml")},
        "yml",
    ),
    "yaml goes before json": ({f"{K8S}.json": '{"kube_proxy_mode": "json"}', f"{K8S}.yaml": mode("yaml")}, "yaml"),
    "an empty folder hides a file": (
        {K8S: FOLDER, f"{K8S}.yml": mode("hidden"), "group_vars/all.yml": mode("all")},
        "all",
    ),
    "an empty file hides another": ({K8S: "", f"{K8S}.yml": mode("hidden"), "group_vars/all.yml": mode("all")}, "all"),
    "a folder may end in .yml": ({f"{K8S}.yml/a.txt": mode("txt"), f"{K8S}.yml/b.yml": mode("b")}, "b"),
    "no folder with a dot in its name": ({f"{K8S}/a.yml": mode("a"), f"{K8S}/b.d/b.yml": mode("b")}, "a"),
    "no folder with a dot at its end": ({f"{K8S}/a.yml": mode("a"), f"{K8S}/b./b.yml": mode("b")}, "a"),
    "folders in folders": ({f"{K8S}/a/b/c.yml": mode("c")}, "c"),
    "names decide about the order": ({f"{K8S}/10.yml": mode("ten"), f"{K8S}/9.yml": mode("nine")}, "nine"),
    "capitals come first": ({f"{K8S}/a.yml": mode("a"), f"{K8S}/Z.yml": mode("Z")}, "a"),
    "a file follows a folder of its name": ({f"{K8S}/b.yml": mode("file"), f"{K8S}/b/z.yml": mode("folder")}, "file"),
    "nothing hidden, no backup, no other suffix": (
        {f"{K8S}/a.yml": mode("a")}
        | {f"{K8S}/{it}": mode("x") for it in ("b.yml~", ".c.yml", "d.bak", "e.txt", "f~/f.yml", ".g/g.yml", "h.YML")},
        "a",
    ),
    "a file without suffix in a folder": ({f"{K8S}/a.yml": mode("a"), f"{K8S}/b": mode("b")}, "b"),
    "a later group goes before": (
        {f"group_vars/{group}.yml": mode(group) for group in ("kube_control_plane", "k8s_cluster", "all")},
        "kube_control_plane",
    ),
    "a link to a file": ({"real.yml": mode("real"), f"{K8S}.yml": (LINK, "../real.yml")}, "real"),
    "a link to a folder": ({"real/a.yml": mode("real"), K8S: (LINK, "../real")}, "real"),
    "a link to nothing hides no file": ({K8S: (LINK, "../gone"), f"{K8S}.yml": mode("yml")}, "yml"),
    "a link to nothing in a folder": ({f"{K8S}/a.yml": mode("a"), f"{K8S}/b.yml": (LINK, "gone")}, "a"),
    "a link in a circle": ({f"{K8S}/a.yml": mode("a"), f"{K8S}/b": (LINK, ".")}, "a"),
    "group_vars is a link": ({"real/all.yml": mode("real"), "group_vars": (LINK, "real")}, "real"),
    "JSON with tabs": ({f"{K8S}.yml": '{\n\t"kube_proxy_mode":\t"json"\n}'}, "json"),
    "a byte order mark": ({f"{K8S}.yml": b"\xef\xbb\xbf" + mode("bom").encode()}, "bom"),
    "a byte order mark before JSON": ({f"{K8S}.json": b'\xef\xbb\xbf{"kube_proxy_mode": "bom"}'}, "bom"),
    "line ends of Windows": ({f"{K8S}.yml": "kube_proxy_mode: ipvs\r\nother: 1\r\n"}, "ipvs"),
    "a tab after the colon": ({f"{K8S}.yml": "kube_proxy_mode:\tipvs\n"}, "ipvs"),
    "an end of the document": ({f"{K8S}.yml": f"---\n{mode('a')}...\n"}, "a"),
    "a variable twice": ({f"{K8S}.yml": mode("a") + mode("b")}, "b"),
    "anchors": ({f"{K8S}.yml": "a: &a {x: 1}\nb:\n  <<: *a\nkube_proxy_mode: ipvs\n"}, "ipvs"),
    "names that are no text": ({f"{K8S}.yml": "1: a\nkube_proxy_mode: ipvs\n"}, "ipvs"),
    "an empty list": ({"group_vars/all.yml": "[]\n", f"{K8S}.yml": mode("k8s")}, "k8s"),
    "!unsafe": ({f"{K8S}.yml": "kube_proxy_mode: !unsafe '{{ x }}'\n"}, "{{ x }}"),
    "UTF-16": ({f"{K8S}.yml": mode("u16").encode("utf-16")}, Trouble),
    "Latin-1": ({f"{K8S}.yml": "kube_proxy_mode: caf\xe9\n".encode("latin-1")}, Trouble),
    "a no-break space": ({f"{K8S}.yml": "kube_proxy_mode:\u00a0ipvs\n"}, Trouble),
    "two documents": ({f"{K8S}.yml": f"{mode('a')}---\n{mode('b')}"}, Trouble),
    "a list": ({f"{K8S}.yml": "- a\n"}, Trouble),
    "a text": ({f"{K8S}.yml": "hello\n"}, Trouble),
    "a tag that nobody knows": ({f"{K8S}.yml": "kube_proxy_mode: !ours ipvs\n"}, Trouble),
    "bad YAML": ({f"{K8S}.yml": "kube_proxy_mode: [\n"}, Trouble),
}
"""What it is about -> the files of an inventory, and the mode that they set, or that nobody can read them."""


def lay_out(folder: Path, files: dict[str, object]) -> Path:
    """Write files into a folder."""
    for path, text in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        if text is FOLDER:
            file.mkdir()
        elif isinstance(text, tuple):
            file.symlink_to(text[1])
        else:
            file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder
