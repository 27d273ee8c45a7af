enum KeyReplicationPlaceholder {}
