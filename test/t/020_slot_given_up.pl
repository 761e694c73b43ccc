# max.slot.lag.action=drop, told to in the middle of a transaction that has
# been spilled to disk: the connector fails in words, and nobody else notices.
use strict;
use warnings;

use PostgreSQL::Test::Utils;
use Test::More;
use Wal2Kafka;

my $broker = start_broker();
my $node = new_node('given_up', conf => "logical_decoding_work_mem = 64kB\n");
my $db = 'postgres';

$node->safe_psql($db, 'CREATE TABLE a (id int PRIMARY KEY, v text)');
create_connector($node, $db, 'lag', $broker, 'public.a',
	'max.slot.lag.bytes' => '1048576',
	'max.slot.lag.action' => 'drop',
	'status.update.interval.ms' => '500');
wait_state($node, $db, 'lag', 'streaming');
my ($worker, $sender) = pids_of($node, $db, 'lag');
kill 'STOP', $sender;
$node->safe_psql($db,
	"INSERT INTO a SELECT i, repeat('x', 100) FROM generate_series(1, 200000) i"
);
wait_state($node, $db, 'lag', 'failed');
like($node->safe_psql($db, 'SELECT last_error FROM wal2kafka.connectors'),
	qr/The slot was dropped, as max\.slot\.lag\.action says/, 'in words');
is($node->safe_psql($db, 'SELECT count(*) FROM pg_replication_slots'),
	0, 'the slot is gone');
is_gone('so are its processes', $worker, $sender);
unlike(slurp_file($node->logfile),
	qr/terminated by signal 11|reinitializing/, 'nobody crashed');

# It can be dropped and made again.
$node->safe_psql($db, "SELECT wal2kafka.drop_connector('lag')");
ok($node->poll_query_until($db,
	'SELECT count(*) = 0 FROM wal2kafka.connectors'), 'dropped');
create_connector($node, $db, 'lag', $broker, 'public.a');
wait_state($node, $db, 'lag', 'streaming');
$node->safe_psql($db, 'INSERT INTO a VALUES (-1)');
wait_delivered($node, $db, 'lag');

$node->stop;
stop_broker($broker);
done_testing();
