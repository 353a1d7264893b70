{{- /*
  tollgate.objects      a file of its own            ConfigMap and Secret from the chart's folder, NetworkPolicy, PodMonitor
*/ -}}

{{- define "tollgate.objects" -}}
{{- $values := .Values.tollgate -}}
{{- $name := include "tollgate.name" . -}}
{{- $keys := printf "%s/keys.yaml" $values.files -}}
{{- $config := printf "%s/tollgate.yaml" $values.files -}}
{{- if not (.Files.Get $config) -}}
{{- fail (printf "There is no %s in this chart: tollgate.files names the folder with Tollgate's configuration." $config) -}}
{{- end -}}
{{- $no_keys := printf "There is no %s in this chart. Add a key, or name a Secret in tollgate.keysSecret." $keys -}}
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ $name }}
data:
{{- range $path, $content := .Files.Glob (printf "%s/*" $values.files) }}
{{- if ne $path $keys }}
  {{ base $path }}: {{ toString $content | quote }}
{{- end }}
{{- end }}
{{- if not $values.keysSecret }}
---
apiVersion: v1
kind: Secret
metadata:
  name: {{ include "tollgate.keysSecret" . }}
type: Opaque
data:
  keys.yaml: {{ .Files.Get $keys | required $no_keys | b64enc }}
{{- end }}
{{- if $values.networkPolicy }}
---
# Calls come in through Tollgate alone, and Prometheus (any pod of the cluster) to the metrics. What runs in the same pod, and
# the node that the pod is on, are not held back: the service itself listens on 127.0.0.1.
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ $name }}
spec:
  podSelector:
    matchLabels: {tollgate: sidecar}
  policyTypes: [Ingress]
  ingress:
    - ports:
        - {port: {{ include "tollgate.port" . }}, protocol: TCP}
    - from:
        - namespaceSelector: {}
      ports:
        - {port: 9902, protocol: TCP}
{{- end }}
{{- if $values.podMonitor.enabled }}
---
apiVersion: monitoring.coreos.com/v1
kind: PodMonitor
metadata:
  name: {{ $name }}
  {{- with $values.podMonitor.labels }}
  labels: {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  selector:
    matchLabels: {tollgate: sidecar}
  podMetricsEndpoints:
    - port: proxy-metrics
      path: /metrics
{{- end }}
{{- end -}}
