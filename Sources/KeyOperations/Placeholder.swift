enum KeyOperationsPlaceholder {}
