/*
 * options.h
 *		What a slot's reader asked for -> a decoding session.
 */
#ifndef W2K_DECODE_OPTIONS_H
#define W2K_DECODE_OPTIONS_H

#include "decode/change.h"

/*
 * Reads ctx->output_plugin_options into session->conf and makes what follows
 * from them, in the current memory context, which is the session's.  Reads no
 * catalog: there may be no transaction.
 */
extern void w2k_options_init_session(LogicalDecodingContext *ctx,
									 W2kSession *session);

/* Makes the Writers of a configuration, in the current memory context. */
extern void w2k_options_create_writers(W2kWriters *writers,
									   const W2kConnectorConfig *conf,
									   bool ascii_only);

#endif /* W2K_DECODE_OPTIONS_H */
