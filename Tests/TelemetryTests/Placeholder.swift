import Testing

@Test("placeholder") func placeholderTelemetryTests() {}
