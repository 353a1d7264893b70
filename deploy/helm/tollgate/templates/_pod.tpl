{{- /*
What goes into the pod template of a Deployment, and the port that goes into its Service. Each takes the chart's context.

  tollgate.labels       the pod's metadata.labels    what the NetworkPolicy and the PodMonitor go by
  tollgate.gracePeriod  terminationGracePeriodSeconds
  tollgate.sidecar      initContainers, the first    Kubernetes 1.29 and later
  tollgate.container    containers, the last         in place of tollgate.sidecar where Kubernetes is older
  tollgate.volumes      volumes
  tollgate.port         a Service's targetPort       a number: before Kubernetes 1.33 a name finds no port of a sidecar
*/ -}}

{{- define "tollgate.name" -}}
{{ .Values.tollgate.name | default (printf "%s-tollgate" .Release.Name) }}
{{- end -}}

{{- define "tollgate.keysSecret" -}}
{{ .Values.tollgate.keysSecret | default (printf "%s-keys" (include "tollgate.name" .)) }}
{{- end -}}

{{- define "tollgate.labels" -}}
tollgate: sidecar
{{- end -}}

{{- define "tollgate.port" -}}
8080
{{- end -}}

{{- define "tollgate.gracePeriod" -}}
{{ .Values.tollgate.gracePeriodSeconds }}
{{- end -}}

{{- define "tollgate.sidecar" -}}
{{ include "tollgate.any" . }}
  restartPolicy: Always # this makes it a sidecar: it starts before the service and ends after it
{{- end -}}

{{- define "tollgate.container" -}}
{{ include "tollgate.any" . }}
  lifecycle: # before it is told to stop, the cluster has 5 s to send its calls elsewhere
    preStop:
      exec: {command: [/usr/bin/sleep, "5"]}
{{- end -}}

{{- define "tollgate.any" -}}
- name: tollgate
  image: {{ .Values.tollgate.image | quote }}
  ports:
    - {name: tollgate, containerPort: 8080}
    - {name: proxy-metrics, containerPort: 9902}
  startupProbe: # the service starts when this has passed
    httpGet: {path: /readyz, port: proxy-metrics}
    periodSeconds: 1
    failureThreshold: 60
  readinessProbe:
    httpGet: {path: /readyz, port: proxy-metrics}
    periodSeconds: 5
    timeoutSeconds: 2
    failureThreshold: 2
  livenessProbe:
    httpGet: {path: /healthz, port: proxy-metrics}
    periodSeconds: 10
    timeoutSeconds: 3
    failureThreshold: 3
  resources: {{- toYaml .Values.tollgate.resources | nindent 4 }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 65532
    runAsGroup: 65532
    allowPrivilegeEscalation: false
    readOnlyRootFilesystem: true
    capabilities: {drop: [ALL]}
    seccompProfile: {type: RuntimeDefault}
  terminationMessagePolicy: FallbackToLogsOnError
  volumeMounts: # folders, never subPath: a subPath mount is never updated
    - {name: tollgate, mountPath: /etc/tollgate, readOnly: true}
    - {name: tollgate-state, mountPath: /var/lib/tollgate}
{{- end -}}

{{- define "tollgate.volumes" -}}
- name: tollgate # configuration, schema and keys in one folder, which changes as a whole
  projected:
    sources:
      - configMap: {name: {{ include "tollgate.name" . }}}
      - secret: {name: {{ include "tollgate.keysSecret" . }}}
- name: tollgate-state # for limits.store.snapshot; lives as long as the pod
  emptyDir: {sizeLimit: 64Mi}
{{- end -}}
