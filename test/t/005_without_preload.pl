# Not in shared_preload_libraries: the plugin works, and the functions say
# what is missing instead of crashing.
use strict;
use warnings;

use PostgreSQL::Test::Utils;
use Test::More;
use Wal2Kafka;

my $node = new_node('bare', no_preload => 1);
my $db = 'postgres';

$node->safe_psql($db, q(
CREATE TABLE t (id int PRIMARY KEY);
SELECT pg_create_logical_replication_slot('look', 'wal2kafka');
INSERT INTO t VALUES (1);));
like( $node->safe_psql($db,
		"SELECT data FROM pg_logical_slot_get_changes('look', NULL, NULL)"),
	qr/"id":\s*1/, 'the plugin works without preloading');

foreach my $call (
	q(wal2kafka.create_connector('c', '{"bootstrap.servers": "x:9092"}')),
	q(wal2kafka.drop_connector('c')),
	q(wal2kafka.wait_for_connector('c')))
{
	my (undef, undef, $err) = $node->psql($db, "SELECT $call");
	like($err, qr/ERROR/, "$call is refused");
}
my (undef, undef, $err) = $node->psql($db,
	q(SELECT wal2kafka.create_connector('c', '{"bootstrap.servers": "x:1"}'))
);
like($err, qr/shared_preload_libraries/, 'and says what to set');
foreach my $view (qw(connectors stat_connector stat_connector_table stat_kafka
	connector_properties))
{
	my ($code) = $node->psql($db, "SELECT count(*) FROM wal2kafka.$view");
	is($code, 0, "$view can be read");
}
is($node->safe_psql($db, 'SELECT 1'), 1, 'the server is well');

# Behind pg_recvlogical, as a file.
my $out = $node->basedir . '/out';
my $end = $node->lsn('insert');
$node->safe_psql($db, 'INSERT INTO t VALUES (2)');
$end = $node->lsn('insert');
$node->command_ok(
	[ 'pg_recvlogical', '-d', $node->connstr($db), '--slot', 'look',
		'--start', '--endpos', $end, '--no-loop', '-f', $out,
		'-o', 'topic.prefix=shop' ],
	'pg_recvlogical');
like(slurp_file($out), qr/"shop\.public\.t"/, 'reads JSON lines');

$node->stop;
done_testing();
