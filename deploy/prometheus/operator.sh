#!/usr/bin/env bash
# Prints the rule files beside it as one PrometheusRule, for the Prometheus operator. What it prints is kept there too:
#   deploy/prometheus/operator.sh >deploy/prometheus/prometheus_rule.yaml
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

cat <<'EOT'
# Printed by operator.sh from recording_rules.yaml and alert_rules.yaml: change those, and print it again.
# An operator that selects rules by labels needs them here, for example {release: prometheus}.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: tollgate
  labels:
    app.kubernetes.io/name: tollgate
spec:
  groups:
EOT
for rules in recording_rules.yaml alert_rules.yaml; do
  # each file is comments, "groups:", and the groups, which move in by one level
  sed -e '1,/^groups:$/d' -e 's/^./  &/' "$rules"
done
