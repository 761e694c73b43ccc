/*
 * wal2kafka.h
 *		Names, limits and versions that every area shares.
 *
 * Data flows one way, and the folders are its stations:
 *
 *		WAL change -> decode/plugin -> schema/relation -> decode/change ->
 *		encode/envelope -> encode/json -> encode/record
 *		== framed records (wire/frame): SQL, a walsender or our worker reads ==
 *		worker/stream -> worker/sender_link == pipe == sender/producer ->
 *		broker -> sender/ackwindow == pipe == worker/connector_worker ->
 *		the slot -> status/counters -> api -> views
 *
 * decode/ is the only area that sees a ReorderBuffer, sender/ the only one
 * that sees librdkafka, api/ the only one that SQL calls.
 */
#ifndef W2K_WAL2KAFKA_H
#define W2K_WAL2KAFKA_H

#define W2K_VERSION "0.1.0"
#define W2K_NAME "wal2kafka"   /* extension, schema and plugin */
#define W2K_SCHEMA "wal2kafka" /* never captured */
#define W2K_ADMIN_ROLE "wal2kafka_admin"
#define W2K_SENDER_PROGRAM "wal2kafka-sender"

/* Bytes of a connector's name, with the terminating zero. */
#define W2K_CONNECTOR_NAME_LEN 64

/* Bytes of an error message kept for the views, with the zero. */
#define W2K_ERROR_LEN 1024

#endif /* W2K_WAL2KAFKA_H */
