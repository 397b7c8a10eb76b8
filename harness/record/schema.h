/* The text of record/schema.sql, put into the binary by record/embed.cmake. Read-only. */
#ifndef PERCUSS_RECORD_SCHEMA_H
#define PERCUSS_RECORD_SCHEMA_H

#define SCHEMA_VERSION 5 /* PRAGMA user_version; raise it when a table changes */
#define SCHEMA_APPLICATION 0x70657263 /* PRAGMA application_id: "perc" */

extern const char store_schema[];

#endif
