/*
 * avroname.h
 *		Names in Avro's schemas: letters, digits and underscores.
 */
#ifndef W2K_ENCODE_AVRONAME_H
#define W2K_ENCODE_AVRONAME_H

/* Are all parts of a dotted name what Avro allows? */
extern bool w2k_avroname_is_legal(const char *name);

/*
 * A dotted name made legal as scrub.invalid.names does it, palloc'd; each part
 * by itself.
 */
extern char *w2k_avroname_scrub(const char *name);

#endif /* W2K_ENCODE_AVRONAME_H */
