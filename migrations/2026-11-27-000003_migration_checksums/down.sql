DROP TABLE write_probe;
DROP TABLE migration_checksums;
