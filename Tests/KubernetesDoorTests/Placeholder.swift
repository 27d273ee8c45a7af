import Testing

@Test("placeholder") func placeholderKubernetesDoorTests() {}
