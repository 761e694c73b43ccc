# A broker that is not there: the view says so, the server does not mind,
# and everything arrives later.
use strict;
use warnings;

use PostgreSQL::Test::Utils;
use Test::More;
use Wal2Kafka;

my $broker = start_broker('--topic', 'down.public.t:1');
my $node = new_node('down');
my $db = 'postgres';

$node->safe_psql($db, 'CREATE TABLE t (id int PRIMARY KEY)');
# The mock broker does not insist on the sequence of an idempotent producer, as
# a real one does: one request at a time keeps it.
create_connector($node, $db, 'down', $broker, 'public.t',
	'producer.override.max.in.flight.requests.per.connection' => 1);
wait_state($node, $db, 'down', 'streaming');
$node->safe_psql($db, 'INSERT INTO t VALUES (1)');
wait_delivered($node, $db, 'down');

broker_command($broker, 'down');
wait_state($node, $db, 'down', 'retrying');
isnt( $node->safe_psql($db,
		"SELECT coalesce(last_error, '') FROM wal2kafka.connectors"),
	'', 'last_error says why');
$node->safe_psql($db, 'INSERT INTO t SELECT generate_series(2, 1000)');
is( $node->safe_psql($db,
		"SELECT wal2kafka.wait_for_delivery('down', NULL, '1 s')"),
	'f', 'wait_for_delivery gives up in time');
cmp_ok($node->safe_psql($db,
		'SELECT lag_bytes FROM wal2kafka.stat_connector'),
	'>', 0, 'the lag is seen');

cmp_ok(timed(sub { $node->stop('fast') }), '<', 2,
	'a fast stop takes less than 2 s');
cmp_ok(timed(sub { $node->start }), '<', 10, 'it starts without the broker');
is($node->safe_psql($db, 'SELECT count(*) FROM t'), 1000, 'and works');
broker_command($broker, 'up');
wait_state($node, $db, 'down', 'streaming');
wait_delivered($node, $db, 'down');
my %seen = map { $_ => 1 } read_topic($broker, 'down.public.t');
is(scalar(keys %seen), 1000, 'everything arrives later');

# Produce requests that fail and may be repeated stay in order.
broker_command($broker, 'error 5 19');
$node->safe_psql($db, 'INSERT INTO t SELECT generate_series(1001, 2000)');
wait_delivered($node, $db, 'down');
my @keys = read_topic($broker, 'down.public.t');
is_deeply([ @keys[ -1000 .. -1 ] ], [ map { qq({"id":$_}) } 1001 .. 2000 ],
	'in order across repeated requests');

# One that never will: the connector stops there, in words, and goes on.
broker_command($broker, 'error 1 29');
$node->safe_psql($db, 'INSERT INTO t VALUES (3000)');
ok( $node->poll_query_until($db, "SELECT last_error ~ 'down.public.t'
	FROM wal2kafka.connectors"),
	'a topic that may not be written to is named');
$node->safe_psql($db, "SELECT wal2kafka.restart_connector('down')");
wait_state($node, $db, 'down', 'streaming');
wait_delivered($node, $db, 'down');
is((read_topic($broker, 'down.public.t'))[-1],
	'{"id":3000}', 'and is written to once it may be');

$node->stop;
stop_broker($broker);
done_testing();
