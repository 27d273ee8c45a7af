import Testing

@Test("placeholder") func placeholderAuditTests() {}
