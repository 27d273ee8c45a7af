enum KubernetesDoorPlaceholder {}
