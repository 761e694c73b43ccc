# A schema is UTF-8 whatever the database is: what the registry was given is
# kept although the server's encoding does not have all of its characters.
use strict;
use warnings;

use File::Basename qw(dirname);
use IPC::Run qw(start);
use PostgreSQL::Test::Utils;
use Test::More;
use Wal2Kafka;

my $broker = start_broker();
my ($in, $out) = ('', '');
my $registry = start(
	[ 'python3', dirname(__FILE__) . '/../unit/lib/fake_registry.py' ],
	'<', \$in, '>', \$out, '2>', '/dev/null',
	IPC::Run::timer($PostgreSQL::Test::Utils::timeout_default));
$registry->pump until $out =~ /\n/;
my ($url) = $out =~ /^(\S+)/;

my $node = new_node('schema_encoding');
$node->safe_psql('postgres', q(CREATE DATABASE cyr ENCODING 'WIN1251'
	LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0));
$node->safe_psql('cyr', 'CREATE EXTENSION wal2kafka');

# Avro writes the default's byte C8 as the character of that number
$node->safe_psql('cyr',
	'CREATE TABLE t (id int PRIMARY KEY, n numeric(5,2) DEFAULT 2)');
create_connector($node, 'cyr', 'c', $broker, 'public.t',
	'format' => 'avro', 'schema.registry.url' => $url);
wait_state($node, 'cyr', 'c', 'streaming');
$node->safe_psql('cyr', 'INSERT INTO t VALUES (1)');
wait_delivered($node, 'cyr', 'c');
ok( $node->poll_query_until('cyr', 'SELECT count(*) = 2
		FROM wal2kafka.connector_schema'),
	'both schemas are kept');
is( $node->safe_psql('cyr', q(SELECT strpos(schema, '"\u0000\u00c8"') > 0
		FROM wal2kafka.connector_schema WHERE NOT is_key)),
	't', 'what the encoding does not have is escaped');
is( $node->safe_psql('cyr', q(SELECT state, last_error IS NULL
		FROM wal2kafka.connectors)),
	'streaming|t', 'and nothing failed');

drop_connector($node, 'cyr', 'c');
$node->stop;
$registry->finish;
stop_broker($broker);
done_testing();
