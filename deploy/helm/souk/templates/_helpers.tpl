{{- define "souk.labels" -}}
app.kubernetes.io/name: {{ .name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/part-of: souk
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
souk.dev/environment: {{ .root.Values.environment }}
{{- end }}

{{/* What never changes of a service: selectors are immutable. */}}
{{- define "souk.selector" -}}
app.kubernetes.io/name: {{ .name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- end }}

{{- define "souk.image" -}}
{{- $tag := required "Say which build: --set image.tag=<git sha>" .root.Values.image.tag -}}
{{- if eq $tag "latest" }}{{ fail "image.tag must be a build, not `latest`: a rollback has to know what it rolls back to" }}{{ end -}}
{{ .root.Values.image.registry }}/{{ .program }}:{{ $tag }}
{{- end }}

{{/* Pods from and to, scaled by podsShare for smaller environments: never below one. */}}
{{- define "souk.podsFrom" -}}
{{- max 1 (int (ceil (mulf (index .service.pods 0) (.root.Values.podsShare | default 1)))) -}}
{{- end }}
{{- define "souk.podsTo" -}}
{{- max 1 (int (ceil (mulf (index .service.pods 1) (.root.Values.podsShare | default 1)))) -}}
{{- end }}

{{/* Nobody is root, nothing is written to the image, no privilege is left. */}}
{{- define "souk.podSecurity" -}}
runAsNonRoot: true
runAsUser: 1001
runAsGroup: 1001
fsGroup: 1001
seccompProfile: {type: RuntimeDefault}
{{- end }}
{{- define "souk.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}
