#!/usr/bin/env bash
# Stands in for kubectl where there is no cluster: renders with the kustomize that is at hand (BUILDER), and hands on what it
# is told to the test that plays the cluster (CLUSTER, a URL).
set -euo pipefail
read -ra kustomize <<<"$BUILDER"
case "$1 $2" in
  "kustomize "*) "${kustomize[@]}" "$2" ;;
  "apply -k") "${kustomize[@]}" "$3" | curl -sS --fail-with-body --data-binary @- "$CLUSTER/apply" ;;
  "apply -f") curl -sS --fail-with-body --data-binary "@$3" "$CLUSTER/apply" ;;
  "create configmap" | "label configmap") curl -sS --fail-with-body --data-binary "$*" "$CLUSTER/make" ;;
  "rollout status" | "port-forward "*) curl -sS --fail-with-body --data-binary "$*" "$CLUSTER/look" ;;
  *) echo "kubectl.sh does not know: $*" >&2 && exit 1 ;;
esac
