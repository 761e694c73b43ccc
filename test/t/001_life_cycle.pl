# A connector's life: made paused, resumed, changed, stopped, restarted with
# its server, dropped; and what refuses to go while it exists.
use strict;
use warnings;

use List::Util qw(uniq);
use PostgreSQL::Test::Utils;
use Test::More;
use Wal2Kafka;

my $broker = start_broker();
my $node = new_node('life');
my ($db, $out, $err) = ('postgres');

$node->safe_psql($db,
	'CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY)'
);

# The document form, in the state that it asks for.
is( $node->safe_psql($db, qq(
SELECT wal2kafka.create_connector('{"name": "life", "initial_state": "PAUSED",
"config": {"bootstrap.servers": "$broker->{address}", "topic.prefix": "life",
"snapshot.mode": "no_data", "table.include.list": "public.a"}}'))),
	'life', 'create_connector returns the name');
wait_state($node, $db, 'life', 'paused');
is( $node->safe_psql($db,
		"SELECT count(*) FROM pg_replication_slots WHERE active"),
	1, 'a paused connector holds its slot');
$node->safe_psql($db, 'INSERT INTO a VALUES (1)');
is($node->safe_psql($db,
	"SELECT key_text FROM wal2kafka.peek('life')"),
	'{"id":1}', 'peek shows what waits');
$node->safe_psql($db, "SELECT wal2kafka.resume_connector('life')");
wait_state($node, $db, 'life', 'streaming');
wait_delivered($node, $db, 'life');
is_deeply([ read_topic($broker, 'life.public.a') ], ['{"id":1}'],
	'it starts where it was made');

# What did not commit does nothing.
$node->safe_psql($db,
	"BEGIN; SELECT wal2kafka.drop_connector('life'); ROLLBACK");
$node->safe_psql($db, 'INSERT INTO b VALUES (1)');

# Another table from here on, without losing the place.
$node->safe_psql($db, qq(INSERT INTO a VALUES (2);
SELECT wal2kafka.patch_connector('life',
	'{"table.include.list": "public.a,public.b"}');));
$node->safe_psql($db, 'INSERT INTO a VALUES (3); INSERT INTO b VALUES (2)');
wait_delivered($node, $db, 'life');
# A worker that ends waits for what is on its way, but not for long.
is_deeply([ sort(uniq(read_topic($broker, 'life.public.a'))) ],
	[ '{"id":1}', '{"id":2}', '{"id":3}' ], 'nothing is lost by a change');
is((read_topic($broker, 'life.public.b'))[-1],
	'{"id":2}', 'a table newly listed is captured');

# A restart resends nothing.
my $before = read_topic($broker, 'life.public.a');
$node->restart;
wait_state($node, $db, 'life', 'streaming');
$node->safe_psql($db, 'INSERT INTO a VALUES (4)');
wait_delivered($node, $db, 'life');
is(scalar(read_topic($broker, 'life.public.a')),
	$before + 1, 'a clean restart resends nothing');

# Stopped: the slot is free to be moved.
my ($worker, $sender) = pids_of($node, $db, 'life');
$node->safe_psql($db, "SELECT wal2kafka.stop_connector('life')");
wait_state($node, $db, 'life', 'stopped');
is_gone('a stopped connector has no process', $worker, $sender);
$node->safe_psql($db, 'INSERT INTO a VALUES (5)');
$node->safe_psql($db, 'SELECT pg_replication_slot_advance(slot_name,
	pg_current_wal_lsn()) FROM pg_replication_slots');
$node->safe_psql($db, "SELECT wal2kafka.resume_connector('life')");
wait_state($node, $db, 'life', 'streaming');
$node->safe_psql($db, 'INSERT INTO a VALUES (6)');
wait_delivered($node, $db, 'life');
is_deeply([ (sort(uniq(read_topic($broker, 'life.public.a'))))[ 3, 4 ] ],
	[ '{"id":4}', '{"id":6}' ], 'what the slot was moved over is skipped');

# A slot dropped under a connector: changes were lost, and it says so.
create_connector($node, $db, 'robbed', $broker, 'public.a');
wait_state($node, $db, 'robbed', 'streaming');
$node->safe_psql($db, "SELECT wal2kafka.stop_connector('robbed')");
wait_state($node, $db, 'robbed', 'stopped');
$node->safe_psql($db, "SELECT pg_drop_replication_slot(slot_name)
	FROM wal2kafka.connectors WHERE name = 'robbed'");
$node->safe_psql($db, "SELECT wal2kafka.resume_connector('robbed')");
wait_state($node, $db, 'robbed', 'failed');
like( $node->safe_psql($db, "SELECT last_error FROM wal2kafka.connectors
	WHERE name = 'robbed'"), qr/replication slot .* does not exist/,
	'a missing slot is an error in words');
is( $node->safe_psql($db, 'SELECT count(*) FROM pg_replication_slots'),
	1, 'and no new slot in silence');
$node->safe_psql($db, "SELECT wal2kafka.drop_connector('robbed')");

# What does not go while a connector is there.
(undef, $out, $err) = $node->psql($db, 'DROP EXTENSION wal2kafka');
like($err, qr/ERROR/, 'DROP EXTENSION is refused while connectors exist');
(undef, $out, $err) =
  $node->psql('template1', 'DROP DATABASE postgres WITH (FORCE)');
like($err, qr/ERROR/, 'DROP DATABASE is refused while a connector runs');

($worker, $sender) = pids_of($node, $db, 'life');
$node->safe_psql($db, "SELECT wal2kafka.drop_connector('life')");
ok( $node->poll_query_until($db, 'SELECT NOT EXISTS
	(SELECT FROM wal2kafka.connectors) AND NOT EXISTS
	(SELECT FROM wal2kafka.connector_progress) AND NOT EXISTS
	(SELECT FROM pg_replication_slots)'),
	'drop_connector leaves neither row nor slot');
is_gone('nor process', $worker, $sender);
$node->safe_psql($db, 'DROP EXTENSION wal2kafka');
ok(1, 'then the extension goes');

$node->stop;
stop_broker($broker);
done_testing();
