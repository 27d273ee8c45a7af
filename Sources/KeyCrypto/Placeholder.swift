enum KeyCryptoPlaceholder {}
