/*
 * ddl_numbers.h
 *		Writes down the numbers of a table's columns.
 */
#ifndef W2K_API_DDL_NUMBERS_H
#define W2K_API_DDL_NUMBERS_H

#include "utils/relcache.h"

#include "config/connector.h"
#include "schema/relation.h"

/*
 * Gives numbers to columns that have none, and others their new names.  Is it
 * at the end of a command that may have dropped some of them?
 */
extern void w2k_ddl_numbers_write(const char *connector,
								  const W2kConnectorConfig *conf,
								  const W2kRelation *wrel, Relation relation,
								  bool is_command);

#endif /* W2K_API_DDL_NUMBERS_H */
