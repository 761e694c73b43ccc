# start.after.lsn: where another reader's work ends and a connector's begins.
use strict;
use warnings;

use Test::More;
use Wal2Kafka;

my $broker = start_broker();
my $node = new_node('takeover');
my $db = 'postgres';

$node->safe_psql($db, 'CREATE TABLE a (id int PRIMARY KEY)');
my $early = $node->safe_psql($db, 'SELECT pg_current_wal_lsn()');
$node->safe_psql($db, 'INSERT INTO a VALUES (1)');

# Nobody would have the row above.
create_connector($node, $db, 't', $broker, 'public.a',
	'start.after.lsn' => $early);
wait_state($node, $db, 't', 'failed');
like(
	$node->safe_psql($db, 'SELECT last_error FROM wal2kafka.connectors'),
	qr/start.after.lsn of connector "t" is \Q$early\E, but its replication slot .* begins later/,
	'a gap is refused, in words');

$node->safe_psql($db, 'INSERT INTO a VALUES (2)');
my $late = $node->safe_psql($db, 'SELECT pg_current_wal_lsn()');
$node->safe_psql($db, 'INSERT INTO a VALUES (3)');
$node->safe_psql($db,
	qq(SELECT wal2kafka.patch_connector('t', '{"start.after.lsn": "$late"}')));
wait_state($node, $db, 't', 'streaming');
wait_delivered($node, $db, 't');
is(join(' ', sort(read_topic($broker, 't.public.a'))),
	'{"id":3}', 'what came before it is skipped, the rest is sent');

# The property may stay where it is.
$node->restart;
$node->safe_psql($db, 'INSERT INTO a VALUES (4)');
wait_state($node, $db, 't', 'streaming');
wait_delivered($node, $db, 't');
is(join(' ', sort(read_topic($broker, 't.public.a'))),
	'{"id":3} {"id":4}', 'nothing twice after a restart');

$node->stop;
stop_broker($broker);
done_testing();
