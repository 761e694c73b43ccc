\echo Use "CREATE EXTENSION wal2kafka" to load this file. \quit
