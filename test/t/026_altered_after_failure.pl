# A connector that has failed and is altered: until its worker begins again,
# nobody who waits for it may be told of the old failure.
use strict;
use warnings;

use PostgreSQL::Test::Utils;
use Test::More;
use Wal2Kafka;

my $broker = start_broker();
my $node = new_node('altered');
my $db = 'postgres';

sub wait_for
{
	my ($query, $what) = @_;
	ok($node->poll_query_until($db, $query), $what);
}

$node->safe_psql($db, 'CREATE TABLE a (id int PRIMARY KEY)');
create_connector($node, $db, 'c', $broker, 'public.a',
	'producer.override.client.id' => '${file:/nowhere:x}');
wait_state($node, $db, 'c', 'failed');

# The launcher is held before its visitor reads the row, and again before it
# starts a worker: the visitor waits for the table, as short as it does.
my $launcher = $node->safe_psql($db, q(SELECT pid FROM pg_stat_activity
	WHERE backend_type = 'wal2kafka launcher'));
kill 'STOP', $launcher;
$node->safe_psql($db, q(SELECT wal2kafka.patch_connector('c',
	'{"producer.override.client.id": null}')));
my $locker = open_session($node, $db,
	'BEGIN; LOCK TABLE wal2kafka.connector; SELECT 1');
kill 'CONT', $launcher;
wait_for(q(SELECT count(*) = 1 FROM pg_stat_activity
	WHERE backend_type = 'wal2kafka visitor'), 'a visitor comes');
kill 'STOP', $launcher;
close_session($locker);
wait_for(q(SELECT count(*) = 0 FROM pg_stat_activity
	WHERE backend_type = 'wal2kafka visitor'), 'and has told of the row');
foreach my $call (q(wait_for_connector('c', 'streaming', '500 ms')),
	q(wait_for_connector('c', 'failed', '500 ms')),
	q(wait_for_delivery('c', NULL, '500 ms')))
{
	my (undef, $out, $err) = $node->psql($db, "SELECT wal2kafka.$call");

	is("$out$err", 'f', $call);
}
kill 'CONT', $launcher;
is( $node->safe_psql($db,
		q(SELECT wal2kafka.wait_for_connector('c', 'streaming', '3 min'))),
	't', 'it streams in the end');

drop_connector($node, $db, 'c');
$node->stop;
stop_broker($broker);
done_testing();
