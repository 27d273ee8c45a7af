import Testing

@Test("placeholder") func placeholderIntegrationTests() {}
