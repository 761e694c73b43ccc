/*
 * change_schema.c
 *		The schemas of Debezium's records: of changes, and of messages.
 *
 * See reference sections 1.1 to 1.7 of Debezium.
 */
#include "postgres.h"

#include "schema/change_schema.h"

#define DEBEZIUM_POSTGRES "io.debezium.connector.postgresql."
#define DEBEZIUM_COMMON "io.debezium.connector.common."
#define DEBEZIUM_SCHEMA "io.debezium.connector.schema."

static W2kSchema *
make_struct(const char *name, int version, bool is_optional)
{
	W2kSchema *schema = w2k_connect_make(W2K_CONNECT_STRUCT, is_optional);

	schema->name = name;
	schema->version = version;
	return schema;
}

W2kSchema *
w2k_change_schema_source(void)
{
	W2kSchema *source = make_struct(DEBEZIUM_POSTGRES "Source", 1, false);
	W2kSchema *snapshot;

	w2k_connect_add_field(source, "version", W2K_CONNECT_STRING, false);
	w2k_connect_add_field(source, "connector", W2K_CONNECT_STRING, false);
	w2k_connect_add_field(source, "name", W2K_CONNECT_STRING, false);
	w2k_connect_add_field(source, "ts_ms", W2K_CONNECT_INT64, false);
	snapshot = w2k_connect_add_field(source, "snapshot", W2K_CONNECT_STRING,
									 true);
	snapshot->name = "io.debezium.data.Enum";
	snapshot->version = 1;
	snapshot->default_text = "false";
	w2k_connect_add_parameter(snapshot, "allowed",
							  "true,first,first_in_data_collection,"
							  "last_in_data_collection,last,false,"
							  "incremental");
	w2k_connect_add_field(source, "db", W2K_CONNECT_STRING, false);
	w2k_connect_add_field(source, "sequence", W2K_CONNECT_STRING, true);
	w2k_connect_add_field(source, "ts_us", W2K_CONNECT_INT64, true);
	w2k_connect_add_field(source, "ts_ns", W2K_CONNECT_INT64, true);
	w2k_connect_add_field(source, "schema", W2K_CONNECT_STRING, false);
	w2k_connect_add_field(source, "table", W2K_CONNECT_STRING, false);
	w2k_connect_add_field(source, "txId", W2K_CONNECT_INT64, true);
	w2k_connect_add_field(source, "lsn", W2K_CONNECT_INT64, true);
	w2k_connect_add_field(source, "xmin", W2K_CONNECT_INT64, true);
	w2k_connect_add_field(source, "origin", W2K_CONNECT_STRING, true);
	w2k_connect_add_field(source, "origin_lsn", W2K_CONNECT_INT64, true);
	return source;
}

W2kSchema *
w2k_change_schema_transaction(void)
{
	W2kSchema *block = make_struct("event.block", 1, true);

	w2k_connect_add_field(block, "id", W2K_CONNECT_STRING, false);
	w2k_connect_add_field(block, "total_order", W2K_CONNECT_INT64, false);
	w2k_connect_add_field(block, "data_collection_order", W2K_CONNECT_INT64,
						  false);
	return block;
}

W2kSchema *
w2k_change_schema_key(const W2kRelation *wrel)
{
	W2kSchema *key = make_struct(psprintf("%s.Key", wrel->schema_name), 0,
								 false);

	for (int i = 0; i < wrel->nkeys; i++)
	{
		W2kSchema *column = w2k_connect_of_column(wrel->keys[i], true,
												  wrel->keys[i]->ndims);

		/* of one that column lists leave out of values Debezium does not
		 * look up whether it may be null, nor its default */
		if (!wrel->keys[i]->is_captured)
		{
			column->is_optional = true;
			column->default_column = NULL;
		}
		w2k_connect_add(key, column->field, column);
	}
	if (wrel->key_field != NULL)
		w2k_connect_add_field(key, wrel->key_field, W2K_CONNECT_STRING, false);
	return key;
}

static W2kSchema *
make_row(const W2kRelation *wrel, bool is_before)
{
	W2kSchema *row = make_struct(psprintf("%s.Value", wrel->schema_name), 0,
								 true);

	row->numbers = wrel->numbers;
	for (int i = 0; i < wrel->ncolumns; i++)
	{
		const W2kColumn *column = &wrel->columns[i];
		int ndims = is_before ? column->before_ndims : column->ndims;

		W2kSchema *field;

		if (!column->is_captured)
			continue;
		field = w2k_connect_of_column(column, false, ndims);
		w2k_connect_add(row, column->field, field);
		if (wrel->numbers != NULL)
			field->number = wrel->numbers[i];
	}
	return row;
}

W2kSchema *
w2k_change_schema_envelope(const W2kRelation *wrel)
{
	W2kSchema *envelope =
		make_struct(psprintf("%s.Envelope", wrel->schema_name), 2, false);

	w2k_connect_add(envelope, "before", make_row(wrel, true));
	w2k_connect_add(envelope, "after", make_row(wrel, false));
	w2k_connect_add(envelope, "source", w2k_change_schema_source());
	w2k_connect_add(envelope, "transaction", w2k_change_schema_transaction());
	w2k_connect_add_field(envelope, "op", W2K_CONNECT_STRING, false);
	w2k_connect_add_field(envelope, "ts_ms", W2K_CONNECT_INT64, true);
	w2k_connect_add_field(envelope, "ts_us", W2K_CONNECT_INT64, true);
	w2k_connect_add_field(envelope, "ts_ns", W2K_CONNECT_INT64, true);
	return envelope;
}

void
w2k_change_schema_share_image(W2kSchema *envelope)
{
	W2kSchema *before = palloc(sizeof(W2kSchema));

	*before = *envelope->children[1];
	before->field = envelope->children[0]->field;
	envelope->children[0] = before;
}

W2kSchema *
w2k_change_schema_message_key(void)
{
	W2kSchema *key = make_struct(DEBEZIUM_POSTGRES "MessageKey", 1, false);

	w2k_connect_add_field(key, "prefix", W2K_CONNECT_STRING, true);
	return key;
}

W2kSchema *
w2k_change_schema_message(W2kLogical content)
{
	W2kSchema *value = make_struct(DEBEZIUM_POSTGRES "MessageValue", 1, false);
	W2kSchema *message = make_struct(DEBEZIUM_POSTGRES "Message", 1, false);

	w2k_connect_add_field(value, "op", W2K_CONNECT_STRING, false);
	w2k_connect_add_field(value, "ts_ms", W2K_CONNECT_INT64, true);
	w2k_connect_add(value, "source", w2k_change_schema_source());
	w2k_connect_add(value, "transaction", w2k_change_schema_transaction());
	w2k_connect_add_field(message, "prefix", W2K_CONNECT_STRING, true);
	w2k_connect_add_field(message, "content",
						  content == W2K_LOGICAL_BYTES ? W2K_CONNECT_BYTES
													   : W2K_CONNECT_STRING,
						  true);
	w2k_connect_add(value, "message", message);
	return value;
}

W2kSchema *
w2k_change_schema_boundary_key(void)
{
	W2kSchema *key = make_struct(DEBEZIUM_COMMON "TransactionMetadataKey", 1,
								 false);

	w2k_connect_add_field(key, "id", W2K_CONNECT_STRING, false);
	return key;
}

W2kSchema *
w2k_change_schema_boundary(void)
{
	W2kSchema *value = make_struct(DEBEZIUM_COMMON "TransactionMetadataValue",
								   1, false);
	W2kSchema *collections = w2k_connect_make(W2K_CONNECT_ARRAY, true);
	W2kSchema *collection = make_struct("event.collection", 1, true);

	w2k_connect_add_field(collection, "data_collection", W2K_CONNECT_STRING,
						  false);
	w2k_connect_add_field(collection, "event_count", W2K_CONNECT_INT64, false);
	w2k_connect_add(collections, NULL, collection);

	w2k_connect_add_field(value, "status", W2K_CONNECT_STRING, false);
	w2k_connect_add_field(value, "id", W2K_CONNECT_STRING, false);
	w2k_connect_add_field(value, "event_count", W2K_CONNECT_INT64, true);
	w2k_connect_add(value, "data_collections", collections);
	w2k_connect_add_field(value, "ts_ms", W2K_CONNECT_INT64, false);
	return value;
}

W2kSchema *
w2k_change_schema_heartbeat_key(void)
{
	W2kSchema *key = make_struct(DEBEZIUM_COMMON "ServerNameKey", 1, false);

	w2k_connect_add_field(key, "serverName", W2K_CONNECT_STRING, false);
	return key;
}

W2kSchema *
w2k_change_schema_heartbeat(void)
{
	W2kSchema *value = make_struct(DEBEZIUM_COMMON "Heartbeat", 1, false);

	w2k_connect_add_field(value, "ts_ms", W2K_CONNECT_INT64, false);
	return value;
}

W2kSchema *
w2k_change_schema_notice_key(void)
{
	W2kSchema *key = make_struct(DEBEZIUM_COMMON "NotificationKey", 1, false);

	w2k_connect_add_field(key, "id", W2K_CONNECT_STRING, false);
	return key;
}

W2kSchema *
w2k_change_schema_notice(void)
{
	W2kSchema *value = make_struct(DEBEZIUM_COMMON "Notification", 1, false);
	W2kSchema *data = w2k_connect_make(W2K_CONNECT_MAP, true);

	w2k_connect_add(data, NULL, w2k_connect_make(W2K_CONNECT_STRING, false));
	w2k_connect_add(data, NULL, w2k_connect_make(W2K_CONNECT_STRING, false));
	w2k_connect_add_field(value, "id", W2K_CONNECT_STRING, false);
	w2k_connect_add_field(value, "type", W2K_CONNECT_STRING, false);
	w2k_connect_add_field(value, "aggregate_type", W2K_CONNECT_STRING, false);
	w2k_connect_add(value, "additional_data", data);
	w2k_connect_add_field(value, "timestamp", W2K_CONNECT_INT64, false);
	return value;
}

static W2kSchema *
make_column(void)
{
	W2kSchema *column = make_struct(DEBEZIUM_SCHEMA "Column", 1, false);
	W2kSchema *labels = w2k_connect_make(W2K_CONNECT_ARRAY, true);

	w2k_connect_add_field(column, "name", W2K_CONNECT_STRING, false);
	w2k_connect_add_field(column, "jdbcType", W2K_CONNECT_INT32, false);
	w2k_connect_add_field(column, "nativeType", W2K_CONNECT_INT32, true);
	w2k_connect_add_field(column, "typeName", W2K_CONNECT_STRING, false);
	w2k_connect_add_field(column, "typeExpression", W2K_CONNECT_STRING, true);
	w2k_connect_add_field(column, "charsetName", W2K_CONNECT_STRING, true);
	w2k_connect_add_field(column, "length", W2K_CONNECT_INT32, true);
	w2k_connect_add_field(column, "scale", W2K_CONNECT_INT32, true);
	w2k_connect_add_field(column, "position", W2K_CONNECT_INT32, false);
	w2k_connect_add_field(column, "optional", W2K_CONNECT_BOOLEAN, true);
	w2k_connect_add_field(column, "autoIncremented", W2K_CONNECT_BOOLEAN, true);
	w2k_connect_add_field(column, "generated", W2K_CONNECT_BOOLEAN, true);
	w2k_connect_add_field(column, "comment", W2K_CONNECT_STRING, true);
	w2k_connect_add_field(column, "defaultValueExpression", W2K_CONNECT_STRING,
						  true);
	w2k_connect_add(labels, NULL, w2k_connect_make(W2K_CONNECT_STRING, false));
	w2k_connect_add(column, "enumValues", labels);
	return column;
}

static W2kSchema *
make_table(void)
{
	W2kSchema *table = make_struct(DEBEZIUM_SCHEMA "Table", 1, true);
	W2kSchema *keys = w2k_connect_make(W2K_CONNECT_ARRAY, true);
	W2kSchema *columns = w2k_connect_make(W2K_CONNECT_ARRAY, false);

	w2k_connect_add_field(table, "defaultCharsetName", W2K_CONNECT_STRING,
						  true);
	w2k_connect_add(keys, NULL, w2k_connect_make(W2K_CONNECT_STRING, false));
	w2k_connect_add(table, "primaryKeyColumnNames", keys);
	w2k_connect_add(columns, NULL, make_column());
	w2k_connect_add(table, "columns", columns);
	w2k_connect_add_field(table, "comment", W2K_CONNECT_STRING, true);
	return table;
}

W2kSchema *
w2k_change_schema_ddl_key(void)
{
	W2kSchema *key = make_struct(DEBEZIUM_POSTGRES "SchemaChangeKey", 1, false);

	w2k_connect_add_field(key, "databaseName", W2K_CONNECT_STRING, false);
	return key;
}

W2kSchema *
w2k_change_schema_ddl(void)
{
	W2kSchema *value = make_struct(DEBEZIUM_POSTGRES "SchemaChangeValue", 1,
								   false);
	W2kSchema *changes = w2k_connect_make(W2K_CONNECT_ARRAY, false);
	W2kSchema *change = make_struct(DEBEZIUM_SCHEMA "Change", 1, false);

	w2k_connect_add_field(change, "type", W2K_CONNECT_STRING, false);
	w2k_connect_add_field(change, "id", W2K_CONNECT_STRING, false);
	w2k_connect_add(change, "table", make_table());
	w2k_connect_add(changes, NULL, change);

	w2k_connect_add(value, "source", w2k_change_schema_source());
	w2k_connect_add_field(value, "ts_ms", W2K_CONNECT_INT64, false);
	w2k_connect_add_field(value, "databaseName", W2K_CONNECT_STRING, true);
	w2k_connect_add_field(value, "schemaName", W2K_CONNECT_STRING, true);
	w2k_connect_add_field(value, "ddl", W2K_CONNECT_STRING, true);
	w2k_connect_add(value, "tableChanges", changes);
	return value;
}
