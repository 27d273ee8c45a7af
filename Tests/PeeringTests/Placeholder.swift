import Testing

@Test("placeholder") func placeholderPeeringTests() {}
