#!/bin/sh
# The first process of a node, in network, mount and process namespaces of its own: FOLDER, then kubelet and arguments.
set -eu
folder=$1
shift
mount -t tmpfs tmpfs /run
mount --bind "$folder/lib" /var/lib
mount --bind "$folder/log" /var/log
if [ ! -e /lib/modules ]; then # kube-proxy's pods mount it, and the runtime would make it on the machine
    mkdir /run/above /run/work
    mount -t overlay -o lowerdir=/usr/lib,upperdir=/run/above,workdir=/run/work overlay /usr/lib
    mkdir -p /lib/modules
fi
# The kubelet writes these, which no namespace contains. It finds what it wants in files that lie over them.
for file in "$folder"/sysctl/*; do
    mount --bind "$file" "/proc/sys/$(basename "$file" | tr . /)"
done
mount --make-rshared /
containerd --config "$folder/containerd.toml" >"$folder/containerd.log" 2>&1 &
until ctr version >/dev/null 2>&1; do sleep 0.1; done
ctr --namespace k8s.io images import "$folder/images.tar" >"$folder/images.log" 2>&1
"$@" >"$folder/kubelet.log" 2>&1 &
wait
