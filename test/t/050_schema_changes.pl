# Schema changes on their way to Kafka: in order with the rows, over restarts
# of the server, in a replica role, and with a dump that is restored.
use strict;
use warnings;

use PostgreSQL::Test::Utils;
use Test::More;
use Wal2Kafka;

my $broker = start_broker('--topic', 'ddl:2', '--topic', 'ddl.public.t:1');
my $node = new_node('ddl');
my $db = 'shop';

$node->safe_psql('postgres', 'CREATE DATABASE shop');
$node->safe_psql($db, 'CREATE EXTENSION wal2kafka;
	CREATE TABLE t (id int PRIMARY KEY)');
create_connector($node, $db, 'ddl', $broker, 'public.t,public.u',
	'include.schema.changes' => 'true');
wait_state($node, $db, 'ddl', 'streaming');

sub ddl_of
{
	my ($record) = @_;
	return $record =~ /"ddl":"((?:[^"\\]|\\.)*)"/ ? $1 : undef;
}

# The records of the topic are in one partition, in the order of the commits.
$node->safe_psql($db, 'ALTER TABLE t ADD v text');
$node->safe_psql($db, q(INSERT INTO t VALUES (1, 'a')));
$node->safe_psql($db, 'BEGIN; ALTER TABLE t ADD never int; ROLLBACK');
$node->safe_psql($db, 'SET session_replication_role = replica;
	CREATE TABLE u (id int PRIMARY KEY); DROP TABLE u');
wait_delivered($node, $db, 'ddl');
is_deeply(
	[ map { ddl_of($_) } read_topic($broker, 'ddl', '%s\n') ],
	[ 'ALTER TABLE t ADD v text', 'CREATE TABLE u (id int PRIMARY KEY)',
		'DROP TABLE u' ],
	'schema changes are on the topic of the prefix');
is( $node->safe_psql($db,
		q(SELECT key_text FROM wal2kafka.peek('ddl'))),
	'', 'nothing is left to be sent');

# While the connector does not run.
$node->safe_psql($db, "SELECT wal2kafka.stop_connector('ddl')");
wait_state($node, $db, 'ddl', 'stopped');
$node->safe_psql($db, 'ALTER TABLE t RENAME v TO w');
$node->restart;
$node->safe_psql($db, 'ALTER TABLE t DROP w');
$node->safe_psql($db, "SELECT wal2kafka.resume_connector('ddl')");
wait_state($node, $db, 'ddl', 'streaming');
wait_delivered($node, $db, 'ddl');
is_deeply(
	[ map { ddl_of($_) } (read_topic($broker, 'ddl', '%s\n'))[ 3, 4 ] ],
	[ 'ALTER TABLE t RENAME v TO w', 'ALTER TABLE t DROP w' ],
	'those of a stopped connector are sent when it goes on');

# A dump has the event triggers with the extension, and no rows of theirs; its
# own DDL is none of the connector's, which is a copy.
$node->safe_psql('postgres', 'CREATE DATABASE restored');
my $dump = $node->basedir . '/dump';
$node->command_ok(
	[ 'pg_dump', '-d', $node->connstr($db), '-Fc', '-f', $dump ], 'pg_dump');
my ($listing) = run_command([ 'pg_restore', '-l', $dump ]);
unlike($listing, qr/EVENT TRIGGER|connector_table|schema_change/,
	'nothing but the extension is in a dump');
$node->command_ok(
	[ 'pg_restore', '-e', '-j', '2', '-d', $node->connstr('restored'), $dump ],
	'pg_restore');
is( $node->safe_psql('restored',
		q(SELECT count(*) FROM wal2kafka.connector_table)),
	0, 'a copy notes nothing');
is( $node->safe_psql('restored',
		q(SELECT string_agg(evtname::text || evtenabled::text, ',' ORDER BY evtname)
		  FROM pg_event_trigger)),
	'wal2kafka_ddl_droppedA,wal2kafka_ddl_endedA', 'but can');
$node->safe_psql('restored', "SELECT wal2kafka.patch_connector('ddl',
	'{\"topic.prefix\": \"copy\"}'); SELECT wal2kafka.resume_connector('ddl')");
is( $node->safe_psql('restored',
		q(SELECT relname FROM wal2kafka.connector_table)),
	't', 'and does once it is adopted');
$node->safe_psql('restored', "SELECT wal2kafka.drop_connector('ddl')");

# Without the library preloaded the triggers still work; the first command of
# a session has no text.
$node->safe_psql($db, "SELECT wal2kafka.stop_connector('ddl')");
wait_state($node, $db, 'ddl', 'stopped');
$node->append_conf('postgresql.conf', "shared_preload_libraries = ''");
$node->restart;
$node->safe_psql($db, 'ALTER TABLE t ADD x1 int; ALTER TABLE t ADD x2 int');
$node->append_conf('postgresql.conf',
	"shared_preload_libraries = 'wal2kafka'");
$node->restart;
$node->safe_psql($db, "SELECT wal2kafka.resume_connector('ddl')");
wait_state($node, $db, 'ddl', 'streaming');
wait_delivered($node, $db, 'ddl');
my @late = (read_topic($broker, 'ddl', '%s\n'))[ 5, 6 ];
like($late[0], qr/"ddl":null/, 'a command that loads the library has no text');
like($late[0], qr/"name":"x1"/, 'but it is told of');
is(ddl_of($late[1]), 'ALTER TABLE t ADD x2 int', 'the next one has');

$node->stop;
stop_broker($broker);
done_testing();
